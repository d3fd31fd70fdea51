import { BrokerError, type OpenIntent, type StepDone, type Verdict, type VisibleStep } from "../../platforms/platform.ts";
import { requestHash, type HttpExchange } from "../../platforms/kit/http.ts";
import { findSurroundings } from "../db/surroundings.ts";
import type { Changes, IntentChanges, IntentEvidence, IntentRow } from "../db/publishing.ts";
import { secondsSince } from "./claim.ts";
import { commit, isTakenRemoteId, recordDone } from "./commit.ts";
import { failStep } from "./fail.ts";
import { toPublicError, describeFailure, unknownOutcome } from "./failure.ts";
import { COMMIT_DEADLINE_SECONDS, GIVE_UP_AFTER_SECONDS, NEGATIVE_READS_APART_SECONDS, readBackSeconds, unknownAfterSeconds, USUAL_TIMEOUT_SECONDS } from "./pace.ts";
import { settle, write } from "./settle.ts";
import { commitContext, doneChanges, evidenceOf, faultPoint, laneOf, liveParts, type Progress, stepContext, type Work } from "./work.ts";

type Reading = Pick<Work, "deps" | "claim" | "row" | "loadedAt" | "pace">;

/**
 * Finds out what became of a commit whose answer was lost. Nothing is sent again unless it has been proved that the
 * first did nothing; the one exception is the byte-identical repeat where a platform documents that it refuses it.
 */
export async function reconcile(work: Work, intent: IntentRow): Promise<Progress> {
  const { claim, deps } = work;
  const index = work.steps.findIndex(({ name }) => name === intent.step);
  const step = work.steps[index];
  if (step?.effect !== "visible") return stillOpen(work, intent, "The step is not known any more.", true);
  await faultPoint(deps, "reconcile.before", claim, step.name);
  if (await mayRepeat(work, step, intent)) {
    const closed: IntentChanges = { id: intent.id, result: "unknown", evidence: { repeated: true } };
    await write(work, { step: step.name, lane: "commit" }, { intent: closed });
    work.row.intent = { ...intent, result: "unknown" };
    return commit(work, step, index, intent.id);
  }
  const exchanges: HttpExchange[] = [];
  const verdict = intent.evidence.late === undefined ? await readBack(work, intent, exchanges) : adopt(intent.evidence.late);
  const read = nextEvidence(work, intent, verdict, exchanges);
  await faultPoint(deps, "reconcile.after", claim, step.name);
  if (verdict.verdict === "published") return foundLive(work, step, index, intent, verdict, read);
  if (verdict.verdict === "not_published" && isProved(verdict, read)) return provedAbsent(work, index, intent, verdict, read);
  const reason = verdict.verdict === "not_published" ? verdict.proof : verdict.reason;
  return stillOpen(work, { ...intent, evidence: read }, reason, verdict.verdict === "cannot_tell" || (verdict.verdict === "not_listed" && isRepeated(read)));
}

/** The platform has shown that it is live, but not yet which it is: the ids are asked for on the same schedule. */
export async function identify(work: Work, intent: IntentRow): Promise<Progress> {
  const index = work.steps.findIndex(({ name }) => name === intent.step);
  const exchanges: HttpExchange[] = [];
  const verdict = await readBack(work, intent, exchanges);
  const read = nextEvidence(work, intent, verdict, exchanges);
  const next = work.steps[index + 1];
  const found = verdict.verdict === "published" && hasId(verdict);
  const nextRead = nextReadSeconds(work, { ...intent, evidence: read });
  const intentChanges: IntentChanges = { id: intent.id, evidence: read, ...(found ? { remoteId: verdict.remoteId ?? null } : {}) };
  if (!found) {
    await write(work, { next: nextRead === null ? { at: "never" } : { at: "seconds", seconds: nextRead } }, { intent: intentChanges });
    return "released";
  }
  await settle(work, { ...doneChanges(work.row, verdict), step: next?.name ?? null, polls: "none", ...(next === undefined ? { next: { at: "never" } } : {}) }, null, { intent: intentChanges });
  return next === undefined ? "released" : "on";
}

/** An open commit that this reading has not settled: it is read again, said to be unknown when it is time, or given up after a day. */
export async function stillOpen(work: Reading, intent: IntentRow, reason: string, cannotTell: boolean): Promise<"released"> {
  const { row } = work;
  const seconds = nextReadSeconds(work, intent);
  const isUnknown = row.status === "posting" && (cannotTell || seconds === null || ageSeconds(work, intent) >= unknownAfterSeconds(work.pace));
  const { answer } = intent.evidence;
  const message = isUnknown ? "It is not known whether the post is live: the platform's answer was lost, and reading back cannot tell." : "The platform's answer was lost; it is being read back whether the post is live.";
  const error = unknownOutcome(message, answer?.platformError ?? null, isUnknown || seconds === null ? null : new Date(Date.now() + seconds * 1000));
  const changes: Changes = {
    lane: "observe",
    ...(isUnknown ? { status: "unknown" } : {}),
    ...(row.status === "posting" ? { error } : {}),
    next: seconds === null ? { at: "never" } : { at: "seconds", seconds },
  };
  const evidence = { ...intent.evidence, lastReason: reason };
  await settle(work, changes, isUnknown ? "platform_post.unknown" : null, { intent: { id: intent.id, evidence, ...(seconds === null ? { result: "unknown" } : {}) } });
  return "released";
}

