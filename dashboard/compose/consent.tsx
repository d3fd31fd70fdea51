import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";

import type { Account } from "../../contract/operations/accounts.ts";
import type { Policy, SharingDuties } from "../../model/capabilities.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { labelOf } from "../start.ts";
import { nameOf } from "../ui/avatar.tsx";
import { OutLink } from "../ui/controls.tsx";
import { Said } from "../words/use-words.tsx";
import type { Settings } from "./draft.ts";

/** As whom one publishes, what one agrees to by that, and what to expect. */
export function Consent({
  platform,
  duties,
  settings,
  account,
}: {
  platform: PlatformName;
  duties: SharingDuties;
  settings: Settings;
  account?: Account | undefined;
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
  const name = account === undefined ? null : creatorName(account, duties);
  return (
    <p className="text-sm">
      {name !== null && (
        <>
          <Trans>
            You post as <strong>{name}</strong>.
          </Trans>{" "}
        </>
      )}
      <Trans>
        By posting, you agree to {labelOf(platform)}&apos;s {parts}.
      </Trans>{" "}
      <Said text={duties.notice} />
    </p>
  );
}

/** The name that the platform requires to be shown. */
export function creatorName(account: Account, duties: SharingDuties | undefined): string {
  const name = duties === undefined ? undefined : account.platformMetadata[duties.creatorName];
  return typeof name === "string" ? name : nameOf(account);
}
