import { z } from "zod";

import type { Person, Token } from "../../../sandbox/identity.ts";
import type { Call, Outcome, PlatformAnswer } from "../../../sandbox/platform.ts";
import { refusingWith } from "../../../sandbox/refusing.ts";
import { ERRORS, inactiveVersion, noPermission, Refusal, restError } from "./errors.ts";

/** The member whose token is used. */
export interface Viewer {
  token: Token;
  person: Person;
  /** `urn:li:person:…`, the owner of the member's posts and media. */
  urn: string;
}

const PersonFacts = z.object({
  givenName: z.string(),
  familyName: z.string(),
  email: z.string(),
  /** LinkedIn has restricted the account. */
  restricted: z.boolean(),
});

export type PersonFacts = z.infer<typeof PersonFacts>;

const DAY_MS = 86_400_000;
const CALLS_A_DAY = { member: 150, application: 100_000 } as const;

/** Turns an error thrown in a route, before or after waiting, into the platform's response. */
export const refusing = refusingWith((thrown, call) =>
  thrown instanceof Refusal ? restError(call, thrown.error) : undefined,
);

/**
 * Like `refusing`, for the versioned API: it needs a version, a valid token, and the scope that `resource` requires.
 */
export function versioned(resource: string, run: (call: Call, viewer: Viewer) => Outcome): (call: Call) => Outcome {
  return refusing((call) => {
    needVersion(call);
    const viewer = viewerOf(call);
    if (factsOf(viewer.person).restricted) throw new Refusal(ERRORS.restricted);
    if (!viewer.token.scopes.includes("w_member_social"))
      throw new Refusal(noPermission(`${resource}.${call.headers["linkedin-version"]}01`));
    return run(call, viewer);
  });
}

/** LinkedIn only reads a token from the header. */
export function viewerOf(call: Call): Viewer {
  const { identity } = call.world;
  const header = /^Bearer\s+(\S+)$/i.exec(call.headers["authorization"] ?? "")?.[1];
  if (header === undefined) throw new Refusal(ERRORS.noToken);
  const token = identity.token("linkedin", header);
  const person = token?.kind === "access" ? identity.person("linkedin", token.personId) : undefined;
  if (!token || !person) throw new Refusal(ERRORS.invalidToken);
  if (token.state === "revoked") throw new Refusal(ERRORS.revoked);
  if (token.state === "expired" || call.now >= token.expiresAt) throw new Refusal(ERRORS.expired);
  return { token, person, urn: `urn:li:person:${person.id}` };
}

export function factsOf(person: Person): PersonFacts {
  return PersonFacts.parse(person.facts);
}

/** The member behind a call's token, valid or not; empty if unknown. */
export function accountOf(call: Call): string {
  const token = call.accessToken === null ? undefined : call.world.identity.token("linkedin", call.accessToken);
  return token?.personId ?? "";
}

/**
 * Counts every call by UTC day, including rejected ones, and rejects calls over the daily limit. Source: Share on
 * LinkedIn, 2023-12.
 */
export function countCall(call: Call): PlatformAnswer | undefined {
  if (call.host !== "api.linkedin.com") return undefined;
  const token = call.accessToken === null ? undefined : call.world.identity.token("linkedin", call.accessToken);
  if (!token) return undefined;
  const today = Math.floor(call.now / DAY_MS) * DAY_MS;
  const count = (accountId: string) => {
    const use = { platform: "linkedin", accountId, name: `calls of ${token.clientId}` } as const;
    call.world.uses.add({ ...use, at: today });
    return call.world.uses.count({ ...use, since: today });
  };
  // Only the application's quota applies to the profile.
  if (count("every member") > CALLS_A_DAY.application) return restError(call, ERRORS.applicationDay);
  const isOver = call.path.startsWith("/rest/") && count(token.personId) > CALLS_A_DAY.member;
  return isOver ? restError(call, ERRORS.memberDay) : undefined;
}

/** There is one for every month, which ends in the middle of that month a year later. Source: LinkedIn's migrations. */
function needVersion(call: Call): void {
  const version = call.headers["linkedin-version"];
  if (version === undefined || version === "") throw new Refusal(ERRORS.noVersion);
  const [year = 0, month = 0] = /^(20\d\d)(0[1-9]|1[0-2])$/.exec(version)?.slice(1).map(Number) ?? [];
  const startsAt = Date.UTC(year, month - 1);
  const endsAt = Date.UTC(year + 1, month - 1, 15);
  if (call.now < startsAt || call.now >= endsAt) throw new Refusal(inactiveVersion(version));
}
