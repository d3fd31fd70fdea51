import { Trans, useLingui } from "@lingui/react/macro";
import { Link, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { type Account, accountsList } from "../../contract/operations/accounts.ts";
import { platformSetsCreate, platformSetsList } from "../../contract/operations/platform-sets.ts";
import { publishingGet } from "../../contract/operations/publishing.ts";
import { errorAt, errorElsewhere } from "../api/field-errors.ts";
import { useRead, useWrite } from "../api/use-api.ts";
import { useMode } from "../shell/mode.ts";
import { may } from "../shell/workspace.ts";
import { labelOf } from "../start.ts";
import { nameOf } from "../ui/avatar.tsx";
import { Button, buttonClass, TextField } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Dialog, Loading, Notice, View } from "../ui/surfaces.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { PauseNotice, usePause } from "./pause.tsx";
import { SetCard } from "./set-card.tsx";

/** Platform sets and the accounts that publish for them. */
export function Platforms() {
  const { t } = useLingui();
  const mode = useMode();
  const { connected } = useSearch({ from: "/platforms" });
  const sets = useRead(platformSetsList);
  const accounts = useRead(accountsList);
  const publishing = useRead(publishingGet);
  const [isCreating, setIsCreating] = useState(false);
  const error = sets.error ?? accounts.error ?? publishing.error;
  const pauses = publishing.data?.publishing.pauses ?? [];
  const isLoaded = sets.data !== undefined && accounts.data !== undefined;
  return (
    <View
      title={t`Platforms`}
      actions={
        <>
          {may("connect_links_list") && (
            <Link to="/platforms/links" className={buttonClass()}>
              {t`Connect links`}
            </Link>
          )}
          <PauseAll pauses={pauses} />
          {may("platform_sets_create") && (
            <Button kind="main" onClick={() => setIsCreating(true)}>
              {t`New platform set`}
            </Button>
          )}
        </>
      }
    >
      <p className="text-sm text-dim">
        {mode === "test" ? (
          <Trans>
            Accounts in the sandbox, which simulates the platforms. A set holds one account per platform; a post is
            published by the accounts of its set.
          </Trans>
        ) : (
          <Trans>
            Your accounts on the platforms. A set holds one account per platform; a post is published by the accounts of
            its set.
          </Trans>
        )}
      </p>
      {connected !== undefined && isLoaded && (
        <Connected account={accounts.data.accounts.find(({ id }) => id === connected)} />
      )}
      {error !== null && (
        <Failure
          error={error}
          onRetry={() => {
            for (const read of [sets, accounts, publishing]) void read.refetch();
          }}
        />
      )}
      {!isLoaded && error === null && <Loading rows={5} />}
      <PauseNotice pauses={pauses} target={{}} />
      {isLoaded &&
        sets.data.sets.map((set) => (
          <SetCard
            key={set.id}
            set={set}
            accounts={accounts.data.accounts.filter(({ platformSetId }) => platformSetId === set.id)}
            pauses={pauses}
          />
        ))}
      <Dialog title={t`New platform set`} isOpen={isCreating} onClose={() => setIsCreating(false)}>
        <NewSet onDone={() => setIsCreating(false)} />
      </Dialog>
    </View>
  );
}

function Connected({ account }: { account: Account | undefined }) {
  const { t } = useLingui();
  // It may have been disconnected since.
  if (account === undefined) return null;
  return (
    <Notice tone="good">{t`The account has been connected: ${nameOf(account)} on ${labelOf(account.platform)}.`}</Notice>
  );
}

function PauseAll({ pauses }: { pauses: Parameters<typeof usePause>[0] }) {
  const { t } = useLingui();
  const { isPaused, isBusy, pause } = usePause(pauses, {});
  if (isPaused || !may("publishing_pause")) return null;
  return (
    <Button isBusy={isBusy} onClick={pause}>
      {t`Pause publishing`}
    </Button>
  );
}

function NewSet({ onDone }: { onDone: () => void }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const create = useWrite(platformSetsCreate);
  const [name, setName] = useState("");
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(
          { body: { name } },
          {
            onSuccess: () => {
              toasts.say(t`The platform set has been created. Connect accounts to it.`);
              onDone();
            },
          },
        );
      }}
    >
      <TextField
        label={t`Name`}
        hint={t`For example a brand or a customer.`}
        value={name}
        autoFocus
        autoComplete="off"
        onChange={({ target }) => setName(target.value)}
        error={errorAt(create.error, "/name") ?? errorElsewhere(create.error, ["/name"])}
      />
      <Button type="submit" kind="main" isBusy={create.isPending}>
        {t`Create platform set`}
      </Button>
    </form>
  );
}
