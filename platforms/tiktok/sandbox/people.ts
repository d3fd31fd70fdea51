import { createHash } from "node:crypto";

import { z } from "zod";

import { personOfLogin, type NewPerson, type Person, type Token, namesOf } from "../../../sandbox/identity.ts";
import type { Call, Outcome } from "../../../sandbox/platform.ts";
import { refusingWith } from "../../../sandbox/refusing.ts";
import type { World } from "../../../sandbox/world.ts";
import { problem, PROBLEMS, Refusal } from "./errors.ts";

/** The person whose token is used. */
export interface Viewer {
  token: Token;
  person: Person;
  facts: PersonFacts;
}

const PersonFacts = z.object({
  isPrivate: z.boolean(),
  isBanned: z.boolean(),
  commentDisabled: z.boolean(),
  duetDisabled: z.boolean(),
  stitchDisabled: z.boolean(),
  maxDurationSeconds: z.number(),
  /** Posts allowed in 24 hours, across all apps. */
  dailyPosts: z.number(),
});

export type PersonFacts = z.infer<typeof PersonFacts>;

export const SEEDED_PERSON = "afd97af1-b87b-48b9-ac98-410a00000001";

/** The person named by a login hint, created if new. Without a hint, it is the seeded one. */
export function personOf(world: World, hint: string | null): Person {
  return personOfLogin(world.identity, {
    platform: "tiktok",
    hint,
    seededId: SEEDED_PERSON,
    add: (named) => world.identity.addPerson(newPerson(world, named)),
  });
}

/** Words in the hint give the person a private account, a ban, disabled interactions or short videos only. */
export function newPerson(world: World, hint: string | null): NewPerson {
  const number = world.store.next("tiktok.person");
  const id =
    number === 1 && hint === null
      ? SEEDED_PERSON
      : `afd97af1-b87b-48b9-ac98-410a${number.toString(16).padStart(8, "0")}`;
  const names = namesOf((hint ?? "sandbox_tok").toLowerCase(), "_", 20);
  const { username } = names;
  const name = names.words.join(" ").slice(0, 30) || username;
  const words = new Set((hint ?? "").toLowerCase().split(/[^a-z]+/));
  const isPrivate = words.has("private");
  const facts: PersonFacts = {
    isPrivate,
    isBanned: words.has("banned"),
    commentDisabled: words.has("nocomments"),
    duetDisabled: isPrivate || words.has("noduet"),
    stitchDisabled: isPrivate || words.has("nostitch"),
    maxDurationSeconds: words.has("short") ? 60 : 300,
    dailyPosts: 15,
  };
  return { platform: "tiktok", id, username, name, hint, facts: { ...facts } };
}

export function privacyOptions({ isPrivate }: PersonFacts): string[] {
  return isPrivate
    ? ["FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
    : ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"];
}

export function factsOf(person: Person): PersonFacts {
  return PersonFacts.parse(person.facts);
}

export function unionIdOf(person: Person): string {
  const digest = createHash("sha256").update(`union ${person.id}`).digest("hex");
  return digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}

/**
 * Requirements of a call, checked before its body, in this order: a valid token, one of these scopes, and the
 * per-minute limit.
 */
export interface Needs {
  scopes: readonly string[];
  perMinute: number;
}

/** An error thrown before or after waiting becomes TikTok's response. */
export function withViewer(needs: Needs, run: (call: Call, viewer: Viewer) => Outcome): (call: Call) => Outcome {
  return refusing((call) => {
    const viewer = viewerOf(call);
    if (!needs.scopes.some((scope) => viewer.token.scopes.includes(scope))) throw new Refusal(PROBLEMS.scopeMissing);
    countCall(call, viewer, needs.perMinute);
    return run(call, viewer);
  });
}

export const refusing = refusingWith((thrown, call) =>
  thrown instanceof Refusal ? problem(call, thrown.problem) : undefined,
);

/** The person behind a call's token, valid or not; empty if unknown. */
export function accountOf(call: Call): string {
  const token = call.accessToken === null ? undefined : call.world.identity.token("tiktok", call.accessToken);
  return token?.personId ?? "";
}

function viewerOf(call: Call): Viewer {
  const { identity } = call.world;
  const token = call.accessToken === null ? undefined : identity.token("tiktok", call.accessToken);
  if (!token || token.kind !== "access" || token.state !== "valid" || call.now >= token.expiresAt)
    throw new Refusal(PROBLEMS.tokenInvalid);
  const person = identity.person("tiktok", token.personId);
  if (!person) throw new Refusal(PROBLEMS.tokenInvalid);
  return { token, person, facts: factsOf(person) };
}

/** Per minute and endpoint. A rejected call does not count. Source: TikTok docs, rate limits. */
function countCall(call: Call, { token }: Viewer, perMinute: number): void {
  if (!call.world.limits) return;
  const use = {
    platform: "tiktok",
    accountId: `${token.clientId} for ${token.personId}`,
    name: call.path.replace(/\/$/, ""),
  } as const;
  if (call.world.uses.count({ ...use, since: call.now - 59_999 }) >= perMinute) throw new Refusal(PROBLEMS.rateLimited);
  call.world.uses.add({ ...use, at: call.now });
}
