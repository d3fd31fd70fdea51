import { createHash, randomInt } from "node:crypto";

import {
  personOfLogin,
  randomSecret,
  type NewPerson,
  type Person,
  seedGrant,
  namesOf,
} from "../../../sandbox/identity.ts";
import type { World } from "../../../sandbox/world.ts";

/** LinkedIn's people: the app, member and code of a fresh sandbox, and those named by login hints. */
export const SEED = {
  clientId: "78sandboxlinkd",
  clientSecret: "li-secret",
  redirectUri: "https://app.example.test/cb",
  code: "LICODE1",
  personId: "782bbtaQ",
} as const;

/** The scopes of the two products available to every app, with their descriptions on the consent page. */
export const SCOPES: Readonly<Record<string, string>> = {
  openid: "Use your name and photo to sign you in",
  profile: "Use your name and photo",
  email: "Use your primary email address",
  w_member_social: "Create, modify and delete posts on your behalf",
};

/** The person named by a login hint, created if new. Without a hint, it is the seeded one. */
export function personOf(world: World, hint: string | undefined): Person {
  return personOfLogin(world.identity, {
    platform: "linkedin",
    hint,
    seededId: SEED.personId,
    add: (named) => world.identity.addPerson(newPerson(world, named)),
  });
}

function newPerson(world: World, hint: string | null): NewPerson {
  const number = world.store.next("linkedin.person");
  const id =
    number === 1
      ? SEED.personId
      : createHash("sha256").update(`linkedin ${number}`).digest("base64url").replace(/[_-]/g, "x").slice(0, 10);
  const {
    username,
    words: [givenName = "Someone", ...family],
  } = namesOf((hint ?? "john.doe").toLowerCase(), "-", 30);
  const familyName = family.join(" ") || "Sandbox";
  const facts = {
    givenName,
    familyName,
    email: `${username}@example.test`,
    restricted: hint?.includes("restricted") ?? false,
  };
  return { platform: "linkedin", id, username, name: `${givenName} ${familyName}`, hint, facts };
}

/** An app as created in the developer portal. */
export function newApp(): { clientId: string; clientSecret: string } {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  const clientId = `78${Array.from({ length: 12 }, () => letters.charAt(randomInt(letters.length))).join("")}`;
  return { clientId, clientSecret: randomSecret("WPL_AP1.", 24) };
}

/** The app, member and code of every fresh sandbox. */
export function seedIdentity(world: World): void {
  const person = world.identity.addPerson(newPerson(world, null));
  seedGrant(world.identity, {
    platform: "linkedin",
    app: SEED,
    personId: person.id,
    scopes: Object.keys(SCOPES).sort(),
    at: world.clock.now(),
    facts: {},
  });
}
