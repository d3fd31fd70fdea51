import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { type Account, accountsList } from "../../contract/operations/accounts.ts";
import { type ConnectLink, connectLinksList, connectLinksRevoke } from "../../contract/operations/connect-links.ts";
import { platformSetsList } from "../../contract/operations/platform-sets.ts";
import { useRead, useWrite } from "../api/use-api.ts";
import { labelOf } from "../start.ts";
import { nameOf } from "../ui/avatar.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Button, buttonClass, Select } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Dialog, Empty, Loading, Tag, type Tone, View } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { NewConnectLink } from "./new-connect-link.tsx";

const PAGE = 50;

/** The links with which others connect accounts: what became of each, and revoking those that still work. */
export function ConnectLinks() {
  const { t } = useLingui();
  const [offset, setOffset] = useState(0);
  const [isCreating, setIsCreating] = useState(false);
  const links = useRead(connectLinksList, { query: { limit: PAGE, offset } }, { keepsPrevious: true });
  const sets = useRead(platformSetsList);
  const accounts = useRead(accountsList);
  const nameOfSet = (id: string) => sets.data?.sets.find((set) => set.id === id)?.name;
  const total = links.data?.total ?? 0;
  // What each is for is part of its row, which would become higher.
  const isLoading = links.isPending || (total > 0 && (sets.isPending || accounts.isPending));
  const create = (
    <Button kind="main" onClick={() => setIsCreating(true)}>
      {t`New connect link`}
    </Button>
  );
  return (
    <View
      title={t`Connect links`}
      actions={
        <>
          <Link to="/platforms" className={buttonClass()}>
            {t`Platforms`}
          </Link>
          {create}
        </>
      }
    >
      <p className="text-sm text-dim">
        <Trans>
          With a connect link, somebody without a login here connects their accounts to one of your platform sets.
        </Trans>
      </p>
      {links.error !== null && <Failure error={links.error} onRetry={() => void links.refetch()} />}
      {isLoading && <Loading />}
      {links.data !== undefined && total === 0 && (
        <Empty title={t`No connect links yet`} action={create}>
          <Trans>Create one for each person whose accounts you publish to.</Trans>
        </Empty>
      )}
      {total > 0 && !isLoading && (
        <ul className="divide-y rounded-2xl border bg-card">
          {links.data?.connectLinks.map((link) => (
            <LinkRow
              key={link.id}
              link={link}
              setName={nameOfSet(link.platformSetId)}
              accounts={accounts.data?.accounts.filter(({ id }) => link.accountIds.includes(id)) ?? []}
            />
          ))}
        </ul>
      )}
      {total > PAGE && (
        <div className="flex gap-2">
          <Button disabled={offset === 0} onClick={() => setOffset(offset - PAGE)}>{t`Newer`}</Button>
          <Button disabled={offset + PAGE >= total} onClick={() => setOffset(offset + PAGE)}>{t`Older`}</Button>
        </div>
      )}
      <Dialog title={t`New connect link`} isOpen={isCreating} onClose={() => setIsCreating(false)}>
        {sets.error !== null && <Failure error={sets.error} onRetry={() => void sets.refetch()} />}
        {sets.isPending && <Loading rows={3} />}
        {sets.data !== undefined && <ForSet sets={sets.data.sets} />}
      </Dialog>
    </View>
  );
}

function ForSet({ sets }: { sets: readonly { id: string; name: string }[] }) {
  const { t } = useLingui();
  const [chosen, setChosen] = useState(sets[0]?.id ?? "");
  return (
    <div className="space-y-4">
      {sets.length > 1 && (
        <Select
          label={t`Platform set`}
          value={chosen}
          onChange={({ target }) => setChosen(target.value)}
          options={sets.map(({ id, name }) => ({ value: id, name }))}
        />
      )}
      <NewConnectLink key={chosen} platformSetId={chosen} />
    </div>
  );
}

const TONES: Record<ConnectLink["status"], Tone> = {
  pending: "warn",
  connected: "good",
  expired: "neutral",
  revoked: "neutral",
};

interface LinkRowProps {
  link: ConnectLink;
  setName: string | undefined;
  /** What it has connected and is still connected. */
  accounts: readonly Account[];
}

function LinkRow({ link, setName, accounts }: LinkRowProps) {
  const { t } = useLingui();
  const [isAsking, setIsAsking] = useState(false);
  const names: Record<ConnectLink["status"], string> = {
    pending: t`Not used yet`,
    connected: t`Connected`,
    expired: t`Expired`,
    revoked: t`Revoked`,
  };
  const what = link.platform === null ? t`Any platform` : labelOf(link.platform);
  const count = link.accountIds.length;
  const [buttonId, aboutId] = [`revoke-${link.id}`, `link-${link.id}`];
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-3">
      <div id={aboutId} className="min-w-0 grow basis-52 max-sm:basis-full">
        <p className="font-medium">
          {what}
          {setName === undefined ? null : <span className="font-normal text-dim"> · {setName}</span>}
        </p>
        <p className="text-sm text-dim">
          {link.status === "pending" ? (
            <Trans>
              Works until <Time at={link.expiresAt} />
            </Trans>
          ) : (
            <Trans>
              Created <Time at={link.createdAt} />
            </Trans>
          )}
          {link.externalId !== null && (
            <>
              {" "}
              · <code>{link.externalId}</code>
            </>
          )}
        </p>
        {accounts.length > 0 && (
          <ul className="text-sm" aria-label={t`Connected accounts`}>
            {accounts.map((account) => (
              <li key={account.id} className="break-words">
                <Trans>
                  <bdi>{nameOf(account)}</bdi> on {labelOf(account.platform)}
                </Trans>
              </li>
            ))}
          </ul>
        )}
      </div>
      {count > 1 || (count === 1 && link.status !== "connected") ? (
        <Tag tone="good">
          <Plural value={count} one="# account connected" other="# accounts connected" />
        </Tag>
      ) : null}
      {link.status === "pending" && count > 0 ? null : <Tag tone={TONES[link.status]}>{names[link.status]}</Tag>}
      {link.status === "pending" && (
        <Button
          id={buttonId}
          kind="danger"
          aria-labelledby={`${buttonId} ${aboutId}`}
          onClick={() => setIsAsking(true)}
        >
          {t`Revoke`}
        </Button>
      )}
      <Revoke link={link} isOpen={isAsking} onClose={() => setIsAsking(false)} />
    </li>
  );
}

function Revoke({ link, isOpen, onClose }: { link: ConnectLink; isOpen: boolean; onClose: () => void }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const revoke = useWrite(connectLinksRevoke);
  return (
    <Confirm
      title={t`Revoke this connect link?`}
      action={t`Revoke`}
      isOpen={isOpen}
      isBusy={revoke.isPending}
      onClose={onClose}
      onConfirm={() =>
        revoke.mutate(
          { params: { id: link.id } },
          { onSuccess: () => toasts.say(t`The connect link has been revoked.`), onError: toasts.sayFailure },
        )
      }
    >
      <p>
        <Trans>Whoever has it can no longer use it. You can create another one.</Trans>
      </p>
    </Confirm>
  );
}