/** Only while the platform post is still being published, once, within the window, and only the very same bytes. */
async function mayRepeat(work: Work, step: VisibleStep, intent: IntentRow): Promise<boolean> {
  const { identicalRepeat } = work.broker;
  if (identicalRepeat === undefined || work.row.status !== "posting" || intent.evidence.repeatOf !== undefined || intent.evidence.late !== undefined) return false;
  if (ageSeconds(work, intent) >= identicalRepeat.withinSeconds) return false;
  try {
    return requestHash(step.request(await commitContext(work))) === intent.requestHash;
  } catch {
    return false;
  }
}

async function readBack(work: Work, intent: IntentRow, exchanges: HttpExchange[]): Promise<Verdict> {
  try {
    const open: OpenIntent = {
      step: intent.step,
      ...(await surroundings(work, intent)),
      answer: intent.evidence.answer ?? { status: null, brokerCode: null, platformError: null, failure: null },
    };
    return await work.broker.reconcile(await stepContext(work, exchanges), open);
  } catch (error) {
    work.deps.log.warn({ err: error, platformPostId: work.row.id, step: intent.step }, "a commit could not be read back");
    return { verdict: "pending", reason: describeFailure(error).message };
  }
}

/** What else Ampost knows of the account, so that a look-alike is not taken for this one. */
async function surroundings({ deps, row, pace }: Work, intent: IntentRow): Promise<Pick<OpenIntent, "intentAt" | "ageSeconds" | "accountedIds" | "hasTwin">> {
  const found = await findSurroundings.one(deps.pool, [intent.id, row.user_id, row.mode]);
  if (found === undefined) throw new Error("The intent is not there any more");
  return { intentAt: found.intent_at, ageSeconds: found.age_seconds * pace, accountedIds: new Set(found.accounted_ids), hasTwin: found.has_twin };
}

function adopt(late: NonNullable<IntentEvidence["late"]>): Verdict {
  return late.outcome === "ok" ? { verdict: "published", ...late.done } : { verdict: "not_published", definitive: true, proof: late.proof };
}

/** The journal of the reads. A clean negative read counts only after the platform's indexing lag, and not right after another. */
function nextEvidence(work: Work, intent: IntentRow, verdict: Verdict, exchanges: HttpExchange[]): IntentEvidence {
  const { reads = 0, negativeReads = [] } = intent.evidence;
  const age = ageSeconds(work, intent);
  const counts = (verdict.verdict === "not_published" || verdict.verdict === "not_listed") && age - endedAfterSeconds(work, intent) >= work.broker.indexingLagSeconds / work.pace;
  const apart = age - (negativeReads.at(-1) ?? -Infinity) >= NEGATIVE_READS_APART_SECONDS / work.pace;
  return {
    ...intent.evidence,
    ...(exchanges.length === 0 ? {} : { readBack: evidenceOf(exchanges) }),
    reads: reads + 1,
    negativeReads: verdict.verdict === "cannot_tell" ? [] : counts && apart ? [...negativeReads, age] : negativeReads,
  };
}

function isProved(verdict: Extract<Verdict, { verdict: "not_published" }>, read: IntentEvidence): boolean {
  return verdict.definitive || isRepeated(read);
}

function isRepeated({ negativeReads = [] }: IntentEvidence): boolean {
  return negativeReads.length >= 2;
}

function hasId({ remoteId }: StepDone): boolean {
  return remoteId !== undefined && remoteId !== null;
}

async function foundLive(work: Work, step: VisibleStep, index: number, intent: IntentRow, found: StepDone, evidence: IntentEvidence): Promise<Progress> {
  const { row } = work;
  const isLast = !work.steps.slice(index + 1).some(({ effect }) => effect === "visible");
  try {
    if (row.status !== "posting" && !isLast) return await partLive(work, step, intent, found, evidence);
    if (isLast && !hasId(found) && intent.evidence.late === undefined) return await liveWithoutId(work, step, intent, found, evidence);
    return await recordDone(work, step, index, found, { id: intent.id, evidence });
  } catch (error) {
    if (!isTakenRemoteId(error)) throw error;
    return stillOpen(work, { ...intent, evidence: { ...evidence, taken: found.remoteId } }, "What was found belongs to another post.", true);
  }
}

