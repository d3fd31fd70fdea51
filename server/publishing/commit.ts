import { newId } from "../../model/ids.ts";
import {
  type HttpAnswer,
  type HttpExchange,
  type HttpRequest,
  requestHash,
  TransportError,
} from "../../platforms/kit/http.ts";
import { BrokerError, type StepContext, type StepDone, type VisibleStep } from "../../platforms/platform.ts";
import { isRefusedForGood } from "../db/away.ts";
import { jsonb } from "../db/jsonb.ts";
import type { Changes, IntentChanges, IntentEvidence } from "../db/publishing.ts";
import { holdPlatformPost, holdPost, noteLateAnswer, writeIntent } from "../db/publishing.ts";
import { tellDue } from "../db/scheduling.ts";
import { transaction } from "../db/sql.ts";
import { type Instant, instant, isLeaseOver, LostClaim, secondsSince } from "./claim.ts";
import { failStep } from "./fail.ts";
import { unknownOutcome } from "./failure.ts";
import {
  COMMIT_DEADLINE_SECONDS,
  LEASE_SECONDS,
  QUARANTINE_SECONDS,
  readBackSeconds,
  USUAL_TIMEOUT_SECONDS,
} from "./pace.ts";
import { beginWatch } from "./reading.ts";
import { isRepeat, repeatRefused } from "./repeat.ts";
import { foldWith, persist, RESULT_PATIENCE_SECONDS, settle, write } from "./settle.ts";
import {
  beginChanges,
  commitClient,
  commitContext,
  countAttempt,
  doneChanges,
  evidenceOf,
  faultPoint,
  isOnlyCosmetic,
  laneOf,
  type Progress,
  type Work,
} from "./work.ts";

/** What an answer proves. */
type Outcome =
  | { outcome: "ok"; done: StepDone }
  | { outcome: "not_published"; error: unknown }
  | { outcome: "unknown"; answer: NonNullable<IntentEvidence["answer"]> };

/**
 * The commit: the intent is written, one request leaves within its deadline or not at all, and the result is written.
 * Nothing here is ever done twice: when the outcome is not known, whoever has the platform post then reads it back.
 * `repeatOf` names the intent of which this is the one byte-identical repeat.
 */
export async function commit(work: Work, step: VisibleStep, index: number, repeatOf?: string): Promise<Progress> {
  const { deps, claim } = work;
  const earlier = work.row.given_up.filter((intent) => intent.step === step.name);
  const repeated = earlier.find(({ id, evidence }) => id === repeatOf || evidence.closed === undefined);
  let context: StepContext;
  let request: HttpRequest;
  try {
    context = { ...(await commitContext(work)), ...(earlier.length > 0 ? { mayBeLive: true } : {}) };
    request = step.request(context);
    if (repeated !== undefined && !isRepeat(work, request, repeated)) throw repeatRefused();
  } catch (error) {
    return failStep(work, index, error);
  }
  const id = newId();
  const writtenAfter = instant();
  if (!(await declareIntent(work, step, index, { id, request, writtenAfter, repeatOf: repeated?.id }))) {
    await write(work, { step: step.name, lane: "commit", next: { at: "seconds", seconds: 0 } });
    return "released";
  }
  const exchanges: HttpExchange[] = [];
  const outcome = await send(work, step, context, request, { id, writtenAfter }, exchanges);
  await faultPoint(deps, "result.before", claim, step.name);
  const progress = await record(work, step, index, {
    id,
    outcome,
    evidence: { ...evidenceOf(exchanges), endedAfterSeconds: secondsSince(writtenAfter) },
  });
  await faultPoint(deps, "result.written", claim, step.name);
  return progress;
}

/**
 * (a) One transaction. False where another commit is under way in the account: its turn comes later. Throws LostClaim where
 * the platform post is not ours by lease and fence, is not due, or is discarded.
 */
async function declareIntent(
  work: Work,
  step: VisibleStep,
  index: number,
  intent: { id: string; request: HttpRequest; writtenAfter: Instant; repeatOf: string | undefined },
): Promise<boolean> {
  const { deps, claim, row } = work;
  countAttempt(work);
  await faultPoint(deps, "intent.before", claim, step.name);
  const begins = row.status !== "posting";
  const begun = begins ? beginChanges(work) : null;
  const values = [
    claim.id,
    claim.fence,
    claim.leaseOwner,
    intent.id,
    step.name,
    begun?.attemptCount ?? row.attempt_count,
    requestHash(intent.request),
    COMMIT_DEADLINE_SECONDS,
    QUARANTINE_SECONDS / work.pace,
    LEASE_SECONDS,
    jsonb({
      timeoutSeconds: intent.request.timeoutSeconds ?? USUAL_TIMEOUT_SECONDS,
      watched: beginWatch(intent.writtenAfter),
      ...(intent.repeatOf === undefined ? {} : { repeatOf: intent.repeatOf }),
    } satisfies IntentEvidence),
  ];
  try {
    const written = begun === null ? await writeIntent(deps.pool, values) : await beginWithIntent(work, values);
    if (written === undefined) throw new LostClaim();
    if (written.busy) return false;
    if (row.live_through === null && row.failures === 0)
      deps.metrics?.commitStarted(row.platform, written.late_seconds);
  } catch (error) {
    if (!(error instanceof LostClaim)) await withdraw(work, step, index, intent.id);
    throw error;
  }
  if (begun !== null)
    Object.assign(row, { status: "posting", attempt_count: begun.attemptCount, failures: 0, warnings: begun.warnings });
  await faultPoint(deps, "intent.written", claim, step.name);
  return true;
}

