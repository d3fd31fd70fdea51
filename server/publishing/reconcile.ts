import type { HttpExchange, HttpRequest } from "../../platforms/kit/http.ts";
import {
  BrokerError,
  type OpenIntent,
  type StepDone,
  type Verdict,
  type VisibleStep,
} from "../../platforms/platform.ts";
import { isDatabaseAway } from "../db/away.ts";
import type { Changes, IntentChanges, IntentEvidence, IntentRow } from "../db/publishing.ts";
import { findSurroundings } from "../db/surroundings.ts";
import { commit, isTakenRemoteId, recordDone } from "./commit.ts";
import { failStep } from "./fail.ts";
import { toPublicError, describeFailure, unknownOutcome } from "./failure.ts";
import { unknownAfterSeconds } from "./pace.ts";
import {
  ageSeconds,
  isConfirmed,
  isProved,
  nextEvidence,
  nextReadSeconds,
  type Reading,
  underWaySeconds,
  untilProofSeconds,
  watch,
} from "./reading.ts";
import { isRepeat } from "./repeat.ts";
import { settle, write } from "./settle.ts";
import {
  commitContext,
  doneChanges,
  faultPoint,
  laneOf,
  liveParts,
  type Progress,
  renewToken,
  stepContext,
  type Work,
} from "./work.ts";

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
  const repeated = await repeats(work, step, index, intent);
  if (repeated !== "no") return repeated;
  const exchanges: HttpExchange[] = [];
  const verdict =
    intent.evidence.late === undefined ? await readBack(work, intent, exchanges) : adopt(intent.evidence.late);
  const read = nextEvidence(work, intent, verdict, exchanges);
  await faultPoint(deps, "reconcile.after", claim, step.name);
  if (verdict.verdict === "published") return foundLive(work, step, index, intent, verdict, read);
  if (verdict.verdict === "not_published" && isProved(verdict, read))
    return provedAbsent(work, index, intent, verdict, read);
  const reason = verdict.verdict === "not_published" ? verdict.proof : verdict.reason;
  const cannotTell = verdict.verdict === "cannot_tell" || (verdict.verdict === "not_listed" && isConfirmed(read));
  return stillOpen(work, { ...intent, evidence: read }, reason, cannotTell, untilProofSeconds(work, read, verdict));
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
  const intentChanges: IntentChanges = {
    id: intent.id,
    evidence: read,
    ...(found ? { remoteId: verdict.remoteId ?? null } : {}),
  };
  const again: Changes = { next: nextRead === null ? { at: "never" } : { at: "seconds", seconds: nextRead } };
  if (!found) {
    await write(work, again, { intent: intentChanges });
    return "released";
  }
  try {
    await settle(
      work,
      {
        ...doneChanges(work, verdict),
        step: next?.name ?? null,
        polls: "none",
        ...(next === undefined ? { next: { at: "never" } } : {}),
      },
      null,
      { intent: intentChanges },
    );
  } catch (error) {
    if (!isTakenRemoteId(error)) throw error;
    await write(work, again, { intent: { id: intent.id, evidence: { ...read, taken: verdict.remoteId } } });
    return "released";
  }
  return next === undefined ? "released" : "on";
}

/** An open commit that this reading has not settled: it is read again, said to be unknown when it is time, or given up after a day. */
export async function stillOpen(
  work: Reading & Pick<Work, "deps" | "claim">,
  intent: IntentRow,
  reason: string,
  cannotTell: boolean,
  untilProof: number | null = null,
): Promise<"released"> {
  const { row } = work;
  const seconds = nextReadSeconds(work, intent, untilProof);
  const isUnknown =
    row.status === "posting" &&
    (cannotTell || seconds === null || ageSeconds(work, intent) >= unknownAfterSeconds(work.pace));
  const { answer } = intent.evidence;
  const message = isUnknown
    ? "It is not known whether the post is live: the platform's answer was lost, and reading back cannot tell."
    : "The platform's answer was lost; it is being read back whether the post is live.";
  const error = unknownOutcome(
    message,
    answer?.platformError ?? null,
    isUnknown || seconds === null ? null : new Date(Date.now() + seconds * 1000),
  );
  const changes: Changes = {
    lane: "observe",
    ...(isUnknown ? { status: "unknown" } : {}),
    ...(row.status === "posting" ? { error } : {}),
    next: seconds === null ? { at: "never" } : { at: "seconds", seconds },
  };
  const evidence = { ...intent.evidence, lastReason: reason };
  await settle(work, changes, isUnknown ? "platform_post.unknown" : null, {
    intent: { id: intent.id, evidence, ...(seconds === null ? { result: "unknown" } : {}) },
  });
  return "released";
}

