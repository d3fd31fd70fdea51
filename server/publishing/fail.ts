import type { PlatformPostError } from "../../model/errors.ts";
import { isSettled } from "../../model/status.ts";
import { TransportError } from "../../platforms/kit/http.ts";
import { BrokerError } from "../../platforms/platform.ts";
import { isDatabaseAway } from "../db/away.ts";
import { limitAccount, limitApp } from "../db/claims.ts";
import type { Changes, IntentChanges, JournalEntry, Next } from "../db/publishing.ts";
import type { WorkRow } from "../db/work-rows.ts";
import { PREPARATION_FAILED } from "./changes.ts";
import { renewToken } from "./context.ts";
import { describeFailure, isPlatformAway, type Failure, toPublicError, unknownOutcome } from "./failure.ts";
import { secondsLeft } from "./late.ts";
import {
  backOffSeconds,
  GIVE_UP_AFTER_SECONDS,
  LONGEST_WAIT_SECONDS,
  readBackSeconds,
  unknownAfterSeconds,
} from "./pace.ts";
import { goTo, lastLiveIndex, liveParts, nextPosition, type Position, positionAt } from "./position.ts";
import { RESULT_PATIENCE_SECONDS, settle, write } from "./settle.ts";
import { type ClaimedWork, isDue, type Progress, type Work } from "./work.ts";

/** What of the work a failure needs; before the steps are known there are none, and no token. */
export type FailureContext = ClaimedWork & Pick<Work, "steps"> & Partial<Work>;

export interface FailureOptions {
  journal?: JournalEntry;
  /** The commit that failed, and that nothing went out. */
  intent?: IntentChanges;
  /** The pause before the next attempt, where the usual one is not meant: what was read back has waited already. */
  pauseSeconds?: number;
}

/**
 * A step has failed, and nothing the audience can see has come of it: it is tried again later where that may help, or
 * the platform post fails. Ahead of the due time neither is shown: what cannot be prepared is a warning, and is tried
 * once more from the start when its time has come.
 */
export async function failStep(
  work: FailureContext,
  at: Position,
  error: unknown,
  options: FailureOptions = {},
): Promise<Progress> {
  // The step has done nothing wrong, and it is not known how far it came: it is run again as soon as there is a database.
  if (isDatabaseAway(error)) throw error;
  let failure = describeFailure(error);
  if (failure.brokerCode === null)
    work.deps.log.error(
      { err: error, platformPostId: work.row.id, step: at.step?.name },
      "a step failed with a fault of the server",
    );
  if (failure.brokerCode === "AUTH_EXPIRED" && isRenewable(work)) {
    const renewal = await tryRenewal(work);
    if (renewal === "renewed" || renewal === "away") {
      const changes: Changes = { ...goTo(at), ...(renewal === "away" ? { next: SHORTLY } : {}) };
      await write(work, changes, options, RESULT_PATIENCE_SECONDS);
      return renewal === "away" ? "released" : "continue";
    }
    failure = renewal;
  }
  const row = work.row;
  noteReach(work, error, failure);
  if (failure.brokerCode === "RATE_LIMITED" && failure.retryAfterSeconds !== null)
    await noteLimit(work, failure.limitOf, failure.retryAfterSeconds);
  const patience = options.intent === undefined ? undefined : RESULT_PATIENCE_SECONDS;
  if (at.isOnlyCosmetic) await failCosmetic(work, at, failure, options);
  else if (at.isCommitted) await failObservation(work, at, failure, options);
  else if (row.status === "pending" && !isDue(work)) await failAhead(work, at, failure, options);
  else if (isWorthWaiting(work, failure, options)) await retryLater(work, at, failure, options, patience);
  else await failForGood(work, failure, options, patience);
  return "released";
}

/** A refusal is an answer. */
function noteReach({ deps, claim }: FailureContext, error: unknown, { brokerCode }: Failure): void {
  if (error instanceof TransportError ? isPlatformAway(error.failure) : brokerCode === "PLATFORM_UNAVAILABLE")
    deps.reach?.down(claim);
  else if (error instanceof BrokerError && error.platformError !== null) deps.reach?.up(claim);
}

/** What one post learns of a limit holds for all of the account, or of the app. */
async function noteLimit({ deps, row }: FailureContext, limitOf: Failure["limitOf"], seconds: number): Promise<void> {
  const limit = limitOf === "app" ? limitApp : limitAccount;
  await limit
    .run(deps.pool, [row.account_id, seconds])
    .catch((error: unknown) => deps.log.warn({ err: error, accountId: row.account_id }, "a limit could not be stored"));
}

function isRenewable(work: FailureContext): work is Work {
  return work.account !== undefined && work.token !== undefined && work.token !== null && work.tokenRenewed === false;
}

async function tryRenewal(work: Work): Promise<Failure | "renewed" | "away"> {
  try {
    await renewToken(work);
    return "renewed";
  } catch (error) {
    return isDatabaseAway(error) ? "away" : describeFailure(error);
  }
}

