import { isPlatformName, type PlatformName } from "../../model/platform-names.ts";
import { integer, text } from "../../sandbox/store.ts";
import type { Violation } from "../faults/checker.ts";
import type { Installation } from "./installation.ts";
import type { PlannedPost } from "./plan.ts";
import type { RunResult } from "./run.ts";
import { EPOCH_MS } from "./timeline.ts";
import type { Subject } from "./users.ts";

/** A part as seen by the platform's audience. */
export interface Entry {
  seq: number;
  platform: PlatformName;
  accountId: string;
  id: string;
  url: string;
  text: string;
  /** In the run's true time. */
  atMs: number;
}

export interface Row {
  id: string;
  post_id: string;
  status: string;
  post_status: string;
  platform: PlatformName;
  platform_post_id: string | null;
  published_url: string | null;
  due_at: Date | null;
  next_action_at: Date | null;
  attempt_count: number;
  /** Whether its caller had been told that the outcome is unknown, after which nothing is sent automatically. */
  was_unknown: boolean;
  /** Whether it says that parts of it are live. */
  has_live_parts: boolean;
  /** Whether it says that it was too late to be published. */
  is_missed: boolean;
  /** The account's: after its access is gone, nothing can be read back. */
  token_health: string;
  error: { code: string; message: string } | null;
  account_id: string;
}

export interface Post {
  place: number;
  subject: Subject;
  row: Row;
  /** The status on each of its platforms. */
  statuses: string[];
  /** The entries of each of its parts, shared with posts that have the same text. */
  entries: Entry[][];
}

/** A post of a user who was deleted: only the ledger knows it. */
export type GonePost = Pick<Post, "place" | "subject" | "entries"> & { platform: PlatformName };

/** What the ledger and the database have after a run. */
export interface Outcome {
  ledger: Entry[];
  posts: Post[];
  /** Posts of users who were deleted. */
  gone: GonePost[];
}

export async function readOutcome({ stage, sandbox }: Installation, ran: RunResult): Promise<Outcome> {
  const { plan, subjects } = ran;
  const ledger = sandbox.all("SELECT * FROM posts ORDER BY seq").map((row): Entry => ({
    seq: integer(row, "seq"),
    platform: platformOf(text(row, "platform")),
    accountId: text(row, "account_id"),
    id: text(row, "id"),
    url: text(row, "url"),
    text: text(row, "text"),
    atMs: integer(row, "created_at") - EPOCH_MS - plan.platformAheadSeconds * 1000,
  }));
  const { rows } = await stage.pool.query<Row>(
    `select pp.id, pp.post_id, pp.status, p.status as post_status, pp.platform, pp.platform_post_id, pp.published_url,
       pp.due_at, pp.next_action_at, pp.attempt_count, pp.error, pp.account_id, a.token_health,
       pp.warnings @> '[{"code": "PARTS_LIVE"}]' as has_live_parts,
       pp.warnings @> '[{"code": "PUBLISH_MISSED"}]' as is_missed,
       exists (select from sim.changes c where c.id = pp.id and c.was = 'unknown') as was_unknown
     from platform_posts pp join posts p on p.id = pp.post_id join accounts a on a.id = pp.account_id`,
  );
  const posts: Post[] = [];
  const gone: GonePost[] = [];
  for (const [place, subject] of subjects.entries()) {
    const platform = plan.posts[place]?.shape.platform ?? "threads";
    const entries = subject.parts.map((part) => ledger.filter((entry) => isOf(entry, platform, subject, part)));
    const own = rows.filter((each) => each.post_id === subject.postId);
    const row = own.find((each) => each.platform === platform);
    if (row === undefined) gone.push({ place, platform, subject, entries });
    else posts.push({ place, subject, row, statuses: own.map(({ status }) => status), entries });
  }
  return { ledger, posts, gone };
}

function platformOf(name: string): PlatformName {
  if (!isPlatformName(name)) throw new Error(`${name} is no platform`);
  return name;
}

function isOf(entry: Entry, platform: PlatformName, { platformAccountId }: Subject, part: string): boolean {
  if (entry.platform !== platform || entry.accountId !== platformAccountId) return false;
  return entry.text === part || (part !== "" && entry.text.startsWith(`${part} http`));
}

export function say(kind: Violation["kind"], { place, row, entries }: Post, what: string): Violation {
  const live = entries.map((each) => each.length).join("+");
  return {
    kind,
    sentence:
      `post ${place} on ${row.platform} ${what}: ${row.status}, ${live} in the ledger, ` +
      `${JSON.stringify(row.error?.message ?? null)}`,
  };
}

/** Whether the caller has asked to republish what might be live. */
export function forced({ acted }: RunResult, { place }: Post): number {
  return acted.filter(({ post, act, outcome }) => post === place && act === "force" && outcome !== "refused").length;
}

export function hasTwin({ plan }: RunResult, { place }: Post): boolean {
  const own = plan.posts[place];
  return plan.posts.some((other, index) => index !== place && own !== undefined && keyOf(other) === keyOf(own));
}

function keyOf(post: PlannedPost): string {
  return `${lookOf(post)} ${post.ending ?? ""}`;
}

/** To a reader, texts that differ in their ending are the same. */
export function lookOf({ tenant, shape, words }: PlannedPost): string {
  return `${tenant} ${shape.platform} ${words}`;
}

export function whenOf({ plan }: RunResult, { place }: Post): number {
  const when = plan.posts[place]?.when;
  if (when === undefined) return Infinity;
  return "dueAt" in when ? when.dueAt : when.publishAt;
}
