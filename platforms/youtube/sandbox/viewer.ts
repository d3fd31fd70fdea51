import { z } from "zod";

import type { Person, Token } from "../../../sandbox/identity.ts";
import type { Call, Outcome } from "../../../sandbox/platform.ts";
import { refusingWith } from "../../../sandbox/refusing.ts";
import { ERRORS, Refusal } from "./errors.ts";

/** The channel whose token is used. A person here is a channel. */
export interface Viewer {
  token: Token;
  person: Person;
  facts: ChannelFacts;
}

const ChannelFacts = z.object({
  /** `none` and `signup` are the two ways in which the API reports that an account has no channel. */
  channel: z.enum(["open", "none", "signup", "closed", "suspended"]),
  /** Videos longer than 15 minutes, and custom thumbnails. */
  verified: z.boolean(),
  videosADay: z.number(),
  createdAt: z.string(),
});

export type ChannelFacts = z.infer<typeof ChannelFacts>;

const PREFIX = "https://www.googleapis.com/auth/";

/** The scopes for each call; one is enough. Source: YouTube's discovery document, 2026. */
export const ALLOWED = {
  upload: [`${PREFIX}youtube.upload`, `${PREFIX}youtube`, `${PREFIX}youtube.force-ssl`, `${PREFIX}youtubepartner`],
  read: [`${PREFIX}youtube`, `${PREFIX}youtube.readonly`, `${PREFIX}youtube.force-ssl`, `${PREFIX}youtubepartner`],
  change: [`${PREFIX}youtube`, `${PREFIX}youtube.force-ssl`, `${PREFIX}youtubepartner`],
  comment: [`${PREFIX}youtube.force-ssl`],
} as const;

/** Turns an error thrown in a route, before or after waiting, into the platform's response. */
export const refusing = refusingWith((thrown) => (thrown instanceof Refusal ? thrown.answer : undefined));

/** Like `refusing`, for calls that need a valid token, one of these scopes and a channel. */
export function allowed(
  scopes: readonly string[],
  run: (call: Call, viewer: Viewer) => Outcome,
): (call: Call) => Outcome {
  return refusing((call) => {
    const viewer = viewerOf(call, scopes);
    needChannel(viewer);
    return run(call, viewer);
  });
}

export function viewerOf(call: Call, scopes: readonly string[]): Viewer {
  const { identity } = call.world;
  if (call.accessToken === null) throw new Refusal(ERRORS.required);
  const token = identity.token("youtube", call.accessToken);
  const person = token?.kind === "access" ? identity.person("youtube", token.personId) : undefined;
  if (!token || !person || token.state !== "valid" || call.now >= token.expiresAt) throw new Refusal(ERRORS.authError);
  if (!token.scopes.some((scope) => scopes.includes(scope))) throw new Refusal(ERRORS.insufficientPermissions);
  return { token, person, facts: factsOf(person) };
}

export function needChannel({ facts }: Viewer): void {
  if (facts.channel === "closed") throw new Refusal(ERRORS.authenticatedUserAccountClosed);
  if (facts.channel === "suspended") throw new Refusal(ERRORS.authenticatedUserAccountSuspended);
  if (facts.channel !== "open") throw new Refusal(ERRORS.youtubeSignupRequired);
}

export function factsOf(person: Person): ChannelFacts {
  return ChannelFacts.parse(person.facts);
}

/** The channel behind a call's token, valid or not; empty if unknown. */
export function accountOf(call: Call): string {
  const token = call.accessToken === null ? undefined : call.world.identity.token("youtube", call.accessToken);
  return token?.personId ?? "";
}
