import { Trans, useLingui } from "@lingui/react/macro";
import { useNavigate } from "@tanstack/react-router";
import { Suspense, useState } from "react";

import type { Account } from "../../contract/operations/accounts.ts";
import { type ConnectOption, platformSetsConnectOptions } from "../../contract/operations/connections.ts";
import { type PlatformSet, platformSetsDelete, platformSetsRename } from "../../contract/operations/platform-sets.ts";
import type { Pause } from "../../contract/operations/publishing.ts";
import { errorAt, errorElsewhere } from "../api/field-errors.ts";
import { useRead, useWrite } from "../api/use-api.ts";
import { may } from "../shell/workspace.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Button, buttonClass, TextField } from "../ui/controls.tsx";
import { MoreIcon } from "../ui/icons.tsx";
import { later } from "../ui/later.ts";
import { MenuButton, type MenuItem } from "../ui/menu-button.tsx";
import { Dialog, Loading, Skeleton, Tag } from "../ui/surfaces.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { AccountRow } from "./account-row.tsx";
import { Connect } from "./connect.tsx";
import { PauseNotice, usePause } from "./pause.tsx";

const NewConnectLink = later(async () => (await import("./new-connect-link.tsx")).NewConnectLink);
const SetPostingTimes = later(async () => (await import("./posting-times.tsx")).SetPostingTimes);

/** A platform set: its accounts, what can be connected to it, and what can be done with it. */
export function SetCard({
  set,
  accounts,
  pauses,
}: {
  set: PlatformSet;
  accounts: readonly Account[];
  pauses: readonly Pause[];
}) {
  const { t } = useLingui();
  const { id, name, isDefault } = set;
  const options = useRead(
    platformSetsConnectOptions,
    { params: { id } },
    { enabled: may("platform_sets_connect_options") },
  );
  const connectOptions = options.data?.connectOptions ?? [];
  return (
    <section aria-labelledby={`set-${id}`} className="rounded-2xl border bg-card p-4 sm:p-5">
      <div className="mb-3 flex items-center justify-between gap-2">
        <div className="flex min-w-0 flex-wrap items-center gap-2">
          <h2 id={`set-${id}`} className="text-base font-semibold">
            {name}
          </h2>
          {isDefault && name !== t`Default` && <Tag>{t`Default`}</Tag>}
        </div>
        <SetMenu set={set} pauses={pauses} />
      </div>
      <PauseNotice pauses={pauses} target={{ platformSetId: id }} />
      {accounts.length === 0 ? (
        <p className="text-sm text-dim">{t`No accounts connected`}</p>
      ) : (
        <ul className="divide-y">
          {accounts.map((account) => (
            <AccountRow
              key={account.id}
              account={account}
              option={connectOptions.find(({ platform }) => platform === account.platform)}
              pauses={pauses}
            />
          ))}
        </ul>
      )}
      {options.isLoading ? <Skeleton className="mt-4 h-10" /> : null}
      <Connect set={set} options={connectOptions.filter(({ platform }) => !has(accounts, platform))} />
    </section>
  );
}

function has(accounts: readonly Account[], platform: ConnectOption["platform"]): boolean {
  return accounts.some((account) => account.platform === platform);
}

type Open = "rename" | "times" | "link" | "delete" | null;

function SetMenu({ set, pauses }: { set: PlatformSet; pauses: readonly Pause[] }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const [open, setOpen] = useState<Open>(null);
  const { isPaused, pause, resume } = usePause(pauses, { platformSetId: set.id });
  const close = () => setOpen(null);
  const items: readonly (MenuItem & { takes: Parameters<typeof may>[0] })[] = [
    { name: t`Rename`, takes: "platform_sets_rename", onSelect: () => setOpen("rename") },
    { name: t`Posting times`, takes: "platform_sets_set_posting_times", onSelect: () => setOpen("times") },
    { name: t`New connect link`, takes: "connect_links_create", onSelect: () => setOpen("link") },
    isPaused
      ? { name: t`Resume publishing`, takes: "publishing_resume", onSelect: resume }
      : { name: t`Pause publishing`, takes: "publishing_pause", onSelect: pause },
    {
      name: t`Developer apps`,
      takes: "oauth_apps_list",
      onSelect: () => void navigate({ to: "/platforms/$id/apps", params: { id: set.id } }),
    },
    ...(set.isDefault
      ? []
      : [{ name: t`Delete`, takes: "platform_sets_delete" as const, isBad: true, onSelect: () => setOpen("delete") }]),
  ];
  const allowed = items.filter(({ takes }) => may(takes));
  if (allowed.length === 0) return null;
  return (
    <>
      <MenuButton label={t`Options of ${set.name}`} className={buttonClass("quiet", "px-2")} items={allowed}>
        <MoreIcon />
      </MenuButton>
      <Dialog title={t`Rename platform set`} isOpen={open === "rename"} onClose={close}>
        <Rename set={set} onDone={close} />
      </Dialog>
      <Dialog title={t`Posting times of ${set.name}`} isOpen={open === "times"} onClose={close}>
        <Suspense fallback={<Loading rows={3} />}>
          <SetPostingTimes id={set.id} onDone={close} />
        </Suspense>
      </Dialog>
      <Dialog title={t`New connect link`} isOpen={open === "link"} onClose={close}>
        <Suspense fallback={<Loading rows={3} />}>
          <NewConnectLink platformSetId={set.id} />
        </Suspense>
      </Dialog>
      <DeleteSet set={set} isOpen={open === "delete"} onClose={close} />
    </>
  );
}

function Rename({ set, onDone }: { set: PlatformSet; onDone: () => void }) {
  const { t } = useLingui();
  const [name, setName] = useState(set.name);
  const rename = useWrite(platformSetsRename);
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        rename.mutate({ params: { id: set.id }, body: { name } }, { onSuccess: onDone });
      }}
    >
      <TextField
        label={t`Name`}
        value={name}
        autoFocus
        autoComplete="off"
        onChange={({ target }) => setName(target.value)}
        error={errorAt(rename.error, "/name") ?? errorElsewhere(rename.error, ["/name"])}
      />
      <Button type="submit" kind="main" isBusy={rename.isPending}>
        {t`Rename`}
      </Button>
    </form>
  );
}

function DeleteSet({ set, isOpen, onClose }: { set: PlatformSet; isOpen: boolean; onClose: () => void }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const remove = useWrite(platformSetsDelete, ["/api/v1/accounts", "/api/v1/posts"]);
  return (
    <Confirm
      title={t`Delete ${set.name}?`}
      action={t`Delete platform set`}
      isOpen={isOpen}
      isBusy={remove.isPending}
      onClose={onClose}
      onConfirm={() =>
        remove.mutate(
          { params: { id: set.id } },
          { onSuccess: () => toasts.say(t`The platform set has been deleted.`), onError: toasts.sayFailure },
        )
      }
    >
      <p>
        <Trans>Its accounts are disconnected and its scheduled posts are discarded. Drafts are kept.</Trans>
      </p>
      <p>
        <Trans>This cannot be undone.</Trans>
      </p>
    </Confirm>
  );
}
