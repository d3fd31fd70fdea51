import { newId } from "../../model/ids.ts";
import type { HttpExchange } from "../../platforms/kit/http.ts";
import { BrokerError, type StepDone } from "../../platforms/platform.ts";
import { isDatabaseAway } from "../db/away.ts";
import { freeSlot, takeBackTakeover } from "../db/queries/claims.ts";
import type { Changes, JournalEntry } from "../db/queries/publishing.ts";
import type { WorkRow } from "../db/queries/work-rows.ts";
import { doubtNext, isDoubted, nameDoubted, startMark } from "./after-restore.ts";
import { beginChanges, countAttempt, doneChanges } from "./changes.ts";
import { addToCheckpoint } from "./checkpoint.ts";
import { type Claim, instant, LostClaim } from "./claim.ts";
import { commit } from "./commit.ts";
import { buildContent, MediaOnTheWay } from "./content.ts";
import { evidenceOf, stepContext } from "./context.ts";
import type { PublishingDeps } from "./deps.ts";
import { failStep, stopAt } from "./fail.ts";
import { describeFailure, isPlatformDown } from "./failure.ts";
import { faultPoint } from "./fault-points.ts";
import { hasRoom, noteLimits } from "./late-budgets.ts";
import { expire, isTooLate } from "./late.ts";
import { currentPosition, type EndPosition, goTo, nextPosition, positionAt, type QuietPosition } from "./position.ts";
import { identify, reconcile } from "./reconcile.ts";
import { noteAccess } from "./restore-health.ts";
import { isPoison, setAside } from "./set-aside.ts";
import { settle, write } from "./settle.ts";
import { stillOpen } from "./still-open.ts";
import { HANDLES_LIVE_SECONDS, paceOf } from "./timing.ts";
import { traced } from "./traced.ts";
import { type ClaimedWork, isDue, type Progress, type Slots, type Work } from "./work.ts";

/**
 * Runs a claimed platform post: reads back its commit if that is open, then runs its steps in order until one has to
 * wait. Whatever happens, the claim is released, or left until its lease ends.
 */
export async function runClaimed(deps: PublishingDeps, claim: Claim, row: WorkRow, slots: Slots): Promise<void> {
  const claimed: ClaimedWork = {
    deps,
    claim,
    row,
    slots,
    loadedAt: instant(),
    pace: paceOf(row.mode, deps.speed),
    attempt: { number: row.attempt_count, isCounted: false },
  };
  try {
    await traced(claimed, "claim", { lane: claim.lane }, () => run(claimed)).catch(async (error: unknown) => {
      if (error instanceof LostClaim) throw error;
      const level = isDatabaseAway(error) ? "warn" : "error";
      deps.log[level](
        { err: error, platformPostId: row.id, step: row.step },
        level === "warn"
          ? "publishing stopped because the database was down; it continues shortly"
          : "publishing stopped because of a server error",
      );
      await stopAt(claimed, error);
    });
  } catch (error) {
    if (error instanceof LostClaim) return lose(deps, claim);
    deps.log.error(
      { err: error, platformPostId: row.id, step: row.step },
      "the reason publishing stopped could not be stored; it continues when the lease ends",
    );
  }
}

/**
 * The platform post was lost. If another process took it over, this one says that it has not died, unless its thread was
 * blocked: the platform post may be what blocks it.
 */
export async function lose(deps: Pick<PublishingDeps, "pool" | "log" | "hasStoodStill">, claim: Claim): Promise<void> {
  await Promise.all([
    freeAccount(deps, claim),
    deps.hasStoodStill?.(claim) === true ? undefined : takeBack(deps, claim),
  ]);
}

async function takeBack({ pool, log }: Pick<PublishingDeps, "pool" | "log">, { id, fence }: Claim): Promise<void> {
  await takeBackTakeover
    .run(pool, [id, fence])
    .catch((error: unknown) => log.warn({ err: error }, "a takeover could not be taken back"));
}

/** This claim may still occupy the account, although none of its steps is running there any more. */
export async function freeAccount(
  deps: Pick<PublishingDeps, "pool" | "log">,
  { accountId, leaseOwner }: Claim,
): Promise<void> {
  await freeSlot
    .run(deps.pool, [accountId, leaseOwner])
    .catch((error: unknown) =>
      deps.log.warn({ err: error }, "an account's slot could not be freed; it is freed when its lease ends"),
    );
}

async function run(claimed: ClaimedWork): Promise<void> {
  const { deps, claim, row } = claimed;
  if (isPoison(claim)) return setAside(claimed);
  if (!isDoubted(row) && isTooLate(claimed)) {
    await expire(claimed);
    return freeAccount(deps, claim);
  }
  if (!(await hasRoom(claimed))) return freeAccount(deps, claim);
  const work = await prepare(claimed);
  if (work === "released") return;
  const intent = isDoubted(row) ? await nameDoubted(work) : row.intent;
  if (intent !== null && intent.result === null) {
    if ((await reconcile(work, intent)) === "released") return;
  } else if (intent !== null && row.step !== null && row.step === row.last_live_step) {
    if ((await identify(work, intent)) === "released") return;
  }
  if (intent !== null && (await doubtNext(work, intent))) return freeAccount(deps, claim);
  while ((await runCurrent(work)) === "continue");
}

