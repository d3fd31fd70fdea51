import { useEffect, useState } from "react";

import type { Account } from "../../contract/operations/accounts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { PlatformValidation } from "../../platforms/validate/validate.ts";
import type { Draft } from "./draft.ts";

/** What each platform would get, and how long its text is there. */
export type Counts = ReadonlyMap<PlatformName, PlatformValidation>;

type Rules = typeof import("./rules.ts");

const NOTHING: Counts = new Map();
const PAUSE_MILLISECONDS = 150;

/** The platforms' own rules; large, so they come once there is something to count. */
export function useRules(isNeeded: boolean): Rules | undefined {
  const [rules, setRules] = useState<Rules>();
  useEffect(() => {
    if (isNeeded) void import("./rules.ts").then(setRules);
  }, [isNeeded]);
  return rules;
}

/** Counted a moment after the last key. */
export function useCounts(
  rules: Rules | undefined,
  draft: Draft,
  accountOf: (platform: PlatformName) => Account | undefined,
): Counts {
  const [counts, setCounts] = useState(NOTHING);
  useEffect(() => {
    if (rules === undefined) return undefined;
    const timer = setTimeout(() => {
      const read = rules.readPlatforms(draft, accountOf);
      setCounts(
        new Map(
          draft.platforms.flatMap((platform) => {
            const found = read[platform];
            return found === undefined ? [] : [[platform, found] as const];
          }),
        ),
      );
    }, PAUSE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [rules, draft, accountOf]);
  return counts;
}
