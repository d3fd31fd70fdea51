import { useLingui } from "@lingui/react/macro";
import { type InputHTMLAttributes, memo, useContext, useId } from "react";

import type { Account } from "../../contract/operations/accounts.ts";
import type { PlatformSet } from "../../contract/operations/platform-sets.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { useMode } from "../shell/mode.ts";
import { queryIn } from "../shell/workspace.ts";
import { labelOf, start } from "../start.ts";
import { OutLink, Select } from "../ui/controls.tsx";
import { PlatformLogo } from "../ui/platform-logo.tsx";
import { Card } from "../ui/surfaces.tsx";
import { FindingsContext, useComposer } from "./context.ts";
import { withoutPlatform } from "./draft.ts";
import { Issues } from "./findings.tsx";
import { isAt } from "./issues.ts";

/** The accounts that publish the post. */
export const WhereCard = memo(function WhereCard({
  sets,
  platformSetId,
  platforms,
  accountOf,
}: {
  sets: readonly PlatformSet[];
  platformSetId: string;
  platforms: readonly PlatformName[];
  accountOf: (platform: PlatformName) => Account | undefined;
}) {
  const { t } = useLingui();
  const { change } = useComposer();
  const mode = useMode();
  const issues = useId();
  const shown = start.platforms.filter(({ name }) => accountOf(name) !== undefined || platforms.includes(name));
  const toggle = (platform: PlatformName) =>
    change((draft) =>
      draft.platforms.includes(platform)
        ? withoutPlatform(draft, platform)
        : // In the order in which they are always shown.
          {
            ...draft,
            platforms: start.platforms
              .map(({ name }) => name)
              .filter((name) => name === platform || draft.platforms.includes(name)),
          },
    );
  return (
    <Card title={t`Where`}>
      <div className="space-y-3">
        {sets.length > 1 && (
          <Select
            label={t`Platform set`}
            value={platformSetId}
            onChange={({ target }) => change((draft) => ({ ...draft, platformSetId: target.value }))}
            options={sets.map(({ id, name }) => ({ value: id, name }))}
          />
        )}
        {shown.length === 0 && (
          <p className="text-sm">
            {t`No account is connected to this set.`}{" "}
            <OutLink href={`/platforms?${queryIn(mode)}`}>{t`Connect an account`}</OutLink>
          </p>
        )}
        <fieldset className="grid grid-cols-2 gap-2 sm:grid-cols-[repeat(auto-fill,minmax(12rem,1fr))]">
          <legend className="sr-only">{t`Platforms`}</legend>
          {shown.map(({ name }) => {
            const account = accountOf(name);
            return (
              <label
                key={name}
                className="flex min-h-11 min-w-0 cursor-pointer items-center gap-1.5 rounded-xl border px-1.5 py-1.5 text-[0.8125rem] sm:px-2 sm:text-sm has-checked:border-link has-checked:bg-tint"
              >
                <Choice
                  place={platforms.indexOf(name)}
                  issues={issues}
                  checked={platforms.includes(name)}
                  onChange={() => toggle(name)}
                />
                <PlatformLogo platform={name} className="size-4 sm:size-5" />
                <span className="min-w-0">
                  <span className="block truncate font-semibold">{labelOf(name)}</span>
                  <span className="block truncate text-xs text-dim">
                    {account === undefined ? t`Not connected` : (account.username ?? account.displayName)}
                  </span>
                </span>
              </label>
            );
          })}
        </fieldset>
        <ChoiceIssues id={issues} />
      </div>
    </Card>
  );
});

interface ChoiceProps extends InputHTMLAttributes<HTMLInputElement> {
  /** Where the platform is in the request. */
  place: number;
  /** The ID of the issues. */
  issues: string;
}

function Choice({ place, issues, ...rest }: ChoiceProps) {
  const found = useContext(FindingsContext).filter((finding) => isAt(finding, `/platforms/${place}`, true));
  return (
    <input
      type="checkbox"
      className="size-5 shrink-0 accent-(--link)"
      aria-describedby={found.length > 0 ? issues : undefined}
      aria-invalid={found.some(({ isWarning }) => !isWarning)}
      {...rest}
    />
  );
}

function ChoiceIssues({ id }: { id: string }) {
  return (
    <Issues id={id} findings={useContext(FindingsContext).filter((finding) => isAt(finding, "/platforms", true))} />
  );
}
