import type { PlatformPostError } from "../../model/errors.ts";
import { isSettled } from "../../model/status.ts";
import { TransportError } from "../../platforms/kit/http.ts";
import { BrokerError } from "../../platforms/platform.ts";
import { isDatabaseAway } from "../db/away.ts";
import { limitAccount, limitApp } from "../db/queries/claims.ts";
import type { Changes, IntentChanges, JournalEntry, Next } from "../db/queries/publishing.ts";
import type { WorkRow } from "../db/queries/work-rows.ts";
import { PREPARATION_FAILED } from "./changes.ts";
import { renewToken } from "./context.ts";
import { describeFailure, isPlatformAway, type Failure, toPublicError, unknownOutcome } from "./failure.ts";
import { secondsLeft } from "./late.ts";
import { goTo, lastLiveIndex, liveParts, nextPosition, type Position, positionAt } from "./position.ts";
import { type Patience, RESULT_PATIENCE, settle, write } from "./settle.ts";
import {
  backOffSeconds,
  GIVE_UP_AFTER_SECONDS,
  LONGEST_WAIT_SECONDS,
  readBackSeconds,
  readsUntilUnknown,
  unknownAfterSeconds,
  USUAL_ATTEMPTS,
} from "./timing.ts";
import { type ClaimedWork, isDue, type Progress, type Work } from "./work.ts";

/** The work as far as it is known when something fails: before the steps are built there are none, and no token. */
export type FailureContext = ClaimedWork & Pick<Work, "steps"> & Partial<Work>;

export interface FailureOptions {
  journal?: JournalEntry;
  /** The commit that failed without publishing anything. */
  intent?: IntentChanges | undefined;
  /** The pause before the next attempt, instead of the usual one: what was read back has already waited. */
  pauseSeconds?: number;
}

/**
 * A step failed without any effect the audience can see. It is retried later if that may help; otherwise the platform
 * post fails. Ahead of the due time callers see neither: failing to prepare is a warning, and everything is tried once
 * more from the start at the due time.
 */
export async function failStep(
  work: FailureContext,
  at: Position,
  error: unknown,
  options: FailureOptions = {},
): Promise<Progress> {
  // Not the step's fault, and we don't know how far it got: it runs again once the database is back.
  if (isDatabaseAway(error)) throw error;
  let failure = describeFailure(error);
  if (failure.brokerCode === null)
    work.deps.log.error(
      { err: error, platformPostId: work.row.id, step: at.step?.name },
      "a step failed because of a server error",
    );
  const patience = options.intent === undefined ? undefined : RESULT_PATIENCE;
  if (
    options.intent !== undefined &&
    (failure.brokerCode === "AUTH_EXPIRED" || failure.brokerCode === "AUTH_REVOKED")
  ) {
    // The account is asked about next, and the refusal must not wait for that. If the process goes down meanwhile, this
    // is a post that waits to be sent, and may be too late by then.
    await write(work, goTo(at), { intent: options.intent }, RESULT_PATIENCE);
    options = { ...options, intent: undefined };
  }
  if (failure.brokerCode === "AUTH_EXPIRED" && isRenewable(work)) {
    const renewal = await tryRenewal(work);
    if (renewal === "renewed" || renewal === "away") {
      const changes: Changes = { ...goTo(at), ...(renewal === "away" ? { next: SHORTLY } : {}) };
      await write(work, changes, options, RESULT_PATIENCE);
      return renewal === "away" ? "released" : "continue";
    }
    failure = renewal;
  }
  // What resumes elsewhere ends by itself; the same step over and over does not.
  if (redoFrom(work, at, failure) === at)
    failure = { ...failure, maxAttempts: Math.min(failure.maxAttempts, USUAL_ATTEMPTS) };
  const row = work.row;
  noteReach(work, error, failure);
  if (at.isOnlyCosmetic) await failCosmetic(work, at, failure, options);
  else if (at.isCommitted) await failObservation(work, at, failure, options);
  else if (row.status === "pending" && !isDue(work)) await failAhead(work, at, failure, options);
  else if (isWorthWaiting(work, failure, options)) await retryLater(work, at, failure, options, patience);
  else await failForGood(work, failure, options, patience);
  // Only now: whatever a limit has to wait for, the refusal is stored.
  await noteLimit(work, failure);
  return "released";
}

