import { startTransition, useEffect, useState } from "react";

import type { Account } from "../../contract/operations/accounts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { loadPart } from "../ui/later.ts";
import type { Described } from "./context.ts";
import type { Draft } from "./draft.ts";
import type * as rulesModule from "./rules.ts";

/** How long the texts of a draft are on each platform. */
export type Counts = readonly rulesModule.Count[];

type Rules = typeof rulesModule;

const NOTHING: Counts = [];
const PAUSE_MILLISECONDS = 150;

/** How platforms count; large, so it comes once there is something to count. */
export function useRules(isNeeded: boolean): Rules | undefined {
  const [rules, setRules] = useState<Rules>();
  useEffect(() => {
    if (!isNeeded) return;
    void loadPart(() => import("./rules.ts")).then(setRules);
  }, [isNeeded]);
  return rules;
}

/** Counted a moment after the last key, one platform at a time, so that the next key need not wait. */
export function useCounts(
  rules: Rules | undefined,
  draft: Draft,
  described: ReadonlyMap<PlatformName, Described>,
  accountOf: (platform: PlatformName) => Account | undefined,
): Counts {
  const [counts, setCounts] = useState(NOTHING);
  useEffect(() => {
    if (rules === undefined) return undefined;
    const found: rulesModule.Count[] = [];
    let timer = setTimeout(() => readNext(0), PAUSE_MILLISECONDS);
    const readNext = (place: number) => {
      const platform = draft.platforms[place];
      if (platform === undefined) return startTransition(() => setCounts(found));
      const capabilities = described.get(platform)?.capabilities;
      if (capabilities !== undefined) found.push(...rules.countsOf(draft, capabilities, accountOf(platform)));
      timer = setTimeout(() => readNext(place + 1));
    };
    return () => clearTimeout(timer);
  }, [rules, draft, described, accountOf]);
  return counts;
}