/** Whether it is settled by the one identical repeat. Never while the first call may still be under way. */
async function repeats(work: Work, step: VisibleStep, index: number, intent: IntentRow): Promise<Progress | "no"> {
  const { evidence } = intent;
  if (work.broker.identicalRepeat === undefined || evidence.repeatOf !== undefined || evidence.late !== undefined)
    return "no";
  const request = await requestOf(work, step);
  if (request === null || !isRepeat(work, request, intent)) return "no";
  const seconds = underWaySeconds(work, evidence);
  if (seconds > 0) {
    await write(
      work,
      { next: { at: "seconds", seconds } },
      { intent: { id: intent.id, evidence: { ...evidence, watched: watch(evidence).watched } } },
    );
    return "released";
  }
  const closed: IntentChanges = { id: intent.id, result: "unknown", evidence: { repeated: true } };
  await write(work, { step: step.name, lane: "commit" }, { intent: closed });
  work.row.given_up.push({ ...intent, result: "unknown", evidence: { ...evidence, repeated: true } });
  return commit(work, step, index, intent.id);
}

async function requestOf(work: Work, step: VisibleStep): Promise<HttpRequest | null> {
  try {
    return step.request(await commitContext(work));
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    return null;
  }
}

async function readBack(work: Work, intent: IntentRow, exchanges: HttpExchange[]): Promise<Verdict> {
  try {
    const open: OpenIntent = {
      step: intent.step,
      ...(await surroundings(work, intent)),
      answer: intent.evidence.answer ?? { status: null, brokerCode: null, platformError: null, failure: null },
    };
    return await work.broker.reconcile(
      await stepContext(work, exchanges, intent.checkpoint ?? work.row.checkpoint),
      open,
    );
  } catch (error) {
    return await readAgain(work, intent, exchanges, error);
  }
}

/** Access that has ended is renewed for reading, too: else an outcome that can be read would be said to be unknown. */
async function readAgain(work: Work, intent: IntentRow, exchanges: HttpExchange[], failure: unknown): Promise<Verdict> {
  let reason = failure;
  if (failure instanceof BrokerError && failure.code === "AUTH_EXPIRED" && work.token !== null && !work.tokenRenewed) {
    try {
      await renewToken(work);
      return await readBack(work, intent, exchanges);
    } catch (error) {
      reason = error;
    }
  }
  if (isDatabaseAway(reason)) throw reason;
  work.deps.log.warn(
    { err: reason, platformPostId: work.row.id, step: intent.step },
    "a commit could not be read back",
  );
  return { verdict: "pending", reason: describeFailure(reason).message };
}

/** What else Ampost knows of the account, so that a look-alike is not taken for this one. */
async function surroundings(
  { deps, row, pace }: Work,
  intent: IntentRow,
): Promise<Omit<OpenIntent, "step" | "answer">> {
  const found = await findSurroundings.one(deps.pool, [intent.id, row.user_id, row.mode]);
  if (found === undefined) throw new Error("The intent is not there any more");
  return {
    intentAt: found.intent_at,
    lastIntentAt: found.last_intent_at,
    ageSeconds: found.age_seconds * pace,
    accountedIds: new Set(found.accounted_ids),
    hasTwin: found.has_twin,
  };
}

function adopt(late: NonNullable<IntentEvidence["late"]>): Verdict {
  return late.outcome === "ok"
    ? { verdict: "published", ...late.done }
    : { verdict: "not_published", definitive: true, proof: late.proof };
}