/** Prepared ahead of its time, it begins for the public with its commit: the post's row is held first, as always. */
async function beginWithIntent({ deps, row }: Work, values: readonly unknown[]): ReturnType<typeof writeIntent> {
  return transaction(deps.pool, async (tx) => {
    const post = await holdPost.one(tx, [row.post_id, row.user_id, row.mode]);
    if (post === undefined) return undefined;
    const { folded } = await foldWith(tx, row, post.status, "posting");
    return writeIntent(tx, values, {
      status: folded,
      events: folded === post.status ? [] : [{ type: "post.publishing", platform_post_id: null }],
    });
  });
}

/** It is not known whether the intent was written, but it is known that nothing was sent. */
async function withdraw(work: Work, step: VisibleStep, index: number, id: string): Promise<void> {
  const intent: IntentChanges = {
    id,
    result: "definite_failure",
    evidence: { withdrawn: "The intent could not be confirmed, so nothing was sent." },
  };
  await write(work, { step: step.name, lane: laneOf(work, index), next: { at: "seconds", seconds: 1 } }, { intent });
}

/** (b) and (c): one request, whose bytes leave before the deadline and within the lease, or not at all. */
async function send(
  work: Work,
  step: VisibleStep,
  context: StepContext,
  request: HttpRequest,
  { id, writtenAfter }: { id: string; writtenAfter: Instant },
  exchanges: HttpExchange[],
): Promise<Outcome> {
  const { deps, claim } = work;
  const beforeSend = (): void => {
    void deps.faultPoint?.({ point: "send.before", platformPostId: claim.id, step: step.name });
    if (secondsSince(writtenAfter) >= COMMIT_DEADLINE_SECONDS)
      throw new Error("The deadline of the commit has passed.");
    if (isLeaseOver(claim)) throw new Error("The lease is over.");
    deps.noteCommit?.(id);
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
  return judge(step, answer, context);
}

function judge(step: VisibleStep, answer: HttpAnswer, context: StepContext): Outcome {
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
      answer: { status: answer.status, brokerCode: error.code, platformError: error.platformError, failure: null },
    };
  }
}

interface Result {
  id: string;
  outcome: Outcome;
  evidence: IntentEvidence;
}

/** (d) One transaction, where the platform post is still ours. Repeated while the database is away; the call never is. */
async function record(work: Work, step: VisibleStep, index: number, result: Result): Promise<Progress> {
  const { outcome } = result;
  if (outcome.outcome === "ok") work.deps.reach?.up(work.claim);
  else if (outcome.outcome === "unknown" && outcome.answer.failure !== null) work.deps.reach?.down(work.claim);
  try {
    return await recordOnce(work, step, index, result);
  } catch (error) {
    if (error instanceof LostClaim) await noteLate(work, result);
    if (!isRefusedForGood(error)) throw error;
    // What came of the call counts for more than how it went.
    work.deps.log.error(
      { err: error, platformPostId: work.row.id, step: step.name },
      "the result of a commit could not be written as it was, and is written without evidence",
    );
    const { endedAfterSeconds } = result.evidence;
    return recordOnce(work, step, index, {
      ...result,
      evidence: endedAfterSeconds === undefined ? {} : { endedAfterSeconds },
    });
  }
}

function recordOnce(
  work: Work,
  step: VisibleStep,
  index: number,
  { id, outcome, evidence }: Result,
): Promise<Progress> {
  if (outcome.outcome === "ok") return recordDone(work, step, index, outcome.done, { id, evidence });
  if (outcome.outcome === "unknown") return recordUnknown(work, outcome.answer, { id, evidence });
  return failStep(work, index, outcome.error, { intent: { id, result: "definite_failure", evidence } });
}

/**
 * It is live. Also used where reading back has found it so; `done` then says what was found, and with `isFound` an id that
 * stands for another commit already is thrown, since then that one was found and not this.
 */