/** What a failure says about its platform and its account, apart from the post. */
export async function noteFailure(work: FailureContext, error: unknown): Promise<void> {
  const failure = describeFailure(error);
  noteReach(work, error, failure);
  await noteLimit(work, failure);
}

/** A refusal counts as an answer: the platform is up. */
function noteReach({ deps, claim }: FailureContext, error: unknown, { brokerCode }: Failure): void {
  if (error instanceof TransportError ? isPlatformAway(error.failure) : brokerCode === "PLATFORM_UNAVAILABLE")
    deps.reach?.down(claim);
  else if (error instanceof BrokerError && error.platformError !== null) deps.reach?.up(claim);
}

/** A limit that one post runs into holds for the whole account, or for the whole app. */
async function noteLimit({ deps, row }: FailureContext, failure: Failure): Promise<void> {
  const { brokerCode, limitOf, retryAfterSeconds: seconds } = failure;
  if (brokerCode !== "RATE_LIMITED" || seconds === null) return;
  const limit = limitOf === "app" ? limitApp : limitAccount;
  await limit
    .run(deps.pool, [row.account_id, seconds])
    .catch((error: unknown) => deps.log.warn({ err: error, accountId: row.account_id }, "a limit could not be stored"));
}

function isRenewable(work: FailureContext): work is Work {
  return work.account !== undefined && work.access !== undefined && work.access !== null && work.tokenRenewed === false;
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

/**
 * Temporary failures are retried for as long as the post may be late, and at least the usual number of times. Others
 * have a fixed number of attempts.
 */
function isWorthWaiting(work: FailureContext, failure: Failure, options: FailureOptions): boolean {
  const { row } = work;
  if (!failure.passes) return mayRetry(row, failure);
  const pause = pauseSeconds(work, failure, options);
  if (row.last_in_seconds !== null) return failure.retryable && pause <= secondsLeft(work);
  const isEarly = row.failures + 1 < failure.maxAttempts && failure.retryAfterSeconds === null;
  return failure.retryable && (isEarly || pause <= secondsLeft(work, work.pace));
}

/** If the platform says when to retry, that is honored to the second. */
function pauseSeconds(work: FailureContext, failure: Failure, options: FailureOptions): number {
  return options.pauseSeconds ?? failure.retryAfterSeconds ?? backOffSeconds(work.row.failures + 1) / work.pace;
}

/** Where to resume: at the step that the failure names, otherwise at the one that failed. */
function redoFrom(work: FailureContext, at: Position, failure: Failure): Position {
  const index = work.steps.findIndex(({ name }) => name === failure.redoFrom);
  return index > lastLiveIndex(work) ? positionAt(work, index) : at;
}

function restart(at: Position): Pick<Changes, "step" | "lane" | "polls"> {
  return { ...goTo(at), polls: "reset" };
}

/** pending, queued or posting → posting, with a time for the next attempt. */
async function retryLater(
  work: FailureContext,
  at: Position,
  failure: Failure,
  options: FailureOptions,
  patience?: Patience,
  also: Changes = {},
): Promise<void> {
  const seconds = pauseSeconds(work, failure, options);
  const error = toPublicError(failure, { retryAt: after(seconds), live: liveParts(work) });
  const changes: Changes = {
    ...restart(redoFrom(work, at, failure)),
    ...begun(work),
    ...also,
    failures: work.row.failures + 1,
    error,
    next: { at: "seconds", seconds, evenPastDue: true },
  };
  await settle(work, changes, { ...options, event: "platform_post.retry_scheduled" }, patience);
}

/** → failed; or → unknown if the broker says that the outcome cannot be known. */
async function failForGood(
  work: FailureContext,
  failure: Failure,
  options: FailureOptions,
  patience?: Patience,
  also: Changes = {},
): Promise<void> {
  const { row } = work;
  // First, so that anyone notified of the failure finds the account as the platform sees it.
  const known = await withVerdict(work, failure);
  // The automatic retries are used up: the account is now the user's to fix, and they can retry at any time.
  const final = known.category === "account" ? { ...known, retryable: false, retryAfterSeconds: null } : known;
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
  await settle(work, changes, options, patience);
}

const STILL_WORKS =
  "The account itself still works. Check that it may publish this post on the platform, then retry the post.";

/** A refusal that sounds like the end of the account's access may concern only this post. */
async function withVerdict({ deps, row }: FailureContext, failure: Failure): Promise<Failure> {
  const { brokerCode: code, message } = failure;
  if ((code !== "AUTH_EXPIRED" && code !== "AUTH_REVOKED") || failure.code !== code || row.account_id === null)
    return failure;
  const account = { accountId: row.account_id, userId: row.user_id, mode: row.mode };
  try {
    const verdict = await deps.confirmRefusal?.(account, { code, message });
    return verdict === "works" ? { ...failure, action: STILL_WORKS } : failure;
  } catch (error) {
    deps.log.warn({ err: error, accountId: row.account_id }, "the health of an account could not be stored");
    return failure;
  }
}

const SHORTLY = { at: "seconds", seconds: 2, evenPastDue: true } as const;

/** Back to before the first step. */
const FROM_THE_START = { step: null, lane: "prepare", polls: "reset", checkpoint: {} } as const satisfies Changes;

/** In a chain, earlier parts stay live. */
function isOnlyCommit({ steps }: FailureContext): boolean {
  return steps.filter(({ effect }) => effect === "visible").length === 1;
}

/** A failure before the first step still counts as having begun. */
function begun({ row, attempt }: ClaimedWork): Pick<Changes, "status" | "attemptCount"> {
  return row.status === "pending" || row.status === "queued"
    ? { status: "posting", attemptCount: row.attempt_count + 1 }
    : { attemptCount: attempt.number };
}

/** Stays pending: callers see nothing but, in the end, a warning. */
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
    message: `The post could not be prepared ahead of time and will be retried when it is due: ${failure.message}`,
  };
  const warnings = [...row.warnings.filter(({ code }) => code !== PREPARATION_FAILED), warning];
  await settle(work, { ...FROM_THE_START, failures: 0, warnings, next: { at: "due" } }, options);
}

