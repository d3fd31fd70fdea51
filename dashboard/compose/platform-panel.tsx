import { useLingui } from "@lingui/react/macro";
import { memo, useMemo } from "react";

import type { Account } from "../../contract/operations/accounts.ts";
import { labelOf } from "../start.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/controls.tsx";
import { Tag } from "../ui/surfaces.tsx";
import { type Described, useComposer } from "./context.ts";
import type { Counts } from "./counts.ts";
import { type Item, type Override, settingsOfDuties, withoutOwn, withOverride } from "./draft.ts";
import { Duties } from "./duties.tsx";
import { FieldIssues } from "./findings.tsx";
import { MediaBox } from "./media-box.tsx";
import { SettingsForm } from "./settings-form.tsx";
import { Counters } from "./shared-panel.tsx";
import { TextBox } from "./text-box.tsx";

const NONE: Override = { settings: {} };

/** What one platform gets: a text and media of its own or the shared ones, and its settings. */
export const PlatformPanel = memo(function PlatformPanel({
  described: { name, capabilities, fields },
  sharedText,
  sharedMedia,
  override = NONE,
  counts,
}: {
  described: Described;
  sharedText: string;
  sharedMedia: readonly Item[];
  override: Override | undefined;
  counts: Counts;
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
          <Counters platforms={[name]} counts={counts} />
          {override.text === undefined ? (
            <Tag>{t`Same as the shared text`}</Tag>
          ) : (
            <Button className="min-h-8! px-2.5!" onClick={() => change((draft) => withoutOwn(draft, name, "text"))}>
              {t`Use the shared text`}
            </Button>
          )}
        </div>
        <FieldIssues at={`${path}/text`} />
      </div>
      {override.media === undefined ? (
        <div className="space-y-2">
          <h3 className="text-sm font-semibold">{t`Media`}</h3>
          <Button
            onClick={() => change((draft) => withOverride(draft, name, { media: [...sharedMedia] }))}
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
      {shown.length > 0 && (
        <details className="group rounded-xl border" open={Object.keys(override.settings).length > 0}>
          <summary className="px-4 py-3 text-sm font-semibold">{t`Settings for ${label}`}</summary>
          <div className="border-t p-4">
            <SettingsForm platform={name} fields={shown} settings={override.settings} />
          </div>
        </details>
      )}
    </div>
  );
});

export function AccountLine({ account, nameFrom }: { account: Account; nameFrom?: string | undefined }) {
  const { displayName, username, platformMetadata } = account;
  const given = nameFrom === undefined ? undefined : platformMetadata[nameFrom];
  const name = typeof given === "string" ? given : (displayName ?? username ?? "");
  return (
    <p className="flex items-center gap-3">
      <Avatar url={account.avatarUrl} name={name} platform={account.platform} />
      <span className="min-w-0">
        <span className="block truncate font-semibold">{name}</span>
        {username !== null && <span className="block truncate text-sm text-dim">@{username}</span>}
      </span>
    </p>
  );
}
