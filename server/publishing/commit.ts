import { createHash } from "node:crypto";

import { newId } from "../../model/ids.ts";
import type { SpanFacts } from "../../model/trace.ts";
import {
  type HttpAnswer,
  type HttpExchange,
  type HttpRequest,
  requestHash,
  TransportError,
} from "../../platforms/kit/http.ts";
import {
  type AccountLimit,
  BrokerError,
  type Checkpoint,
  type StepContext,
  type StepDone,
  type VisibleStep,
} from "../../platforms/platform.ts";
import { isRefusedForGood } from "../db/away.ts";
import { jsonb } from "../db/jsonb.ts";
import { CHANNELS } from "../db/listen.ts";
import { notify } from "../db/notify.ts";
import { holdPlatformPost, intend, type NewIntent, recordLateAnswer } from "../db/queries/commits.ts";
import { type Changes, type IntentChanges, recordAlone } from "../db/queries/publishing.ts";
import { findSurroundings } from "../db/queries/surroundings.ts";
import type { IntentEvidence, IntentRow } from "../db/queries/work-rows.ts";
import { transaction } from "../db/sql.ts";
import { beginChanges, countAttempt, doneChanges } from "./changes.ts";
import { type Instant, instant, isLeaseOver, LostClaim, secondsSince } from "./claim.ts";
import { commitClient, commitContext, evidenceOf } from "./context.ts";
import { failStep } from "./fail.ts";
import { checkingMessage, unknownOutcome } from "./failure.ts";
import { faultPoint } from "./fault-points.ts";
import { isRepeat, repeatRefused } from "./identical-repeat.ts";
import { noteLimits } from "./late-budgets.ts";
import { goTo, nextPosition, type VisiblePosition } from "./position.ts";
import { startWatching } from "./reading.ts";
import { noteAccess } from "./restore-health.ts";
import { persistResult, RESULT_PATIENCE, settle, write } from "./settle.ts";
import {
  COMMIT_DEADLINE_SECONDS,
  LEASE_SECONDS,
  QUARANTINE_SECONDS,
  readBackSeconds,
  readsUntilUnknown,
  unknownAfterSeconds,
  USUAL_TIMEOUT_SECONDS,
} from "./timing.ts";
import { traced } from "./traced.ts";
import type { Progress, Work } from "./work.ts";

/** What an answer proves about the commit. */
type Outcome =
  | { outcome: "ok"; done: StepDone }
  | { outcome: "not_published"; error: unknown }
  | { outcome: "unknown"; answer: NonNullable<IntentEvidence["answer"]> };

/**
 * The commit: the intent is written, one request goes out within its deadline or not at all, and the result is written.
 * Nothing here ever runs twice: if the outcome is unknown, the next claim reads it back. `repeatOf` is set for the one
 * byte-identical repeat, and names the intent it repeats.
 */
export function commit(work: Work, at: VisiblePosition, repeatOf?: string): Promise<Progress> {
  return traced(work, "commit", { step: at.step.name }, (note) => commitOnce(work, at, repeatOf, note));
}

async function commitOnce(
  work: Work,
  at: VisiblePosition,
  repeatOf: string | undefined,
  note: (facts: SpanFacts) => void,
): Promise<Progress> {
  const { deps, claim, row } = work;
  const { step } = at;
  const earlier = row.given_up.filter((intent) => intent.step === step.name);
  const repeated = earlier.find(({ id, evidence }) => id === repeatOf || evidence.closed === undefined);
  let context: StepContext;
  let request: HttpRequest;
  let look: string | null;
  try {
    context = { ...(await commitContext(work)), ...(earlier.length > 0 ? { mayBeLive: true } : {}) };
    request = step.request(context);
    look = step.look?.(context) ?? null;
    if (repeated !== undefined && !isRepeat(work, request, repeated)) throw repeatRefused();
  } catch (error) {
    return failStep(work, at, error);
  }
  const intent = { id: newId(), request, look, writtenAfter: instant(), repeatOf: repeated?.id };
  if (!(await declareIntent(work, at, intent))) {
    await write(work, { ...goTo(at), next: { at: "seconds", seconds: 0 } });
    return "released";
  }
  const exchanges: HttpExchange[] = [];
  const outcome = await send(work, step, context, intent, exchanges);
  note({ outcome: outcome.outcome });
  await faultPoint(deps, "result.before", claim, step.name);
  const endedAfterSeconds = secondsSince(intent.writtenAfter);
  const progress = await record(work, at, {
    id: intent.id,
    outcome,
    repeated,
    evidence: { ...evidenceOf(exchanges), endedAfterSeconds },
  });
  await faultPoint(deps, "result.written", claim, step.name);
  if (outcome.outcome === "ok") await noteAccess(work);
  return progress;
}

