import { TransportError } from "../../platforms/kit/http.ts";
import { type AccountLimit, BrokerError, type Checkpoint, type StepDone } from "../../platforms/platform.ts";
import { isRefusedForGood } from "../db/away.ts";
import { jsonb } from "../db/jsonb.ts";
import { CHANNELS } from "../db/listen.ts";
import { notify } from "../db/notify.ts";
import { holdPlatformPost, recordLateAnswer } from "../db/queries/commits.ts";
import type { Changes, IntentChanges } from "../db/queries/publishing.ts";
import { findSurroundings } from "../db/queries/surroundings.ts";
import type { IntentEvidence } from "../db/queries/work-rows.ts";
import { transaction } from "../db/sql.ts";
import { doneChanges } from "./changes.ts";
import { LostClaim } from "./claim.ts";
import { isFound, takeFromWeaker } from "./evidence.ts";
import { failStep } from "./fail.ts";
import { checkingMessage, unknownOutcome } from "./failure.ts";
import { noteLimits } from "./late-budgets.ts";
import { goTo, nextPosition, type VisiblePosition } from "./position.ts";
import { answerOf, type Outcome } from "./send.ts";
import { persistResult, RESULT_PATIENCE, settle, write } from "./settle.ts";
import { readBackSeconds, readsUntilUnknown, unknownAfterSeconds } from "./timing.ts";
import type { Progress, Work } from "./work.ts";

/** What came of a request, and what is known about it. */
export interface Result {
  id: string;
  outcome: Outcome;
  evidence: IntentEvidence;
  /** It was the identical repeat of a request of that time, sent so many seconds later. */
  repeated?: { since: string; afterSeconds: number } | undefined;
  unsent: Unsent;
}

/** What becomes of the platform post if the request has certainly published nothing. */
export type Unsent = (
  outcome: Extract<Outcome, { outcome: "not_published" | "withheld" }>,
  evidence: IntentEvidence,
) => Promise<Progress>;

/**
 * (d) One statement, if the claim still holds. While the database is away the write is retried; the call never is.
 */
export async function record(work: Work, at: VisiblePosition, result: Result): Promise<Progress> {
  const { outcome } = result;
  if (outcome.outcome === "ok") work.deps.reach?.up(work.claim);
  else if (outcome.outcome === "unknown" && outcome.answer.failure !== null) work.deps.reach?.down(work.claim);
  let kept = result;
  try {
    const progress = await recordOnce(work, at, kept).catch((error: unknown) => {
      if (!isRefusedForGood(error)) throw error;
      // The outcome matters more than the details of the exchange.
      work.deps.log.error(
        { err: error, platformPostId: work.row.id, step: at.step.name },
        "the result of a commit could not be stored with its evidence; storing it without",
      );
      const { endedAfterSeconds } = result.evidence;
      kept = { ...result, evidence: { endedAfterSeconds } };
      return recordOnce(work, at, kept);
    });
    await noteLimits(work, limitsIn(outcome));
    return progress;
  } catch (error) {
    if (!(error instanceof LostClaim)) reportLost(work, result, error);
    if (error instanceof LostClaim) await recordLate(work, kept);
    throw error;
  }
}

/** Which of two posts that look alike a duplicate error names, only their own responses can tell. */
export async function hasTwin({ deps, row }: Work, intentId: string): Promise<boolean> {
  return (await findSurroundings.one(deps.pool, [intentId, row.user_id, row.mode]))?.has_twin === true;
}

/** The platform's response is in the log at least. */
function reportLost({ deps, row }: Work, { id, outcome }: Pick<Result, "id" | "outcome">, error: unknown): void {
  deps.log.error(
    { err: error, platformPostId: row.id, stepId: id, outcome: outcome.outcome, remoteId: remoteIdIn(outcome) },
    "the result of a commit was not stored, and is given up",
  );
}

function remoteIdIn(outcome: Outcome): string | null {
  return (outcome.outcome === "ok" ? outcome.done.remoteId : null) ?? null;
}

