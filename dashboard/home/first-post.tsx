import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { type Post, postsCreate, postsPublish, postsUpdate } from "../../contract/operations/posts.ts";
import { errorAt, errorElsewhere } from "../api/field-errors.ts";
import { useWrite } from "../api/use-api.ts";
import { useTextAccounts } from "../developers/text-accounts.ts";
import { labelOf } from "../start.ts";
import { Button, buttonClass, TextArea } from "../ui/controls.tsx";
import { Loading, Notice } from "../ui/surfaces.tsx";

/** A post that is ready to be published in the sandbox. The composer is for everything else. */
export function FirstPost({ onAct }: { onAct: () => void }) {
  const { t } = useLingui();
  const { accounts, isPending } = useTextAccounts("test");
  const [text, setText] = useState(t`Hello from Ampost!`);
  const create = useWrite(postsCreate, [], { mode: "test" });
  const update = useWrite(postsUpdate, [], { mode: "test" });
  const publish = useWrite(postsPublish, [], { mode: "test" });
  if (isPending) return <Loading rows={1} />;
  const [account] = accounts;
  const composer = (
    <Link to="/compose" search={{ mode: "test" }} className={buttonClass(account === undefined ? "main" : "quiet")}>
      {t`Open the composer`}
    </Link>
  );
  if (account === undefined) return composer;
  const { platform, platformSetId } = account;
  const label = labelOf(platform);
  if (publish.data !== undefined)
    return (
      <Notice tone="good">
        <Trans>
          Publishing on {label} has started.{" "}
          <Link
            to="/posts/$id"
            params={{ id: publish.data.post.id }}
            search={{ mode: "test" }}
            className="text-link underline"
          >
            See the post
          </Link>
        </Trans>
      </Notice>
    );
  const error = create.error ?? update.error ?? publish.error;
  return (
    <form
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        onAct();
        const body = { content: { text }, platforms: [platform], platformSetId };
        const onSuccess = ({ post }: { post: Post }) => publish.mutate({ params: { id: post.id } });
        // What could not be published is a draft now.
        const draft = create.data?.post;
        if (draft === undefined) create.mutate({ body }, { onSuccess });
        else update.mutate({ params: { id: draft.id }, body }, { onSuccess });
      }}
    >
      <TextArea
        label={t`Text`}
        rows={2}
        required
        value={text}
        onChange={({ target }) => setText(target.value)}
        error={errorAt(error, "/content") ?? errorElsewhere(error, ["/content"])}
      />
      <div className="flex flex-wrap gap-2">
        <Button
          type="submit"
          kind="main"
          className="max-sm:whitespace-normal"
          isBusy={create.isPending || update.isPending || publish.isPending}
        >
          {t`Publish on ${label}, in the sandbox`}
        </Button>
        {composer}
      </div>
    </form>
  );
}
