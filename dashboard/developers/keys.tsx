import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { type ApiKey, keysList } from "../../contract/operations/api-keys.ts";
import { useRead } from "../api/use-api.ts";
import { useMode } from "../shell/mode.ts";
import { Button, OutLink, Select, TextField } from "../ui/controls.tsx";
import { Copyable } from "../ui/copy.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card, Dialog, Empty, Loading, Notice, Tag } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { Developers } from "./developers.tsx";
import { RevokeKey, RollKey } from "./key-actions.tsx";
import { type CreatedKey, KeyForm } from "./key-form.tsx";
import { Policies } from "./policies.tsx";
import { PostSnippets } from "./snippets.tsx";

/** The keys of this mode. A raw key is shown once: when it is created or rolled. */
export function Keys() {
  const { t } = useLingui();
  const mode = useMode();
  const { data, error, refetch } = useRead(keysList);
  const [isCreating, setIsCreating] = useState(false);
  const [created, setCreated] = useState<CreatedKey | null>(null);
  const keys = data?.keys.filter((key) => key.mode === mode && key.clientId === null);
  const living = keys?.filter((key) => !hasEnded(key)) ?? [];
  const ended = keys?.filter(hasEnded) ?? [];
  const create = (
    <Button kind="main" onClick={() => setIsCreating(true)}>
      {t`Create key`}
    </Button>
  );
  return (
    <Developers>
      {error !== null && data === undefined && <Failure error={error} onRetry={() => void refetch()} />}
      {error === null && data === undefined && <Loading />}
      {keys?.length === 0 && (
        <Empty title={mode === "test" ? t`No test keys yet` : t`No live keys yet`} action={create}>
          <Trans>Programs call the API with a key. It can do what you can, unless you limit it.</Trans>
        </Empty>
      )}
      {keys !== undefined && keys.length > 0 && (
        <Card title={mode === "test" ? t`Test keys` : t`Live keys`} actions={create}>
          {living.length === 0 && <p className="text-sm text-dim">{t`No active keys.`}</p>}
          <LivingKeys keys={living} onRolled={setCreated} />
          {ended.length > 0 && (
            <details className="mt-2 border-t pt-3">
              <summary className="text-sm font-semibold">
                {t`${plural(ended.length, { one: "# revoked or expired", other: "# revoked or expired" })}`}
              </summary>
              <KeyList keys={ended} onRolled={setCreated} />
            </details>
          )}
        </Card>
      )}
      <Dialog title={t`Create a key`} isOpen={isCreating} onClose={() => setIsCreating(false)}>
        <KeyForm
          onCancel={() => setIsCreating(false)}
          onCreated={(key) => {
            setIsCreating(false);
            setCreated(key);
          }}
        />
      </Dialog>
      <Dialog title={t`Your new key`} isOpen={created !== null} onClose={() => setCreated(null)} isWide>
        {created !== null && <NewKey created={created} onClose={() => setCreated(null)} />}
      </Dialog>
    </Developers>
  );
}

function NewKey({ created: { name, apiKey, mode, policies }, onClose }: { created: CreatedKey; onClose: () => void }) {
  const { t } = useLingui();
  return (
    <div className="space-y-4">
      {apiKey === null ? (
        <Notice tone="warn">
          <Trans>The key was created, but the response with it was lost. Roll it to get one that is shown.</Trans>
        </Notice>
      ) : (
        <>
          <Notice tone="warn">
            <Trans>Copy the key now and store it safely. It is not shown again.</Trans>
          </Notice>
          <Copyable label={t`Key ${name}`} text={apiKey} />
          <section className="space-y-2">
            <h3 className="font-semibold">{t`Try it`}</h3>
            <PostSnippets apiKey={apiKey} mode={mode} policies={policies} />
            <p className="text-sm">
              <OutLink href="/docs/quickstart">{t`Quickstart`}</OutLink>
            </p>
          </section>
        </>
      )}
      <div className="flex justify-end">
        <Button kind="main" onClick={onClose}>
          {t`Done`}
        </Button>
      </div>
    </div>
  );
}

export function hasEnded({ revokedAt, expiresAt }: ApiKey): boolean {
  return revokedAt !== null || (expiresAt !== null && Date.parse(expiresAt) <= Date.now());
}

/** From this many on, they can be searched and sorted. */
const MANY = 6;

