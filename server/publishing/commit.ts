import { createHash } from "node:crypto";

import { newId } from "../../model/ids.ts";
import type { SpanFacts } from "../../model/trace.ts";
import { type HttpExchange, type HttpRequest, requestHash } from "../../platforms/kit/http.ts";
import { BrokerError, type StepContext } from "../../platforms/platform.ts";
import { CHANNELS } from "../db/listen.ts";
import { notify } from "../db/notify.ts";
import { holdPlatformPost, intend } from "../db/queries/commits.ts";
import { type Changes, type IntentChanges, recordAlone } from "../db/queries/publishing.ts";
import type { IntentEvidence } from "../db/queries/work-rows.ts";
import { transaction } from "../db/sql.ts";
import { beginChanges, countAttempt } from "./changes.ts";
import { instant, LostClaim, secondsSince } from "./claim.ts";
import { commitContext, evidenceOf } from "./context.ts";
import { failStep } from "./fail.ts";
import { faultPoint } from "./fault-points.ts";
import { goTo, type VisiblePosition } from "./position.ts";
import { startWatching } from "./reading.ts";
import { noteAccess } from "./restore-health.ts";
import { record, recordLate, type Result } from "./results.ts";
import { send, type Sending } from "./send.ts";
import { persistResult, RESULT_PATIENCE, write } from "./settle.ts";
import { COMMIT_DEADLINE_SECONDS, LEASE_SECONDS, QUARANTINE_SECONDS, USUAL_TIMEOUT_SECONDS } from "./timing.ts";
import { traced } from "./traced.ts";
import type { Progress, Work } from "./work.ts";

/**
 * The commit: the intent is written, one request goes out within its deadline or not at all, and the result is written.
 * Nothing here ever runs twice: if the outcome is unknown, the next claim reads it back.
 */
export function commit(work: Work, at: VisiblePosition): Promise<Progress> {
  return traced(work, "commit", { step: at.step.name }, (note) => commitOnce(work, at, note));
}

async function commitOnce(work: Work, at: VisiblePosition, note: (facts: SpanFacts) => void): Promise<Progress> {
  const { row, attempt } = work;
  const { step } = at;
  const doubts = row.doubts.filter((doubt) => doubt.step === step.name);
  let context: StepContext;
  let request: HttpRequest;
  let look: string | null;
  try {
    if (doubts.some(({ isClosed }) => !isClosed)) throw earlierInDoubt();
    context = { ...(await commitContext(work)), ...(doubts.length > 0 ? { mayBeLive: true } : {}) };
    request = step.request(context);
    look = step.look?.(context) ?? null;
  } catch (error) {
    return failStep(work, at, error);
  }
  const sending: Sending = { id: newId(), request, writtenAfter: instant(), context };
  const evidence: IntentEvidence = {
    timeoutSeconds: request.timeoutSeconds ?? USUAL_TIMEOUT_SECONDS,
    watched: startWatching(sending.writtenAfter),
    ...(look !== null && { look: createHash("sha256").update(look).digest("base64url") }),
  };
  const { attempt_count: attemptsBefore, status } = row;
  countAttempt(work);
  if (!(await declare(work, at, sending, evidence))) {
    await write(work, { ...goTo(at), next: { at: "seconds", seconds: 0 } });
    return "released";
  }
  return sendDeclared(work, at, sending, {
    note,
    async unsent(outcome, details) {
      const intent = { id: sending.id, result: "definite_failure", evidence: details } as const;
      if (outcome.outcome === "not_published") return failStep(work, at, outcome.error, { intent });
      const attemptCount = status === "posting" ? attemptsBefore : attempt.number;
      return withhold(work, { ...goTo(at), attemptCount }, intent, outcome.error);
    },
  });
}

function earlierInDoubt(): BrokerError {
  const message = "It was not sent again, because an earlier request may have published it.";
  return new BrokerError("PLATFORM_UNAVAILABLE", message, { retryable: false });
}

/**
 * (a) One statement: pending, queued or posting → posting, with an open commit, or with one that is still open and is
 * sent once more. Returns false if the account has another commit in flight, is limited by its platform, or is paused,
 * or publishing is on hold; this one waits its turn. Throws LostClaim if lease or fence no longer hold, or the platform
 * post is not due or was discarded.
 */
