import { useLingui } from "@lingui/react/macro";
import { type ReactNode, Suspense, useMemo } from "react";

import { mediaGet } from "../../contract/operations/media.ts";
import { platformsList } from "../../contract/operations/platforms.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { withoutTurns } from "../../model/text-direction.ts";
import { labelOfName } from "../api/in-words.ts";
import { useRead } from "../api/use-api.ts";
import { filesIn } from "../compose/changes.ts";
import { fieldsOf, type SettingField } from "../compose/schema.ts";
import { Loading } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useWords } from "../words/use-words.tsx";

/** The settings of a post on a platform, in the words of the form in which they are chosen. */
export function SettingsList({
  platform,
  settings,
  except,
}: {
  platform: PlatformName;
  settings: Readonly<Record<string, unknown>>;
  /** But not these, which are shown elsewhere. */
  except?: ReadonlySet<string>;
}) {
  const { data, isPending } = useRead(platformsList);
  const schema = data?.platforms.find(({ name }) => name === platform)?.settings;
  const fields = useMemo(() => fieldsOf(schema), [schema]);
  const given = Object.fromEntries(Object.entries(settings).filter(([name]) => except?.has(name) !== true));
  if (Object.values(given).every(isNothing)) return null;
  if (isPending) return <Loading rows={1} />;
  return (
    <Suspense fallback={<Loading rows={1} />}>
      <Values fields={fields} values={given} />
    </Suspense>
  );
}

export function Facts({ children }: { children: ReactNode }) {
  return <dl className="flex flex-wrap gap-x-6 gap-y-1 text-sm">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 gap-1.5">
      <dt className="shrink-0 text-dim">{name}</dt>
      <dd className="min-w-0 wrap-anywhere whitespace-pre-wrap">{children}</dd>
    </div>
  );
}

/** In the order of the form. What it cannot show is there all the same: an approval covers all of it. */
function Values({ fields, values }: { fields: readonly SettingField[]; values: Readonly<Record<string, unknown>> }) {
  const say = useWords();
  const known = fields.filter(({ name }) => name in values);
  const others = Object.keys(values).filter((name) => known.every((field) => field.name !== name));
  return (
    <Facts>
      {known.map((field) => (
        <OneFact key={field.name} name={say(field.label)} value={values[field.name]} field={field} />
      ))}
      {others.map((name) => (
        <OneFact key={name} name={say(labelOfName(name))} value={values[name]} />
      ))}
    </Facts>
  );
}

function OneFact({ name, value, field }: { name: string; value: unknown; field?: SettingField }) {
  if (isNothing(value)) return null;
  return (
    <Fact name={name}>
      <Value value={value} field={field} />
    </Fact>
  );
}

function Value({ value, field }: { value: unknown; field: SettingField | undefined }) {
  const { t, i18n } = useLingui();
  const say = useWords();
  const kind = field?.kind;
  if (typeof value === "boolean") return value ? t`Yes` : t`No`;
  if (typeof value === "number") return i18n.number(value);
  if (typeof value === "string") {
    if (kind?.is === "choice") return say(labelOfName(value));
    if (kind?.is === "cover") return <FileName id={value} />;
    return kind?.is === "time" && !Number.isNaN(Date.parse(value)) ? <Time at={value} withZone /> : withoutTurns(value);
  }
  if (kind?.is === "media") return withoutTurns(filesIn(value).words);
  const fields = kind?.is === "group" || kind?.is === "list" ? kind.fields : [];
  if (Array.isArray(value))
    return (
      <ul>
        {value.map((each: unknown, index) => (
          // A list has no other keys than places.
          <li key={index}>
            {typeof each === "object" && each !== null ? (
              <Values fields={fields} values={{ ...each }} />
            ) : (
              <Value value={each} field={undefined} />
            )}
          </li>
        ))}
      </ul>
    );
  return <Values fields={fields} values={{ ...Object(value) }} />;
}

function FileName({ id }: { id: string }) {
  const { data } = useRead(mediaGet, { params: { id } });
  return withoutTurns(data?.media.filename ?? id);
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === "";
}
