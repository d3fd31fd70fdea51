import { newId } from "../../model/ids.ts";
import type { HttpExchange } from "../../platforms/kit/http.ts";
import type { QuietStep, StepDone } from "../../platforms/platform.ts";
import { isDatabaseAway } from "../db/away.ts";
import { freeSlot, type Lane } from "../db/claims.ts";
import type { Changes, JournalEntry, WorkRow } from "../db/publishing.ts";
import { beginDoubted, isDoubted, nameDoubted } from "./after-restore.ts";
import { type Claim, instant, LostClaim } from "./claim.ts";
import { commit } from "./commit.ts";
import { buildContent, MediaOnTheWay } from "./content.ts";
import type { PublishingDeps } from "./deps.ts";
import { failStep, stopAt } from "./fail.ts";
import { describeFailure } from "./failure.ts";
import { isTooLate, leave } from "./late.ts";
import { HANDLES_LIVE_SECONDS, paceOf } from "./pace.ts";
import { identify, reconcile, stillOpen } from "./reconcile.ts";
import { isPoison, setAside } from "./set-aside.ts";
import { settle, write } from "./settle.ts";
import {
  beginChanges,
  countAttempt,
  currentIndex,
  doneChanges,
  evidenceOf,
  faultPoint,
  isCommitted,
  isDue,
  isOnlyCosmetic,
  laneOf,
  liveIndex,
  notConnected,
  type Progress,
  stepContext,
  type Work,
} from "./work.ts";

/**
 * Runs a claimed platform post: reads back a commit whose outcome is open, then runs its steps in order for as long as
 * they go on by themselves. Whatever happens, the claim is given back or left to its lease's end.
 */
export async function runClaimed(deps: PublishingDeps, claim: Claim, row: WorkRow, slots: Slots): Promise<void> {
  const started = { deps, claim, row, loadedAt: instant(), pace: paceOf(row.mode, deps.speed) };
  try {
    await run(started, slots).catch(async (error: unknown) => {
      if (error instanceof LostClaim) throw error;
      const level = isDatabaseAway(error) ? "warn" : "error";
      deps.log[level](
        { err: error, platformPostId: row.id, step: row.step },
        level === "warn"
          ? "publishing stopped since the database was away; it goes on shortly"
          : "publishing stopped at a fault of the server",
      );
      await stopAt(started, error);
    });
  } catch (error) {
    if (error instanceof LostClaim) return freeAccount(deps, claim);
    deps.log.error(
      { err: error, platformPostId: row.id, step: row.step },
      "what stopped publishing could not be written down; it goes on when the lease ends",
    );
  }
}

/** The platform post is somebody else's now, but the account was still ours, and no step of ours runs in it any more. */
export async function freeAccount(
  deps: Pick<PublishingDeps, "pool" | "log">,
  { accountId, leaseOwner }: Claim,
): Promise<void> {
  await freeSlot
    .run(deps.pool, [accountId, leaseOwner])
    .catch((error: unknown) =>
      deps.log.warn({ err: error }, "an account's slot could not be freed; it is when its lease ends"),
    );
}

async function run(started: Started, slots: Slots): Promise<void> {
  const { deps, claim, row } = started;
  if (isPoison(claim)) return setAside(started);
  if (isDoubted(row)) await beginDoubted(started);
  else if (isTooLate(started)) {
    await leave(started);
    return freeAccount(deps, claim);
  }
  const work = await prepare(started);
  if (work === "released") return;
  if (isDoubted(row)) await nameDoubted(work);
  if (row.intent !== null && row.intent.result === null) {
    if ((await reconcile(work, row.intent)) === "released") return;
  } else if (row.intent !== null && row.step !== null && row.step === row.live_through) {
    if ((await identify(work, row.intent)) === "released") return;
  }
  while ((await runCurrent(work, slots)) === "on");
}

