import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import type { Account } from "../../contract/operations/accounts.ts";
import {
  type Post,
  postsCancel,
  postsDelete,
  postsPublish,
  postsRetry,
  postsUpdate,
} from "../../contract/operations/posts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { isAllowed } from "../../model/status.ts";
import { useAsk } from "../api/use-api.ts";
import { useMode } from "../shell/mode.ts";
import { may, needsApproval, queryIn } from "../shell/workspace.ts";
import { labelOf } from "../start.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Button, buttonClass, Checkbox } from "../ui/controls.tsx";
import { MoreIcon } from "../ui/icons.tsx";
import { MenuButton, type MenuItem } from "../ui/menu-button.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { GoesOut } from "./goes-out.tsx";
import { mayEdit } from "./may-edit.ts";
import { Sharing } from "./sharing.tsx";
import { usePostAction } from "./use-post-action.ts";
import type { FollowedPost } from "./use-post.ts";

/** What can be done with a post in its status. */
export function PostActions({ followed, accounts }: { followed: FollowedPost; accounts: readonly Account[] }) {
  const { t } = useLingui();
  const mode = useMode();
  const toasts = useToasts();
  const navigate = useNavigate();
  const { post, etag } = followed;
  const { id, status } = post;
  const publish = usePostAction(postsPublish, followed, () => toasts.say(t`Publishing has started.`));
  const retry = usePostAction(postsRetry, followed, () => toasts.say(t`Publishing starts again.`));
  const cancel = usePostAction(postsCancel, followed, () => toasts.say(t`The post was cancelled.`));
  const remove = usePostAction(postsDelete, followed, () => toasts.say(t`The post was deleted.`));
  const update = useAsk(postsUpdate);
  const failed = post.platformPosts.filter((each) => each.status === "failed").map(({ platform }) => platform);
  const isDraft = status === "draft";
  const asks = needsApproval && post.approval?.state !== "approved";
  const verb = asks ? t`Send for approval` : t`Publish now`;

  const reschedule = (scheduledFor: string | null, version: string | null) =>
    update({ params: { id }, ifMatch: version ?? undefined, body: { scheduledFor } });
  const unschedule = () =>
    void reschedule(null, etag).then((draft) => {
      const undo = () =>
        void reschedule(post.scheduledFor, draft.etag).then(
          () => toasts.say(t`The post is scheduled again.`),
          toasts.sayFailure,
        );
      toasts.say(t`The post is a draft now.`, needsApproval ? undefined : undo);
    }, toasts.sayFailure);

  if (!may("posts_publish")) return null;
  const duplicate = () => void navigate({ to: "/compose", search: { from: id } });
  const items: MenuItem[] = [{ name: t`Duplicate`, onSelect: duplicate }];
  if (status === "scheduled") items.push({ name: t`Back to draft`, onSelect: unschedule });
  if (isAllowed(status, "discard"))
    items.push({
      name: isDraft ? t`Delete` : t`Cancel post`,
      onSelect: (isDraft ? remove : cancel).begin,
      isBad: true,
    });
  return (
    <>
      {isAllowed(status, "publish") && (
        <Button kind="main" onClick={publish.begin}>
          {verb}
        </Button>
      )}
      {isAllowed(status, "retry") && failed.length > 0 && (
        <Button kind="main" onClick={retry.begin}>
          {t`Retry`}
        </Button>
      )}
      {mayEdit(status) && (
        <a href={`/compose?${queryIn(mode, { post: id })}`} className={buttonClass()}>
          {t`Edit`}
        </a>
      )}
      <MenuButton label={t`More actions`} className={buttonClass("plain", "px-2.5")} items={items}>
        <MoreIcon />
      </MenuButton>

      <Confirm {...publish} kind="main" title={`${verb}?`} action={verb} onConfirm={() => publish.run()}>
        {asks && <p>{t`A publisher approves it first.`}</p>}
        <GoesOut post={post} accounts={accounts} />
      </Confirm>
      <RetryDialog key={failed.join()} post={post} accounts={accounts} platforms={failed} retry={retry} />
      <Confirm {...remove} title={t`Delete this draft?`} action={t`Delete`} onConfirm={() => remove.run()}>
        <p>
          <Trans>It cannot be edited or published any more.</Trans>
        </p>
      </Confirm>
      <Confirm {...cancel} title={t`Cancel this post?`} action={t`Cancel post`} onConfirm={() => cancel.run()}>
        <p>
          <Trans>What is not published yet never will be. What is already live stays.</Trans>
        </p>
      </Confirm>
    </>
  );
}

/** Failed platforms are tried again; what is published or unknown is not touched. */
function RetryDialog({
  post,
  accounts,
  platforms,
  retry,
}: {
  post: Post;
  accounts: readonly Account[];
  platforms: readonly PlatformName[];
  retry: ReturnType<typeof usePostAction>;
}) {
  const { t } = useLingui();
  const [chosen, setChosen] = useState(platforms);
  const count = chosen.length;
  return (
    <Confirm
      {...retry}
      kind="main"
      title={t`Retry`}
      action={t`Retry ${plural(count, { one: "# platform", other: "# platforms" })}`}
      onConfirm={() => count > 0 && retry.run({ platforms: chosen })}
    >
      <fieldset>
        <legend className="mb-2 text-sm text-dim">{t`The post is published again, as it is, on:`}</legend>
        {platforms.map((platform) => (
          <Checkbox
            key={platform}
            label={labelOf(platform)}
            checked={chosen.includes(platform)}
            onChange={({ target: { checked } }) =>
              setChosen(checked ? [...chosen, platform] : chosen.filter((each) => each !== platform))
            }
          />
        ))}
      </fieldset>
      <Sharing post={post} platforms={chosen} accounts={accounts} />
    </Confirm>
  );
}
