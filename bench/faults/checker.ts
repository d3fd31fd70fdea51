import { setTimeout as sleep } from "node:timers/promises";

import type { PlatformName } from "../../model/platform-names.ts";
import { platforms } from "../../platforms/index.ts";
import type { SeenPost } from "./api.ts";
import { backwardChanges } from "./history.ts";
import type { Entry } from "./sandbox-door.ts";
import type { Person, Subject, World } from "./world.ts";

export const VIOLATIONS = ["duplicate", "lost", "stuck", "backwards", "untrue", "late", "failed"] as const;

export interface Violation {
  kind: (typeof VIOLATIONS)[number];
  sentence: string;
}

/** The allowed outcomes of a post other than published. */
export interface Expectation {
  subject: Subject;
  /** The required outcome; published by default. */
  fates?: readonly ("published" | "failed" | "unknown" | "discarded")[];
  /** If it is live, the account's list shows it: `unknown` is only correct for posts that are not. */
  isListed?: boolean;
  /** How many requests to publish a live part the platform may have received. */
  publishCalls?: number;
}

/**
 * What is allowed if it can be unknown whether a commit was sent. On a network that cannot be read back, the identical
 * post is sent once more, as that network documents; if that response is lost as well, the outcome is unknown. It is
 * also unknown if the request had no effect, and only a list could show it.
 */
export function whereAnswersAreLost(subject: Subject): Expectation {
  const repeats = platforms[subject.platform].broker?.identicalRepeat !== undefined;
  if (repeats) return { subject, fates: ["published", "unknown"], publishCalls: 2 };
  return ONLY_LISTED[subject.platform] === true
    ? { subject, fates: ["published", "unknown"], isListed: true }
    : { subject };
}

/** Networks whose texts can only be found with a list. */
const ONLY_LISTED: Partial<Record<PlatformName, true>> = { facebook: true, twitter: true };

export interface CheckResult {
  violations: Violation[];
  fates: Record<string, number>;
  /** Entries of the ledger. */
  entries: number;
}

const SETTLED = ["published", "failed", "unknown", "discarded"];

/** Waits until every platform post is settled and every link is read, or time runs out. */
export async function untilSettled(
  { pool }: World,
  subjects: readonly Subject[],
  withinSeconds: number,
): Promise<void> {
  const ids = subjects.map(({ platformPostId }) => platformPostId);
  const end = performance.now() + withinSeconds * 1000;
  const open = `select count(*)::integer as open from platform_posts
    where id = any($1) and (status <> all($2) or (status = 'published' and published_url is null))`;
  while (performance.now() < end) {
    // The database may be down right now.
    const answer = await pool.query<{ open: number }>(open, [ids, SETTLED]).catch(() => undefined);
    if (answer?.rows[0]?.open === 0) return;
    await sleep(50);
  }
}

/**
 * Compares the posts' outcomes with the sandbox's ledger. The ledger is the truth; our own records are what is checked.
 */
export async function check(
  world: World,
  expectations: readonly Expectation[],
  neighbors: readonly Person[] = [],
): Promise<CheckResult> {
  const theirAccounts = new Set(
    neighbors.flatMap(({ platformAccountIds }) =>
      Object.entries(platformAccountIds).map(([platform, id]) => `${platform} ${id}`),
    ),
  );
  const whole = await world.sandbox.ledger();
  const isTheirs = ({ platform, accountId }: Entry) => theirAccounts.has(`${platform} ${accountId}`);
  const ledger = whole.filter((entry) => !isTheirs(entry));
  const byText = Map.groupBy(ledger, placeOf);
  const violations: Violation[] = [];
  const fates: Record<string, number> = {};
  const checkAll = async (ofPerson: readonly Expectation[]): Promise<void> => {
    for (const expectation of ofPerson) {
      const post = await world.api.read(expectation.subject);
      const fate = post.platformPosts[0]?.status ?? "";
      fates[fate] = (fates[fate] ?? 0) + 1;
      violations.push(...checkOne(expectation, post, byText));
    }
  };
  // Each person has a limit of reads a minute.
  const byPerson = Map.groupBy(expectations, ({ subject }) => subject.person.userId);
  await Promise.all([...byPerson.values()].map(checkAll));
  violations.push(...strangers(ledger, expectations), ...doubles(whole.filter(isTheirs)));
  violations.push(
    ...(await backwardChanges(world.pool)).map((sentence): Violation => ({ kind: "backwards", sentence })),
  );
  violations.push(...(await repeatedNews(world)));
  return { violations, fates, entries: ledger.length };
}