/** → published, since it is live. The cosmetic step is retried a few times, then left out with a warning. */
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
 * The platform accepted the commit and cannot be asked what became of it. The post has not failed: the platform is
 * asked again on the schedule for reading back. posting → unknown if the broker says so or if it takes too long; →
 * failed if the platform says that what it accepted is not live.
 */
async function failObservation(
  work: FailureContext,
  at: Position,
  failure: Failure,
  options: FailureOptions,
): Promise<void> {
  const { row, pace } = work;
  const reset: Changes = failure.neverLive && isOnlyCommit(work) ? { ...FROM_THE_START, reset: true } : {};
  if (failure.passes && reset.reset === true) {
    // What was accepted has counted as no failure, and was one each time.
    row.failures = row.attempt_count - 1;
    if (isWorthWaiting(work, failure, options)) return retryLater(work, at, failure, options, undefined, reset);
  }
  const isFinal = !failure.retryable || failure.neverLive;
  if (isFinal && failure.brokerCode !== null && failure.brokerCode !== "OUTCOME_UNKNOWN") {
    return failForGood(work, failure, options, undefined, reset);
  }
  const asked = row.failures + 1;
  const seconds = (readBackSeconds(asked) - readBackSeconds(asked - 1)) / pace;
  const over = readBackSeconds(asked) > GIVE_UP_AFTER_SECONDS;
  const isUnknown =
    row.status === "unknown" ||
    failure.brokerCode === "OUTCOME_UNKNOWN" ||
    readBackSeconds(asked) > unknownAfterSeconds(1);
  const error: PlatformPostError = unknownOutcome(
    `The platform accepted the post but did not report the outcome. ${failure.message}`,
    failure.platformError,
    isUnknown
      ? null
      : {
          checks: readsUntilUnknown(asked, 1),
          decidedInSeconds: (unknownAfterSeconds(1) - readBackSeconds(asked - 1)) / pace,
        },
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
 * The work was stopped by the database being away, which counts for nothing, or by an internal error, which counts like
 * any failure: it is retried with growing pauses; in the end → failed, or → unknown if a commit may be live. What is
 * written consists of constants only, so that the same error cannot stop it again.
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