/** What the engine says of its slots. */
export interface Slots {
  /** Takes the claim over into another lane's slots where one is free; where none is, the platform post is given back for that lane. */
  moveTo(lane: Lane): boolean;
  /** No further step is begun. */
  isStopping(): boolean;
}

/** Why quiet requests are ended when the process stops. */
export class Stopping extends Error {}

/** How long a platform post rests while its media are fetched. */
const MEDIA_PAUSE_SECONDS = 1;

type Started = Pick<Work, "deps" | "claim" | "row" | "loadedAt" | "pace">;

/** Everything a step needs, or the failure to have it, written. */
async function prepare(started: Started): Promise<Work | "released"> {
  const { deps, claim, row } = started;
  const { broker } = deps.platforms[row.platform];
  const open = row.intent?.result === null ? row.intent : null;
  const reading = open !== null || row.status === "published";
  try {
    if (broker === undefined || row.account_id === null) throw notConnected();
    if (!reading && row.live_through === null && row.step !== null && row.idle_seconds > HANDLES_LIVE_SECONDS)
      await throwHandlesAway(started);
    const content = await buildContent(deps, row, row.step === null && row.live_through === null);
    return {
      ...started,
      broker,
      account: { accountId: row.account_id, userId: row.user_id, mode: row.mode },
      content,
      steps: broker.steps(content),
      token: null,
      tokenRenewed: false,
      attemptCounted: false,
    };
  } catch (error) {
    if (error instanceof LostClaim || isDatabaseAway(error)) throw error;
    if (error instanceof MediaOnTheWay) {
      await write(started, { next: { at: "seconds", seconds: MEDIA_PAUSE_SECONDS } });
      return "released";
    }
    if (claim.lost.signal.aborted) {
      await giveUp(started, {});
      return "released";
    }
    if (open !== null) return stillOpen(started, open, describeFailure(error).message, false);
    // It is live: what was still to be had of it is given up.
    if (row.status === "published") await write(started, { next: { at: "never" } });
    else await failStep({ ...started, steps: [] }, 0, error);
    return "released";
  }
}

async function throwHandlesAway(started: Started): Promise<void> {
  await write(started, { step: null, lane: "prepare", polls: "none", checkpoint: {} });
}

async function runCurrent(work: Work, slots: Slots): Promise<Progress> {
  const index = currentIndex(work);
  const step = work.steps[index];
  if (step === undefined) return finish(work);
  const lane = laneOf(work, index);
  if (step.effect === "visible" && !isDue(work)) {
    await write(work, { step: step.name, lane: "commit", polls: "none", next: { at: "due" } });
    return "released";
  }
  if (slots.isStopping() || (lane !== work.claim.lane && !slots.moveTo(lane))) {
    await write(work, { step: step.name, lane, next: { at: "seconds", seconds: 0 } });
    return "released";
  }
  if (step.effect === "visible") return commit(work, step, index);
  if (isDue(work) && (work.row.status === "pending" || work.row.status === "queued")) await begin(work);
  return runQuiet(work, step, index);
}

/** Publishing begins for the public: its time has come, and a step is about to run. */
async function begin(work: Work): Promise<void> {
  await settle(work, beginChanges(work), null);
}

async function runQuiet(work: Work, step: QuietStep, index: number): Promise<Progress> {
  const exchanges: HttpExchange[] = [];
  countAttempt(work);
  await faultPoint(work.deps, "step.before", work.claim, step.name);
  let outcome;
  try {
    outcome = await step.run(await stepContext(work, exchanges));
  } catch (error) {
    if (work.claim.lost.signal.aborted) {
      await giveUp(work, { step: step.name, lane: laneOf(work, index) });
      return "released";
    }
    const failed = journalOf(work, step, "definite_failure", exchanges);
    return step.cosmetic === true && !isOnlyCosmetic(work, index)
      ? passOver(work, index, failed)
      : failStep(work, index, error, { journal: failed });
  }
  await faultPoint(work.deps, "step.after", work.claim, step.name);
  if (exchanges.length > 0) work.deps.reach?.up(work.claim);
  const progress =
    "waitSeconds" in outcome
      ? await wait(work, step, index, outcome.waitSeconds)
      : await stepDone(work, step, index, outcome, exchanges);
  await faultPoint(work.deps, "step.saved", work.claim, step.name);
  return progress;
}