/** What the platform says of the account's limits, with this commit counted. */
function limitsIn(outcome: Outcome): readonly AccountLimit[] {
  if (outcome.outcome === "ok") return outcome.done.limits ?? [];
  return outcome.outcome === "not_published" && outcome.error instanceof BrokerError ? outcome.error.limits : [];
}

async function recordOnce(
  work: Work,
  at: VisiblePosition,
  { id, outcome, repeated, evidence, unsent }: Result,
): Promise<Progress> {
  if (outcome.outcome === "unknown")
    return recordUnknown(work, outcome.answer, { id, evidence }, repeated !== undefined);
  if (outcome.outcome !== "ok") return unsent(outcome, evidence);
  const { remoteId = null, onDuplicateRemoteId: refusal } = outcome.done;
  if (refusal === undefined) return recordLive(work, at, outcome.done, { id, evidence });
  if (await persistResult(work, { id, remoteId }, () => hasTwin(work, id)))
    return recordUnknown(work, answerOf(refusal), { id, evidence }, repeated !== undefined);
  // A repeat that is refused as a duplicate proves that the first was live.
  return recordLive(work, at, outcome.done, { id, evidence }, { liveSince: repeated?.since });
}

/**
 * The step is live. If it was the last one, posting → published; otherwise the next step follows. Also used when
 * reading back finds it live: `done` is then what was found, and `checkpoint` what it was sent with. A remote ID that
 * belongs to another commit is taken from it if that has it by weaker evidence. Otherwise it is an error for one that
 * was found, because then that commit was found and not this one. `liveSince` is when the request was sent that made it live; by default, just now.
 */
export async function recordLive(
  work: Work,
  at: VisiblePosition,
  done: StepDone,
  intent: { id: string; evidence: IntentEvidence },
  { checkpoint = work.row.checkpoint, liveSince }: { checkpoint?: Checkpoint; liveSince?: string | undefined } = {},
): Promise<Progress> {
  const { row } = work;
  const next = nextPosition(work, at, at.step.name);
  const waits = next.effect !== null && next.lane !== work.claim.lane && !work.slots.moveTo(next.lane);
  const rest: Changes = {
    ...goTo(next),
    ...(waits ? { next: { at: "seconds", seconds: 0 } } : {}),
    lastLiveStep: at.step.name,
    polls: "reset",
    failures: 0,
    attemptCount: work.attempt.number,
    error: null,
    publishedNow: next.isOnlyCosmetic,
    liveSince,
  };
  const result = { ...intent, result: "ok", remoteId: done.remoteId ?? null } as const;
  const save = (found: StepDone, also: { intent: IntentChanges }): Promise<void> => {
    const changes = { ...doneChanges(work, found, checkpoint), ...rest };
    return next.effect === null
      ? settle(work, { ...changes, status: "published", next: { at: "never" } }, also, RESULT_PATIENCE)
      : write(work, changes, also, RESULT_PATIENCE);
  };
  try {
    await save(done, { intent: result });
  } catch (error) {
    if (!isTakenRemoteId(error)) throw error;
    // Refused because of a different post: then nothing of this one was published, by a repeat's first call either.
    if (done.onDuplicateRemoteId instanceof BrokerError)
      return failStep(work, at, done.onDuplicateRemoteId, { intent: { ...intent, result: "definite_failure" } });
    if (await persistResult(work, result, () => takeFromWeaker(work, intent, done.remoteId ?? ""))) {
      await save(done, { intent: result });
      return next.effect === null || waits ? "released" : "continue";
    }
    if (isFound(intent.evidence)) throw error;
    // The platform's own answer carried an id that already belongs to another commit. This one is live all the same,
    // but nothing that the answer names is its own: if no other part follows, the platform is asked for that.
    work.deps.log.error({ platformPostId: row.id, remoteId: done.remoteId }, "the platform returned the same ID twice");
    const named = { ...result, remoteId: null, evidence: { ...intent.evidence, repeatedRemoteId: done.remoteId } };
    const nameless: StepDone = { done: {}, ...(done.warnings && { warnings: done.warnings }) };
    if (!next.isCommitted) await save(nameless, { intent: named });
    else {
      const changes: Changes = {
        ...doneChanges(work, nameless, checkpoint),
        ...rest,
        status: "published",
        step: at.step.name,
        lane: "observe",
        publishedNow: true,
        next: { at: "seconds", seconds: readBackSeconds(0) / work.pace },
      };
      await settle(work, changes, { intent: named }, RESULT_PATIENCE);
      return "released";
    }
  }
  return next.effect === null || waits ? "released" : "continue";
}

