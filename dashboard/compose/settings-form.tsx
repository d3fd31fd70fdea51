import { useLingui } from "@lingui/react/macro";
import { memo, useContext } from "react";

import type { PlatformName } from "../../model/platform-names.ts";
import { readLocalTime } from "../../model/time-zones.ts";
import { labelOfName } from "../api/in-words.ts";
import { start } from "../start.ts";
import { Button, Select } from "../ui/controls.tsx";
import { CloseIcon, PlusIcon } from "../ui/icons.tsx";
import { LocalTimeField } from "../ui/local-time-field.tsx";
import { useWords } from "../words/use-words.tsx";
import { DraftContext, useComposer } from "./context.ts";
import { Counters } from "./counters.tsx";
import { CoverFrame, CoverImage } from "./cover.tsx";
import { isItem, isRecord, localTimeAt, type Path, type Settings, settingsOf, valueAt, withSetting } from "./draft.ts";
import { FieldIssues, WithIssues } from "./findings.tsx";
import { pointerOf } from "./issues.ts";
import { MediaBox } from "./media-box.tsx";
import type { SettingField } from "./schema.ts";
import { TextBox } from "./text-box.tsx";

/** The settings of a platform, as its JSON Schema has them. */
export const SettingsForm = memo(function SettingsForm({
  platform,
  fields,
  settings,
}: {
  platform: PlatformName;
  fields: readonly SettingField[];
  settings: Settings;
}) {
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      {fields.map((field) => (
        <Setting key={field.name} platform={platform} field={field} path={[field.name]} value={settings[field.name]} />
      ))}
    </div>
  );
});

interface SettingProps {
  platform: PlatformName;
  field: SettingField;
  path: Path;
  value: unknown;
}

function Setting(props: SettingProps) {
  const { platform, field, path } = props;
  const { is } = field.kind;
  const isWide = is === "group" || is === "list" || is === "media" || (field.kind.is === "text" && field.kind.isLong);
  const at = pointerOf(platform, path);
  return (
    <div className={`min-w-0 space-y-2 ${isWide ? "sm:col-span-full" : ""}`}>
      {is === "media" ? (
        <Control {...props} />
      ) : (
        <WithIssues at={at} isDeep={is !== "group" && is !== "list"}>
          <Control {...props} />
          {(is === "text" || is === "lines") && <Counters at={at} isBrief={is === "lines"} />}
        </WithIssues>
      )}
    </div>
  );
}

function Control({ platform, field, path, value }: SettingProps) {
  const { t } = useLingui();
  const say = useWords();
  const { change, type, accountOf, described } = useComposer();
  const { kind } = field;
  const hint = say(field.hint);
  const name = say(field.label);
  const label = field.isRequired ? t`${name} (required)` : name;
  const set = (next: unknown) => change((draft) => withSetting(draft, platform, path, next));
  const typed = (next: unknown) => type(pointerOf(platform, path), (draft) => withSetting(draft, platform, path, next));
  switch (kind.is) {
    case "choice": {
      const offered =
        accountOf(platform)?.platformMetadata[described.get(platform)?.capabilities.choices?.[path.join(".")] ?? ""];
      const values = Array.isArray(offered) ? offered.map(String) : kind.values;
      return (
        <Select
          label={label}
          hint={hint}
          value={typeof value === "string" ? value : ""}
          onChange={({ target }) => set(target.value === "" ? undefined : target.value)}
          options={[
            { value: "", name: field.isRequired ? t`Choose…` : t`Default` },
            ...values.map((each) => ({ value: each, name: say(labelOfName(each)) })),
          ]}
        />
      );
    }
    case "yesNo":
      return (
        <Select
          label={label}
          hint={hint}
          value={typeof value === "boolean" ? String(value) : ""}
          onChange={({ target }) => set(target.value === "" ? undefined : target.value === "true")}
          options={[
            { value: "", name: t`Default` },
            { value: "true", name: t`Yes` },
            { value: "false", name: t`No` },
          ]}
        />
      );
    case "text":
      return (
        <TextBox
          label={label}
          hint={hint}
          isLong={kind.isLong}
          value={typeof value === "string" ? value : ""}
          // A required text is there even if it is empty.
          onType={(next) => typed(next === "" && !field.isRequired ? undefined : next)}
        />
      );
    case "number":
      if (path.join(".") === described.get(platform)?.capabilities.coverFrame)
        return <Frame platform={platform} label={label} hint={hint} value={value} onChange={typed} />;
      return (
        <TextBox
          label={label}
          hint={hint}
          inputMode="numeric"
          value={typeof value === "number" || typeof value === "string" ? String(value) : ""}
          onType={(next) => typed(next.trim() === "" ? undefined : Number.isNaN(Number(next)) ? next : Number(next))}
        />
      );
    case "time":
      return <TimeSetting label={label} hint={hint} value={value} onChange={set} />;
    case "lines":
      return (
        <TextBox
          label={label}
          hint={t`${hint} One per line.`}
          isLong
          value={Array.isArray(value) ? value.map(String).join("\n") : ""}
          onType={(next) => typed(next.trim() === "" ? undefined : next.split("\n"))}
        />
      );
    case "media":
      return (
        <MediaBox
          label={label}
          slot={{ platform, path }}
          pointer={pointerOf(platform, path)}
          items={Array.isArray(value) ? value.filter(isItem) : []}
        />
      );
    case "cover":
      return (
        <CoverImage
          label={t`Cover image`}
          place={pointerOf(platform, path)}
          id={typeof value === "string" ? value : undefined}
          onChange={set}
        />
      );
    case "group":
      return <Group platform={platform} field={field} path={path} value={value} />;
    case "list":
      return <List platform={platform} field={field} path={path} value={value} />;
  }
}

