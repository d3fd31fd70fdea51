import { Trans, useLingui } from "@lingui/react/macro";
import { Suspense, useState } from "react";

import type { Account } from "../../contract/operations/accounts.ts";
import { accountsDisconnect, accountsRefresh, type ConnectOption } from "../../contract/operations/connections.ts";
import type { Pause } from "../../contract/operations/publishing.ts";
import { useWrite } from "../api/use-api.ts";
import { may } from "../shell/workspace.ts";
import { labelOf } from "../start.ts";
import { Avatar, nameOf } from "../ui/avatar.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { buttonClass } from "../ui/controls.tsx";
import { MoreIcon } from "../ui/icons.tsx";
import { later } from "../ui/later.ts";
import { MenuButton, type MenuItem } from "../ui/menu-button.tsx";
import { Dialog, Loading, Notice, Tag } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { Said } from "../words/use-words.tsx";
import { AccountDetails } from "./account-details.tsx";
import { connectAddress } from "./connect-address.ts";
import { endOf, needsCure, useHealth } from "./health.ts";
import { PauseNotice, usePause } from "./pause.tsx";

const AccountPostingTimes = later(async () => (await import("./posting-times.tsx")).AccountPostingTimes);

const CHANGED = ["/api/v1/accounts", "/api/v1/platform-sets", "/api/platform-sets"];

/** An account of a set: whether it can publish, its details, and what can be done with it. */
export function AccountRow({
  account,
  option,
  pauses,
}: {
  account: Account;
  option: ConnectOption | undefined;
  pauses: readonly Pause[];
}) {
  const { t } = useLingui();
  const [isOpen, setIsOpen] = useState(false);
  const health = useHealth()[account.tokenHealth];
  const { id, platform, displayName, platformSetId, mode } = account;
  const name = nameOf(account);
  const on = labelOf(platform);
  const [own, ...others] = option?.logins ?? [];
  return (
    <li className="py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Avatar url={account.avatarUrl} name={displayName ?? name} platform={platform} />
        <div className="min-w-0 grow basis-32">
          <h3 className="truncate text-sm font-semibold">{displayName ?? name}</h3>
          <p className="truncate text-sm text-dim">{name === (displayName ?? name) ? on : `${on} · ${name}`}</p>
        </div>
        <div className="flex items-center gap-2 max-sm:basis-full">
          <span className="max-sm:grow">
            <Tag tone={health.tone}>{health.label}</Tag>
          </span>
          {own !== undefined && (
            <a
              href={connectAddress({ platform, platformSetId, mode, login: own.login })}
              aria-label={t`Reconnect ${name} on ${on}`}
              className={buttonClass(health.cure === null ? "quiet" : "main")}
            >
              {t`Reconnect`}
            </a>
          )}
          <AccountMenu account={account} name={name} pauses={pauses} logins={others} />
        </div>
      </div>
      <HealthNotice account={account} />
      <PauseNotice pauses={pauses} target={{ accountId: id }} />
      <details className="mt-1 text-sm" onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
        <summary className="w-fit rounded py-1 text-dim">
          <Trans>
            Access, permissions and limits<span className="sr-only"> of {name}</span>
          </Trans>
        </summary>
        {isOpen && <AccountDetails account={account} />}
      </details>
    </li>
  );
}

/** Why an account needs attention, and what to do. While it renews by itself, nothing is shown. */
function HealthNotice({ account }: { account: Account }) {
  const { cure, tone } = useHealth()[account.tokenHealth];
  const end = endOf(account);
  if (cure === null) return null;
  return (
    <div className="mt-2">
      <Notice tone={tone === "warn" ? "warn" : "bad"}>
        {account.tokenHealthReason !== null ? (
          <Said text={account.tokenHealthReason} />
        ) : end === null ? null : Date.parse(end) > Date.now() ? (
          <Trans>
            Access ends on <Time at={end} />.
          </Trans>
        ) : (
          <Trans>
            Access ended on <Time at={end} />.
          </Trans>
        )}{" "}
        {needsCure(account) && cure}
      </Notice>
    </div>
  );
}

function AccountMenu({
  account,
  name,
  pauses,
  logins,
}: {
  account: Account;
  name: string;
  pauses: readonly Pause[];
  /** The platform's other logins, with which it can be reconnected too. */
  logins: ConnectOption["logins"];
}) {
  const { t } = useLingui();
  const toasts = useToasts();
  const [isAsking, setIsAsking] = useState(false);
  const [hasTimesOpen, setTimesOpen] = useState(false);
  const refresh = useWrite(accountsRefresh, CHANGED);
  const { isPaused, pause, resume } = usePause(pauses, { accountId: account.id });
  const on = labelOf(account.platform);
  const runRefresh = () =>
    refresh.mutate(
      { params: { id: account.id } },
      { onSuccess: () => toasts.say(t`Access and profile of ${name} are up to date.`), onError: toasts.sayFailure },
    );
  const items: readonly (MenuItem & { takes: Parameters<typeof may>[0] })[] = [
    { name: t`Refresh access and profile`, takes: "accounts_refresh", onSelect: runRefresh },
    { name: t`Posting times`, takes: "accounts_set_posting_times", onSelect: () => setTimesOpen(true) },
    isPaused
      ? { name: t`Resume publishing`, takes: "publishing_resume", onSelect: resume }
      : { name: t`Pause publishing`, takes: "publishing_pause", onSelect: pause },
    { name: t`Disconnect`, takes: "accounts_disconnect", isBad: true, onSelect: () => setIsAsking(true) },
  ];
  const allowed = items.filter(({ takes }) => may(takes));
  if (allowed.length === 0) return null;
  const reconnect = logins.map(({ login, label }) => ({
    name: t`Reconnect: ${label}`,
    href: connectAddress({ ...account, login }),
  }));
  return (
    <>
      <MenuButton
        label={t`Options of ${name} on ${on}`}
        className={buttonClass("quiet", "px-2")}
        isBusy={refresh.isPending}
        items={[...reconnect, ...allowed]}
      >
        <MoreIcon />
      </MenuButton>
      <Dialog title={t`Posting times of ${name} on ${on}`} isOpen={hasTimesOpen} onClose={() => setTimesOpen(false)}>
        <Suspense fallback={<Loading rows={3} />}>
          <AccountPostingTimes account={account} onDone={() => setTimesOpen(false)} />
        </Suspense>
      </Dialog>
      <Disconnect account={account} name={name} isOpen={isAsking} onClose={() => setIsAsking(false)} />
    </>
  );
}

function Disconnect({
  account,
  name,
  isOpen,
  onClose,
}: {
  account: Account;
  name: string;
  isOpen: boolean;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const toasts = useToasts();
  const disconnect = useWrite(accountsDisconnect, CHANGED);
  const on = labelOf(account.platform);
  return (
    <Confirm
      title={t`Disconnect ${name} on ${on}?`}
      action={t`Disconnect`}
      isOpen={isOpen}
      isBusy={disconnect.isPending}
      onClose={onClose}
      onConfirm={() =>
        disconnect.mutate(
          { params: { id: account.id } },
          { onSuccess: () => toasts.say(t`The account has been disconnected.`), onError: toasts.sayFailure },
        )
      }
    >
      <p>
        <Trans>
          Its access is deleted here, and withdrawn on {on} if {on} allows it. Until an account is connected again,
          posts of this set are not published on {on}.
        </Trans>
      </p>
      <p>
        <Trans>What has been published stays.</Trans>
      </p>
    </Confirm>
  );
}
