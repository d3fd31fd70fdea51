import type { Mode } from "../../model/platform-names.ts";

/**
 * All the engine's pauses. In test mode the operator can shorten them; leases, deadlines and the platforms' own times
 * stay as they are.
 */

/** Hidden steps run from this long before the due time, so that only one small request is left at the due time. */
export const PREPARE_AHEAD_SECONDS = 30 * 60;

/** How often a worker polls the queue, whatever it is notified of. */
export const POLL_SECONDS = 2;

/** A claim that is not renewed by then is taken over. We promise ten seconds at most. */
export const LEASE_SECONDS = 6;

/** How often leases are renewed while steps run. */
export const HEARTBEAT_SECONDS = 2;

/**
 * What renews a lease or stores a result waits this long for a row that others hold, then tries again: meanwhile, others
 * use its connection.
 */
export const URGENT_LOCK_SECONDS = 0.1;

/** A commit is sent within this time of its intent, or not at all. */
export const COMMIT_DEADLINE_SECONDS = 5;

/** The timeout of a commit that sets none: the HTTP kit's default. */
export const USUAL_TIMEOUT_SECONDS = 30;

/** If the process died during a commit, it is first read back this long after the deadline. */
export const QUARANTINE_SECONDS = 15;

/** The longest `retryAfterSeconds` of a platform that is waited out for a failure with a fixed number of attempts. */
export const LONGEST_WAIT_SECONDS = 3600;

/** How late a post may still be published automatically. */
export const USUAL_LATEST_SECONDS = 6 * 3600;

/** Pauses before the second, third, … attempt. Source: the platforms' notes on repeatable calls. */
const BACK_OFF_SECONDS = [5, 20, 60, 300, 900];

/** The first attempt and five retries. */
export const USUAL_ATTEMPTS = BACK_OFF_SECONDS.length + 1;

/** When a commit is read back after its answer was lost; after these, hourly for a day. */
const READ_BACK_SECONDS = [15, 45, 120, 300, 900, 3600];

const UNKNOWN_AFTER_SECONDS = 900;

/**
 * However short the pauses are, a commit whose process died is taken over and read back twice before it is called
 * `unknown`.
 */
const UNKNOWN_AFTER_AT_LEAST_SECONDS = 15;

/** A commit whose outcome is still open after this long is called `unknown`. */
export function unknownAfterSeconds(pace: number): number {
  return Math.max(UNKNOWN_AFTER_SECONDS / pace, UNKNOWN_AFTER_AT_LEAST_SECONDS);
}

/** Commits are read back for this long at most. */
export const GIVE_UP_AFTER_SECONDS = 24 * 3600;

/** Two negative reads closer together than this count as one. */
export const NEGATIVE_READS_APART_SECONDS = 15;

/**
 * Prepared handles that have been idle for this long are discarded and created again. Meta's containers live for 24
 * hours.
 */
export const HANDLES_LIVE_SECONDS = 12 * 3600;

/** What the engine's pauses are divided by. */
export function paceOf(mode: Mode, speed: number): number {
  return mode === "test" ? speed : 1;
}

/**
 * The pause after this many failures, varied by up to a fifth, so that posts that failed together are not retried
 * together.
 */
export function backOffSeconds(failures: number, random: () => number = Math.random): number {
  const seconds = BACK_OFF_SECONDS[failures - 1] ?? 900;
  return seconds * (0.8 + 0.4 * random());
}

/** How many more reads are planned, after this many, until an open commit is called `unknown`. */
export function readsUntilUnknown(reads: number, pace: number): number {
  let planned = reads;
  while (readBackSeconds(planned) / pace <= unknownAfterSeconds(pace)) planned += 1;
  return Math.max(1, planned - reads);
}

/** Seconds from a lost answer to the read after `reads` earlier ones. */
export function readBackSeconds(reads: number): number {
  return READ_BACK_SECONDS[reads] ?? 3600 * (reads - READ_BACK_SECONDS.length + 2);
}
