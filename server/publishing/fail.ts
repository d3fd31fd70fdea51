import type { PlatformPostError } from "../../model/errors.ts";
import { isSettled } from "../../model/status.ts";
import { TransportError } from "../../platforms/kit/http.ts";
import { BrokerError } from "../../platforms/platform.ts";
import { isDatabaseAway } from "../db/away.ts";
import { limitAccount, limitApp } from "../db/claims.ts";
import type { Changes, IntentChanges, JournalEntry, WorkRow } from "../db/publishing.ts";
import { describeFailure, isPlatformAway, type Failure, toPublicError, unknownOutcome } from "./failure.ts";
import { secondsLeft } from "./late.ts";
import {
  backOffSeconds,
  GIVE_UP_AFTER_SECONDS,
  LONGEST_WAIT_SECONDS,
  readBackSeconds,
  unknownAfterSeconds,
} from "./pace.ts";
import { RESULT_PATIENCE_SECONDS, settle, write } from "./settle.ts";
import {
  isCommitted,
  isDue,
  isOnlyCosmetic,
  laneOf,
  liveIndex,
  liveParts,
  PREPARATION_FAILED,
  type Progress,
  renewToken,
  type Work,
} from "./work.ts";

/** What of the work a failure needs; before the steps are known there are none, and no token. */
export type Failing = Pick<Work, "deps" | "claim" | "row" | "loadedAt" | "pace" | "steps"> & Partial<Work>;

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
  work: Failing,
  index: number,
  error: unknown,
  options: FailureOptions = {},
): Promise<Progress> {
  // The step has done nothing wrong, and it is not known how far it came: it is run again as soon as there is a database.
  if (isDatabaseAway(error)) throw error;
  let failure = describeFailure(error);
  if (failure.brokerCode === null)
    work.deps.log.error(
      { err: error, platformPostId: work.row.id, step: work.steps[index]?.name },
      "a step failed with a fault of the server",
    );
  if (failure.brokerCode === "AUTH_EXPIRED" && isRenewable(work)) {
    const renewal = await tryRenewal(work);
    if (renewal === "renewed" || renewal === "away") {
      const again: Changes = {
        lane: laneOf(work, index),
        ...(work.steps[index] === undefined ? {} : { step: work.steps[index].name }),
      };
      await write(
        work,
        { ...again, ...(renewal === "away" ? { next: SHORTLY } : {}) },
        options,
        RESULT_PATIENCE_SECONDS,
      );
      return renewal === "away" ? "released" : "on";
    }
    failure = renewal;
  }
  const row = work.row;
  noteReach(work, error, failure);
  if (failure.brokerCode === "RATE_LIMITED" && failure.retryAfterSeconds !== null)
    await noteLimit(work, failure.limitOf, failure.retryAfterSeconds);
  const patience = options.intent === undefined ? undefined : RESULT_PATIENCE_SECONDS;
  if (isOnlyCosmetic(work, index)) await failCosmetic(work, index, failure, options);
  else if (isCommitted(work, index)) await failObservation(work, index, failure, options);
  else if (row.status === "pending" && !isDue(work)) await failAhead(work, index, failure, options);
  else if (isWorthWaiting(work, failure, options)) await retryLater(work, index, failure, options, patience);
  else await failForGood(work, failure, options, patience);
  return "released";
}

/** A refusal is an answer. */
function noteReach({ deps, claim }: Failing, error: unknown, { brokerCode }: Failure): void {
  if (error instanceof TransportError ? isPlatformAway(error.failure) : brokerCode === "PLATFORM_UNAVAILABLE")
    deps.reach?.down(claim);
  else if (error instanceof BrokerError && error.platformError !== null) deps.reach?.up(claim);
}

/** What one post learns of a limit holds for all of the account, or of the app. */
async function noteLimit({ deps, row }: Failing, limitOf: Failure["limitOf"], seconds: number): Promise<void> {
  const limit = limitOf === "app" ? limitApp : limitAccount;
  await limit
    .run(deps.pool, [row.account_id, seconds])
    .catch((error: unknown) => deps.log.warn({ err: error, accountId: row.account_id }, "a limit could not be stored"));
}

