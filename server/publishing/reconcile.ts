import type { HttpExchange } from "../../platforms/kit/http.ts";
import { BrokerError, type OpenIntent, type StepDone, type Verdict } from "../../platforms/platform.ts";
import { isDatabaseAway } from "../db/away.ts";
import type { Changes, IntentChanges } from "../db/queries/publishing.ts";
import { findSurroundings } from "../db/queries/surroundings.ts";
import type { IntentEvidence, IntentRow, Source } from "../db/queries/work-rows.ts";
import { startedSteps } from "./after-restore.ts";
import { doneChanges } from "./changes.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { accountOf, renewToken, stepContext } from "./context.ts";
import { failStep } from "./fail.ts";
import { describeFailure, toPublicError } from "./failure.ts";
import { faultPoint } from "./fault-points.ts";
import { repeat } from "./identical-repeat.ts";
import { goTo, liveParts, nextPosition, positionOf, type VisiblePosition } from "./position.ts";
import { isConfirmed, isProved, lateAnswer, nextEvidence, nextReadSeconds, untilProofSeconds } from "./reading.ts";
import { hasTwin, isTakenRemoteId, recordLive } from "./results.ts";
import { settle, write } from "./settle.ts";
import { readAt, stillOpen } from "./still-open.ts";
import { traced } from "./traced.ts";
import type { Progress, Work } from "./work.ts";

/**
 * Finds out what became of a commit whose answer was lost. Nothing is sent again unless the first call is proven to
 * have done nothing. The one exception is the byte-identical repeat, on platforms that document that they refuse it.
 */
export async function reconcile(work: Work, intent: IntentRow): Promise<Progress> {
  const { claim, deps } = work;
  const at = positionOf(work, intent.step);
  if (at.effect !== "visible") return stillOpen(work, intent, "The step no longer exists.", true);
  await faultPoint(deps, "reconcile.before", claim, at.step.name);
  const repeated = await repeat(work, at, intent);
  if (repeated !== "no") return repeated;
  const exchanges: HttpExchange[] = [];
  const verdict = knownVerdict(work, intent) ?? (await readBack(work, intent, exchanges));
  const read = nextEvidence(work, intent, verdict, exchanges);
  await faultPoint(deps, "reconcile.after", claim, at.step.name);
  if (verdict.verdict === "published") return foundLive(work, at, intent, verdict, read);
  if (verdict.verdict === "not_published" && isProved(verdict, read))
    return provedAbsent(work, at, intent, verdict, read);
  const reason = verdict.verdict === "not_published" ? verdict.proof : verdict.reason;
  const cannotTell = verdict.verdict === "cannot_tell" || (verdict.verdict === "not_listed" && isConfirmed(read));
  return stillOpen(work, { ...intent, evidence: read }, reason, cannotTell, untilProofSeconds(work, read, verdict));
}

/**
 * The post is known to be live, but not yet under which id: the platform is asked for it on the same schedule. Stays
 * published.
 */
export async function identify(work: Work, intent: IntentRow): Promise<Progress> {
  const exchanges: HttpExchange[] = [];
  const verdict = await readBack(work, intent, exchanges);
  const read = nextEvidence(work, intent, verdict, exchanges);
  const again: Changes = { next: readAt(nextReadSeconds(work, { ...intent, evidence: read })) };
  if (verdict.verdict !== "published" || !hasId(verdict)) {
    await write(work, again, { intent: { id: intent.id, evidence: read } });
    return "released";
  }
  const next = nextPosition(work, positionOf(work, intent.step));
  const isOver = next.effect === null;
  try {
    await settle(
      work,
      {
        ...doneChanges(work, verdict),
        ...goTo(next),
        polls: "reset",
        ...(isOver ? { next: { at: "never" } } : {}),
      },
      { intent: { id: intent.id, evidence: { ...read, by: "list" }, remoteId: verdict.remoteId ?? null } },
    );
  } catch (error) {
    if (!isTakenRemoteId(error)) throw error;
    await write(work, again, { intent: { id: intent.id, evidence: { ...read, taken: verdict.remoteId } } });
    return "released";
  }
  return isOver ? "released" : "continue";
}

function readBack(work: Work, intent: IntentRow, exchanges: HttpExchange[]): Promise<Verdict> {
  return traced(work, "read-back", { step: intent.step }, async (note) => {
    const verdict = await readOnce(work, intent, exchanges);
    note({ outcome: verdict.verdict });
    return verdict;
  });
}

async function readOnce(work: Work, intent: IntentRow, exchanges: HttpExchange[]): Promise<Verdict> {
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

/** An expired token is renewed for reading too; otherwise an outcome that can be read would be called unknown. */
async function readAgain(work: Work, intent: IntentRow, exchanges: HttpExchange[], failure: unknown): Promise<Verdict> {
  let reason = failure;
  if (failure instanceof BrokerError && failure.code === "AUTH_EXPIRED" && work.access !== null && !work.tokenRenewed) {
    try {
      await renewToken(work);
      return await readOnce(work, intent, exchanges);
    } catch (error) {
      reason = error;
    }
  }
  if (isDatabaseAway(reason)) throw reason;
  work.deps.log.warn(
    { err: reason, platformPostId: work.row.id, step: intent.step },
    "the outcome of a commit could not be checked",
  );
  return { verdict: "pending", reason: describeFailure(reason).message };
}

/** What else is known about the account, so that a look-alike is not mistaken for this post. */
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
    hasOthers: found.has_others,
  };
}

