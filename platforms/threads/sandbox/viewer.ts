import { z } from "zod";

import type { Person, Token } from "../../../sandbox/identity.ts";
import { checkProof } from "../../../sandbox/meta/apps.ts";
import type { Call, Outcome } from "../../../sandbox/platform.ts";
import { refusingWith } from "../../../sandbox/refusing.ts";
import { ERRORS, graphError, Refusal } from "./errors.ts";

/** The person whose token is used. */
export interface Viewer {
  token: Token;
  person: Person;
  facts: PersonFacts;
}

const PersonFacts = z.object({
  biography: z.string(),
  /** Whether posts can be limited to countries. */
  geoGating: z.boolean(),
});

export type PersonFacts = z.infer<typeof PersonFacts>;

export function factsOf(person: Person): PersonFacts {
  return PersonFacts.parse(person.facts);
}

/** Turns an error thrown in a route, before or after waiting, into the platform's response. */
export const refusing = refusingWith((thrown, call) =>
  thrown instanceof Refusal ? graphError(call, thrown.graph) : undefined,
);

/** Like `refusing`, for calls that need a valid token with these scopes. `threads_basic` is always required. */
export function withViewer(
  scopes: readonly string[],
  run: (call: Call, viewer: Viewer) => Outcome,
): (call: Call) => Outcome {
  return refusing((call) => {
    const viewer = viewerOf(call);
    needScopes(viewer, ["threads_basic", ...scopes]);
    return run(call, viewer);
  });
}

export function viewerOf(call: Call): Viewer {
  const token = call.accessToken === null ? undefined : call.world.identity.token("threads", call.accessToken);
  if (!token) throw new Refusal(ERRORS.badToken);
  checkProof(call, token);
  checkToken(token, call.now);
  const person = call.world.identity.person("threads", token.personId);
  if (!person) throw new Refusal(ERRORS.badToken);
  return { token, person, facts: factsOf(person) };
}

/** The person behind a call's token, valid or not; empty if unknown. */
export function accountOf(call: Call): string {
  const token = call.accessToken === null ? undefined : call.world.identity.token("threads", call.accessToken);
  return token?.personId ?? "";
}

/** Rejects expired and revoked tokens. */
export function checkToken(token: Token, now: number): void {
  if (token.state === "revoked") throw new Refusal(ERRORS.revoked);
  if (token.state === "expired" || now >= token.expiresAt) throw new Refusal(ERRORS.expired);
}

export function needScopes(viewer: Viewer, scopes: readonly string[]): void {
  const missing = scopes.find((scope) => !viewer.token.scopes.includes(scope));
  if (missing !== undefined) throw new Refusal(ERRORS.noScope(missing));
}

/** `{USER}` in a path is the person's own ID or `me`. */
export function needSelf(call: Call, viewer: Viewer): void {
  const user = call.segments["user"] ?? "me";
  if (user !== "me" && user !== viewer.person.id) throw new Refusal(ERRORS.noObject(user));
}