/** Nothing is sent by itself any more after the caller was told that the outcome is unknown, or has discarded the post. */
async function partLive(work: Work, step: VisibleStep, intent: IntentRow, done: StepDone, evidence: IntentEvidence): Promise<Progress> {
  const { row } = work;
  row.live_through = step.name;
  const live = liveParts(work);
  const error = toPublicError(describeFailure(new BrokerError("PLATFORM_UNAVAILABLE", "The parts after them were not published.")), { retryAt: null, live });
  const status = row.status === "unknown" ? { status: "failed" as const } : {};
  const changes: Changes = { ...doneChanges(row, done), ...status, liveThrough: step.name, step: null, lane: "prepare", polls: "none", error, next: { at: "never" } };
  await settle(work, changes, row.status === "unknown" ? "platform_post.failed" : null, { intent: { id: intent.id, result: "ok", remoteId: done.remoteId ?? null, evidence } });
  return "released";
}

async function liveWithoutId(work: Work, step: VisibleStep, intent: IntentRow, done: StepDone, evidence: IntentEvidence): Promise<Progress> {
  const seconds = nextReadSeconds(work, { ...intent, evidence });
  const status = work.row.status === "published" ? {} : { status: "published" as const };
  const changes: Changes = {
    ...doneChanges(work.row, done),
    ...status,
    liveThrough: step.name,
    step: step.name,
    lane: "observe",
    publishedNow: true,
    error: null,
    next: seconds === null ? { at: "never" } : { at: "seconds", seconds },
  };
  await settle(work, changes, "platform_post.published", { intent: { id: intent.id, result: "ok", evidence } });
  return "released";
}

/** The proof is stored, and only then may the step be run again: by itself while publishing is under way, else by the caller. */
async function provedAbsent(work: Work, index: number, intent: IntentRow, verdict: Extract<Verdict, { verdict: "not_published" }>, evidence: IntentEvidence): Promise<Progress> {
  const { row } = work;
  const proof: IntentChanges = { id: intent.id, result: "definite_failure", evidence: { ...evidence, proof: verdict.proof } };
  const cause = verdict.error ?? new BrokerError("PLATFORM_UNAVAILABLE", "The platform did not publish the post.");
  const error = verdict.redoFrom === undefined ? cause : redoing(cause, verdict.redoFrom);
  if (row.status === "posting") return failStep(work, index, error, { intent: proof, pauseSeconds: 0 });
  const changes: Changes = { lane: laneOf(work, index), ...(row.status === "unknown" ? { status: "failed", error: toPublicError(describeFailure(cause), { retryAt: null, live: liveParts(work) }) } : {}), next: { at: "never" } };
  await settle(work, changes, row.status === "unknown" ? "platform_post.failed" : null, { intent: proof });
  return "released";
}

function redoing(error: BrokerError, redoFrom: string): BrokerError {
  return new BrokerError(error.code, error.message, {
    notPublished: true,
    redoFrom,
    ...(error.publicCode === null ? {} : { publicCode: error.publicCode }),
    ...(error.retryable === null ? {} : { retryable: error.retryable }),
    ...(error.retryAfterSeconds === null ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
    ...(error.maxAttempts === null ? {} : { maxAttempts: error.maxAttempts }),
    ...(error.platformError === null ? {} : { platformError: error.platformError }),
    cause: error,
  });
}

/** When the exchange was over. Where nobody could note that, the platform may have gone on working until its time-out. */
function endedAfterSeconds({ pace }: Reading, { evidence }: IntentRow): number {
  return evidence.endedAfterSeconds ?? COMMIT_DEADLINE_SECONDS + (evidence.timeoutSeconds ?? USUAL_TIMEOUT_SECONDS) / pace;
}

/** By the database's clock. */
function ageSeconds({ loadedAt }: Reading, intent: IntentRow): number {
  return intent.ageSeconds + secondsSince(loadedAt);
}

/** Seconds from now to the next reading; null where a day has passed. While it is `posting` the moment of becoming unknown is not slept through. */
function nextReadSeconds(work: Reading, intent: IntentRow): number | null {
  const { reads = 0, negativeReads = [] } = intent.evidence;
  const age = ageSeconds(work, intent);
  if (age >= GIVE_UP_AFTER_SECONDS / work.pace) return null;
  const soonest = (negativeReads.length === 0 ? 1 : NEGATIVE_READS_APART_SECONDS) / work.pace;
  const planned = Math.max((intent.evidence.endedAfterSeconds ?? COMMIT_DEADLINE_SECONDS) + readBackSeconds(reads) / work.pace - age, soonest);
  const untilUnknown = unknownAfterSeconds(work.pace) - age;
  return work.row.status === "posting" && untilUnknown > 0 ? Math.min(planned, untilUnknown) : planned;
}
