import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import type { z } from "zod";

import { type PlatformPost, postsResolve } from "../../contract/operations/posts.ts";
import { labelOf } from "../start.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Button, TextField } from "../ui/controls.tsx";
import { Notice } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { useWords } from "../words/use-words.tsx";
import { usePostAction } from "./use-post-action.ts";
import type { FollowedPost } from "./use-post.ts";

type Body = z.input<typeof postsResolve.body>;

interface UnknownProps {
  followed: FollowedPost;
  platformPost: PlatformPost;
  account: string | undefined;
}

/** What Ampost does about an unknown outcome, and the two answers of a person who has looked. */
export function Unknown({ followed, platformPost: { platform, error, nextAttemptAt }, account }: UnknownProps) {
  const { t } = useLingui();
  const say = useWords();
  const toasts = useToasts();
  const label = labelOf(platform);
  const [link, setLink] = useState("");
  // Each check changes the post, but not what a person has found.
  const anyVersion = { isForVersion: false };
  const there = usePostAction(
    postsResolve,
    followed,
    () => toasts.say(t`Thank you. The post counts as published.`),
    anyVersion,
  );
  const gone = usePostAction(
    postsResolve,
    followed,
    () => toasts.say(t`Thank you. The post can be retried now.`),
    anyVersion,
  );
  const who = account ?? label;
  return (
    <Notice tone="warn">
      <p className="font-semibold">{say(error?.message ?? "")}</p>
      <p>
        {nextAttemptAt === null ? (
          <Trans>Ampost has stopped checking. It will not publish the post again by itself.</Trans>
        ) : (
          <Trans>
            Ampost checks again on <Time at={nextAttemptAt} withZone />, and does not publish it again by itself.
          </Trans>
        )}
      </p>
      <p className="mt-2">{t`Look at ${who} on ${label}. Is the post there?`}</p>
      <div className="mt-2 flex flex-wrap gap-2">
        <Button onClick={there.begin}>{t`It is there`}</Button>
        <Button onClick={gone.begin}>{t`It is not there`}</Button>
      </div>
      <Confirm
        {...there}
        error={isAboutLink(there.error) ? null : there.error}
        title={t`The post is on ${label}`}
        action={t`Save`}
        kind="main"
        onConfirm={() => there.run({ platform, isLive: true, publishedUrl: link.trim() } satisfies Body)}
      >
        <TextField
          label={t`Link of the post`}
          hint={t`Open the post on ${label} and copy its link.`}
          type="url"
          required
          value={link}
          onChange={({ target }) => setLink(target.value)}
          error={isAboutLink(there.error) ? there.error?.issues[0]?.message : undefined}
        />
      </Confirm>
      <Confirm
        {...gone}
        title={t`The post is not on ${label}`}
        action={t`It is not there`}
        kind="main"
        onConfirm={() => gone.run({ platform, isLive: false } satisfies Body)}
      >
        <p>
          <Trans>
            Make sure that you looked at the right account. The post then counts as failed, and you can retry it: if it
            is there after all, it would be published twice.
          </Trans>
        </p>
      </Confirm>
    </Notice>
  );
}

function isAboutLink(error: { issues: readonly { path: string }[] } | null): boolean {
  return error?.issues.some(({ path }) => path === "/publishedUrl") === true;
}
