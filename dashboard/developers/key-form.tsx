import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import type { z } from "zod";

import { keysCreate } from "../../contract/operations/api-keys.ts";
import type { Mode, PlatformName } from "../../model/platform-names.ts";
import { readLocalTime } from "../../model/time-zones.ts";
import type { Answer } from "../api/ask.ts";
import { errorAt, type FieldError, isBesideFields } from "../api/field-errors.ts";
import { randomId } from "../api/random-id.ts";
import { useWrite } from "../api/use-api.ts";
import { useMode } from "../shell/mode.ts";
import { labelOf, start } from "../start.ts";
import { Button, Checkbox, Select, TextField } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";

export type CreatedKey = Answer<typeof keysCreate>["key"];

interface Filled {
  name: string;
  /** Days, "never", or "at" a local time. */
  lifetime: string;
  expiresAt: string;
  draftOnly: boolean;
  approvalRequired: boolean;
  oauthApps: boolean;
  platforms: readonly PlatformName[];
  postsPerDay: string;
  feesPerMonth: string;
}

const EMPTY: Filled = {
  name: "",
  lifetime: "never",
  expiresAt: "",
  draftOnly: false,
  approvalRequired: false,
  oauthApps: false,
  platforms: [],
  postsPerDay: "",
  feesPerMonth: "",
};

const FIELDS = ["/name", "/expiresAt", "/policies/postsPerDay", "/policies/feesPerMonthMicroUsd"];

/** Everything that a new key can be. */
export function KeyForm({ onCreated, onCancel }: { onCreated: (key: CreatedKey) => void; onCancel: () => void }) {
  const { t } = useLingui();
  const mode = useMode();
  const [filled, setFilled] = useState(EMPTY);
  const [once, setOnce] = useState(randomId);
  const create = useWrite(keysCreate);
  const set = (change: Partial<Filled>) => setFilled((before) => ({ ...before, ...change }));
  const { error } = create;
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(
          { body: bodyOf(filled, mode), idempotencyKey: once },
          { onSuccess: ({ key }) => onCreated(key), onError: () => setOnce(randomId()) },
        );
      }}
    >
      <p className="text-sm text-dim">
        {mode === "test" ? (
          <Trans>A test key: what it publishes goes to the sandbox.</Trans>
        ) : (
          <Trans>A live key: what it publishes goes to the platforms.</Trans>
        )}
      </p>
      <TextField
        label={t`Name`}
        hint={t`What uses it, such as “production”.`}
        value={filled.name}
        maxLength={100}
        autoComplete="off"
        required
        onChange={({ target }) => set({ name: target.value })}
        error={errorAt(error, "/name")}
      />
      <Expiry filled={filled} set={set} error={errorAt(error, "/expiresAt")} />
      <details className="rounded-lg border px-3 py-2">
        <summary className="min-h-8 py-1 text-sm font-semibold">{t`Limits`}</summary>
        <div className="space-y-4 py-2">
          <Limits filled={filled} set={set} />
          <TextField
            label={t`Posts per day`}
            hint={t`Empty for no limit.`}
            type="number"
            inputMode="numeric"
            min={1}
            max={1_000_000}
            value={filled.postsPerDay}
            onChange={({ target }) => set({ postsPerDay: target.value })}
            error={errorAt(error, "/policies/postsPerDay")}
          />
          <TextField
            label={t`Platform fees per month, in US dollars`}
            hint={t`What platforms may charge for its posts. Empty for no limit.`}
            type="number"
            inputMode="decimal"
            min={0}
            max={1_000_000}
            step="0.01"
            value={filled.feesPerMonth}
            onChange={({ target }) => set({ feesPerMonth: target.value })}
            error={errorAt(error, "/policies/feesPerMonthMicroUsd")}
          />
        </div>
      </details>
      {error !== null && !isBesideFields(error, FIELDS) && <Failure error={error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onCancel}>{t`Back`}</Button>
        <Button type="submit" kind="main" isBusy={create.isPending}>
          {t`Create key`}
        </Button>
      </div>
    </form>
  );
}

interface PartProps {
  filled: Filled;
  set: (change: Partial<Filled>) => void;
}

function Expiry({ filled: { lifetime, expiresAt }, set, error }: PartProps & { error: FieldError | undefined }) {
  const { t } = useLingui();
  return (
    <>
      <Select
        label={t`Expires`}
        value={lifetime}
        onChange={({ target }) => set({ lifetime: target.value })}
        options={[
          { value: "never", name: t`Never` },
          { value: "30", name: t`In 30 days` },
          { value: "90", name: t`In 90 days` },
          { value: "365", name: t`In 1 year` },
          { value: "at", name: t`At a time` },
        ]}
        error={lifetime === "at" ? undefined : error}
      />
      {lifetime === "at" && (
        <TextField
          type="datetime-local"
          label={t`Date and time`}
          hint={t`In your time zone, ${start.user.timeZone}.`}
          required
          value={expiresAt}
          onChange={({ target }) => set({ expiresAt: target.value })}
          error={error}
        />
      )}
    </>
  );
}

function Limits({ filled, set }: PartProps) {
  const { t } = useLingui();
  const { draftOnly, approvalRequired, oauthApps, platforms } = filled;
  return (
    <>
      <fieldset>
        <legend className="text-sm font-semibold">{t`What it can do`}</legend>
        <Checkbox
          label={t`Drafts only`}
          hint={t`It cannot schedule or publish.`}
          checked={draftOnly}
          onChange={({ target }) => set({ draftOnly: target.checked })}
        />
        <Checkbox
          label={t`Require approval`}
          hint={t`A person must approve each post before it is published.`}
          checked={approvalRequired}
          onChange={({ target }) => set({ approvalRequired: target.checked })}
        />
        <Checkbox
          label={t`Can list and replace your own OAuth apps`}
          checked={oauthApps}
          onChange={({ target }) => set({ oauthApps: target.checked })}
        />
      </fieldset>
      <fieldset>
        <legend className="text-sm font-semibold">{t`Platforms`}</legend>
        <p className="text-sm text-dim">{t`Check none to allow all.`}</p>
        <div className="grid sm:grid-cols-2">
          {start.platforms.map(({ name }) => (
            <Checkbox
              key={name}
              label={labelOf(name)}
              checked={platforms.includes(name)}
              onChange={({ target: { checked } }) =>
                set({ platforms: checked ? [...platforms, name] : platforms.filter((each) => each !== name) })
              }
            />
          ))}
        </div>
      </fieldset>
    </>
  );
}

function bodyOf(
  { name, lifetime, expiresAt, draftOnly, approvalRequired, oauthApps, platforms, postsPerDay, feesPerMonth }: Filled,
  mode: Mode,
): z.input<typeof keysCreate.body> {
  return {
    name,
    mode,
    expiresAt: lifetime === "at" ? instantOf(expiresAt) : inDays(Number(lifetime)),
    policies: {
      draftOnly,
      approvalRequired,
      oauthApps,
      platforms: platforms.length === 0 ? null : [...platforms],
      postsPerDay: postsPerDay === "" ? null : Number(postsPerDay),
      feesPerMonthMicroUsd: feesPerMonth === "" ? null : Math.round(Number(feesPerMonth) * 1_000_000),
    },
  };
}

function inDays(days: number): string | null {
  return days > 0 ? new Date(Date.now() + days * 86_400_000).toISOString() : null;
}

/** A time that clocks skip is the one they show instead. */
function instantOf(local: string): string {
  const { instant, instead } = readLocalTime(local, start.user.timeZone);
  return (instant ?? readLocalTime(instead ?? local, start.user.timeZone).instant)?.toISOString() ?? local;
}
