import { useLingui } from "@lingui/react/macro";
import { memo, useContext } from "react";

import type { SharingDuties } from "../../model/capabilities.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { Checkbox, Select } from "../ui/controls.tsx";
import { useWords } from "../words/use-words.tsx";
import { Consent } from "./consent.tsx";
import { DraftContext, useComposer } from "./context.ts";
import { isCommercial, type Item, type Settings, withOverride, withSetting } from "./draft.ts";
import { WithIssues } from "./findings.tsx";
import { pointerOf } from "./issues.ts";

/** What a platform requires people to see and to choose themselves. */
export const Duties = memo(function Duties({
  platform,
  duties,
  settings,
  media,
}: {
  platform: PlatformName;
  duties: SharingDuties;
  settings: Settings;
  media: readonly Item[];
}) {
  const { change } = useComposer();
  const set = (setting: string, value: unknown) => change((draft) => withSetting(draft, platform, [setting], value));
  return (
    <div className="space-y-5">
      <Audience platform={platform} duties={duties} settings={settings} onChange={set} />
      <Interactions platform={platform} duties={duties} settings={settings} media={media} onChange={set} />
      <Disclosure platform={platform} duties={duties} settings={settings} />
      <Consent platform={platform} duties={duties} settings={settings} />
    </div>
  );
});

interface Part {
  platform: PlatformName;
  duties: SharingDuties;
  settings: Settings;
}

type Change = { onChange: (setting: string, value: unknown) => void };

function Audience({ platform, duties: { audience, disclosure }, settings, onChange }: Part & Change) {
  const { t } = useLingui();
  const say = useWords();
  const { accountOf, described } = useComposer();
  const { setting, label, values } = audience;
  const offered = accountOf(platform)?.platformMetadata[described.get(platform)?.capabilities.choices?.[setting] ?? ""];
  const levels = Array.isArray(offered) ? offered.map(String) : Object.keys(values);
  const barred = disclosure.kinds.find(
    ({ setting: kind, excludes }) => settings[kind] === true && excludes !== undefined,
  )?.excludes;
  return (
    <div className="space-y-2">
      <WithIssues at={pointerOf(platform, [setting])} isDeep>
        <Select
          label={say(label)}
          required
          value={String(settings[setting] ?? "")}
          hint={barred && say(barred.reason)}
          onChange={({ target }) => onChange(setting, target.value === "" ? undefined : target.value)}
          options={[
            { value: "", name: t`Choose…` },
            ...levels.map((level) => ({
              value: level,
              name: say(values[level] ?? level),
              disabled: barred?.audiences.includes(level) === true,
            })),
          ]}
        />
      </WithIssues>
    </div>
  );
}

function Interactions({
  platform,
  duties: { interactions },
  settings,
  media,
  onChange,
}: Part & Change & { media: readonly Item[] }) {
  const { t } = useLingui();
  const say = useWords();
  const { accountOf } = useComposer();
  const metadata = accountOf(platform)?.platformMetadata ?? {};
  const type = media[0]?.shown.type ?? null;
  return (
    <fieldset>
      <legend className="text-sm font-semibold">{say(interactions.label)}</legend>
      {interactions.items
        .filter(({ only }) => only === undefined || type === null || type === only)
        .map(({ label, setting, lockedBy }) => {
          const isLocked = metadata[lockedBy] === true;
          return (
            <div key={setting}>
              <WithIssues at={pointerOf(platform, [setting])} isDeep>
                <Checkbox
                  label={say(label)}
                  hint={isLocked ? t`The creator has turned this off.` : undefined}
                  disabled={isLocked}
                  checked={settings[setting] === false && !isLocked}
                  onChange={({ target }) => onChange(setting, target.checked ? false : undefined)}
                />
              </WithIssues>
            </div>
          );
        })}
    </fieldset>
  );
}

function Disclosure({ platform, duties: { disclosure, audience }, settings }: Part) {
  const { t } = useLingui();
  const say = useWords();
  const { change } = useComposer();
  const override = useContext(DraftContext)?.overrides[platform];
  const isOn = override !== undefined && isCommercial(override, disclosure);
  const turn = (toOn: boolean) =>
    change((draft) => {
      const next = withOverride(draft, platform, { isCommercial: toOn });
      if (toOn) return next;
      return disclosure.kinds.reduce(
        (before, { setting }) => withSetting(before, platform, [setting], undefined),
        next,
      );
    });
  const mark = disclosure.kinds.findLast(({ setting }) => settings[setting] === true)?.marks;
  const marks = mark && say(mark);
  return (
    <div className="space-y-2">
      <Checkbox
        label={say(disclosure.label)}
        hint={say(disclosure.hint)}
        checked={isOn}
        onChange={({ target }) => turn(target.checked)}
      />
      {isOn && (
        <fieldset className="ms-7 space-y-1">
          <legend className="sr-only">{say(disclosure.label)}</legend>
          {disclosure.kinds.map(({ setting, label, hint, excludes }) => {
            const isBarred = excludes?.audiences.includes(String(settings[audience.setting])) === true;
            return (
              <div key={setting}>
                <WithIssues at={pointerOf(platform, [setting])} isDeep>
                  <Checkbox
                    label={say(label)}
                    hint={say(isBarred ? excludes.reason : hint)}
                    disabled={isBarred && settings[setting] !== true}
                    checked={settings[setting] === true}
                    onChange={({ target }) =>
                      change((draft) =>
                        withSetting(
                          withOverride(draft, platform, { isCommercial: true }),
                          platform,
                          [setting],
                          target.checked ? true : undefined,
                        ),
                      )
                    }
                  />
                </WithIssues>
              </div>
            );
          })}
          {marks !== undefined && <p className="text-sm">{t`The post will be labeled “${marks}”.`}</p>}
        </fieldset>
      )}
    </div>
  );
}
