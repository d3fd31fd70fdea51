import type { PlatformName } from "../../model/platform-names.ts";
import { platforms } from "../../platforms/index.ts";
import type { Violation } from "../faults/checker.ts";
import { owners } from "./check-owners.ts";
import { records } from "./check-records.ts";
import type { Installation } from "./installation.ts";
import { type Entry, forced, type GonePost, hasTwin, lookOf, type Post, readOutcome, say, whenOf } from "./outcome.ts";
import type { PlannedFault } from "./plan.ts";
import type { RunResult } from "./run.ts";
import { EPOCH_MS } from "./timeline.ts";

export interface CheckResult {
  violations: Violation[];
  fates: Record<string, number>;
  entries: number;
}

/** Compares a run's result with the sandboxes' ledger. The ledger is the truth; our own records are what is checked. */
export async function check(installation: Installation, ran: RunResult): Promise<CheckResult> {
  const { ledger, posts, gone } = await readOutcome(installation, ran);
  const fates: Record<string, number> = {};
  for (const { row } of posts) fates[row.status] = (fates[row.status] ?? 0) + 1;
  for (const _ of gone) fates["deleted"] = (fates["deleted"] ?? 0) + 1;
  const violations = [
    ...posts.flatMap((post) => [...truth(ran, post), ...order(post), ...commits(ran, post)]),
    ...groups(posts).flatMap((group) => [...counts(ran, group), ...punctuality(ran, group)]),
    ...strangers(ledger, [...posts, ...gone]),
    ...owners(ran, posts, gone),
    ...(await records(ran, installation, posts)),
    ...fairness(ran, posts),
    ...isolation(ran, posts),
  ];
  return { violations, fates, entries: ledger.length };
}

function truth(ran: RunResult, post: Post): Violation[] {
  const { row, entries } = post;
  const wasWanted = Number.isFinite(whenOf(ran, post));
  if (!wasWanted) return [];
  const violations: Violation[] = [];
  // What was missed waits for its owner.
  const isMissed = row.status === "pending" && row.is_missed && row.next_action_at === null;
  if ((row.status === "queued" || row.status === "posting" || row.status === "pending") && !isMissed)
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
  const { row } = post;
  if (forced(ran, post) > 0 || row.was_unknown || row.error?.code === "PUBLISH_MISSED") return true;
  if (ran.plan.faults.some((fault) => fault.at === "limit" && fault.platform === row.platform)) return true;
  // A failure is not retried after its latest time.
  if (ran.plan.posts[post.place]?.lastSeconds !== undefined && ran.struck.size > 0) return true;
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

/** Ledger entries that no one requested. */
function strangers(ledger: readonly Entry[], posts: readonly Pick<Post | GonePost, "entries">[]): Violation[] {
  const known = new Set(posts.flatMap(({ entries }) => entries.flat()));
  return ledger
    .filter((entry) => !known.has(entry))
    .map((entry) => ({
      kind: "untrue",
      sentence: `"${entry.text}" (${entry.id}) on ${entry.platform} stands in the ledger and belongs to no post`,
    }));
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