function hasId({ remoteId }: StepDone): boolean {
  return remoteId !== undefined && remoteId !== null;
}

async function foundLive(
  work: Work,
  step: VisibleStep,
  index: number,
  intent: IntentRow,
  found: StepDone,
  evidence: IntentEvidence,
): Promise<Progress> {
  const { row } = work;
  const { late } = intent.evidence;
  // What comes after it goes on from what it was sent with.
  row.checkpoint = { ...row.checkpoint, ...intent.checkpoint };
  const isLast = !work.steps.slice(index + 1).some(({ effect }) => effect === "visible");
  try {
    if (row.status !== "posting" && !isLast) return await partLive(work, step, intent, found, evidence);
    if (isLast && !hasId(found) && late === undefined) return await liveWithoutId(work, step, intent, found, evidence);
    return await recordDone(
      work,
      step,
      index,
      found,
      { id: intent.id, evidence },
      late === undefined || (late.outcome === "ok" && late.isFound === true),
    );
  } catch (error) {
    if (!isTakenRemoteId(error)) throw error;
    return stillOpen(
      work,
      { ...intent, evidence: { ...evidence, taken: found.remoteId } },
      "What was found belongs to another post.",
      true,
    );
  }
}

/** Nothing is sent by itself any more after the caller was told that the outcome is unknown, or has discarded the post. */
async function partLive(
  work: Work,
  step: VisibleStep,
  intent: IntentRow,
  done: StepDone,
  evidence: IntentEvidence,
): Promise<Progress> {
  const { row } = work;
  row.live_through = step.name;
  const live = liveParts(work);
  const error = toPublicError(
    describeFailure(new BrokerError("PLATFORM_UNAVAILABLE", "The parts after them were not published.")),
    { retryAt: null, live },
  );
  const status = row.status === "unknown" ? { status: "failed" as const } : {};
  const changes: Changes = {
    ...doneChanges(work, done),
    ...status,
    liveThrough: step.name,
    step: null,
    lane: "prepare",
    polls: "none",
    error,
    next: { at: "never" },
  };
  await settle(work, changes, row.status === "unknown" ? "platform_post.failed" : null, {
    intent: { id: intent.id, result: "ok", remoteId: done.remoteId ?? null, evidence },
  });
  return "released";
}

async function liveWithoutId(
  work: Work,
  step: VisibleStep,
  intent: IntentRow,
  done: StepDone,
  evidence: IntentEvidence,
): Promise<Progress> {
  const seconds = nextReadSeconds(work, { ...intent, evidence });
  const status = work.row.status === "published" ? {} : { status: "published" as const };
  const changes: Changes = {
    ...doneChanges(work, done),
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
async function provedAbsent(
  work: Work,
  index: number,
  intent: IntentRow,
  verdict: Extract<Verdict, { verdict: "not_published" }>,
  evidence: IntentEvidence,
): Promise<Progress> {
  const { row } = work;
  const proof: IntentChanges = {
    id: intent.id,
    result: "definite_failure",
    evidence: { ...evidence, proof: verdict.proof },
  };
  const isRepeated = intent.evidence.repeatOf !== undefined;
  const cause =
    verdict.error ??
    new BrokerError(
      "PLATFORM_UNAVAILABLE",
      isRepeated
        ? "The repeat of a call whose answer was lost came to nothing."
        : "The platform did not publish the post.",
    );
  const error = verdict.redoFrom === undefined ? cause : redoing(cause, verdict.redoFrom);
  if (row.status === "posting") return failStep(work, index, error, { intent: proof, pauseSeconds: 0 });
  const changes: Changes = {
    lane: laneOf(work, index),
    ...(row.status === "unknown"
      ? { status: "failed", error: toPublicError(describeFailure(cause), { retryAt: null, live: liveParts(work) }) }
      : {}),
    next: { at: "never" },
  };
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
    limitOf: error.limitOf,
    ...(error.maxAttempts === null ? {} : { maxAttempts: error.maxAttempts }),
    ...(error.platformError === null ? {} : { platformError: error.platformError }),
    cause: error,
  });
}
