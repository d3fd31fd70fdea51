import { z } from "zod";

import { isPlatformName, type PlatformName } from "../../model/platform-names.ts";
import { platforms } from "../../platforms/index.ts";
import { integer, text } from "../../sandbox/store.ts";
import { openPayload } from "../../server/domain/webhooks/payload.ts";
import { createVault } from "../../server/vault/vault.ts";
import type { Violation } from "../faults/checker.ts";
import type { Installation } from "./installation.ts";
import type { PlannedFault, PlannedPost } from "./plan.ts";
import type { RunResult } from "./run.ts";
import { EPOCH_MS } from "./timeline.ts";
import type { Subject } from "./users.ts";

export interface CheckResult {
  violations: Violation[];
  fates: Record<string, number>;
  entries: number;
}

/** A part as seen by the platform's audience. */
interface Entry {
  seq: number;
  platform: PlatformName;
  accountId: string;
  id: string;
  url: string;
  text: string;
  /** In the run's true time. */
  atMs: number;
}

interface Row {
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
  /** The account's: after its access is gone, nothing can be read back. */
  token_health: string;
  error: { code: string; message: string } | null;
  account_id: string;
}

interface Post {
  place: number;
  subject: Subject;
  row: Row;
  /** The status on each of its platforms. */
  statuses: string[];
  /** The entries of each of its parts, shared with posts that have the same text. */
  entries: Entry[][];
}

