import type { Deprecation } from "../../platform.ts";
import { retirement } from "../deprecation.ts";

/** The environment name of the version that the operator has chosen, for Facebook and Instagram. */
export const VERSION_SETTING = "META_GRAPH_VERSION";

/** The version the product was built and tested with. */
export const GRAPH_VERSION = "v25.0";

/**
 * The versions of the Graph API and the last day of each, oldest first; the newest has no date yet. One that has ended is
 * not rejected: the oldest usable one answers in its place. Source: Graph API changelog, 2026-10-01.
 */
const VERSIONS: readonly { version: string; endsOn: string | null }[] = [
  { version: "v20.0", endsOn: "2026-09-24" },
  { version: "v21.0", endsOn: "2027-01-21" },
  { version: "v23.0", endsOn: "2027-10-08" },
  { version: "v24.0", endsOn: "2028-02-18" },
  { version: "v25.0", endsOn: "2028-07-29" },
  { version: "v26.0", endsOn: null },
];

export function chosenVersion(environment: Readonly<Record<string, string>>): string {
  return environment[VERSION_SETTING] ?? GRAPH_VERSION;
}

export function deprecations(environment: Readonly<Record<string, string>>, now: Date): readonly Deprecation[] {
  const version = chosenVersion(environment);
  const endsOn = endOf(version);
  const newest = VERSIONS.at(-1)?.version ?? version;
  return endsOn === null
    ? []
    : retirement(
        {
          label: "Meta",
          what: `Graph API version ${version}`,
          endsOn,
          cure: `Set ${VERSION_SETTING} to ${newest}, or update Ampost.`,
        },
        now,
      );
}

/** One that is not in the table ends no later than the next one that is. */
function endOf(version: string): string | null {
  return VERSIONS.find((known) => numberOf(known.version) >= numberOf(version))?.endsOn ?? null;
}

function numberOf(version: string): number {
  return Number(version.slice(1));
}
