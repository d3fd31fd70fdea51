import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { newId } from "../../model/ids.ts";
import type { HttpExchange } from "../../platforms/kit/http.ts";
import type { Verdict } from "../../platforms/platform.ts";
import type { IntentEvidence, IntentRow } from "../db/queries/work-rows.ts";
import { type Instant, instant, secondsSince } from "./claim.ts";
import { evidenceOf } from "./context.ts";
import {
  COMMIT_DEADLINE_SECONDS,
  GIVE_UP_AFTER_SECONDS,
  NEGATIVE_READS_APART_SECONDS,
  readBackSeconds,
  unknownAfterSeconds,
  USUAL_TIMEOUT_SECONDS,
} from "./timing.ts";
import type { ClaimedWork, Work } from "./work.ts";

/**
 * When a commit is read back, and when a read proves something. A proof relies on time that some process has watched
 * pass on a monotonic clock, never on a difference between wall clocks: if the database's clock jumps ahead, nothing
 * looks older for it. The next read is scheduled by the database's clock, which costs one read too many at worst.
 */
export type ReadingContext = Pick<ClaimedWork, "row" | "loadedAt" | "pace">;

/**
 * Names the monotonic clock: shared by all processes of a machine since it booted, if the boot can be identified;
 * otherwise this process's own.
 */
const WATCHER = nameOfStart() ?? newId();
const SINCE_START = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** How many clocks' marks are kept with a commit. */
const MARKS_KEPT = 8;

function nameOfStart(): string | null {
  try {
    const facts = ["/proc/sys/kernel/random/boot_id", "/proc/self/timens_offsets"].map((path) =>
      readFileSync(path, "utf8"),
    );
    return createHash("sha256").update(facts.join()).digest("hex").slice(0, 16);
  } catch {
    return null;
  }
}

function clockSeconds({ monotonic }: Instant): number {
  return (monotonic + SINCE_START) / 1000;
}

/** The first mark, made by the process that sends the commit. */
export function startWatching(since: Instant): NonNullable<IntentEvidence["watched"]> {
  return { [WATCHER]: { at: clockSeconds(since), seconds: 0 } };
}

/** How long, at least, the commit has been out, and the marks including one made now. */
export function watch({ watched = {} }: IntentEvidence): {
  seconds: number;
  watched: NonNullable<IntentEvidence["watched"]>;
} {
  const at = clockSeconds(instant());
  const own = watched[WATCHER];
  const seconds = Math.max(
    0,
    own === undefined ? 0 : own.seconds + at - own.at,
    ...Object.values(watched).map((mark) => mark.seconds),
  );
  const others = Object.entries(watched).filter(([watcher]) => watcher !== WATCHER);
  return { seconds, watched: Object.fromEntries([...others.slice(1 - MARKS_KEPT), [WATCHER, { at, seconds }]]) };
}

/** When the exchange ended. If that could not be recorded, the platform may have kept working until the timeout. */
export function endedAfterSeconds(
  { pace }: Pick<ReadingContext, "pace">,
  { endedAfterSeconds: noted, timeoutSeconds, repeat }: IntentEvidence,
): number {
  return (
    noted ?? (repeat?.afterSeconds ?? 0) + COMMIT_DEADLINE_SECONDS + (timeoutSeconds ?? USUAL_TIMEOUT_SECONDS) / pace
  );
}

/** Seconds until the call, or its repeat, has certainly ended; 0 if it has. */
export function underWaySeconds(work: Pick<ReadingContext, "pace">, evidence: IntentEvidence): number {
  return Math.max(0, endedAfterSeconds(work, evidence) - watch(evidence).seconds);
}

/** By the database's clock. */
export function ageSeconds(
  { loadedAt }: Pick<ReadingContext, "loadedAt">,
  intent: Pick<IntentRow, "ageSeconds">,
): number {
  return intent.ageSeconds + secondsSince(loadedAt);
}

/**
 * Adds a read to the evidence. A clean negative read counts only after the platform's indexing lag, and not right
 * after another one.
 */
