import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { accountsList } from "../../contract/operations/accounts.ts";
import { sandboxFaultsGet, sandboxFaultsSet } from "../../contract/operations/sandbox-faults.ts";
import { type FaultKind, MOST_ACCOUNT_FAULTS } from "../../model/fault-kinds.ts";
import { useRead, useWrite } from "../api/use-api.ts";
import { useMode } from "../shell/mode.ts";
import { inWorkspace, may } from "../shell/workspace.ts";
import { labelOf } from "../start.ts";
import { Button, buttonClass, OutLink, Select } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { OpenIcon } from "../ui/icons.tsx";
import { Card, Empty, Loading } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { Developers } from "./developers.tsx";

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
          {inWorkspace.workspace === undefined && <Feed />}
          <Rehearsal />
        </>
      )}
    </Developers>
  );
}

/** The sandbox's own page, which shows what arrived there from one's own workspace, and new posts by itself. */
function Feed() {
  const { t } = useLingui();
  return (
    <Card
      title={t`Live in the sandbox`}
      actions={
        <a href="/sandbox/" className={buttonClass()}>
          {t`Open the sandbox`} <OpenIcon />
        </a>
      }
    >
      <iframe src="/sandbox/" title={t`Posts in the sandbox`} className="h-[70dvh] w-full rounded-lg border bg-card" />
    </Card>
  );
}

function useKinds(): readonly { kind: FaultKind; name: string; about: string }[] {
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

const FRESH_MILLISECONDS = 3_000;

/** Makes the next calls of an account fail, each in a chosen way. */
function Rehearsal() {
  const { t } = useLingui();
  const { data, error, refetch } = useRead(accountsList);
  const [chosen, setChosen] = useState("");
  const accounts = data?.accounts.filter(({ status }) => status === "active") ?? [];
  const account = accounts.find(({ id }) => id === chosen) ?? accounts[0];
  return (
    <Card title={t`Make the next call fail`}>
      <div className="space-y-4 text-sm">
        <p>
          <Trans>
            The next time that Ampost publishes to the account, the platform fails in the way you choose, once. If you
            choose several, the calls meet them in turn.
          </Trans>{" "}
          <OutLink href="/docs/test-mode">{t`About test mode`}</OutLink>
        </p>
        {error !== null && data === undefined && <Failure error={error} onRetry={() => void refetch()} />}
        {data === undefined && error === null && <Loading rows={2} />}
        {data !== undefined && account === undefined && (
          <p className="text-dim">{t`Connect an account in test mode first.`}</p>
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
            <NextCalls key={account.id} accountId={account.id} />
          </>
        )}
      </div>
    </Card>
  );
}

function NextCalls({ accountId: id }: { accountId: string }) {
  const { t } = useLingui();
  const kinds = useKinds();
  const read = useRead(sandboxFaultsGet, { params: { id } }, { everyMilliseconds: FRESH_MILLISECONDS });
  const set = useWrite(sandboxFaultsSet);
  const failure = set.error ?? (read.data === undefined ? read.error : null);
  const waiting = read.data?.faults ?? [];
  const choose = (faults: FaultKind[]) =>
    set.mutate({ params: { id }, body: { faults } }, { onSuccess: () => void read.refetch() });
  const canSet = may("sandbox_faults_set");
  const isFull = waiting.length >= MOST_ACCOUNT_FAULTS;
  return (
    <>
      {failure !== null && <Failure error={failure} onRetry={() => void read.refetch()} />}
      {read.isPending && <Loading rows={2} />}
      <div role="status">
        {read.data !== undefined && waiting.length === 0 && (
          <p className="text-dim">{t`The next call works as usual.`}</p>
        )}
        {waiting.length > 0 && (
          <>
            <p className="font-semibold">{t`The next calls fail in this order:`}</p>
            <ol className="mt-1 list-decimal ps-6">
              {waiting.map(({ kind, expiresAt }, index) => (
                // Each can be in the list more than once.
                <li key={`${index} ${kind}`}>
                  {kinds.find((each) => each.kind === kind)?.name} <code className="text-xs text-dim">{kind}</code>{" "}
                  <span className="text-dim">
                    <Trans>
                      until <Time at={expiresAt} />
                    </Trans>
                  </span>
                </li>
              ))}
            </ol>
          </>
        )}
      </div>
      {waiting.length > 0 && canSet && (
        <div className="flex flex-wrap gap-2">
          <Link to="/compose" search={({ mode }) => ({ mode })} className={buttonClass("main")}>
            {t`New post`}
          </Link>
          <Button isBusy={set.isPending} onClick={() => choose([])}>{t`Reset`}</Button>
        </div>
      )}
      <ul className="grid gap-2 sm:grid-cols-2 empty:hidden">
        {(canSet ? kinds : []).map(({ kind, name, about }) => (
          <li key={kind} className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-xl border p-3">
            <p className="min-w-0 grow basis-40">
              {about} <code className="block text-xs text-dim">{kind}</code>
            </p>
            <Button
              className="shrink-0"
              disabled={isFull || set.isPending || read.data === undefined}
              onClick={() => choose([...waiting.map((each) => each.kind), kind])}
            >
              {name}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}
