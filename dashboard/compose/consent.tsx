import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";

import type { Policy, SharingDuties } from "../../model/capabilities.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { labelOf } from "../start.ts";
import { OutLink } from "../ui/controls.tsx";
import type { Settings } from "./draft.ts";

/** What one agrees to by publishing. */
export function Consent({
  platform,
  duties,
  settings,
}: {
  platform: PlatformName;
  duties: SharingDuties;
  settings: Settings;
}) {
  const { i18n } = useLingui();
  const policies: Policy[] = [
    ...duties.disclosure.kinds.flatMap(({ setting, consent }) =>
      settings[setting] === true && consent !== undefined ? [consent] : [],
    ),
    ...duties.consent,
  ];
  const links = policies.map(({ name, url }) => (
    <OutLink key={name} href={url} target="_blank">
      {name}
    </OutLink>
  ));
  const parts = new Intl.ListFormat(i18n.locale, { type: "conjunction" })
    .formatToParts(policies.map(({ name }) => name))
    .reduce<ReactNode[]>(
      (shown, part) => [
        ...shown,
        part.type === "element" ? links[policies.findIndex(({ name }) => name === part.value)] : part.value,
      ],
      [],
    );
  return (
    <p className="text-sm">
      <Trans>
        By posting, you agree to {labelOf(platform)}&apos;s {parts}.
      </Trans>
    </p>
  );
}