export async function recordDone(
  work: Work,
  step: VisibleStep,
  index: number,
  done: StepDone,
  intent: { id: string; evidence: IntentEvidence },
  isFound = false,
): Promise<Progress> {
  const { row } = work;
  const liveBefore = row.live_through;
  row.live_through = step.name;
  const nextIndex = index + 1;
  const next = work.steps[nextIndex]?.name ?? null;
  const changes: Changes = {
    ...doneChanges(work, done),
    liveThrough: step.name,
    step: next,
    lane: laneOf(work, nextIndex),
    polls: "none",
    failures: 0,
    attemptCount: row.attempt_count,
    error: null,
    ...(isOnlyCosmetic(work, nextIndex) ? { publishedNow: true } : {}),
  };
  const result: IntentChanges = {
    id: intent.id,
    result: "ok",
    remoteId: done.remoteId ?? null,
    evidence: intent.evidence,
  };
  const save = async (intentChanges: IntentChanges): Promise<void> => {
    if (next === null) {
      await settle(
        work,
        { ...changes, status: "published", next: { at: "never" } },
        "platform_post.published",
        { intent: intentChanges },
        RESULT_PATIENCE_SECONDS,
      );
    } else {
      await write(work, changes, { intent: intentChanges }, RESULT_PATIENCE_SECONDS);
    }
  };
  try {
    await save(result);
  } catch (error) {
    row.live_through = liveBefore;
    if (isFound || !isTakenRemoteId(error)) throw error;
    if (done.ifTaken instanceof BrokerError) {
      await disproveRepeated(work, step, done.ifTaken.message);
      return failStep(work, index, done.ifTaken, {
        intent: { id: intent.id, result: "definite_failure", evidence: intent.evidence },
      });
    }
    // The platform's own answer gave an id that stands for another commit already. It is live all the same.
    row.live_through = step.name;
    work.deps.log.error({ platformPostId: row.id, remoteId: done.remoteId }, "the platform gave the same id twice");
    await save({ ...result, remoteId: null, evidence: { ...result.evidence, repeatedRemoteId: done.remoteId } });
  }
  return next === null ? "released" : "on";
}

/** The same request is refused for another post than this one: so was the first, whose repeat it is. */
async function disproveRepeated(work: Work, step: VisibleStep, proof: string): Promise<void> {
  const { row } = work;
  for (const { id } of row.given_up.filter(
    (intent) => intent.step === step.name && intent.evidence.closed === undefined,
  )) {
    await write(work, {}, { intent: { id, result: "definite_failure", evidence: { proof } } }, RESULT_PATIENCE_SECONDS);
    row.given_up = row.given_up.filter((other) => other.id !== id);
  }
}

async function recordUnknown(
  work: Work,
  answer: NonNullable<IntentEvidence["answer"]>,
  intent: { id: string; evidence: IntentEvidence },
): Promise<Progress> {
  const seconds = readBackSeconds(0) / work.pace;
  const error = unknownOutcome(
    "The platform's answer was lost; it is being read back whether the post is live.",
    answer.platformError,
    new Date(Date.now() + seconds * 1000),
  );
  const changes: Changes = {
    lane: "observe",
    attemptCount: work.row.attempt_count,
    error,
    next: { at: "seconds", seconds },
  };
  await settle(
    work,
    changes,
    null,
    { intent: { id: intent.id, evidence: { ...intent.evidence, answer } } },
    RESULT_PATIENCE_SECONDS,
  );
  return "released";
}

/** The answer came when the platform post was no longer ours. It is still evidence, whatever was made of the commit meanwhile. */
async function noteLate({ deps, row }: Work, { id, outcome, evidence }: Result): Promise<void> {
  const noted = jsonb({ ...evidence, ...lateAnswer(outcome) } satisfies IntentEvidence);
  const before = await persist(
    () =>
      transaction(deps.urgentPool ?? deps.pool, async (tx) => {
        const held = await holdPlatformPost.one(tx, [row.id, row.user_id, row.mode]);
        const isNews = outcome.outcome === "ok" && held?.status !== "published";
        const known = await noteLateAnswer.one(tx, [id, row.user_id, row.mode, noted, isNews]);
        if (isNews) await tellDue.run(tx);
        return known;
      }),
    RESULT_PATIENCE_SECONDS,
  );
  if (outcome.outcome !== "ok" || before === undefined || before.result === null) return;
  deps.log.error(
    { platformPostId: row.id, remoteId: outcome.done.remoteId, takenFor: before.result },
    "a commit was live: its answer came after its outcome had been settled without it",
  );
}

function lateAnswer(outcome: Outcome): Pick<IntentEvidence, "late"> {
  if (outcome.outcome === "unknown") return {};
  if (outcome.outcome === "not_published") {
    const wasSent = !(outcome.error instanceof TransportError);
    return {
      late: { outcome: "not_published", proof: wasSent ? "The platform refused the request." : "Nothing was sent." },
    };
  }
  const { ifTaken, ...done } = outcome.done;
  return { late: { outcome: "ok", done, ...(ifTaken === undefined ? {} : { isFound: true }) } };
}

/** One remote id of a platform's account stands for one commit. */
export function isTakenRemoteId(error: unknown): boolean {
  return error instanceof Error && "constraint" in error && error.constraint === "publish_steps_one_remote";
}