function mayRetry(row: WorkRow, failure: Failure): boolean {
  return (
    failure.retryable &&
    row.failures + 1 < failure.maxAttempts &&
    (failure.retryAfterSeconds ?? 0) <= LONGEST_WAIT_SECONDS
  );
}

/** What passes is waited out for as long as the post may be late, and is worth the usual tries at least; all else has its tries. */
function isWorthWaiting(work: FailureContext, failure: Failure, options: FailureOptions): boolean {
  const { row } = work;
  if (!failure.passes) return mayRetry(row, failure);
  const pause = pauseSeconds(work, failure, options);
  if (row.last_in_seconds !== null) return failure.retryable && pause <= secondsLeft(work);
  const isEarly = row.failures + 1 < failure.maxAttempts && failure.retryAfterSeconds === null;
  return failure.retryable && (isEarly || pause <= secondsLeft(work, work.pace));
}

/** The platform's own word on when is kept to the second. */
function pauseSeconds(work: FailureContext, failure: Failure, options: FailureOptions): number {
  return options.pauseSeconds ?? failure.retryAfterSeconds ?? backOffSeconds(work.row.failures + 1) / work.pace;
}

/** Where to begin again: from the step that the failure names, else from the one that failed. */
function redoFrom(work: FailureContext, at: Position, failure: Failure): Position {
  const index = work.steps.findIndex(({ name }) => name === failure.redoFrom);
  return index > lastLiveIndex(work) ? positionAt(work, index) : at;
}

function restart(at: Position): Pick<Changes, "step" | "lane" | "polls"> {
  return { ...goTo(at), polls: "reset" };
}

/** Pending, queued or posting becomes posting, with a time for the next attempt. */
async function retryLater(
  work: FailureContext,
  at: Position,
  failure: Failure,
  options: FailureOptions,
  patience?: number,
): Promise<void> {
  const seconds = pauseSeconds(work, failure, options);
  const error = toPublicError(failure, { retryAt: after(seconds), live: liveParts(work) });
  const changes: Changes = {
    ...restart(redoFrom(work, at, failure)),
    ...begun(work),
    failures: work.row.failures + 1,
    error,
    next: { at: "seconds", seconds, evenPastDue: true },
  };
  await settle(work, changes, { ...options, event: "platform_post.retry_scheduled" }, patience);
}

/** It becomes failed, or unknown where the broker says that nobody can know. */
async function failForGood(
  work: FailureContext,
  failure: Failure,
  options: FailureOptions,
  patience?: number,
  also: Changes = {},
): Promise<void> {
  const { deps, row } = work;
  // What was worth one more try by itself is the person's to mend now, whenever they retry.
  const final = failure.category === "account" ? { ...failure, retryable: false, retryAfterSeconds: null } : failure;
  const retryAt = final.retryAfterSeconds === null ? null : after(final.retryAfterSeconds);
  const outcome = failure.brokerCode === "OUTCOME_UNKNOWN" ? "unknown" : "failed";
  const changes: Changes = {
    ...begun(work),
    ...also,
    status: outcome,
    failures: row.failures + 1,
    error: toPublicError(final, { retryAt, live: liveParts(work) }),
    next: { at: "never" },
  };
  // First, so that whoever is told of the failure finds the account as the platform sees it.
  if (
    (failure.brokerCode === "AUTH_EXPIRED" || failure.brokerCode === "AUTH_REVOKED") &&
    row.account_id !== null &&
    failure.code === failure.brokerCode
  ) {
    await deps
      .reportTokenRefused?.(
        { accountId: row.account_id, userId: row.user_id, mode: row.mode },
        failure.brokerCode,
        failure.message,
      )
      .catch((error: unknown) =>
        deps.log.warn({ err: error, accountId: row.account_id }, "the health of an account could not be stored"),
      );
  }
  await settle(work, changes, options, patience);
}

const SHORTLY = { at: "seconds", seconds: 2, evenPastDue: true } as const;

/** As before the first step. */
const FROM_THE_START = { step: null, lane: "prepare", polls: "reset", checkpoint: {} } as const satisfies Changes;

/** Of a chain the parts before stay live. */
function isOnlyCommit({ steps }: FailureContext): boolean {
  return steps.filter(({ effect }) => effect === "visible").length === 1;
}

/** One that fails before its first step has begun all the same. */
function begun({ row, attempt }: ClaimedWork): Pick<Changes, "status" | "attemptCount"> {
  return row.status === "pending" || row.status === "queued"
    ? { status: "posting", attemptCount: row.attempt_count + 1 }
    : { attemptCount: attempt.number };
}

