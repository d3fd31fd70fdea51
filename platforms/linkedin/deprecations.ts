import { retirement } from "../kit/deprecation.ts";
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

export function chosenVersion(environment: Readonly<Record<string, string>> = {}): string {
  return environment[VERSION_SETTING] ?? DEFAULT_VERSION;
}

/** What a retired version is replaced with: the operator's if it is newer, otherwise the newest known one if that is. */
export function replacementOf(version: string, environment?: Readonly<Record<string, string>>): string | null {
  const chosen = chosenVersion(environment);
  return chosen > version ? chosen : newerVersion(version);
}

/** The newest known version, if it is newer. */
export function newerVersion(version: string): string | null {
  const newest = VERSIONS.at(-1)?.version ?? version;
  return newest > version ? newest : null;
}

/** Told to the operator three months ahead, and from then on. */
export function deprecations(environment: Readonly<Record<string, string>>, now: Date): readonly Deprecation[] {
  const version = chosenVersion(environment);
  const newer = newerVersion(version);
  const cure =
    newer === null
      ? `Update Ampost, then set ${VERSION_SETTING} to the newest version that LinkedIn documents.`
      : `Set ${VERSION_SETTING} to ${newer}.`;
  return retirement({ label: "LinkedIn", what: `API version ${version}`, endsOn: endOf(version), cure }, now);
}

/** For a version that is not in the table, by the same rule. */
function endOf(version: string): string {
  const known = VERSIONS.find((candidate) => candidate.version === version);
  return known?.endsOn ?? `${Number(version.slice(0, 4)) + 1}-${version.slice(4, 6)}-15`;
}
