import { z } from "zod";

import type { Person, Token } from "../../../sandbox/identity.ts";
import type { Call, Outcome } from "../../../sandbox/platform.ts";
import { refusingWith } from "../../../sandbox/refusing.ts";
import { PROBLEMS, problem, Refusal } from "./errors.ts";
import { isBearer, isSigned, SIGNED_KIND } from "./signature.ts";

/** The person whose token is used. */
export interface Viewer {
  token: Token;
  person: Person;
  facts: PersonFacts;
}

const PersonFacts = z.object({
  description: z.string(),
  subscriptionType: z.enum(["None", "Basic", "Premium", "PremiumPlus"]),
  suspended: z.boolean(),
  protected: z.boolean(),
});

export type PersonFacts = z.infer<typeof PersonFacts>;

export function factsOf(person: Person): PersonFacts {
  return PersonFacts.parse(person.facts);
}

export function isSubscriber(facts: PersonFacts): boolean {
  return facts.subscriptionType !== "None";
}

/** Turns an error thrown in a route, before or after waiting, into the platform's response. */
const refusing = refusingWith((thrown, call) =>
  thrown instanceof Refusal ? problem(call, thrown.problem) : undefined,
);

/** Like `refusing`, for calls that need a valid token with these scopes. */
export function withViewer(
  scopes: readonly string[],
  run: (call: Call, viewer: Viewer) => Outcome,
): (call: Call) => Outcome {
  return refusing((call) => {
    const viewer = viewerOf(call);
    if (scopes.some((scope) => !viewer.token.scopes.includes(scope)))
      throw new Refusal(viewer.token.kind === SIGNED_KIND ? PROBLEMS.oauth1Permissions : PROBLEMS.forbidden);
    return run(call, viewer);
  });
}

function viewerOf(call: Call): Viewer {
  const { identity } = call.world;
  const token = call.accessToken === null ? undefined : identity.token("twitter", call.accessToken);
  const proves = token?.kind === "access" ? isBearer(call) : token?.kind === SIGNED_KIND && isSigned(call, token);
  if (!token || !proves || token.state !== "valid" || call.now >= token.expiresAt)
    throw new Refusal(PROBLEMS.unauthorized);
  const person = identity.person("twitter", token.personId);
  if (!person) throw new Refusal(PROBLEMS.unauthorized);
  const facts = factsOf(person);
  if (facts.suspended) throw new Refusal(PROBLEMS.userSuspended);
  return { token, person, facts };
}

/** The person behind a call's token, valid or not; empty if unknown. */
export function accountOf(call: Call): string {
  const token = call.accessToken === null ? undefined : call.world.identity.token("twitter", call.accessToken);
  return token?.personId ?? "";
}
