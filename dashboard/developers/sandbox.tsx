import { Trans, useLingui } from "@lingui/react/macro";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import type { Account } from "../../contract/operations/accounts.ts";
import { postsCreate, postsList, postsPublish } from "../../contract/operations/posts.ts";
import { randomId } from "../api/random-id.ts";
import { useRead, useWrite } from "../api/use-api.ts";
import { useMode } from "../shell/mode.ts";
import { labelOf } from "../start.ts";
import { Button, buttonClass, OutLink, Select } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { OpenIcon } from "../ui/icons.tsx";
import { Card, Empty, Loading } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { Developers } from "./developers.tsx";
import { useTextAccounts } from "./text-accounts.ts";

/** What test mode publishes, and how to see each failure before it happens in live mode. */
export function Sandbox() {
  const { t } = useLingui();
  const mode = useMode();
  return (
    <Developers>
      {mode === "live" ? (
        <Empty
          title={t`The sandbox belongs to test mode`}
          action={
            <Link to="." search={(before) => ({ ...before, mode: "test" })} className={buttonClass("main")}>
              {t`Switch to test mode`}
            </Link>
          }
        >
          <Trans>In live mode, posts go to the platforms.</Trans>
        </Empty>
      ) : (
        <>
          <Feed />
          <Rehearsal />
        </>
      )}
    </Developers>
  );
}

function Feed() {
  const { t } = useLingui();
  const { data, error, refetch } = useRead(
    postsList,
    { query: { status: "published", limit: 5 } },
    { everyMilliseconds: 5_000 },
  );
  return (
    <Card
      title={t`Live in the sandbox`}
      actions={
        <a href="/sandbox/" className={buttonClass()}>
          {t`Open the sandbox`} <OpenIcon />
        </a>
      }
    >
      {error !== null && data === undefined && <Failure error={error} onRetry={() => void refetch()} />}
      {error === null && data === undefined && <Loading rows={2} />}
      {data?.posts.length === 0 && <p className="text-sm text-dim">{t`Nothing is published yet.`}</p>}
      <ul className="divide-y">
        {data?.posts.map(({ id, textPreview, platforms, publishedAt }) => (
          <li key={id}>
            <Link
              to="/posts/$id"
              params={{ id }}
              className="flex items-center justify-between gap-3 py-2 text-ink no-underline hover:underline"
            >
              <span className="min-w-0">
                <span className="block truncate" dir="auto">
                  {textPreview === "" ? t`No text` : textPreview}
                </span>
                <span className="block truncate text-sm text-dim">{platforms.map(labelOf).join(", ")}</span>
              </span>
              <span className="shrink-0 text-sm text-dim">{publishedAt !== null && <Time at={publishedAt} />}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function useKinds(): readonly { kind: string; name: string; about: string }[] {
  const { t } = useLingui();
  return [
    { kind: "reject", name: t`Reject it`, about: t`The platform rejects the post.` },
    { kind: "rate_limit", name: t`Limit the rate`, about: t`Too many requests: it is tried again later.` },
    { kind: "http_500", name: t`Fail with 500`, about: t`The platform fails without doing anything.` },
    { kind: "drop_before", name: t`Drop the request`, about: t`The connection ends before anything is published.` },
    { kind: "drop_after", name: t`Drop the response`, about: t`It is published, and the connection ends.` },
    { kind: "error_after", name: t`Publish, then 500`, about: t`It is published, and the platform says it failed.` },
    { kind: "timeout", name: t`Never respond`, about: t`It is published, and no response comes.` },
    { kind: "cut_body", name: t`Cut the response`, about: t`It is published, and half of the response comes.` },
    { kind: "broken_json", name: t`Break the response`, about: t`It is published, and the response is unreadable.` },
    { kind: "slow", name: t`Respond slowly`, about: t`The response takes three seconds.` },
    { kind: "process_forever", name: t`Never finish`, about: t`Processing does not end, where the platform has any.` },
    { kind: "expire_token", name: t`Expire the access`, about: t`The access has expired and is renewed.` },
    { kind: "revoke_token", name: t`Revoke the access`, about: t`The account must be reconnected afterwards.` },
  ];
}

/** Publishes a post that fails in a chosen way, once: a retry succeeds. */
function Rehearsal() {
  const { t } = useLingui();
  const navigate = useNavigate();
  const kinds = useKinds();
  const { accounts, isPending, error } = useTextAccounts();
  const create = useWrite(postsCreate);
  const publish = useWrite(postsPublish);
  const [chosen, setChosen] = useState("");
  const [running, setRunning] = useState<string | null>(null);
  const failure = error ?? create.error ?? publish.error;
  const account = accounts.find(({ id }) => id === chosen) ?? accounts[0];
  const run = async (kind: string, { platform, platformSetId }: Account) => {
    setRunning(kind);
    const content = { text: `${t`A rehearsal`} ${randomId().slice(0, 8)} ${wordOf(kind)}` };
    try {
      const { post } = await create.mutateAsync({ body: { content, platforms: [platform], platformSetId } });
      await publish.mutateAsync({ params: { id: post.id } });
      await navigate({ to: "/posts/$id", params: { id: post.id } });
    } catch {
      // The mutations show it.
    } finally {
      setRunning(null);
    }
  };
  return (
    <Card title={t`Make a post fail`}>
      <div className="space-y-4 text-sm">
        <p>
          <Trans>
            Publishes a test post whose first attempt fails, and shows what Ampost does then. Add the code to the text
            of any test post to make that one fail.
          </Trans>{" "}
          <OutLink href="/docs/test-mode">{t`About test mode`}</OutLink>
        </p>
        {failure !== null && <Failure error={failure} />}
        {isPending && <Loading rows={2} />}
        {!isPending && error === null && account === undefined && (
          <p className="text-dim">{t`Connect an account of a platform that takes posts of text alone first.`}</p>
        )}
        {account !== undefined && (
          <>
            <div className="max-w-sm">
              <Select
                label={t`Account`}
                value={account.id}
                onChange={({ target }) => setChosen(target.value)}
                options={accounts.map(({ id, platform, username, displayName }) => ({
                  value: id,
                  name: `${labelOf(platform)} · ${username ?? displayName ?? id}`,
                }))}
              />
            </div>
            <ul className="grid gap-2 sm:grid-cols-2">
              {kinds.map(({ kind, name, about }) => (
                <li key={kind} className="flex items-center gap-3 rounded-xl border p-3">
                  <p className="min-w-0 grow">
                    {about} <code className="block text-xs text-dim">{wordOf(kind)}</code>
                  </p>
                  <Button
                    className="shrink-0"
                    isBusy={running === kind}
                    disabled={running !== null}
                    onClick={() => void run(kind, account)}
                  >
                    {name}
                  </Button>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </Card>
  );
}

/** What makes the first attempt of a test post fail. */
function wordOf(kind: string): string {
  return `[[sandbox:${kind}:1]]`;
}
