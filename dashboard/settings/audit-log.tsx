import { Trans, useLingui } from "@lingui/react/macro";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";

import { type AuditEvent, auditList } from "../../contract/operations/audit.ts";
import { MODES } from "../../model/platform-names.ts";
import { useRead } from "../api/use-api.ts";
import { start } from "../start.ts";
import { Button, buttonClass, DayField, Select } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card, Empty, Loading, Tag } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { ACTORS, type AuditFilter, KINDS, toAuditQuery } from "./audit-filter.ts";
import { useActionName, useActorKinds, useActorName, useKindNames } from "./audit-words.ts";
import { Settings } from "./settings.tsx";

const PAGE = 50;

export function AuditLog() {
  const { t } = useLingui();
  const { action, actor, eventMode, from, to, cursor } = useSearch({ from: "/settings/audit-log" });
  const filter: AuditFilter = { action, actor, eventMode, from, to };
  const query = toAuditQuery({ ...filter, cursor }, start.user.timeZone);
  const { data, error, refetch } = useRead(auditList, { query: { ...query, limit: PAGE } }, { keepsPrevious: true });
  const isFiltered = Object.values(filter).some((each) => each !== undefined);
  return (
    <Settings>
      <p className="text-sm text-dim">
        <Trans>
          Sign-ins and changes to keys, accounts and settings, in both modes, newest first. Entries cannot be edited or
          deleted.
        </Trans>
      </p>
      <Filters filter={filter} />
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data?.events.length === 0 && (
        <Empty title={isFiltered ? t`No entries match` : t`No more entries`}>
          {isFiltered ? t`Change or clear the filters.` : null}
        </Empty>
      )}
      {data !== undefined && data.events.length > 0 && (
        <Card
          title={t`Entries`}
          actions={
            <a
              href={`/api/audit/export?${exportQuery(filter)}`}
              download
              className={buttonClass()}
            >{t`Download as CSV`}</a>
          }
        >
          <ul className="divide-y">
            {data.events.map((event) => (
              <Entry key={event.id} event={event} />
            ))}
          </ul>
        </Card>
      )}
      <nav aria-label={t`Pages`} className="flex flex-wrap gap-2 empty:hidden">
        {cursor !== undefined && (
          <Link to="/settings/audit-log" search={({ mode }) => ({ mode, ...filter })} className={buttonClass()}>
            {t`Newest`}
          </Link>
        )}
        {typeof data?.nextCursor === "string" && (
          <Link
            to="/settings/audit-log"
            search={({ mode }) => ({ mode, ...filter, cursor: data.nextCursor ?? undefined })}
            className={buttonClass()}
          >
            {t`Older`}
          </Link>
        )}
      </nav>
    </Settings>
  );
}

function exportQuery(filter: AuditFilter): string {
  const given = Object.entries(toAuditQuery(filter, start.user.timeZone));
  return new URLSearchParams(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))).toString();
}

function Filters({ filter }: { filter: AuditFilter }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const kinds = useKindNames();
  const actors = useActorKinds();
  const set = (change: AuditFilter) =>
    void navigate({ to: "/settings/audit-log", search: ({ mode }) => ({ mode, ...filter, ...change }), replace: true });
  const all = { value: "", name: t`All` };
  const isFiltered = Object.values(filter).some((each) => each !== undefined);
  return (
    <form
      role="search"
      aria-label={t`Filter the entries`}
      className="grid grid-cols-2 gap-3 lg:grid-cols-5"
      onSubmit={(event) => event.preventDefault()}
    >
      <Select
        label={t`About`}
        value={filter.action ?? ""}
        onChange={({ target }) => set({ action: KINDS.find((each) => each === target.value) })}
        options={[all, ...KINDS.map((kind) => ({ value: kind, name: kinds[kind] }))]}
      />
      <Select
        label={t`By`}
        value={filter.actor ?? ""}
        onChange={({ target }) => set({ actor: ACTORS.find((each) => each === target.value) })}
        options={[all, ...ACTORS.map((kind) => ({ value: kind, name: actors[kind] }))]}
      />
      <Select
        label={t`Mode`}
        value={filter.eventMode ?? ""}
        onChange={({ target }) => set({ eventMode: MODES.find((each) => each === target.value) })}
        options={[all, { value: "test", name: t`Test` }, { value: "live", name: t`Live` }]}
      />
      <DayField label={t`From`} day={filter.from} onDay={(from) => set({ from })} />
      <DayField label={t`Until`} day={filter.to} onDay={(to) => set({ to })} />
      {isFiltered && (
        <Button
          className="col-span-2 justify-self-start"
          onClick={() => void navigate({ to: "/settings/audit-log", search: ({ mode }) => ({ mode }), replace: true })}
        >
          {t`Clear filters`}
        </Button>
      )}
    </form>
  );
}

function Entry({ event }: { event: AuditEvent }) {
  const { t } = useLingui();
  const actionName = useActionName();
  const actorName = useActorName();
  const { action, actor, targetName, mode, address, createdAt, requestId, data } = event;
  const [title, who] = [actionName(action), actorName(event)];
  // Of the others' requests, there is no log.
  const isRecorded = actor.kind === "key" || actor.kind === "session";
  const details = Object.entries(data)
    .filter(([name]) => name !== "memberUserId" || actor.name === null)
    .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
  const origin = (
    <>
      <Time at={createdAt} />
      {address !== null && ` · ${address}`}
    </>
  );
  return (
    <li className="py-3 text-sm">
      <p>
        <Trans>
          <strong>{title}</strong> <em>{targetName ?? ""}</em> by {who}
        </Trans>{" "}
        {mode === "test" && <Tag tone="warn">{t`Test`}</Tag>}
      </p>
      {details.length === 0 && requestId === null ? (
        <p className="text-dim">{origin}</p>
      ) : (
        <details>
          <summary className="flex min-h-6 flex-wrap gap-x-2 text-dim">
            <span>{origin}</span>
            <span className="underline underline-offset-2">{t`Details`}</span>
          </summary>
          <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
            {details.map(([name, value]) => (
              <div key={name} className="contents">
                <dt className="text-dim">{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
            {requestId !== null && (
              <div className="contents">
                <dt className="text-dim">{t`Request`}</dt>
                <dd className="font-mono text-xs">
                  {isRecorded ? (
                    <Link
                      to="/developers/requests/$id"
                      params={{ id: requestId }}
                      search={(before) => ({ mode: mode ?? before.mode })}
                      className="text-link underline underline-offset-2"
                    >
                      {requestId}
                    </Link>
                  ) : (
                    requestId
                  )}
                </dd>
              </div>
            )}
          </dl>
        </details>
      )}
    </li>
  );
}
