import { personOfLogin, type Person, seedGrant } from "../../../sandbox/identity.ts";
import { addPagesOf, grantPages } from "../../../sandbox/meta/pages.ts";
import { namesOf } from "../../../sandbox/meta/people.ts";
import type { World } from "../../../sandbox/world.ts";

/** Facebook's people, and the Pages they manage. */
export const SEED = {
  clientId: "138483919580948",
  clientSecret: "fb-secret",
  redirectUri: "https://app.example.test/cb",
  code: "FBCODE1",
  personId: "10200000000000001",
  pageId: "101",
} as const;

/**
 * The person named by a login hint, created if new with a Page of the same name. Without a hint, it is the seeded one.
 */
export function personOf(world: World, hint: string | undefined): Person {
  return personOfLogin(world.identity, {
    platform: "facebook",
    hint,
    seededId: SEED.personId,
    add: (named) => addPerson(world, named),
  });
}

function addPerson(world: World, hint: string | null): Person {
  const id = String(10_200_000_000_000_000n + BigInt(world.store.next("facebook.person")));
  const { username, name } = namesOf(hint ?? "sandbox_page");
  const person = world.identity.addPerson({
    platform: "facebook",
    id,
    username,
    name: hint === null ? "Sandbox Person" : name,
    hint,
    facts: {},
  });
  const page =
    hint === null
      ? { pageId: SEED.pageId, name: "Sandbox Page", username: "sandboxpage" }
      : { name, username: person.username.replace(/[._]/g, "") };
  addPagesOf(world, { platform: "facebook", owner: id, linkedId: null, hint, ...page });
  return person;
}

/** The app, person, Page and code of every fresh sandbox. */
export function seedIdentity(world: World, { scopes, label }: { scopes: readonly string[]; label: string }): void {
  const person = addPerson(world, null);
  const grantId = seedGrant(world.identity, {
    platform: "facebook",
    app: SEED,
    personId: person.id,
    scopes: scopes,
    at: world.clock.now(),
    facts: { dialog: label },
  });
  grantPages(world, grantId, [SEED.pageId]);
}

const BASES = {
  post: { short: 500, long: 122_100_000_000_000_000n },
  photo: { short: 600, long: 122_200_000_000_000_000n },
  video: { short: 700, long: 1_400_000_000_000_000n },
  reel: { short: 710, long: 1_500_000_000_000_000n },
  storyVideo: { short: 720, long: 1_600_000_000_000_000n },
  session: { short: 800, long: 1_700_000_000_000_000n },
  comment: { short: 900, long: 122_300_000_000_000_000n },
  // Stays within JavaScript's safe integers, because the platform writes it unquoted.
  story: { short: 1233, long: 1_800_000_000_000_000n },
} as const;

/** The next ID of a kind. The first few of the seeded Page are short, all others as long as real ones. */
export function nextId(world: World, kind: keyof typeof BASES, pageId: string): string {
  const number = world.store.next(`facebook.${kind}`);
  const { short, long } = BASES[kind];
  return pageId === SEED.pageId && number < 10 ? String(short + number) : String(long + BigInt(number));
}