/** The cover frame of the platform's first video; without one, there is nothing to choose from. */
function Frame({
  platform,
  label,
  hint,
  value,
  onChange,
}: {
  platform: PlatformName;
  label: string;
  hint: string;
  value: unknown;
  onChange: (next: unknown) => void;
}) {
  const { t } = useLingui();
  const draft = useContext(DraftContext);
  const items = draft?.overrides[platform]?.media ?? draft?.media ?? [];
  const video = items.find(({ shown }) => shown.type === "video")?.shown;
  if (video === undefined)
    return (
      <p className="text-sm text-dim">
        <span className="block font-semibold text-ink">{label}</span>
        {t`Add a video to choose a frame of it.`}
      </p>
    );
  return (
    <CoverFrame
      key={video.src}
      label={label}
      hint={hint}
      video={video}
      milliseconds={typeof value === "number" ? value : undefined}
      onChange={onChange}
    />
  );
}

function TimeSetting({
  label,
  hint,
  value,
  onChange,
}: {
  label: string;
  hint: string;
  value: unknown;
  onChange: (next: unknown) => void;
}) {
  const { t } = useLingui();
  const { timeZone } = start.user;
  const instant = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return (
    <LocalTimeField
      label={label}
      hint={t`${hint} Time zone: ${timeZone}.`}
      time={
        Number.isNaN(instant)
          ? { local: "", at: null }
          : { local: localTimeAt(instant, timeZone), at: new Date(instant).toISOString() }
      }
      timeZone={timeZone}
      onChange={({ local, at }) => {
        if (local === "") return onChange(undefined);
        const read = readLocalTime(local, timeZone);
        onChange(at ?? (read.instant ?? readLocalTime(read.instead, timeZone).instant)?.toISOString());
      }}
    />
  );
}

/** Fields that are only there together, such as those of a poll. */
function Group({ platform, field, path, value }: SettingProps) {
  const { t } = useLingui();
  const say = useWords();
  const { change } = useComposer();
  const label = say(field.label);
  const fields = field.kind.is === "group" ? field.kind.fields : [];
  const set = (next: unknown) => change((draft) => withSetting(draft, platform, path, next));
  if (value === undefined)
    return (
      <div className="flex flex-wrap items-center gap-3">
        <Button onClick={() => set({})}>
          <PlusIcon />
          {label}
        </Button>
        <p className="text-sm text-dim">{say(field.hint)}</p>
      </div>
    );
  return (
    <fieldset className="space-y-3 rounded-xl border p-3">
      <legend className="px-1 text-sm font-semibold">{label}</legend>
      <div className="grid items-start gap-4 sm:grid-cols-2">
        {fields.map((each) => (
          <Setting
            key={each.name}
            platform={platform}
            field={each}
            path={[...path, each.name]}
            value={isRecord(value) ? value[each.name] : undefined}
          />
        ))}
      </div>
      <Button onClick={() => set(undefined)}>{t`Remove: ${label}`}</Button>
    </fieldset>
  );
}

/** Things of the same kind, such as the parts of a thread. */
function List({ platform, field, path, value }: SettingProps) {
  const { t } = useLingui();
  const say = useWords();
  const { change } = useComposer();
  const label = say(field.label);
  const { fields, max } = field.kind.is === "list" ? field.kind : { fields: [], max: undefined };
  const items: unknown[] = Array.isArray(value) ? value : [];
  const set = (to: (before: readonly unknown[]) => readonly unknown[]) =>
    change((draft) => {
      const before = valueAt(settingsOf(draft, platform), path);
      const next = to(Array.isArray(before) ? before : []);
      return withSetting(draft, platform, path, next.length === 0 ? undefined : next);
    });
  const empty = Object.fromEntries(
    fields.flatMap(({ name, isRequired, kind }) => (isRequired && kind.is === "text" ? [[name, ""]] : [])),
  );
  return (
    <fieldset className="space-y-3">
      <legend className="text-sm font-semibold">{label}</legend>
      <p className="text-sm text-dim">{say(field.hint)}</p>
      <ol className="space-y-3">
        {items.map((item, index) => (
          // A list has no other keys than places.
          <li key={index} className="space-y-3 rounded-xl border p-3">
            <div className="flex items-center justify-between">
              <h4 className="text-sm font-semibold">{index + 1}</h4>
              <div>
                <Button
                  kind="quiet"
                  className="px-2.5"
                  aria-label={t`Move ${label} ${index + 1} up`}
                  disabled={index === 0}
                  onClick={() => set((before) => before.toSpliced(index, 1).toSpliced(index - 1, 0, before[index]))}
                >
                  ↑
                </Button>
                <Button
                  kind="quiet"
                  className="px-2.5"
                  aria-label={t`Remove ${label} ${index + 1}`}
                  onClick={() => set((before) => before.toSpliced(index, 1))}
                >
                  <CloseIcon />
                </Button>
              </div>
            </div>
            {fields.map((each) => (
              <Setting
                key={each.name}
                platform={platform}
                field={each}
                path={[...path, index, each.name]}
                value={isRecord(item) ? item[each.name] : undefined}
              />
            ))}
            <FieldIssues at={pointerOf(platform, [...path, index])} />
          </li>
        ))}
      </ol>
      <Button disabled={max !== undefined && items.length >= max} onClick={() => set((before) => [...before, empty])}>
        <PlusIcon />
        {t`Add: ${label}`}
      </Button>
    </fieldset>
  );
}