function checkOne(
  { subject, fates = ["published"], isListed = false, publishCalls = 1 }: Expectation,
  post: SeenPost,
  byText: Map<string, Entry[]>,
): Violation[] {
  const [platformPost] = post.platformPosts;
  if (platformPost === undefined) return [{ kind: "untrue", sentence: `${post.id} has no platform post` }];
  const found = placesOf(subject).map((place) => byText.get(place) ?? []);
  const counts = found.map((entries) => entries.length);
  const status = platformPost.status;
  const say = (kind: Violation["kind"], what: string): Violation => ({
    kind,
    sentence:
      `"${subject.parts[0]}" on ${subject.platform} (${post.id}) ${what}: ` +
      `${status}, ${counts.join("+")} in the ledger, ${JSON.stringify(platformPost.error?.message ?? null)}`,
  });
  const violations: Violation[] = [];
  const expected = fates.find((fate) => fate === status);
  if (counts.some((count) => count > 1)) violations.push(say("duplicate", "was published twice"));
  if (!SETTLED.includes(status)) return [...violations, say("stuck", "is not settled")];
  if (expected === undefined)
    violations.push(say(fates.includes("published") ? "lost" : "untrue", `should be ${fates.join(" or ")}`));
  if (status === "published" && counts.some((count) => count === 0))
    violations.push(say("lost", "is said to be published and is not"));
  if (status === "discarded" && counts.some((count) => count > 0))
    violations.push(say("untrue", "is said to be discarded and is live"));
  if (status === "unknown" && isListed && counts.at(-1) !== 0)
    violations.push(say("lost", "is live, and was not found in the account's list"));
  // If a chain failed, its earlier parts can be live; a single post, or all parts, cannot.
  if (status === "failed" && counts.at(-1) !== 0) violations.push(say("untrue", "is said to have failed and is live"));
  const first = found[0]?.[0];
  if (
    status === "published" &&
    first !== undefined &&
    (first.id !== platformPost.platformPostId || first.url !== platformPost.publishedUrl)
  ) {
    violations.push(
      say(
        "untrue",
        `has id ${platformPost.platformPostId} and link ${platformPost.publishedUrl}, ` +
          `the ledger ${first.id} and ${first.url}`,
      ),
    );
  }
  const called = Math.max(0, ...found.flat().map((entry) => entry.publishCalls));
  if (called > publishCalls) violations.push(say("duplicate", `was asked for ${called} times, not ${publishCalls}`));
  const whole: Record<string, string> = {
    published: "published",
    failed: "failed",
    unknown: "failed",
    discarded: "discarded",
  };
  if (post.status !== whole[status]) violations.push(say("untrue", `has the post in ${post.status}`));
  return violations;
}

/** Ledger entries that no one requested. */
function strangers(ledger: readonly Entry[], expectations: readonly Expectation[]): Violation[] {
  const known = new Set(expectations.flatMap(({ subject }) => placesOf(subject)));
  return ledger
    .filter((entry) => !known.has(placeOf(entry)))
    .map(({ id, text }) => ({
      kind: "untrue",
      sentence: `"${text}" (${id}) stands in the ledger and belongs to no post`,
    }));
}

/** Duplicate texts of people who never write the same text twice. */
function doubles(ledger: readonly Entry[]): Violation[] {
  const found = [...Map.groupBy(ledger, placeOf).values()].filter(({ length }) => length > 1);
  return found.map(([first, ...more]) => ({
    kind: "duplicate",
    sentence: `"${first?.text.slice(0, 80)}" of a neighbor stands ${1 + more.length} times in the ledger`,
  }));
}

/** Each platform post is reported as published once, and no commit of a published one is left open. */
export async function repeatedNews({ pool }: Pick<World, "pool">): Promise<Violation[]> {
  const announced = await pool.query<{ id: string }>(
    "select platform_post_id as id from outbox where type = 'platform_post.published' group by 1 having count(*) > 1",
  );
  const open = await pool.query<{ id: string }>(
    `select pp.id from platform_posts pp join publish_steps s on s.platform_post_id = pp.id
     where pp.status in ('published', 'failed') and s.effect = 'visible' and s.result is null`,
  );
  return [
    ...announced.rows.map(({ id }): Violation => ({
      kind: "untrue",
      sentence: `platform post ${id} was announced as published more than once`,
    })),
    ...open.rows.map(({ id }): Violation => ({
      kind: "untrue",
      sentence: `platform post ${id} is settled and has an open commit`,
    })),
  ];
}

function placesOf({ platform, platformAccountId, parts }: Subject): string[] {
  return parts.map((text) => placeOf({ platform, accountId: platformAccountId, text }));
}

function placeOf({ platform, accountId, text }: Pick<Entry, "platform" | "accountId" | "text">): string {
  return `${platform} ${accountId} ${text}`;
}
