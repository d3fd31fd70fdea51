import { z } from "zod";

import { personOfLogin, type NewPerson, type Person, type Token, seedGrant } from "../../../sandbox/identity.ts";
import { addPagesOf, grantedPages, grantPages, pageIdOf, pagesOf, type Page } from "../../../sandbox/meta/pages.ts";
import { namesOf } from "../../../sandbox/meta/people.ts";
import type { Call } from "../../../sandbox/platform.ts";
import type { World } from "../../../sandbox/world.ts";

/** Professional accounts. Each has an app-scoped ID, and is linked with a Facebook Page of a Facebook user. */
export const SEED = {
  clientId: "990602627938098",
  clientSecret: "ig-secret",
  redirectUri: "https://app.example.test/cb",
  code: "CODE1",
  personId: "17841400000000001",
} as const;

export const PersonFacts = z.object({
  appScopedId: z.string(),
  facebookUserId: z.string(),
  accountType: z.enum(["BUSINESS", "MEDIA_CREATOR"]),
});

export type PersonFacts = z.infer<typeof PersonFacts>;

export function factsOf(person: Person): PersonFacts {
  return PersonFacts.parse(person.facts);
}

/**
 * The account named by a login hint, created if new. Without a hint, it is the seeded one. A hint that contains
 * `creator` creates a creator account.
 */
export function personOf(world: World, hint: string | undefined): Person {
  return personOfLogin(world.identity, {
    platform: "instagram",
    hint,
    seededId: SEED.personId,
    add: (named) => addPerson(world, named),
  });
}

function addPerson(world: World, hint: string | null): Person {
  const number = BigInt(world.store.next("instagram.person"));
  const { username, name } = namesOf(hint ?? "sandbox_brand");
  const person: NewPerson = {
    platform: "instagram",
    id: String(17_841_400_000_000_000n + number),
    username,
    name,
    hint,
    facts: {
      appScopedId: String(24_000_000_000_000_000n + number),
      facebookUserId: String(10_210_000_000_000_000n + number),
      accountType: hint?.includes("creator") ? "MEDIA_CREATOR" : "BUSINESS",
    } satisfies PersonFacts,
  };
  const made = world.identity.addPerson(person);
  addPagesOf(world, {
    platform: "instagram",
    owner: made.id,
    name,
    username: username.replace(/[._]/g, ""),
    linkedId: made.id,
    hint,
  });
  return made;
}

/** The Pages that a token can access: its own, or those that the person checked. */
export function reachedPages(call: Call, token: Token): Page[] {
  const own = pageIdOf(token);
  return grantedPages(call.world, token.grantId).filter((page) => own === undefined || page.id === own);
}

/** The account behind a call's token, valid or not; empty if unknown. */
export function accountOf(call: Call): string {
  const token = call.accessToken === null ? undefined : call.world.identity.token("instagram", call.accessToken);
  return token?.personId ?? "";
}

/** The app, account and code of every fresh sandbox. */
export function seedIdentity(world: World, scopes: { direct: readonly string[]; label: string }): void {
  const person = addPerson(world, null);
  const grantId = seedGrant(world.identity, {
    platform: "instagram",
    app: SEED,
    personId: person.id,
    scopes: scopes.direct,
    at: world.clock.now(),
    facts: { dialog: scopes.label },
  });
  grantPages(
    world,
    grantId,
    pagesOf(world, "instagram", person.id).map((page) => page.id),
  );
}