function LivingKeys({ keys, onRolled }: { keys: readonly ApiKey[]; onRolled: (key: CreatedKey) => void }) {
  const { t } = useLingui();
  const [search, setSearch] = useState("");
  const [order, setOrder] = useState("created");
  if (keys.length < MANY) return <KeyList keys={keys} onRolled={onRolled} />;
  const wanted = search.trim().toLowerCase();
  const found = keys.filter(({ name, prefix }) => `${name} ${prefix}`.toLowerCase().includes(wanted));
  const lastUse = ({ lastUsedAt }: ApiKey) => (lastUsedAt === null ? 0 : Date.parse(lastUsedAt));
  return (
    <>
      <form
        role="search"
        aria-label={t`API keys`}
        className="grid grid-cols-2 gap-3"
        onSubmit={(event) => event.preventDefault()}
      >
        <TextField
          label={t`Search`}
          type="search"
          placeholder={t`Name or beginning`}
          value={search}
          onChange={({ target }) => setSearch(target.value)}
        />
        <Select
          label={t`Sort by`}
          value={order}
          onChange={({ target }) => setOrder(target.value)}
          options={[
            { value: "created", name: t`Newest` },
            { value: "used", name: t`Last used` },
            { value: "unused", name: t`Longest unused` },
            { value: "name", name: t`Name` },
          ]}
        />
      </form>
      {found.length === 0 && <p className="mt-3 text-sm text-dim">{t`No key matches.`}</p>}
      <KeyList
        keys={found.toSorted((one, other) => {
          if (order === "name") return one.name.localeCompare(other.name);
          if (order === "created") return other.createdAt.localeCompare(one.createdAt);
          return (lastUse(other) - lastUse(one)) * (order === "used" ? 1 : -1);
        })}
        onRolled={onRolled}
      />
    </>
  );
}

function KeyList({ keys, onRolled }: { keys: readonly ApiKey[]; onRolled: (key: CreatedKey) => void }) {
  return (
    <ul className="divide-y">
      {keys.map((key) => (
        <KeyItem key={key.id} apiKey={key} onRolled={onRolled} />
      ))}
    </ul>
  );
}

function KeyItem({ apiKey, onRolled }: { apiKey: ApiKey; onRolled: (key: CreatedKey) => void }) {
  const { t } = useLingui();
  const { name, prefix, policies, replacedBy, revokedAt } = apiKey;
  const isOver = hasEnded(apiKey);
  return (
    <li className="space-y-2 py-3">
      <div className="flex flex-wrap items-start justify-between gap-2">
        <div className="min-w-0">
          <h3 className="font-medium" dir="auto">
            {name}
          </h3>
          <p className="flex flex-wrap items-center gap-2 text-sm">
            <code className="text-dim">{prefix}…</code>
            {isOver && <Tag tone="bad">{revokedAt === null ? t`Expired` : t`Revoked`}</Tag>}
            {!isOver && replacedBy !== null && <Tag tone="warn">{t`Rolled`}</Tag>}
          </p>
        </div>
        {!isOver && (
          <div className="flex flex-wrap gap-2">
            {replacedBy === null && <RollKey apiKey={apiKey} onRolled={onRolled} />}
            <RevokeKey apiKey={apiKey} />
          </div>
        )}
      </div>
      <KeyTimes apiKey={apiKey} />
      <Policies policies={policies} />
    </li>
  );
}

/** When a key or an app was used, and how long it works. */
export function KeyTimes({ apiKey }: { apiKey: ApiKey }) {
  const { t } = useLingui();
  const { lastUsedAt, createdAt, expiresAt, revokedAt, clientId } = apiKey;
  const expires = clientId === null ? t`Expires` : t`Expires if unused`;
  const times: [string, string | null][] = [
    [t`Last used`, lastUsedAt],
    [t`Created`, createdAt],
    ...(revokedAt === null ? [[expires, expiresAt] satisfies [string, string | null]] : []),
    ...(revokedAt === null ? [] : [[t`Revoked`, revokedAt] satisfies [string, string | null]]),
  ];
  return (
    <dl className="flex flex-wrap gap-x-6 gap-y-1 text-sm">
      {times.map(([label, at]) => (
        <div key={label} className="flex gap-1.5">
          <dt className="text-dim">{label}</dt>
          <dd>{at === null ? t`never` : <Time at={at} />}</dd>
        </div>
      ))}
    </dl>
  );
}