/** The reason for aborting quiet requests when the process stops. */
export class Stopping extends Error {}

/** How long a platform post is released for while its media are fetched. */
const MEDIA_PAUSE_SECONDS = 1;

/** Builds everything that steps need. If that fails, the failure is written and the claim released. */
async function prepare(claimed: ClaimedWork): Promise<Work | "released"> {
  const { deps, claim, row } = claimed;
  const { broker } = deps.platforms[row.platform];
  const open = row.intent?.result === null ? row.intent : null;
  const reading = open !== null || row.status === "published";
  try {
    if (broker === undefined || row.account_id === null)
      throw new BrokerError("AUTH_REVOKED", "No account of the platform is connected.", {
        publicCode: "PLATFORM_NOT_CONNECTED",
      });
    if (!reading && row.last_live_step === null && row.step !== null && row.idle_seconds > HANDLES_LIVE_SECONDS)
      await discardHandles(claimed);
    const content = await buildContent(deps, row, row.step === null && row.last_live_step === null);
    return {
      ...claimed,
      broker,
      account: { accountId: row.account_id, userId: row.user_id, mode: row.mode },
      content,
      steps: broker.steps(content),
      access: null,
      tokenRenewed: false,
    };
  } catch (error) {
    if (error instanceof LostClaim || isDatabaseAway(error)) throw error;
    if (error instanceof MediaOnTheWay) {
      await write(claimed, { next: { at: "seconds", seconds: MEDIA_PAUSE_SECONDS } });
      return "released";
    }
    if (claim.lost.signal.aborted) {
      await handBack(claimed, {});
      return "released";
    }
    if (open !== null) return stillOpen(claimed, open, describeFailure(error).message, false);
    // It is live: what was still to be read about it is given up.
    if (row.status === "published") await write(claimed, { next: { at: "never" } });
    else {
      const journal: JournalEntry = {
        id: newId(),
        step: "prepare",
        effect: "read",
        attempt: row.status === "queued" || isDue(claimed) ? row.attempt_count + 1 : row.attempt_count,
        result: "definite_failure",
        evidence: reasonOf(error),
      };
      await failStep({ ...claimed, steps: [] }, positionAt({ steps: [], row }, 0), error, { journal });
    }
    return "released";
  }
}

async function discardHandles(claimed: ClaimedWork): Promise<void> {
  await write(claimed, { step: null, lane: "prepare", polls: "reset", checkpoint: {} });
}

async function runCurrent(work: Work): Promise<Progress> {
  const { slots } = work;
  const at = currentPosition(work);
  if (at.effect === null) return finish(work, at);
  if (at.effect === "visible" && !isDue(work)) {
    await write(work, { ...goTo(at), polls: "reset", next: { at: "due" } });
    return "released";
  }
  if (slots.isStopping() || (at.lane !== work.claim.lane && !slots.moveTo(at.lane))) {
    await write(work, { ...goTo(at), next: { at: "seconds", seconds: 0 } });
    return "released";
  }
  if (at.effect === "visible") {
    if (await isAnswered(work)) return commit(work, at);
    await write(work, { ...goTo(at), next: { at: "seconds", seconds: 0 } });
    return "released";
  }
  if (isDue(work) && (work.row.status === "pending" || work.row.status === "queued"))
    await settle(work, beginChanges(work));
  return traced(work, "step", { step: at.step.name }, () => runQuiet(work, at));
}

/**
 * Nothing is committed to a platform that is down: first, the account must be readable. If reading fails for another
 * reason, the platform has answered.
 */
async function isAnswered({ deps, claim, account }: Work): Promise<boolean> {
  if (deps.readAccount === undefined || deps.reach?.isOutage(claim) !== true) return true;
  try {
    await deps.readAccount(account);
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    if (isPlatformDown(error)) {
      deps.reach.down(claim);
      return false;
    }
  }
  deps.reach.answered(claim);
  return true;
}

async function runQuiet(work: Work, at: QuietPosition): Promise<Progress> {
  const { deps, claim } = work;
  const { step } = at;
  const exchanges: HttpExchange[] = [];
  countAttempt(work);
  await faultPoint(deps, "step.before", claim, step.name);
  let outcome;
  try {
    const begunBefore = step.once === true && (await recordStart(work, step.name));
    outcome = await step.run({ ...(await stepContext(work, exchanges)), ...(begunBefore ? { begunBefore } : {}) });
  } catch (error) {
    if (claim.lost.signal.aborted) {
      await handBack(work, goTo(at));
      return "released";
    }
    if (error instanceof BrokerError) await noteLimits(work, error.limits);
    const journal = journalOf(work, at, "definite_failure", exchanges, error);
    return isSkippable(at) ? skip(work, at, journal) : failStep(work, at, error, { journal });
  }
  await faultPoint(deps, "step.after", claim, step.name);
  if (exchanges.length > 0) {
    deps.reach?.up(claim);
    await noteAccess(work);
  }
  const progress =
    "waitSeconds" in outcome ? await wait(work, at, outcome.waitSeconds) : await stepDone(work, at, outcome, exchanges);
  await faultPoint(deps, "step.saved", claim, step.name);
  return progress;
}