export function nextEvidence(
  work: Work,
  { evidence }: IntentRow,
  verdict: Verdict,
  exchanges: HttpExchange[],
): IntentEvidence {
  const { reads = 0, negativeReads = [] } = evidence;
  const { seconds, watched } = watch(evidence);
  const counts = isNegative(verdict) && seconds >= provesFromSeconds(work, evidence, verdict);
  const apart = seconds - (negativeReads.at(-1) ?? -Infinity) >= NEGATIVE_READS_APART_SECONDS / work.pace;
  return {
    ...evidence,
    ...(exchanges.length === 0 ? {} : { readBack: evidenceOf(exchanges) }),
    watched,
    reads: reads + 1,
    negativeReads:
      verdict.verdict === "cannot_tell" ? [] : counts && apart ? [...negativeReads, seconds] : negativeReads,
  };
}

type Negative = Extract<Verdict, { verdict: "not_published" | "not_listed" }>;

function isNegative(verdict: Verdict): verdict is Negative {
  return verdict.verdict === "not_published" || verdict.verdict === "not_listed";
}

/** Two clean negative reads, some time apart and after the indexing lag. */
export function isConfirmed({ negativeReads = [] }: IntentEvidence): boolean {
  return negativeReads.length >= 2;
}

/** A response that arrived late, if it settles the commit: that one call was refused says nothing about its repeat. */
export function lateAnswer({ late, repeat }: IntentEvidence): IntentEvidence["late"] {
  return late?.outcome === "ok" || repeat === undefined || repeat.proof !== undefined ? late : undefined;
}

/** The outcome needs no reading: a response that arrived late or a person says it. */
export function isKnown(evidence: IntentEvidence): boolean {
  return lateAnswer(evidence) !== undefined || (evidence.answered ?? null) !== null;
}

/**
 * A definitive state of a handle is proof on its own, but not while the call may still be in flight. What is known
 * needs no proof.
 */
export function isProved(
  { definitive }: Extract<Verdict, { verdict: "not_published" }>,
  evidence: IntentEvidence,
): boolean {
  return isKnown(evidence) || isConfirmed(evidence) || (definitive && evidence.negativeReads?.length === 1);
}

function provesFromSeconds(work: Work, evidence: IntentEvidence, verdict: Negative): number {
  const isDefinitive = verdict.verdict === "not_published" && verdict.definitive;
  return endedAfterSeconds(work, evidence) + (isDefinitive ? 0 : work.broker.indexingLagSeconds / work.pace);
}

/** Seconds until a negative read can count, if this one came too early. */
export function untilProofSeconds(work: Work, evidence: IntentEvidence, verdict: Verdict): number | null {
  if (!isNegative(verdict)) return null;
  const seconds = provesFromSeconds(work, evidence, verdict) - watch(evidence).seconds;
  return seconds > 0 ? seconds : null;
}

/**
 * Seconds until the next read; null after a day. While the status is posting, the wait ends no later than the moment it
 * is to become unknown, and with `untilProof` no later than a read can first count.
 */
export function nextReadSeconds(
  work: ReadingContext,
  intent: Pick<IntentRow, "ageSeconds" | "evidence">,
  untilProof: number | null = null,
): number | null {
  const { evidence } = intent;
  const { reads = 0, negativeReads = [] } = evidence;
  const age = ageSeconds(work, intent);
  if (age >= GIVE_UP_AFTER_SECONDS / work.pace) return null;
  const soonest = (negativeReads.length === 0 ? 1 : NEGATIVE_READS_APART_SECONDS) / work.pace;
  const scheduled = (evidence.endedAfterSeconds ?? COMMIT_DEADLINE_SECONDS) + readBackSeconds(reads) / work.pace - age;
  const planned = Math.max(soonest, Math.min(scheduled, untilProof ?? Infinity));
  const untilUnknown = unknownAfterSeconds(work.pace) - age;
  return work.row.status === "posting" && untilUnknown > 0 ? Math.min(planned, untilUnknown) : planned;
}
