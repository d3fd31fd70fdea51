import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { type ConnectOption, oauthAppsSave, type OAuthAppOfSet } from "../../contract/operations/connections.ts";
import { errorAt, errorElsewhere } from "../api/field-errors.ts";
import { labelOfName } from "../api/in-words.ts";
import { useWrite } from "../api/use-api.ts";
import { labelOf } from "../start.ts";
import { Button, Checkbox, TextField } from "../ui/controls.tsx";
import { Notice } from "../ui/surfaces.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { useWords } from "../words/use-words.tsx";

const FIELDS = ["/clientId", "/clientSecret", "/configId", "/limits"];

/** What an own app may ask for, and its credentials. */
export function OwnAppForm({
  platformSetId,
  option,
  app,
}: {
  platformSetId: string;
  option: ConnectOption;
  app: OAuthAppOfSet | undefined;
}) {
  const { t, i18n } = useLingui();
  const say = useWords();
  const toasts = useToasts();
  const save = useWrite(oauthAppsSave);
  const { platform, ownApp } = option;
  const { scopes, limits, hasConfigId } = ownApp;
  const label = labelOf(platform);
  const [clientId, setClientId] = useState(app?.clientId ?? "");
  const [clientSecret, setClientSecret] = useState("");
  const [configId, setConfigId] = useState(app?.configId ?? "");
  const [asked, setAsked] = useState<readonly string[]>(
    app?.scopes ?? scopes.filter(({ isDefault }) => isDefault).map(({ name }) => name),
  );
  const granted = new Map<string, number | null | undefined>(Object.entries(app?.limits ?? {}));
  const [most, setMost] = useState<Record<string, string>>(
    Object.fromEntries(limits.map(({ name }) => [name, String(granted.get(name) ?? "")])),
  );
  const elsewhere = errorElsewhere(save.error, FIELDS);
  const required = scopes.filter(({ without }) => without === null);
  const optional = scopes.filter(({ without }) => without !== null);
  return (
    <form
      className="space-y-5"
      onSubmit={(event) => {
        event.preventDefault();
        const isDefault = scopes.every(({ name, isDefault: wanted }) => asked.includes(name) === wanted);
        const body = {
          clientId,
          clientSecret,
          scopes: isDefault || configId !== "" ? null : [...asked],
          configId: configId === "" ? null : configId,
          limits: Object.fromEntries(limits.map(({ name }) => [name, most[name] ? Number(most[name]) : null])),
        };
        save.mutate(
          { params: { id: platformSetId, platform }, body },
          {
            onSuccess: () => {
              toasts.say(t`The app has been saved. New connections use it.`);
              setClientSecret("");
            },
          },
        );
      }}
    >
      <section>
        <h3 className="text-sm font-semibold">{t`Permissions to ask for`}</h3>
        <ul className="mt-2 space-y-1.5 text-sm">
          {required.map(({ name, why }) => (
            <li key={name}>
              <code>{name}</code> <span className="text-dim">{say(why)}</span>
            </li>
          ))}
        </ul>
        {optional.length > 0 && (
          <fieldset className="mt-3">
            <legend className="text-sm text-dim">{t`These can be left out:`}</legend>
            {optional.map(({ name, why, without }) => (
              <Checkbox
                key={name}
                checked={asked.includes(name)}
                onChange={({ target }) =>
                  setAsked(target.checked ? [...asked, name] : asked.filter((each) => each !== name))
                }
                label={
                  <>
                    <code>{name}</code> {say(why)}
                  </>
                }
                hint={<Trans>Without it: {say(without ?? "")}</Trans>}
              />
            ))}
          </fieldset>
        )}
      </section>
      {elsewhere !== undefined && <Notice tone="bad">{elsewhere}</Notice>}
      <TextField
        label={t`Client ID`}
        value={clientId}
        required
        autoComplete="off"
        onChange={({ target }) => setClientId(target.value)}
        error={errorAt(save.error, "/clientId")}
      />
      <TextField
        label={t`Client secret`}
        type="password"
        value={clientSecret}
        required
        autoComplete="off"
        onChange={({ target }) => setClientSecret(target.value)}
        error={errorAt(save.error, "/clientSecret")}
      />
      {limits.map(({ name, documented }) => (
        <TextField
          key={name}
          label={t`${say(labelOfName(name.replace(/^app(?=[A-Z])/, "")))} per day`}
          hint={t`If ${label} has granted this app another limit than the documented ${i18n.number(documented)}.`}
          type="number"
          min={1}
          value={most[name] ?? ""}
          onChange={({ target }) => setMost({ ...most, [name]: target.value })}
          error={errorAt(save.error, `/limits/${name}`)}
        />
      ))}
      {hasConfigId && (
        <TextField
          label={t`Configuration ID`}
          hint={t`Only if the app has a login configuration. It has its own permissions, so those above do not apply.`}
          inputMode="numeric"
          value={configId}
          autoComplete="off"
          onChange={({ target }) => setConfigId(target.value)}
          error={errorAt(save.error, "/configId")}
        />
      )}
      <Button type="submit" kind="main" isBusy={save.isPending}>
        {t`Save`}
      </Button>
    </form>
  );
}