/** The outcome, if there is nothing left to read: a late response, or what a person has found. */
function knownVerdict(work: Work, { step, evidence, checkpoint }: IntentRow): Verdict | null {
  const { answered } = evidence;
  const late = lateAnswer(evidence);
  if (late !== undefined) return verdictOf(late);
  if (answered === undefined || answered === null) return null;
  if (!answered.isLive) return { verdict: "not_published", definitive: true, proof: NOT_FOUND, error: notFound() };
  const { id, publishedUrl } = answered;
  if (id === null || work.broker.found === undefined) return { verdict: "published", done: {}, publishedUrl };
  const context = {
    account: accountOf(work),
    content: work.content,
    checkpoint: openCheckpoint(work, checkpoint ?? work.row.checkpoint),
  };
  return { verdict: "published", ...work.broker.found(context, step, id) };
}

const NOT_FOUND = "A person looked at the account, and the post is not there.";

function notFound(): BrokerError {
  return new BrokerError("PLATFORM_UNAVAILABLE", `The platform's response was lost. ${NOT_FOUND}`);
}

function verdictOf(late: NonNullable<IntentEvidence["late"]>): Verdict {
  return late.outcome === "ok"
    ? { verdict: "published", ...late.done }
    : { verdict: "not_published", definitive: true, proof: late.proof };
}

function hasId({ remoteId }: StepDone): boolean {
  return remoteId !== undefined && remoteId !== null;
}

/**
 * While posting, the next step follows. Once nothing is left to send: posting, unknown, failed or discarded →
 * published.
 */
async function foundLive(
  work: Work,
  at: VisiblePosition,
  intent: IntentRow,
  found: StepDone,
  evidence: IntentEvidence,
): Promise<Progress> {
  const { row } = work;
  const late = lateAnswer(intent.evidence);
  // The steps after it need the handles it was sent with.
  const started = evidence.doubted === true ? startedSteps(work) : {};
  const checkpoint = { ...row.checkpoint, ...intent.checkpoint, ...started };
  const changes = { ...doneChanges(work, found, checkpoint), lastLiveStep: at.step.name };
  const isLast = !work.steps.slice(at.index + 1).some(({ effect }) => effect === "visible");
  const by = sourceOf(intent.evidence);
  // Whichever was sent before the list was read is known by now: what the list shows may be that one's.
  if (by === "list" && (await hasTwin(work, intent.id)))
    return stillOpen(work, { ...intent, evidence }, "A post that looks the same is in doubt, too.", late !== undefined);
  const proved = { ...evidence, by };
  try {
    if (row.status !== "posting" && !isLast) return await partLive(work, changes, intent, found, proved);
    if (isLast && !hasId(found) && late === undefined) return await liveWithoutId(work, changes, intent, proved);
    return await recordLive(
      work,
      at,
      found,
      { id: intent.id, evidence: proved },
      { checkpoint, liveSince: intent.intentAt },
    );
  } catch (error) {
    if (!isTakenRemoteId(error)) throw error;
    return stillOpen(
      work,
      { ...intent, evidence: { ...evidence, taken: found.remoteId, ...(evidence.answered && { answered: null }) } },
      "The post that was found is a different one.",
      true,
    );
  }
}

/** An error that names a post says as little as a list about whose it is. */
function sourceOf(evidence: IntentEvidence): Source {
  const late = lateAnswer(evidence);
  if (late?.outcome === "ok") return late.isFound === true ? "list" : "late";
  return evidence.answered?.isLive === true ? "person" : "list";
}

type Live = Changes & { lastLiveStep: string };

/**
 * Once the caller has seen unknown, or has discarded the post, nothing more is sent automatically. unknown → failed; a
 * retry continues after the parts that are live.
 */
async function partLive(
  work: Work,
  live: Live,
  intent: IntentRow,
  { remoteId = null }: StepDone,
  evidence: IntentEvidence,
): Promise<Progress> {
  const error = toPublicError(
    describeFailure(new BrokerError("PLATFORM_UNAVAILABLE", "The parts after them were not published.")),
    { retryAt: null, live: liveParts(work, live.lastLiveStep) },
  );
  const changes: Changes = {
    ...live,
    ...(work.row.status === "unknown" ? { status: "failed" } : {}),
    step: null,
    lane: "prepare",
    polls: "reset",
    error,
    next: { at: "never" },
  };
  await settle(work, changes, { intent: { id: intent.id, result: "ok", remoteId, evidence } });
  return "released";
}

/** → published. Under which id is asked for on the same schedule: see `identify`. */
async function liveWithoutId(work: Work, live: Live, intent: IntentRow, evidence: IntentEvidence): Promise<Progress> {
  const changes: Changes = {
    ...live,
    status: "published",
    step: live.lastLiveStep,
    lane: "observe",
    publishedNow: true,
    liveSince: intent.intentAt,
    error: null,
    next: readAt(nextReadSeconds(work, { ...intent, evidence })),
  };
  await settle(work, changes, { intent: { id: intent.id, result: "ok", evidence } });
  return "released";
}

/**
 * The proof is stored, and only then may the step run again: automatically while the status is posting. unknown →
 * failed, for the caller to retry; posting → failed if only a lost record says that it was wanted.
 */
async function provedAbsent(
  work: Work,
  at: VisiblePosition,
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
  const cause = verdict.error ?? new BrokerError("PLATFORM_UNAVAILABLE", "The platform did not publish the post.");
  const { redoFrom } = verdict;
  const error = redoFrom === undefined ? cause : cause.with({ notPublished: true, redoFrom });
  if (row.status === "posting" && evidence.unplanned !== true)
    return failStep(work, at, error, { intent: proof, pauseSeconds: 0 });
  const changes: Changes = {
    lane: at.lane,
    ...(row.status === "unknown" || row.status === "posting"
      ? { status: "failed", error: toPublicError(describeFailure(cause), { retryAt: null, live: liveParts(work) }) }
      : {}),
    next: { at: "never" },
  };
  await settle(work, changes, { intent: proof });
  return "released";
}