interface Intent {
  id: string;
  request: HttpRequest;
  look: string | null;
  /** Read before the intent was written, so the deadline never ends too late. */
  writtenAfter: Instant;
  repeatOf: string | undefined;
}

/**
 * (a) One statement: pending, queued or posting → posting, with an open commit. Returns false if the account has
 * another commit in flight, is limited by its platform, or is paused; this one waits its turn. Throws LostClaim if
 * lease or fence no longer hold, or the platform post is not due or was discarded.
 */
async function declareIntent(work: Work, at: VisiblePosition, intent: Intent): Promise<boolean> {
  const { deps, claim, row, attempt } = work;
  const { step } = at;
  countAttempt(work);
  await faultPoint(deps, "intent.before", claim, step.name);
  const begins = row.status !== "posting";
  const isFirst = row.last_live_step === null && row.failures === 0;
  const { failures, warnings } = begins ? beginChanges(work) : row;
  const declared: NewIntent = {
    id: intent.id,
    step: step.name,
    requestHash: requestHash(intent.request),
    deadlineSeconds: COMMIT_DEADLINE_SECONDS,
    quarantineSeconds: QUARANTINE_SECONDS / work.pace,
    leaseSeconds: LEASE_SECONDS,
    evidence: {
      timeoutSeconds: intent.request.timeoutSeconds ?? USUAL_TIMEOUT_SECONDS,
      watched: startWatching(intent.writtenAfter),
      repeatOf: intent.repeatOf,
      ...(intent.look !== null && { look: createHash("sha256").update(intent.look).digest("base64url") }),
    },
    attempt: attempt.number,
    failures,
    warnings,
  };
  try {
    const written = await intend(deps.pool, { claim, intent: declared, settles: begins });
    if (written === undefined) throw new LostClaim();
    if (written.isBusy) return false;
    if (begins) notify(deps.pool, CHANNELS.post, row.post_id);
    Object.assign(row, written.row);
    if (isFirst) deps.metrics?.commitStarted(row.platform, written.lateSeconds);
  } catch (error) {
    if (!(error instanceof LostClaim)) await withdraw(work, at, intent.id);
    throw error;
  }
  await faultPoint(deps, "intent.written", claim, step.name);
  return true;
}

/**
 * We don't know whether the intent was written, but we do know that nothing was sent. Its statement may still be under
 * way: the row is locked first, so that the intent either is seen or finds its claim gone.
 */
async function withdraw(work: Work, at: VisiblePosition, id: string): Promise<void> {
  const { deps, claim, row } = work;
  const evidence = { withdrawn: "The intent could not be confirmed, so nothing was sent." };
  const intent: IntentChanges = { id, result: "definite_failure", evidence };
  try {
    await persistResult(work, intent, () =>
      transaction(deps.resultPool ?? deps.pool, async (tx) => {
        await holdPlatformPost.one(tx, [row.id, row.user_id, row.mode]);
        const next = { at: "seconds", seconds: 1 } as const;
        const written = await recordAlone(tx, { claim, changes: { ...goTo(at), next }, along: { intent } });
        if (written === undefined) throw new LostClaim();
      }),
    );
  } catch (error) {
    if (error instanceof LostClaim) {
      const unsent = new TransportError(evidence.withdrawn, { sent: false, failure: "forbidden" });
      await recordLate(work, {
        id,
        outcome: { outcome: "not_published", error: unsent },
        repeated: undefined,
        evidence,
      });
    }
    throw error;
  }
}

/** (b) and (c): one request, sent before the deadline and within the lease, or not at all. */
async function send(
  work: Work,
  step: VisibleStep,
  context: StepContext,
  { id, request, writtenAfter }: Intent,
  exchanges: HttpExchange[],
): Promise<Outcome> {
  const { deps, claim } = work;
  const beforeSend = (): void => {
    void deps.faultPoint?.({ point: "send.before", platformPostId: claim.id, step: step.name });
    if (secondsSince(writtenAfter) >= COMMIT_DEADLINE_SECONDS)
      throw new Error("The deadline of the commit has passed.");
    if (isLeaseOver(claim)) throw new Error("The lease is over.");
    deps.noteCommit?.({ intentId: id, platformPostId: claim.id });
  };
  let answer: HttpAnswer;
  try {
    answer = await commitClient(work, exchanges, beforeSend).send(request);
  } catch (error) {
    if (error instanceof TransportError && !error.sent) return { outcome: "not_published", error };
    const failure = error instanceof TransportError ? error.failure : "unexpected";
    return { outcome: "unknown", answer: { status: null, brokerCode: null, platformError: null, failure } };
  }
  await faultPoint(deps, "answer.received", claim, step.name);
  return classifyAnswer(step, answer, context);
}