/** What is lost is somebody else's by now; what is ended because the process stops is handed back. */
async function giveUp(work: Started, at: Pick<Changes, "step" | "lane">): Promise<void> {
  if (!(work.claim.lost.signal.reason instanceof Stopping)) throw new LostClaim();
  await write(work, { ...at, next: { at: "seconds", seconds: 0 } });
}

/** Waiting is not failing: it costs no attempt. */
async function wait(work: Work, step: QuietStep, index: number, waitSeconds: number): Promise<Progress> {
  if (step.cosmetic === true && !isOnlyCosmetic(work, index)) return passOver(work, index);
  const changes = {
    step: step.name,
    lane: laneOf(work, index),
    polls: "more",
    attemptCount: work.row.attempt_count,
    next: { at: "seconds", seconds: Math.max(0, waitSeconds) / work.pace },
  } as const;
  if (work.row.status !== "published" && isOnlyCosmetic(work, index))
    await settle(work, { ...changes, ...published(work) }, "platform_post.published");
  else await write(work, changes);
  return "released";
}

async function stepDone(
  work: Work,
  step: QuietStep,
  index: number,
  done: StepDone,
  exchanges: HttpExchange[],
): Promise<Progress> {
  const { row } = work;
  const nextIndex = index + 1;
  const next = work.steps[nextIndex];
  const changes = {
    ...doneChanges(work, done),
    step: next?.name ?? null,
    lane: laneOf(work, nextIndex),
    polls: "none",
    attemptCount: row.attempt_count,
    error: null,
    publishedNow: isOnlyCosmetic(work, nextIndex),
  } as const;
  const journal = journalOf(work, step, "ok", exchanges);
  if (next === undefined) {
    await settle(
      work,
      { ...changes, ...published(work), next: { at: "never" } },
      row.status === "published" ? null : "platform_post.published",
      { journal },
    );
    return "released";
  }
  const parked = next.effect === "visible" && !isDue(work);
  await write(work, { ...changes, ...(parked ? { next: { at: "due" } as const } : {}) }, { journal });
  return parked ? "released" : "on";
}

/**
 * What is nice to have holds up nothing that is still to be published: where it fails or has to wait before the last commit,
 * the work goes on without it.
 */
async function passOver(work: Work, index: number, journal?: JournalEntry): Promise<Progress> {
  const next = work.steps[index + 1]?.name ?? null;
  await write(work, { step: next, lane: laneOf(work, index + 1), polls: "none" }, { journal });
  return "on";
}

function published(work: Work): { status?: "published"; publishedNow: true; error: null } {
  return {
    ...(work.row.status === "published" ? {} : { status: "published" as const }),
    publishedNow: true,
    error: null,
  };
}

/** Nothing is left to run. */
async function finish(work: Work): Promise<Progress> {
  const { row } = work;
  if (!isCommitted(work, liveIndex(work) + 1))
    throw new Error(`The broker of ${row.platform} has no visible step for this content`);
  await settle(
    work,
    { ...published(work), step: null, next: { at: "never" } },
    row.status === "published" ? null : "platform_post.published",
  );
  return "released";
}

function journalOf(
  work: Work,
  step: QuietStep,
  result: JournalEntry["result"],
  exchanges: HttpExchange[],
): JournalEntry {
  return {
    id: newId(),
    step: step.name,
    effect: step.effect,
    attempt: work.row.attempt_count,
    result,
    evidence: evidenceOf(exchanges),
  };
}
