import { Trans, useLingui } from "@lingui/react/macro";
import { useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";

import { type Me, meGet, meUpdate } from "../../contract/operations/me.ts";
import { errorAt } from "../api/field-errors.ts";
import { useSignInRoute } from "../api/sign-in-routes.ts";
import { readNow, useRead, useWrite } from "../api/use-api.ts";
import { LANGUAGES, saveLanguage } from "../shell/language.ts";
import { readTheme, saveTheme, type Theme, THEMES } from "../shell/theme.ts";
import { start } from "../start.ts";
import { Button, Select, TextField } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card, Loading, Notice } from "../ui/surfaces.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { Invitations } from "./invitations.tsx";
import { NoMailServer } from "./no-mail-server.tsx";
import { Settings } from "./settings.tsx";

export function Profile() {
  const { notice } = useSearch({ from: "/settings/profile" });
  const read = useRead(meGet);
  const data = readNow(read);
  const { error, refetch } = read;
  return (
    <Settings>
      {notice === "verified" && (
        <Notice tone="good">
          <Trans>
            Confirmed. If you are changing your email address, open the link in the email we just sent to the new one.
          </Trans>
        </Notice>
      )}
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Loading rows={3} />}
      {data !== undefined && (
        <>
          <About user={data.user} />
          <Email user={data.user} />
        </>
      )}
      <Looks />
      {start.user.isOwner && <Invitations />}
    </Settings>
  );
}

function About({ user }: { user: Me }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const save = useWrite(meUpdate);
  const [name, setName] = useState(user.name);
  const [timeZone, setTimeZone] = useState(start.user.timeZone);
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // Also if this view is left meanwhile.
    save.mutateAsync({ body: { name, timeZone } }).then(
      (answer) => {
        // Every view shows times and the name as they are now.
        Object.assign(start.user, { name: answer.user.name, timeZone: answer.user.timeZone });
        toasts.say(t`Your profile has been saved.`);
      },
      () => undefined,
    );
  };
  return (
    <Card title={t`Profile`}>
      <form className="max-w-md space-y-4" onSubmit={submit}>
        <TextField
          label={t`Name`}
          value={name}
          maxLength={100}
          autoComplete="name"
          error={errorAt(save.error, "/name")}
          onChange={({ target }) => setName(target.value)}
        />
        <Select
          label={t`Time zone`}
          hint={t`Times are shown in it, and it is where scheduling starts.`}
          error={errorAt(save.error, "/timeZone")}
          value={timeZone}
          onChange={({ target }) => setTimeZone(target.value)}
          options={zones(start.user.timeZone).map((zone) => ({ value: zone, name: zone.replaceAll("_", " ") }))}
        />
        {own !== timeZone && (
          <Button
            className="py-1.5 whitespace-normal!"
            onClick={() => setTimeZone(own)}
          >{t`Use ${own.replaceAll("_", " ")}, as on this device`}</Button>
        )}
        {save.error !== null && save.error.issues.length === 0 && <Failure error={save.error} />}
        <div>
          <Button type="submit" kind="main" isBusy={save.isPending}>
            {t`Save`}
          </Button>
        </div>
      </form>
    </Card>
  );
}

function zones(current: string): string[] {
  return [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone"), current])];
}

function Email({ user }: { user: Me }) {
  const { t } = useLingui();
  const [newEmail, setNewEmail] = useState("");
  const [asked, setAsked] = useState<string | null>(null);
  const change = useSignInRoute<unknown, { newEmail: string }>("change-email", () => {
    setAsked(newEmail);
    setNewEmail("");
  });
  return (
    <Card title={t`Email address`}>
      <p className="mb-3 text-sm">{user.email}</p>
      <NoMailServer />
      {asked !== null && (
        <Notice tone="good">
          {start.hasMailServer ? (
            <Trans>
              We sent an email to {user.email}. Open its link to approve the change to {asked}; then confirm the new
              address.
            </Trans>
          ) : (
            <Trans>
              There is an email to {user.email}. Open its link to approve the change to {asked}; then confirm the new
              address.
            </Trans>
          )}
        </Notice>
      )}
      <form
        className="mt-3 flex max-w-md flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(null);
          change.mutate({ newEmail: newEmail.trim() });
        }}
      >
        <div className="min-w-56 grow">
          <TextField
            label={t`New email address`}
            type="email"
            required
            autoComplete="email"
            error={change.error?.message}
            value={newEmail}
            onChange={({ target }) => setNewEmail(target.value)}
          />
        </div>
        <Button type="submit" isBusy={change.isPending}>
          {t`Change email address`}
        </Button>
      </form>
    </Card>
  );
}

/** What this browser remembers for itself. */
function Looks() {
  const { t, i18n } = useLingui();
  const [theme, setTheme] = useState(readTheme);
  const themes: Record<Theme, string> = { system: t`Same as the system`, light: t`Light`, dark: t`Dark` };
  return (
    <Card title={t`Appearance`}>
      <div className="grid max-w-md gap-4">
        <Select
          label={t`Theme`}
          value={theme}
          onChange={({ target }) => {
            const chosen = THEMES.find((each) => each === target.value) ?? "system";
            setTheme(chosen);
            saveTheme(chosen);
          }}
          options={THEMES.map((each) => ({ value: each, name: themes[each] }))}
        />
        <Select
          label={t`Language`}
          hint={t`On this device.`}
          value={i18n.locale}
          onChange={({ target }) => void saveLanguage(target.value)}
          options={LANGUAGES.map((language) => ({ value: language, name: nameOf(language) }))}
        />
      </div>
    </Card>
  );
}

/** A language's name in itself. */
function nameOf(language: string): string {
  return new Intl.DisplayNames(language, { type: "language" }).of(language) ?? language;
}
