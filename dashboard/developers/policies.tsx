import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";

import type { ApiKey } from "../../contract/operations/api-keys.ts";
import { labelOf } from "../start.ts";
import { Tag } from "../ui/surfaces.tsx";

/** What a key or an app may not do, in words. */
export function Policies({ policies }: Pick<ApiKey, "policies">) {
  const { t, i18n } = useLingui();
  const { draftOnly, approvalRequired, platforms, postsPerDay, feesPerMonthMicroUsd, oauthApps } = policies;
  const dollars = i18n.number((feesPerMonthMicroUsd ?? 0) / 1_000_000, { style: "currency", currency: "USD" });
  const said = [
    draftOnly && t`Drafts only`,
    approvalRequired && t`Publishes only approved posts`,
    platforms !== null && t`Only ${platforms.map(labelOf).join(", ")}`,
    postsPerDay !== null && t`${plural(postsPerDay, { one: "# post per day", other: "# posts per day" })}`,
    feesPerMonthMicroUsd !== null && t`${dollars} of platform fees per month`,
    oauthApps && t`Can replace your OAuth apps`,
  ].filter((each) => each !== false);
  if (said.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-1.5" aria-label={t`Limits`}>
      {said.map((each) => (
        <li key={each} className="max-w-full">
          <Tag>
            <span className="whitespace-normal">{each}</span>
          </Tag>
        </li>
      ))}
    </ul>
  );
}
