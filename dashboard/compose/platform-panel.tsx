import { useLingui } from "@lingui/react/macro";
import { memo, useContext, useMemo, useState } from "react";

import type { PlatformName } from "../../model/platform-names.ts";
import { labelOf } from "../start.ts";
import { Button } from "../ui/controls.tsx";
import { Tag } from "../ui/surfaces.tsx";
import { AccountLine } from "./account-line.tsx";
import { type Described, FindingsContext, useComposer } from "./context.ts";
import { Counters } from "./counters.tsx";
import { type Item, type Override, type Settings, settingsOfDuties, withoutOwn, withOverride } from "./draft.ts";
import { Duties } from "./duties.tsx";
import { FieldIssues, WithIssues } from "./findings.tsx";
import { withOwnMedia } from "./fixes.ts";
import { isAt, pointerOf } from "./issues.ts";
import { MediaBox } from "./media-box.tsx";
import type { SettingField } from "./schema.ts";
import { SettingsForm } from "./settings-form.tsx";
import { TextBox } from "./text-box.tsx";

const NONE: Override = { settings: {} };

/** What one platform gets: a text and media of its own or the shared ones, and its settings. */
export const PlatformPanel = memo(function PlatformPanel({
  described: { name, capabilities, fields },
  sharedText,
  sharedMedia,
  override = NONE,
}: {
  described: Described;
  sharedText: string;
  sharedMedia: readonly Item[];
  override: Override | undefined;
}) {
  const { t } = useLingui();
  const { change, type, accountOf } = useComposer();
  const slot = useMemo(() => ({ platform: name, path: [] }), [name]);
  const { sharing } = capabilities;
  const shown = useMemo(() => {
    const elsewhere = sharing === undefined ? [] : settingsOfDuties(sharing);
    return fields.filter((field) => !elsewhere.includes(field.name));
  }, [fields, sharing]);
  const account = accountOf(name);
  const label = labelOf(name);
  const path = `/content/platformOverrides/${name}`;
  return (
    <div className="space-y-5">
      {account !== undefined && <AccountLine account={account} nameFrom={sharing?.creatorName} />}
      <div className="space-y-2">
        <WithIssues at={`${path}/text`}>
          <TextBox
            key={String(override.text === undefined)}
            label={t`Text for ${label}`}
            isLong
            rows={4}
            autoFocus={override.text !== undefined}
            value={override.text ?? sharedText}
            onType={(text) => type(`text ${name}`, (draft) => withOverride(draft, name, { text }))}
          />
          <div className="flex flex-wrap items-center gap-2">
            <Counters at={override.text === undefined ? "/content/text" : `${path}/text`} only={name} />
            {override.text === undefined ? (
              <Tag>{t`Same as the shared text`}</Tag>
            ) : (
              <Button className="min-h-8! px-2.5!" onClick={() => change((draft) => withoutOwn(draft, name, "text"))}>
                {t`Use the shared text`}
              </Button>
            )}
          </div>
        </WithIssues>
      </div>
      {override.media === undefined ? (
        <div className="space-y-2">
          <h3 className="text-sm font-semibold">{t`Media`}</h3>
          <Button
            onClick={() => change((draft) => withOwnMedia(draft, name))}
          >{t`Choose other media for ${label}`}</Button>
          <FieldIssues at={`${path}/media`} isDeep />
        </div>
      ) : (
        <div className="space-y-2">
          <MediaBox label={t`Media for ${label}`} slot={slot} pointer={`${path}/media`} items={override.media} />
          <Button onClick={() => change((draft) => withoutOwn(draft, name, "media"))}>{t`Use the shared media`}</Button>
        </div>
      )}
      {sharing !== undefined && (
        <Duties platform={name} duties={sharing} settings={override.settings} media={override.media ?? sharedMedia} />
      )}
      {shown.length > 0 && <SettingsBox platform={name} fields={shown} settings={override.settings} />}
    </div>
  );
});

/** Open if something is set or something has been found in it; after that, the person closes it. */
function SettingsBox({
  platform,
  fields,
  settings,
}: {
  platform: PlatformName;
  fields: readonly SettingField[];
  settings: Settings;
}) {
  const { t } = useLingui();
  const label = labelOf(platform);
  const found = useContext(FindingsContext).filter((finding) =>
    fields.some(({ name }) => isAt(finding, pointerOf(platform, [name]), true)),
  ).length;
  const [isOpen, setOpen] = useState(Object.keys(settings).length > 0);
  const [known, setKnown] = useState(0);
  if (found !== known) {
    setKnown(found);
    if (found > known) setOpen(true);
  }
  return (
    <details
      className="group rounded-xl border"
      open={isOpen}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary className="px-4 py-3 text-sm font-semibold">{t`Settings for ${label}`}</summary>
      <div className="border-t p-4">
        <SettingsForm platform={platform} fields={fields} settings={settings} />
      </div>
    </details>
  );
}
