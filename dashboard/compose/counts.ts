import { startTransition, useEffect, useState } from "react";

import type { Account } from "../../contract/operations/accounts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { PlatformValidation } from "../../platforms/validate/validate.ts";
import type { Draft } from "./draft.ts";
import type * as rulesModule from "./rules.ts";

/** What each platform would get, and how long its text is there. */
export type Counts = ReadonlyMap<PlatformName, PlatformValidation>;

type Rules = typeof rulesModule;

const NOTHING: Counts = new Map();
const PAUSE_MILLISECONDS = 150;

/** The platforms' own rules; large, so they come once there is something to count. */
export function useRules(isNeeded: boolean): Rules | undefined {
  const [rules, setRules] = useState<Rules>();
  useEffect(() => {
    if (!isNeeded) return;
    void import("./rules.ts").then(setRules);
  }, [isNeeded]);
  return rules;
}

/** Counted a moment after the last key, one platform at a time, so that the next key need not wait. */
export function useCounts(
  rules: Rules | undefined,
  draft: Draft,
  accountOf: (platform: PlatformName) => Account | undefined,
): Counts {
  const [counts, setCounts] = useState(NOTHING);
  useEffect(() => {
    if (rules === undefined) return undefined;
    const found = new Map<PlatformName, PlatformValidation>();
    let timer = setTimeout(() => readNext(0), PAUSE_MILLISECONDS);
    const readNext = (place: number) => {
      const platform = draft.platforms[place];
      if (platform === undefined) return startTransition(() => setCounts(found));
      const read = rules.readPlatform(draft, platform, accountOf(platform));
      if (read !== undefined) found.set(platform, read);
      timer = setTimeout(() => readNext(place + 1));
    };
    return () => clearTimeout(timer);
  }, [rules, draft, accountOf]);
  return counts;
}