function classifyAnswer(step: VisibleStep, answer: HttpAnswer, context: StepContext): Outcome {
  try {
    return { outcome: "ok", done: step.accept(answer, context) };
  } catch (error) {
    if (!(error instanceof BrokerError))
      return {
        outcome: "unknown",
        answer: { status: answer.status, brokerCode: null, platformError: null, failure: null },
      };
    if (error.notPublished) return { outcome: "not_published", error };
    return {
      outcome: "unknown",
      answer: { ...answerOf(error), status: answer.status },
    };
  }
}

interface Result {
  id: string;
  outcome: Outcome;
  /** The commit that this one repeated. */
  repeated: IntentRow | undefined;
  evidence: IntentEvidence;
}

/**
 * (d) One statement, if the claim still holds. While the database is away the write is retried; the call never is.
 */
async function record(work: Work, at: VisiblePosition, result: Result): Promise<Progress> {
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

function answerOf({ code, platformError }: BrokerError): NonNullable<IntentEvidence["answer"]> {
  return { status: null, brokerCode: code, platformError, failure: null };
}

/** The platform's response is in the log at least. */
function reportLost({ deps, row }: Work, { id, outcome }: Result, error: unknown): void {
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
  { id, outcome, repeated, evidence }: Result,
): Promise<Progress> {
  if (outcome.outcome === "ok") {
    const refusal = outcome.done.onDuplicateRemoteId;
    if (refusal === undefined) return recordLive(work, at, outcome.done, { id, evidence });
    const { remoteId = null } = outcome.done;
    if (await persistResult(work, { id, remoteId }, () => hasTwin(work, id)))
      return recordUnknown(work, answerOf(refusal), { id, evidence }, repeated);
    // A repeat that is refused as a duplicate proves that the first was live.
    return recordLive(work, at, outcome.done, { id, evidence }, { liveSince: repeated?.intentAt });
  }
  if (outcome.outcome === "unknown") return recordUnknown(work, outcome.answer, { id, evidence }, repeated);
  return failStep(work, at, outcome.error, { intent: { id, result: "definite_failure", evidence } });
}

/**
 * The step is live. If it was the last one, posting → published; otherwise the next step follows. Also used when
 * reading back finds it live: `done` is then what was found, and `checkpoint` what it was sent with. With `isFound`, a
 * remote id that already belongs to another commit is an error, because then that commit was found and not this one.
 * `liveSince` is when the request was sent that made it live; by default, just now.
 */
export async function recordLive(
  work: Work,
  at: VisiblePosition,
  done: StepDone,
  intent: { id: string; evidence: IntentEvidence },
  {
    isFound = false,
    checkpoint = work.row.checkpoint,
    liveSince,
  }: { isFound?: boolean; checkpoint?: Checkpoint; liveSince?: string | undefined } = {},
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
    if (isFound || !isTakenRemoteId(error)) throw error;
    if (done.onDuplicateRemoteId instanceof BrokerError) {
      await disproveRepeated(work, at.step, done.onDuplicateRemoteId.message);
      return failStep(work, at, done.onDuplicateRemoteId, { intent: { ...intent, result: "definite_failure" } });
    }
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

/** The repeat was refused because of a different post, so the call it repeats was refused as well. */
async function disproveRepeated(work: Work, step: VisibleStep, proof: string): Promise<void> {
  const repeated = work.row.given_up.filter(
    (intent) => intent.step === step.name && intent.evidence.closed === undefined,
  );
  for (const { id } of repeated) {
    await write(work, {}, { intent: { id, result: "definite_failure", evidence: { proof } } }, RESULT_PATIENCE);
  }
}

/** Stays posting, and is read back, or sent once more identically, from now on. */
async function recordUnknown(
  work: Work,
  answer: NonNullable<IntentEvidence["answer"]>,
  intent: { id: string; evidence: IntentEvidence },
  repeated: IntentRow | undefined,
): Promise<Progress> {
  const { broker, pace } = work;
  const seconds = readBackSeconds(0) / pace;
  const message =
    broker.identicalRepeat === undefined || repeated !== undefined
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
async function recordLate(work: Work, result: Result): Promise<void> {
  const { deps, row } = work;
  const { id, outcome, evidence } = result;
  const noted = jsonb({ ...evidence, ...lateAnswer(outcome) } satisfies IntentEvidence);
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

function lateAnswer(outcome: Outcome): Pick<IntentEvidence, "late"> {
  if (outcome.outcome === "unknown") return {};
  if (outcome.outcome === "not_published") {
    const wasSent = !(outcome.error instanceof TransportError);
    return {
      late: { outcome: "not_published", proof: wasSent ? "The platform rejected the request." : "Nothing was sent." },
    };
  }
  const { onDuplicateRemoteId, ...done } = outcome.done;
  return { late: { outcome: "ok", done, isFound: onDuplicateRemoteId === undefined ? undefined : true } };
}

/** Within an account, a remote id belongs to one commit. */
export function isTakenRemoteId(error: unknown): boolean {
  return error instanceof Error && "constraint" in error && error.constraint === "publish_steps_one_remote";
}