function isRenewable(work: Failing): work is Work {
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
function isWorthWaiting(work: Failing, failure: Failure, options: FailureOptions): boolean {
  const { row } = work;
  if (!failure.passes) return mayRetry(row, failure);
  const pause = pauseSeconds(work, failure, options);
  if (row.last_in_seconds !== null) return failure.retryable && pause <= secondsLeft(work);
  const isEarly = row.failures + 1 < failure.maxAttempts && failure.retryAfterSeconds === null;
  return failure.retryable && (isEarly || pause <= secondsLeft(work, work.pace));
}

/** The platform's own word on when is kept to the second. */
function pauseSeconds(work: Failing, failure: Failure, options: FailureOptions): number {
  return options.pauseSeconds ?? failure.retryAfterSeconds ?? backOffSeconds(work.row.failures + 1) / work.pace;
}

function redoIndex(work: Failing, index: number, failure: Failure): number {
  const from = work.steps.findIndex(({ name }) => name === failure.redoFrom);
  return from > liveIndex(work) ? from : index;
}

function restart(work: Failing, index: number): Pick<Changes, "step" | "lane" | "polls"> {
  return { step: work.steps[index]?.name ?? null, lane: laneOf(work, index), polls: "none" };
}

async function retryLater(
  work: Failing,
  index: number,
  failure: Failure,
  options: FailureOptions,
  patience?: number,
): Promise<void> {
  const seconds = pauseSeconds(work, failure, options);
  const error = toPublicError(failure, { retryAt: after(seconds), live: liveParts(work) });
  const changes: Changes = {
    ...restart(work, redoIndex(work, index, failure)),
    ...begun(work),
    failures: work.row.failures + 1,
    error,
    next: { at: "seconds", seconds, evenPastDue: true },
  };
  await settle(work, changes, "platform_post.retry_scheduled", options, patience);
}

async function failForGood(
  work: Failing,
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
  await settle(work, changes, `platform_post.${outcome}`, options, patience);
}

const SHORTLY = { at: "seconds", seconds: 2, evenPastDue: true } as const;

const AFRESH: Changes = { afresh: true, step: null, lane: "prepare", polls: "none", checkpoint: {} };

/** Of a chain the parts before stay live. */
function isOnlyCommit({ steps }: Failing): boolean {
  return steps.filter(({ effect }) => effect === "visible").length === 1;
}

/** One that fails before its first step has begun all the same. */
function begun({ row }: Pick<Failing, "row">): Pick<Changes, "status" | "attemptCount"> {
  return row.status === "pending" || row.status === "queued"
    ? { status: "posting", attemptCount: row.attempt_count + 1 }
    : { attemptCount: row.attempt_count };
}

async function failAhead(work: Failing, index: number, failure: Failure, options: FailureOptions): Promise<void> {
  const { row } = work;
  if (mayRetry(row, failure)) {
    const seconds = pauseSeconds(work, failure, options);
    const next = { at: "seconds", seconds, evenPastDue: failure.retryAfterSeconds !== null } as const;
    await write(work, { ...restart(work, redoIndex(work, index, failure)), failures: row.failures + 1, next }, options);
    return;
  }
  const warning = {
    code: PREPARATION_FAILED,
    message: `It could not be prepared ahead of its time, and is tried again then: ${failure.message}`,
  };
  const warnings = [...row.warnings.filter(({ code }) => code !== PREPARATION_FAILED), warning];
  await settle(
    work,
    { step: null, lane: "prepare", polls: "none", failures: 0, checkpoint: {}, warnings, next: { at: "due" } },
    null,
    options,
  );
}

/** The post is live; what is nice to have is tried a few times more. */
async function failCosmetic(work: Failing, index: number, failure: Failure, options: FailureOptions): Promise<void> {
  const { row } = work;
  const live: Pick<Changes, "status" | "publishedNow" | "error"> = {
    ...(row.status === "published" ? {} : { status: "published" }),
    publishedNow: true,
    error: null,
  };
  const event = live.status === undefined ? null : "platform_post.published";
  if (mayRetry(row, failure)) {
    await settle(
      work,
      {
        ...live,
        ...restart(work, index),
        failures: row.failures + 1,
        next: { at: "seconds", seconds: pauseSeconds(work, failure, options) },
      },
      event,
      options,
    );
    return;
  }
  const following = work.steps[index + 1]?.name;
  const warnings = [...row.warnings, { code: failure.code, message: failure.message }];
  await settle(
    work,
    {
      ...live,
      step: following ?? null,
      polls: "none",
      failures: 0,
      warnings,
      next: following === undefined ? { at: "never" } : { at: "seconds", seconds: 0 },
    },
    event,
    options,
  );
}

/**
 * The commit was accepted and the platform cannot be asked what came of it. That is no failure of the post: it is asked
 * on the schedule of reading back, and said to be unknown when the broker says so or when that takes too long.
 */
async function failObservation(work: Failing, index: number, failure: Failure, options: FailureOptions): Promise<void> {
  const { row, pace } = work;
  if (!failure.retryable && failure.brokerCode !== null && failure.brokerCode !== "OUTCOME_UNKNOWN") {
    return failForGood(work, failure, options, undefined, failure.neverLive && isOnlyCommit(work) ? AFRESH : {});
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
    ...restart(work, index),
    ...(isUnknown ? { status: "unknown" } : {}),
    failures: asked,
    error,
    next: over ? { at: "never" } : { at: "seconds", seconds },
  };
  await settle(work, changes, isUnknown && row.status !== "unknown" ? "platform_post.unknown" : null, options);
}

/**
 * The work itself was stopped by a fault of ours, or by a database that was away. The latter counts for nothing. The former
 * counts as any failure does: it is tried again at growing distances, and in the end the platform post fails, or is unknown
 * where a commit may be live. What is written is made of nothing but constants, so that it cannot fail for the same reason.
 */
export async function stopAt(
  work: Pick<Work, "deps" | "claim" | "row" | "loadedAt" | "pace">,
  error: unknown,
): Promise<void> {
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
      ? { step: null, lane: "prepare", polls: "none", failures: 0, checkpoint: {}, next: { at: "due" } }
      : { failures, next: pauseAfter(failures, pace) };
    return write(work, again);
  }
  if (isEnd)
    return settle(
      work,
      {
        ...begun(work),
        status: "failed",
        failures,
        error: toPublicError(failure, { retryAt: null }),
        next: { at: "never" },
      },
      "platform_post.failed",
    );
  const next = pauseAfter(failures, pace);
  const told = toPublicError(failure, { retryAt: after(next.seconds) });
  await settle(work, { ...begun(work), failures, error: told, next }, "platform_post.retry_scheduled");
}

function pauseAfter(failures: number, pace: number): { at: "seconds"; seconds: number } {
  return { at: "seconds", seconds: backOffSeconds(failures) / pace };
}

function after(seconds: number): Date {
  return new Date(Date.now() + seconds * 1000);
}