/** Stays posting, and is read back, or sent once more identically, from now on. */
async function recordUnknown(
  work: Work,
  answer: NonNullable<IntentEvidence["answer"]>,
  intent: { id: string; evidence: IntentEvidence },
  isRepeat: boolean,
): Promise<Progress> {
  const { broker, pace } = work;
  const seconds = readBackSeconds(0) / pace;
  const message =
    broker.identicalRepeat === undefined || isRepeat
      ? checkingMessage()
      : "The platform's response was lost. " +
        "Ampost sends the identical request once more: the platform rejects duplicates and names the first post.";
  const checks = readsUntilUnknown(0, pace);
  const error = unknownOutcome(message, answer.platformError, {
    checks,
    decidedInSeconds: unknownAfterSeconds(pace),
  });
  const changes: Changes = {
    lane: "observe",
    attemptCount: work.attempt.number,
    error,
    next: { at: "seconds", seconds },
  };
  const evidence = { ...intent.evidence, answer };
  await settle(work, changes, { intent: { id: intent.id, evidence } }, RESULT_PATIENCE);
  return "released";
}

/**
 * The answer arrived after the claim was lost. It is evidence all the same, whatever became of the commit in the
 * meantime.
 */
export async function recordLate(work: Work, result: Omit<Result, "unsent">): Promise<void> {
  const { deps, row } = work;
  const { id, outcome, evidence } = result;
  const noted = jsonb({ ...evidence, ...lateAnswer(result) } satisfies IntentEvidence);
  const before = await persistResult(work, { id, remoteId: remoteIdIn(outcome) }, () =>
    transaction(deps.resultPool ?? deps.pool, async (tx) => {
      const held = await holdPlatformPost.one(tx, [row.id, row.user_id, row.mode]);
      const isNews = outcome.outcome === "ok" && held?.status !== "published";
      const known = await recordLateAnswer.one(tx, [id, row.user_id, row.mode, noted, isNews]);
      if (isNews) notify(tx, CHANNELS.due);
      return known;
    }),
  ).catch((error: unknown) => {
    reportLost(work, result, error);
    throw error;
  });
  if (outcome.outcome !== "ok" || before === undefined || before.result === null) return;
  deps.log.error(
    { platformPostId: row.id, remoteId: outcome.done.remoteId, takenFor: before.result },
    "a commit was live: its response arrived after its outcome had been settled",
  );
}

function lateAnswer({
  outcome,
  repeated,
}: Pick<Result, "outcome" | "repeated">): Pick<IntentEvidence, "late" | "repeat"> {
  if (outcome.outcome === "unknown") return {};
  if (outcome.outcome === "ok") {
    const { onDuplicateRemoteId, ...done } = outcome.done;
    return { late: { outcome: "ok", done, isFound: onDuplicateRemoteId === undefined ? undefined : true } };
  }
  const wasSent = outcome.outcome === "not_published" && !(outcome.error instanceof TransportError);
  const proof = wasSent ? "The platform rejected the request." : "Nothing was sent.";
  return repeated === undefined
    ? { late: { outcome: "not_published", proof } }
    : { repeat: { afterSeconds: repeated.afterSeconds, proof } };
}

/** Within an account, a remote id belongs to one commit. */
export function isTakenRemoteId(error: unknown): boolean {
  return error instanceof Error && "constraint" in error && error.constraint === "publish_steps_one_remote";
}