/** Nobody sees it: pending stays pending. */
async function failAhead(work: FailureContext, at: Position, failure: Failure, options: FailureOptions): Promise<void> {
  const { row } = work;
  if (mayRetry(row, failure)) {
    const seconds = pauseSeconds(work, failure, options);
    const next = { at: "seconds", seconds, evenPastDue: failure.retryAfterSeconds !== null } as const;
    await write(work, { ...restart(redoFrom(work, at, failure)), failures: row.failures + 1, next }, options);
    return;
  }
  const warning = {
    code: PREPARATION_FAILED,
    message: `It could not be prepared ahead of its time, and is tried again then: ${failure.message}`,
  };
  const warnings = [...row.warnings.filter(({ code }) => code !== PREPARATION_FAILED), warning];
  await settle(work, { ...FROM_THE_START, failures: 0, warnings, next: { at: "due" } }, options);
}

/** The post is live, and becomes published; what is nice to have is tried a few times more, and left out with a warning. */
async function failCosmetic(
  work: FailureContext,
  at: Position,
  failure: Failure,
  options: FailureOptions,
): Promise<void> {
  const { row } = work;
  const live = { status: "published", publishedNow: true, error: null } as const;
  if (mayRetry(row, failure)) {
    const next = { at: "seconds", seconds: pauseSeconds(work, failure, options) } as const;
    return settle(work, { ...live, ...restart(at), failures: row.failures + 1, next }, options);
  }
  const following = nextPosition(work, at);
  const warnings = [...row.warnings, { code: failure.code, message: failure.message }];
  const next: Next = following.effect === null ? { at: "never" } : { at: "seconds", seconds: 0 };
  await settle(work, { ...live, ...restart(following), failures: 0, warnings, next }, options);
}

/**
 * The commit was accepted and the platform cannot be asked what came of it. That is no failure of the post: it is asked
 * on the schedule of reading back; posting becomes unknown when the broker says so or when that takes too long, and failed
 * when the platform says that what it accepted is not live.
 */
async function failObservation(
  work: FailureContext,
  at: Position,
  failure: Failure,
  options: FailureOptions,
): Promise<void> {
  const { row, pace } = work;
  if (!failure.retryable && failure.brokerCode !== null && failure.brokerCode !== "OUTCOME_UNKNOWN") {
    return failForGood(
      work,
      failure,
      options,
      undefined,
      failure.neverLive && isOnlyCommit(work) ? { ...FROM_THE_START, reset: true } : {},
    );
  }
  const asked = row.failures + 1;
  const seconds = (readBackSeconds(asked) - readBackSeconds(asked - 1)) / pace;
  const over = readBackSeconds(asked) > GIVE_UP_AFTER_SECONDS;
  const isUnknown =
    row.status === "unknown" ||
    failure.brokerCode === "OUTCOME_UNKNOWN" ||
    readBackSeconds(asked) > unknownAfterSeconds(1);
  const error: PlatformPostError = unknownOutcome(
    `The platform took the post, and does not say what became of it. ${failure.message}`,
    failure.platformError,
    isUnknown ? null : after(seconds),
  );
  const changes: Changes = {
    ...restart(at),
    ...(isUnknown ? { status: "unknown" } : {}),
    failures: asked,
    error,
    next: over ? { at: "never" } : { at: "seconds", seconds },
  };
  await settle(work, changes, options);
}

/**
 * The work itself was stopped by a fault of ours, or by a database that was away. The latter counts for nothing. The former
 * counts as any failure does: it is tried again at growing distances, and in the end the platform post fails, or is unknown
 * where a commit may be live. What is written is made of nothing but constants, so that it cannot fail for the same reason.
 */
export async function stopAt(work: ClaimedWork, error: unknown): Promise<void> {
  if (isDatabaseAway(error)) return write(work, { next: SHORTLY });
  const { deps, row, pace } = work;
  deps.metrics?.faulted(row.platform);
  const failures = row.failures + 1;
  const failure = describeFailure(undefined);
  if (isSettled(row.status)) {
    const isOver = readBackSeconds(failures) > GIVE_UP_AFTER_SECONDS;
    return write(work, {
      failures,
      next: isOver ? { at: "never" } : { at: "seconds", seconds: readBackSeconds(failures) / pace },
    });
  }
  const isEnd = failures >= failure.maxAttempts;
  if (row.status === "pending" && !isDue(work)) {
    const again: Changes = isEnd
      ? { ...FROM_THE_START, failures: 0, next: { at: "due" } }
      : { failures, next: pauseAfter(failures, pace) };
    return write(work, again);
  }
  if (isEnd)
    return settle(work, {
      ...begun(work),
      status: "failed",
      failures,
      error: toPublicError(failure, { retryAt: null }),
      next: { at: "never" },
    });
  const next = pauseAfter(failures, pace);
  const retried = toPublicError(failure, { retryAt: after(next.seconds) });
  await settle(work, { ...begun(work), failures, error: retried, next }, { event: "platform_post.retry_scheduled" });
}

function pauseAfter(failures: number, pace: number): { at: "seconds"; seconds: number } {
  return { at: "seconds", seconds: backOffSeconds(failures) / pace };
}

function after(seconds: number): Date {
  return new Date(Date.now() + seconds * 1000);
}