/** Whether the step had started before. */
async function recordStart(work: Work, name: string): Promise<boolean> {
  const mark = startMark(name);
  if (work.row.checkpoint[mark] === true) return true;
  await write(work, { checkpoint: addToCheckpoint(work, work.row.checkpoint, { [mark]: true }) });
  return false;
}

/**
 * Releases work that was aborted because the process stops. If it was aborted because the claim was lost, there is
 * nothing to release.
 */
async function handBack(work: ClaimedWork, at: Pick<Changes, "step" | "lane">): Promise<void> {
  if (!(work.claim.lost.signal.reason instanceof Stopping)) throw new LostClaim();
  await write(work, { ...at, next: { at: "seconds", seconds: 0 } });
}

/** To callers a platform post is published as soon as only cosmetic steps are left. */
const PUBLISHED = { status: "published", publishedNow: true, error: null } as const satisfies Changes;

/** Waiting is not failing, and costs no attempt. If only cosmetic steps are left: posting → published. */
async function wait(work: Work, at: QuietPosition, waitSeconds: number): Promise<Progress> {
  if (isSkippable(at)) return skip(work, at);
  const changes: Changes = {
    ...goTo(at),
    polls: "increment",
    attemptCount: work.attempt.number,
    next: { at: "seconds", seconds: Math.max(0, waitSeconds) / work.pace },
  };
  if (at.isOnlyCosmetic && work.row.status !== "published") await settle(work, { ...changes, ...PUBLISHED });
  else await write(work, changes);
  return "released";
}

/**
 * Continues with the next step, or releases the claim until a commit is due. If no step is left: posting → published.
 */
async function stepDone(work: Work, at: QuietPosition, done: StepDone, exchanges: HttpExchange[]): Promise<Progress> {
  if (done.replacedSetting !== undefined) await replaceSetting(work, done.replacedSetting);
  if (done.limits !== undefined) await noteLimits(work, done.limits);
  const next = nextPosition(work, at);
  const changes: Changes = {
    ...doneChanges(work, done),
    ...goTo(next),
    polls: "reset",
    attemptCount: work.attempt.number,
    error: null,
    publishedNow: next.isOnlyCosmetic,
  };
  const journal = journalOf(work, at, "ok", exchanges);
  if (next.effect === null) {
    await settle(work, { ...changes, ...PUBLISHED, next: { at: "never" } }, { journal });
    return "released";
  }
  const isParked = next.effect === "visible" && !isDue(work);
  await write(work, { ...changes, ...(isParked ? { next: { at: "due" } } : {}) }, { journal });
  return isParked ? "released" : "continue";
}

/** The post continues without: then the next one finds out, too. */
async function replaceSetting({ deps }: Work, setting: NonNullable<StepDone["replacedSetting"]>): Promise<void> {
  await deps
    .replaceSetting?.(setting)
    .catch((error: unknown) => deps.log.warn({ err: error, ...setting }, "a replaced setting could not be stored"));
}

/**
 * Whether a cosmetic step comes before something that is still to be published: if it fails or has to wait, it is
 * skipped.
 */
function isSkippable({ step, isOnlyCosmetic }: QuietPosition): boolean {
  return step.cosmetic === true && !isOnlyCosmetic;
}

async function skip(work: Work, at: QuietPosition, journal?: JournalEntry): Promise<Progress> {
  await write(work, { ...goTo(nextPosition(work, at)), polls: "reset" }, { journal });
  return "continue";
}

/** No step is left: posting → published. */
async function finish(work: Work, at: EndPosition): Promise<Progress> {
  if (!at.isCommitted) throw new Error(`The broker of ${work.row.platform} has no visible step for this content`);
  await settle(work, { ...PUBLISHED, step: null, next: { at: "never" } });
  return "released";
}

function journalOf(
  work: Work,
  { step }: QuietPosition,
  result: JournalEntry["result"],
  exchanges: HttpExchange[],
  error?: unknown,
): JournalEntry {
  return {
    id: newId(),
    step: step.name,
    effect: step.effect,
    attempt: work.attempt.number,
    result,
    evidence: { ...evidenceOf(exchanges), ...(error === undefined ? {} : reasonOf(error)) },
  };
}

/** Why a step failed, as callers are told. */
function reasonOf(error: unknown): { reason: string } {
  return { reason: describeFailure(error).message };
}
