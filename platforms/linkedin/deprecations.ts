import type { Deprecation } from "../platform.ts";

/** The environment name of the version that the operator has chosen. */
export const VERSION_SETTING = "LINKEDIN_API_VERSION";

/** The version the product was built and tested with. */
export const DEFAULT_VERSION = "202605";

/**
 * The API versions that this broker supports, oldest first, with the day each is expected to end: they last at least a
 * year, and were observed to end in the middle of the month a year later. The steps are the same in all. Source:
 * LinkedIn docs, versioning, 2026; 202409 ended on 2025-09-15.
 */
export const VERSIONS: readonly { version: string; endsOn: string }[] = [
  { version: "202605", endsOn: "2027-05-15" },
  { version: "202606", endsOn: "2027-06-15" },
  { version: "202607", endsOn: "2027-07-15" },
  { version: "202608", endsOn: "2027-08-15" },
  { version: "202609", endsOn: "2027-09-15" },
  { version: "202610", endsOn: "2027-10-15" },
];

const WARNING_DAYS = 90;
const DAY_MILLISECONDS = 86_400_000;

export function chosenVersion(environment: Readonly<Record<string, string>> = {}): string {
  return environment[VERSION_SETTING] ?? DEFAULT_VERSION;
}

/** The next known version; null if there is none. */
export function nextVersion(version: string): string | null {
  return VERSIONS.find((known) => known.version > version)?.version ?? null;
}

/** Told to the operator three months ahead, and from then on. */
export function deprecations(environment: Readonly<Record<string, string>>, now: Date): readonly Deprecation[] {
  const version = chosenVersion(environment);
  const endsOn = endOf(version);
  const days = Math.ceil((Date.parse(endsOn) - now.getTime()) / DAY_MILLISECONDS);
  if (days > WARNING_DAYS) return [];
  const newest = VERSIONS.at(-1)?.version ?? version;
  const message =
    days > 0
      ? `LinkedIn is expected to retire API version ${version} on ${endsOn}, in ${days} days.`
      : `LinkedIn is expected to have retired API version ${version} on ${endsOn}.`;
  const cure =
    newest > version
      ? `Set ${VERSION_SETTING} to ${newest}.`
      : `Update Ampost, then set ${VERSION_SETTING} to the newest version that LinkedIn documents.`;
  return [{ message, cure }];
}

/** For a version that is not in the table, by the same rule. */
function endOf(version: string): string {
  const known = VERSIONS.find((candidate) => candidate.version === version);
  return known?.endsOn ?? `${Number(version.slice(0, 4)) + 1}-${version.slice(4, 6)}-15`;
}