export async function declare(
  work: Work,
  at: VisiblePosition,
  sending: Sending,
  evidence: IntentEvidence,
): Promise<boolean> {
  const { id, request } = sending;
  const { deps, claim, row, attempt } = work;
  const { step } = at;
  await faultPoint(deps, "intent.before", claim, step.name);
  const begins = row.status !== "posting";
  const isFirst = row.last_live_step === null && row.failures === 0 && evidence.repeat === undefined;
  const { failures, warnings } = begins ? beginChanges(work) : row;
  const intent = {
    id,
    step: step.name,
    requestHash: requestHash(request),
    deadlineSeconds: COMMIT_DEADLINE_SECONDS,
    quarantineSeconds: QUARANTINE_SECONDS / work.pace,
    leaseSeconds: LEASE_SECONDS,
    evidence,
    attempt: attempt.number,
    failures,
    warnings,
  };
  try {
    const publisher = deps.publisher && { id: deps.publisher.id, noted: deps.publisher.noted() };
    const intended = await intend(deps.pool, { claim, intent, settles: begins, publisher });
    if (intended === undefined) throw new LostClaim();
    if (intended.isBusy) return false;
    sending.written = intended.written;
    if (begins) notify(deps.pool, CHANNELS.post, row.post_id);
    Object.assign(row, intended.row);
    if (isFirst) deps.metrics?.commitStarted(row.platform, intended.lateSeconds);
  } catch (error) {
    if (!(error instanceof LostClaim)) await withdraw(work, at, id, evidence);
    throw error;
  }
  await faultPoint(deps, "intent.written", claim, step.name);
  return true;
}

const UNCONFIRMED = "The intent could not be confirmed, so nothing was sent.";

/**
 * We don't know whether the intent was written, but we do know that nothing was sent. Its statement may still be under
 * way: the row is locked first, so that the intent either is seen or finds its claim gone.
 */
async function withdraw(
  work: Work,
  at: VisiblePosition,
  id: string,
  { repeat, watched }: IntentEvidence,
): Promise<void> {
  const { deps, claim, row } = work;
  const intent: IntentChanges =
    repeat === undefined
      ? { id, result: "definite_failure", evidence: { withdrawn: UNCONFIRMED } }
      : { id, evidence: { watched, repeat: { ...repeat, proof: UNCONFIRMED } } };
  const changes: Changes = { ...(repeat === undefined ? goTo(at) : {}), next: { at: "seconds", seconds: 1 } };
  try {
    await persistResult(work, intent, () =>
      transaction(deps.resultPool ?? deps.pool, async (tx) => {
        await holdPlatformPost.one(tx, [row.id, row.user_id, row.mode]);
        if ((await recordAlone(tx, { claim, changes, along: { intent } })) === undefined) throw new LostClaim();
      }),
    );
  } catch (error) {
    if (error instanceof LostClaim)
      await recordLate(work, {
        id,
        outcome: { outcome: "withheld", error },
        evidence: intent.evidence,
        repeated: repeat && { since: "", ...repeat },
      });
    throw error;
  }
}

interface Sent extends Pick<Result, "unsent" | "repeated"> {
  note(facts: SpanFacts): void;
  /** Of the request that is repeated. */
  earlier?: IntentEvidence;
}

/** (b) to (d): sends what was declared, and writes the result. */
export async function sendDeclared(
  work: Work,
  at: VisiblePosition,
  sending: Sending,
  { note, unsent, repeated, earlier }: Sent,
): Promise<Progress> {
  const { deps, claim } = work;
  const exchanges: HttpExchange[] = [];
  const outcome = await send(work, at.step, sending, exchanges);
  note({ outcome: outcome.outcome });
  await faultPoint(deps, "result.before", claim, at.step.name);
  const endedAfterSeconds = (repeated?.afterSeconds ?? 0) + secondsSince(sending.writtenAfter);
  const evidence = { ...evidenceOf(exchanges, earlier), endedAfterSeconds };
  const progress = await record(work, at, { id: sending.id, outcome, repeated, evidence, unsent });
  await faultPoint(deps, "result.written", claim, at.step.name);
  if (outcome.outcome === "ok") await noteAccess(work);
  return progress;
}

/** Nothing counts against the post: the server could not note that it would be sent, and tries again shortly. */
const WITHHELD_SECONDS = 2;

async function withhold(
  work: Work,
  changes: Changes,
  { id, result, evidence }: IntentChanges,
  error: unknown,
): Promise<"released"> {
  const { deps, row } = work;
  deps.log.error({ err: error, platformPostId: row.id }, "a commit was not sent, because it could not be noted before");
  const withheld = "The server could not note that it would be sent, so nothing was sent.";
  const next = { at: "seconds", seconds: WITHHELD_SECONDS, evenPastDue: true } as const;
  await write(
    work,
    { ...changes, next },
    { intent: { id, result, evidence: { ...evidence, withheld } } },
    RESULT_PATIENCE,
  );
  return "released";
}