/** Compares a run's result with the sandboxes' ledger. The ledger is the truth; our own records are what is checked. */
export async function check({ stage, sandbox, vaultKey }: Installation, ran: RunResult): Promise<CheckResult> {
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
       exists (select from sim.changes c where c.id = pp.id and c.was = 'unknown') as was_unknown
     from platform_posts pp join posts p on p.id = pp.post_id join accounts a on a.id = pp.account_id`,
  );
  const posts = subjects.flatMap((subject, place): Post[] => {
    const own = rows.filter((each) => each.post_id === subject.postId);
    const row = own.find(({ platform }) => platform === plan.posts[place]?.shape.platform);
    return row === undefined
      ? []
      : [
          {
            place,
            subject,
            row,
            statuses: own.map(({ status }) => status),
            entries: subject.parts.map((part) => ledger.filter((entry) => isOf(entry, row, subject, part))),
          },
        ];
  });
  const fates: Record<string, number> = {};
  for (const { row } of posts) fates[row.status] = (fates[row.status] ?? 0) + 1;
  const violations = [
    ...posts.flatMap((post) => [
      ...truth(ran, post),
      ...order(post),
      ...cancelled(ran, post),
      ...paused(ran, post),
      ...commits(ran, post),
    ]),
    ...groups(posts).flatMap((group) => [...counts(ran, group), ...punctuality(ran, group)]),
    ...strangers(ledger, posts),
    ...(await changes(ran, stage)),
    ...(await takeovers(ran, stage, posts)),
    ...(await news(stage)),
    ...(await relayed(ran, { stage, vaultKey })),
    ...(await proofs(stage)),
    ...(await tokens(ran, { stage, sandbox })),
    ...fairness(ran, posts),
    ...isolation(ran, posts),
  ];
  return { violations, fates, entries: ledger.length };
}

function platformOf(name: string): PlatformName {
  if (!isPlatformName(name)) throw new Error(`${name} is no platform`);
  return name;
}

function isOf(entry: Entry, { platform }: Row, { platformAccountId }: Subject, part: string): boolean {
  if (entry.platform !== platform || entry.accountId !== platformAccountId) return false;
  return entry.text === part || (part !== "" && entry.text.startsWith(`${part} http`));
}

function say(kind: Violation["kind"], { place, row, entries }: Post, what: string): Violation {
  const live = entries.map((each) => each.length).join("+");
  return {
    kind,
    sentence:
      `post ${place} on ${row.platform} ${what}: ${row.status}, ${live} in the ledger, ` +
      `${JSON.stringify(row.error?.message ?? null)}`,
  };
}

/** Whether the caller has asked to republish what might be live. */
function forced({ acted }: RunResult, { place }: Post): number {
  return acted.filter(({ post, act, outcome }) => post === place && act === "force" && outcome !== "refused").length;
}

function truth(ran: RunResult, post: Post): Violation[] {
  const { row, entries } = post;
  const wasWanted = Number.isFinite(whenOf(ran, post));
  if (!wasWanted) return [];
  const violations: Violation[] = [];
  if (row.status === "queued" || row.status === "posting" || row.status === "pending")
    violations.push(say("stuck", post, "is not settled"));
  const found = entries.map((each) => each.length);
  if (row.status === "published" && found.some((count) => count === 0))
    violations.push(say("lost", post, "is said to be published and is not"));
  const first = entries[0]?.find(({ id }) => id === row.platform_post_id);
  if (row.status === "published" && row.platform_post_id !== null && first === undefined)
    violations.push(
      say(
        "untrue",
        post,
        `has the id ${row.platform_post_id}, the ledger ${entries[0]?.map(({ id }) => id).join(", ")}`,
      ),
    );
  const whole = wholeOf(post.statuses);
  // A cancelled post stays discarded even if an earlier request publishes it.
  if (whole !== null && row.post_status !== whole && row.post_status !== "discarded")
    violations.push(say("untrue", post, `has the post in ${row.post_status}`));
  if (row.error?.code === "INTERNAL_ERROR") violations.push(say("lost", post, "met a fault of the server"));
  if (row.status === "failed" && !mayFail(ran, post))
    violations.push(say("lost", post, "failed, and nothing lasted that long"));
  if (row.status === "unknown" && !mayBeUnknown(ran, post))
    violations.push(say("lost", post, "is not known, and could have been read back"));
  return violations;
}

/** What a post is when it is settled on all its platforms; null while it is not. */
function wholeOf(statuses: readonly string[]): string | null {
  const wanted = statuses.filter((status) => status !== "discarded");
  if (wanted.some((status) => !["published", "failed", "unknown"].includes(status))) return null;
  if (wanted.length === 0) return "discarded";
  if (!wanted.includes("published")) return "failed";
  return wanted.every((status) => status === "published") ? "published" : "partial";
}

/** The total delay for persistent rejections: six attempts take 21 minutes. */
function mayFail(ran: RunResult, post: Post): boolean {
  if (forced(ran, post) > 0 || post.row.was_unknown) return true;
  // Networks reject the second of two posts with the same text.
  if (hasTwin(ran, post) && post.row.error?.code !== "INTERNAL_ERROR") return true;
  return ["AUTH_EXPIRED", "AUTH_REVOKED"].includes(post.row.error?.code ?? "") && ran.plan.tokens.length > 0;
}

/** Their lists can prove that a post is live, but never that it is not. */
const LISTS_ALONE: readonly PlatformName[] = ["twitter", "facebook"];

/** The maximum difference between the database's clock and a platform's at which its lists are searched correctly. */
const MOST_SKEW_MS = 800_000;

/** On most networks, the outcome of a request can be read back. */
function mayBeUnknown(ran: RunResult, post: Post): boolean {
  if (ran.struck.size === 0) return false;
  if (hasTwin(ran, post) || forced(ran, post) > 0) return true;
  if (["expired", "revoked", "reconnect_required"].includes(post.row.token_health)) return true;
  if (ran.clockSteps.some(({ aheadMs }) => Math.abs(aheadMs) > MOST_SKEW_MS)) return true;
  if (isBesideLookAlike(ran, post)) return true;
  const { shape } = ran.plan.posts[post.place] ?? {};
  const isLive = (post.entries.at(-1)?.length ?? 0) > 0;
  if (!isLive && LISTS_ALONE.includes(post.row.platform)) return true;
  return (
    platforms[post.row.platform].broker?.identicalRepeat !== undefined ||
    (post.row.platform === "tiktok" && shape?.name.includes("photo") === true)
  );
}

/** Of two that look alike and are both in doubt, neither can be told from the other. */
function isBesideLookAlike({ plan, struck }: RunResult, { place }: Post): boolean {
  const own = plan.posts[place];
  const hasLookAlike = plan.posts.some((other) => own !== undefined && other !== own && lookOf(other) === lookOf(own));
  const isFirst = (fault: PlannedFault) =>
    fault.at === "request" && (fault.only === "commit" || fault.only === "recognized") && fault.nth === 1;
  // Whatever has struck a worker may have struck the first.
  return hasLookAlike && [...struck].some((fault) => fault.at === "point" || isFirst(fault));
}

function hasTwin({ plan }: RunResult, { place }: Post): boolean {
  const own = plan.posts[place];
  return plan.posts.some((other, index) => index !== place && own !== undefined && keyOf(other) === keyOf(own));
}

function keyOf(post: PlannedPost): string {
  return `${lookOf(post)} ${post.ending ?? ""}`;
}

/** To a reader, texts that differ in their ending are the same. */
function lookOf({ tenant, shape, words }: PlannedPost): string {
  return `${tenant} ${shape.platform} ${words}`;
}

/** Posts with the same text on one account are interchangeable: exactly as many are live as are reported to be. */
function groups(posts: readonly Post[]): Post[][] {
  return [
    ...Map.groupBy(
      posts,
      ({ row, subject }) => `${row.platform} ${subject.platformAccountId} ${subject.parts[0]}`,
    ).values(),
  ];
}

function counts(ran: RunResult, group: readonly Post[]): Violation[] {
  const [post] = group;
  if (post === undefined) return [];
  const violations: Violation[] = [];
  const of = (status: string): number => group.filter(({ row }) => row.status === status).length;
  const again = group.reduce((sum, each) => sum + forced(ran, each), 0);
  const isUnknown = ({ row }: Post): boolean => row.status === "unknown";
  const last = post.entries.at(-1)?.length ?? 0;
  const most = Math.max(...post.entries.map((each) => each.length));
  if (most > group.length + again)
    violations.push(say("duplicate", post, `was published ${most} times, and is ${group.length}`));
  else if (last > of("published") + group.filter(isUnknown).length + again || last < of("published"))
    violations.push(say("untrue", post, `is said to be ${group.map(({ row }) => row.status).join(", ")}`));
  else if (
    of("discarded") === group.length &&
    most > 0 &&
    !group.some((each) => isUnknown(each) || each.row.has_live_parts)
  )
    violations.push(say("untrue", post, "is said to be discarded and is live"));
  const ids = group.flatMap(({ row }) =>
    row.status === "published" && row.platform_post_id !== null ? [row.platform_post_id] : [],
  );
  if (new Set(ids).size < ids.length) violations.push(say("untrue", post, "has the id of another post"));
  return violations;
}

/**
 * The commit request: within its deadline, never repeated after it has had its effect, and its response is never lost
 * once received.
 */
function commits(ran: RunResult, post: Post): Violation[] {
  const { row, subject } = post;
  const own = ran.commits.filter(({ platformPostId }) => platformPostId === row.id);
  const repeats = platforms[row.platform].broker?.identicalRepeat !== undefined;
  // A response that comes late is looked at immediately, although the repeat may just have been sent.
  const lateLine = ran.said.find((line) => line.includes(row.id) && line.includes("its response arrived after"));
  const lateAtMs = lateLine === undefined ? Infinity : (parseFloat(lateLine) - 1) * 1000;
  const soonest = Math.min(
    ...ran.readings
      .filter(({ platformPostId, atMs }) => platformPostId === row.id && atMs < lateAtMs)
      .map(({ afterMs }) => afterMs / 1000),
  );
  const soon =
    soonest < READ_BACK_SECONDS && ran.clockSteps.length === 1
      ? [say("untrue", post, `was read back ${soonest.toFixed(1)} s after its commit began`)]
      : [];
  const found = own.flatMap((commit) => {
    const violations: Violation[] = [];
    const lateSeconds = (commit.atMs - commit.intentMs) / 1000;
    if (lateSeconds > DEADLINE_SECONDS && !isClockless(ran))
      violations.push(say("untrue", post, `left ${lateSeconds.toFixed(1)} s after its intent`));
    const first = own.find((other) => other.step === commit.step && other.atMs < commit.atMs && other.made.length > 0);
    if (first !== undefined && !repeats && forced(ran, post) === 0)
      violations.push(
        say(
          "duplicate",
          post,
          `was sent at ${(first.atMs / 1000).toFixed(1)}, was live, ` +
            `and was sent again at ${(commit.atMs / 1000).toFixed(1)}`,
        ),
      );
    const isLive = (post.entries[0]?.length ?? 0) > 0;
    const isInHand = isLive && commit.heard !== null && commit.heard < 300 && ran.lastedWell.has(commit.machine);
    if (isInHand && subject.parts.length === 1 && row.status !== "published" && own.length === 1 && !hasTwin(ran, post))
      violations.push(say("untrue", post, "was answered for, and the answer is forgotten"));
    return violations;
  });
  return [...soon, ...found];
}

/** Work in progress is not checked. */
const READ_BACK_SECONDS = 14.9;

/** Whether one clock stood still and another was set back: then no process can know how much time has passed. */
function isClockless({ struck }: RunResult): boolean {
  const blows = [...struck].flatMap((fault) => (fault.at === "point" || fault.at === "time" ? [fault.do] : []));
  return (
    blows.some(({ what }) => what === "suspended") &&
    blows.some((blow) => blow.what === "wall clock" && blow.bySeconds < 0)
  );
}

/** By true time, whatever the clocks show. */
const DEADLINE_SECONDS = 5.05;

/** A running worker that can reach the database keeps what it holds. */
async function takeovers(ran: RunResult, stage: Installation["stage"], posts: readonly Post[]): Promise<Violation[]> {
  const isQuiet = [...ran.struck].every(
    (fault) => fault.at === "request" || fault.at === "row" || (fault.at === "time" && fault.do.what === "outage"),
  );
  if (!isQuiet) return [];
  const isLocked = (id: string): boolean =>
    posts.some(
      ({ row, place }) => row.id === id && [...ran.struck].some((fault) => fault.at === "row" && fault.post === place),
    );
  const { rows } = await stage.pool.query<{ id: string }>("select id from sim.changes where kind = 'takeover'");
  return rows
    .filter(({ id }) => !isLocked(id))
    .map(({ id }) => ({
      kind: "untrue",
      sentence: `platform post ${id} was taken from a worker that was at work on it`,
    }));
}

/** A part follows the previous one, and is never published alone. */
function order(post: Post): Violation[] {
  const firsts = post.entries.map((each) => each[0]);
  const gap = firsts.findIndex(
    (entry, index) =>
      entry !== undefined &&
      index > 0 &&
      (firsts[index - 1] === undefined || (firsts[index - 1]?.seq ?? 0) > entry.seq),
  );
  return gap === -1 ? [] : [say("backwards", post, `has part ${gap + 1} without or before part ${gap}`)];
}

function whenOf({ plan }: RunResult, { place }: Post): number {
  const when = plan.posts[place]?.when;
  if (when === undefined) return Infinity;
  return "dueAt" in when ? when.dueAt : when.publishAt;
}

/**
 * Never before its time, by the latest time that the database's clock had shown. Of posts with the same text, the first
 * is published no earlier than the first is due.
 */
function punctuality({ clockSteps, acted }: RunResult, group: readonly Post[]): Violation[] {
  const [post] = group;
  const dues = group.map(({ row }) => row.due_at?.getTime() ?? Infinity).sort((left, right) => left - right);
  if (
    post === undefined ||
    group.some(({ place }) =>
      acted.some(({ post: other, act }) => place === other && (act === "retry" || act === "force")),
    )
  )
    return [];
  const latestAt = (atMs: number): number => {
    const shown = clockSteps.map((step, index) =>
      step.atMs > atMs ? 0 : EPOCH_MS + Math.min(atMs, clockSteps[index + 1]?.atMs ?? Infinity) + step.aheadMs,
    );
    return Math.max(...shown);
  };
  const early = (post.entries[0] ?? []).find(({ atMs }, index) => latestAt(atMs) < (dues[index] ?? 0) - 2);
  return early === undefined
    ? []
    : [say("untrue", post, `went out before its time, at ${new Date(EPOCH_MS + early.atMs).toISOString()}`)];
}

/** A post reported as cancelled is not published afterwards. */
function cancelled(ran: RunResult, post: Post): Violation[] {
  // Another post with the same text may be published.
  if (hasTwin(ran, post)) return [];
  const cancel = ran.acted.find(
    ({ post: place, act, outcome }) => place === post.place && act === "cancel" && outcome === "done",
  );
  const after = cancel === undefined ? undefined : post.entries.flat().find(({ atMs }) => atMs > cancel.ackedMs);
  if (after === undefined || cancel === undefined) return [];
  return [
    say(
      "untrue",
      post,
      `was cancelled at ${(cancel.ackedMs / 1000).toFixed(3)} and went out at ${(after.atMs / 1000).toFixed(3)}`,
    ),
  ];
}

/** While a user's publishing is paused, none of their commits begins. */
function paused(ran: RunResult, post: Post): Violation[] {
  const tenantOf = (place: number): number | undefined => ran.plan.posts[place]?.tenant;
  const pauses = ran.acted.filter(
    ({ post: place, act, outcome }) =>
      act === "pause" && outcome === "done" && tenantOf(place) === tenantOf(post.place),
  );
  // Whoever pauses twice has one pause, which ends with the first end.
  const endOf = (beganMs: number) => Math.min(...pauses.map(({ endsMs = 0 }) => endsMs).filter((ms) => ms > beganMs));
  const own = ran.commits.filter(({ platformPostId }) => platformPostId === post.row.id);
  const begun = own.find(({ intentMs }) =>
    pauses.some(({ ackedMs }) => intentMs > ackedMs && intentMs < endOf(ackedMs)),
  );
  return begun === undefined
    ? []
    : [say("untrue", post, `began a commit at ${(begun.intentMs / 1000).toFixed(3)}, while it was paused`)];
}

/** Ledger entries that no one requested. */
function strangers(ledger: readonly Entry[], posts: readonly Post[]): Violation[] {
  const known = new Set(posts.flatMap(({ entries }) => entries.flat()));
  return ledger
    .filter((entry) => !known.has(entry))
    .map((entry) => ({
      kind: "untrue",
      sentence: `"${entry.text}" (${entry.id}) on ${entry.platform} stands in the ledger and belongs to no post`,
    }));
}

/** The allowed transitions, written separately from the product's own table. */
const FORWARD: Record<string, Record<string, readonly string[]>> = {
  posts: {
    draft: ["scheduled", "queued", "discarded"],
    scheduled: ["draft", "queued", "posting", "published", "failed", "discarded"],
    queued: ["posting", "published", "partial", "failed", "discarded"],
    posting: ["published", "partial", "failed", "discarded"],
    partial: ["published", "discarded", "queued", "posting"],
    failed: ["published", "partial", "discarded", "queued", "posting"],
  },
  platform_posts: {
    pending: ["queued", "posting", "published", "failed", "unknown", "discarded"],
    queued: ["posting", "published", "failed", "unknown", "discarded"],
    posting: ["published", "failed", "unknown", "discarded"],
    unknown: ["published", "failed", "queued"],
    failed: ["discarded", "queued"],
    discarded: [],
  },
};

async function changes({ acted }: RunResult, stage: Installation["stage"]): Promise<Violation[]> {
  const { rows } = await stage.pool.query<{ kind: string; id: string; was: string; becomes: string }>(
    "select kind, id, was, becomes from sim.changes where kind <> 'takeover' order by seq",
  );
  const retries = acted.some(({ act, outcome }) => (act === "retry" || act === "force") && outcome !== "refused");
  const isAllowed = (kind: string, was: string, becomes: string): boolean => {
    if (
      !retries &&
      (was === "failed" || was === "unknown" || was === "partial") &&
      (becomes === "queued" || becomes === "posting")
    )
      return false;
    return (FORWARD[kind]?.[was] ?? []).includes(becomes);
  };
  return rows
    .filter(({ kind, was, becomes }) => !isAllowed(kind, was, becomes))
    .map(({ kind, id, was, becomes }) => ({
      kind: "backwards",
      sentence: `${kind} ${id} went from ${was} to ${becomes}`,
    }));
}

/** Events are sent in chronological order, each once, and the last one matches the state. */
async function news(stage: Installation["stage"]): Promise<Violation[]> {
  const { rows: announced } = await stage.pool.query<{ id: string; times: number }>(
    `select platform_post_id as id, count(*)::integer as times from outbox where type = 'platform_post.published'
     group by 1 having count(*) > 1`,
  );
  const { rows: open } = await stage.pool.query<{ id: string; status: string }>(
    `select pp.id, pp.status from platform_posts pp join publish_steps s on s.platform_post_id = pp.id
     where pp.status in ('published', 'failed') and s.effect = 'visible' and s.result is null`,
  );
  const { rows: last } = await stage.pool.query<{ id: string; status: string; type: string }>(
    `select pp.id, pp.status, o.type from platform_posts pp, lateral (
       select type from outbox o where o.platform_post_id = pp.id
         and o.type in ('platform_post.published', 'platform_post.failed', 'platform_post.unknown')
       order by o.id desc limit 1) o
     where pp.status in ('published', 'failed', 'unknown') and o.type <> 'platform_post.' || pp.status`,
  );
  const { rows: silent } = await stage.pool.query<{ id: string; status: string }>(
    `select id, status from platform_posts pp where status in ('published', 'failed', 'unknown')
       and not exists (select from outbox o where o.platform_post_id = pp.id
         and o.type = 'platform_post.' || pp.status)`,
  );
  const { rows: order } = await stage.pool.query<{ id: string; type: string }>(
    `select o.id, o.type from outbox o where o.type = 'post.publishing' and exists (
       select from outbox b where b.post_id = o.post_id and b.id < o.id and b.type = 'post.published')`,
  );
  const { rows: unordered } = await stage.pool.query<{ id: string }>(
    `select post_id as id from (
       select post_id, post_sequence, row_number() over (partition by post_id order by id) as place
       from outbox where post_sequence is not null) o
     group by 1 having bool_or(post_sequence <> place)`,
  );
  return [
    ...unordered.map(({ id }): Violation => ({
      kind: "backwards",
      sentence: `the sequence of the events of post ${id} has a gap, or does not go forward`,
    })),
    ...announced.map(({ id, times }): Violation => ({
      kind: "untrue",
      sentence: `platform post ${id} was announced as published ${times} times`,
    })),
    ...open.map(({ id, status }): Violation => ({
      kind: "untrue",
      sentence: `platform post ${id} is ${status} and has an open commit`,
    })),
    ...last.map(({ id, status, type }): Violation => ({
      kind: "untrue",
      sentence: `platform post ${id} is ${status}, and the last event about it is ${type}`,
    })),
    ...silent.map(({ id, status }): Violation => ({
      kind: "untrue",
      sentence: `platform post ${id} is ${status}, and there was no event`,
    })),
    ...order.map(({ id }): Violation => ({
      kind: "backwards",
      sentence: `event ${id} says that publishing begins after it was said to be done`,
    })),
  ];
}

/** Each event is passed on once. Those of the last moments may wait. */
async function relayed({ plan, timeline }: RunResult, { stage, vaultKey }: Pick<Installation, "stage" | "vaultKey">) {
  if (plan.relayEverySeconds === undefined) return [];
  const vault = createVault([vaultKey]);
  const { rows: events } = await stage.pool.query<{ id: string; type: string; at: Date; is_relayed: boolean }>(
    "select id, type, created_at as at, relayed_at is not null as is_relayed from outbox",
  );
  const { rows: deliveries } = await stage.pool.query<{ id: string; payload_sealed: string }>(
    "select id, payload_sealed from webhook_deliveries",
  );
  const times = new Map<string, number>();
  for (const delivery of deliveries) {
    const { sequence } = sequenced.parse(JSON.parse(openPayload(vault, delivery)));
    times.set(String(sequence), (times.get(String(sequence)) ?? 0) + 1);
  }
  const isRecent = (at: Date): boolean => EPOCH_MS + timeline.now() - at.getTime() < LONGEST_RELAY_MS;
  return events.flatMap(({ id, type, at, is_relayed: isRelayed }): Violation[] => {
    const found = times.get(String(id)) ?? 0;
    if (found === 1 || (found === 0 && !isRelayed && isRecent(at))) return [];
    return [
      { kind: found === 0 ? "lost" : "duplicate", sentence: `event ${id}, ${type}, was passed on ${found} times` },
    ];
  });
}

const sequenced = z.object({ sequence: z.number() });
const LONGEST_RELAY_MS = 60_000;

/** Two reads closer together than this are one: a platform may not have caught up yet. */
const READS_APART_SECONDS = 14.9;

async function proofs(stage: Installation["stage"]): Promise<Violation[]> {
  const { rows } = await stage.pool.query<{ id: string; reads: number[] }>(
    `select platform_post_id as id, evidence -> 'negativeReads' as reads from publish_steps
     where effect = 'visible' and jsonb_array_length(evidence -> 'negativeReads') > 1`,
  );
  return rows.flatMap(({ id, reads }): Violation[] => {
    const apart = Math.min(...reads.slice(1).map((seconds, index) => seconds - (reads[index] ?? 0)));
    return apart >= READS_APART_SECONDS
      ? []
      : [{ kind: "untrue", sentence: `two reads of platform post ${id} that count are ${apart.toFixed(1)} s apart` }];
  });
}

/** Platforms that keep their refresh token, such as YouTube, get the same one when access is renewed later. */
const AT_THE_SAME_TIME_MS = 300_000;

/**
 * A refresh token is used once at a time, unless the response was lost; and no one is told to reconnect without a
 * reason. Faults that only strike commits, and repeats, change neither.
 */
async function tokens(ran: RunResult, { stage }: Pick<Installation, "stage" | "sandbox">): Promise<Violation[]> {
  const shown = ran.arrived
    .filter(({ body }) => body.includes("grant_type=refresh_token"))
    .map(({ body, atMs }) => ({ token: new URLSearchParams(body).get("refresh_token") ?? "", atMs }));
  const disturbed = ![...ran.struck].every(
    (fault) => fault.at === "request" && (fault.only === "commit" || fault.fault.what === "repeated"),
  );
  const twice = shown.filter(({ token, atMs }, index) =>
    shown.slice(0, index).some((before) => before.token === token && atMs - before.atMs < AT_THE_SAME_TIME_MS),
  );
  const { rows } = await stage.pool.query<{ platform: string; token_health: string }>(
    "select platform, token_health from accounts where token_health in ('expired', 'revoked', 'reconnect_required')",
  );
  return [
    ...(twice.length > 0 && !disturbed
      ? [{ kind: "untrue" as const, sentence: `a refresh token was used ${twice.length + 1} times` }]
      : []),
    ...(disturbed
      ? []
      : rows.map(({ platform, token_health: health }): Violation => ({
          kind: "untrue",
          sentence: `the account of ${platform} is ${health}, and nothing went wrong`,
        }))),
  ];
}

/** A user with many posts does not delay other users' posts. */
const LONGEST_WAIT_SECONDS = 10;

function fairness(ran: RunResult, posts: readonly Post[]): Violation[] {
  if (ran.plan.theme !== "crowd") return [];
  return posts.flatMap((post) => {
    const [entry] = post.entries[0] ?? [];
    const waited = entry === undefined ? Infinity : entry.atMs / 1000 - whenOf(ran, post);
    return post.subject.tenant === 0 || waited <= LONGEST_WAIT_SECONDS
      ? []
      : [say("stuck", post, `waited ${waited.toFixed(1)} s`)];
  });
}

/** In a burst, nothing waits for what concerns other accounts: a row that is locked or rejected, a lost statement. */
const BURST_SECONDS = 1;

function isolation(ran: RunResult, posts: readonly Post[]): Violation[] {
  const { plan, struck, acted, commits: sent, struckBatches } = ran;
  const isOfFew = [...struck].every(
    (fault) =>
      fault.at === "row" ||
      fault.at === "batch" ||
      (fault.at === "request" && fault.only === "commit" && fault.fault.what === "late_answer") ||
      (fault.at === "request" && fault.only === "recognized"),
  );
  // A worker keeps two connections for results: those that stall, or wait for a lock, take both.
  const takesConnection = (fault: PlannedFault): boolean =>
    (fault.at === "batch" && fault.of === "writes" && fault.fault.what === "slow") ||
    (fault.at === "row" && fault.do.what === "is locked");
  const isStalled =
    [...struck].filter(takesConnection).length > 1 &&
    [...struck].some((fault) => takesConnection(fault) && fault.at === "batch");
  if (plan.theme !== "burst" || !isOfFew || isStalled) return [];
  const paused = new Set(acted.filter(({ act }) => act === "pause").map(({ post }) => plan.posts[post]?.tenant));
  const isConcerned = ({ place, row }: Post): boolean =>
    paused.has(plan.posts[place]?.tenant) ||
    acted.some(({ post }) => post === place) ||
    [...struck].some((fault) => fault.at === "row" && fault.post === place) ||
    sent.some(({ platformPostId, isDisturbed }) => platformPostId === row.id && isDisturbed) ||
    struckBatches.some((asked) => asked.includes(row.id) || asked.includes(row.account_id));
  const accounts = new Set(posts.filter(isConcerned).map(({ row }) => row.account_id));
  return posts.flatMap((post) => {
    if (accounts.has(post.row.account_id) || hasTwin(ran, post)) return [];
    const [entry] = post.entries[0] ?? [];
    const waited = entry === undefined ? Infinity : entry.atMs / 1000 - whenOf(ran, post);
    return waited <= BURST_SECONDS ? [] : [say("stuck", post, `waited ${waited.toFixed(1)} s for others`)];
  });
}
