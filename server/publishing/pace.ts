import type { Mode } from "../../model/platform-names.ts";

/** All the pauses of the engine. In test mode the operator may divide them; leases, deadlines and platforms' own times never. */

/** Who has not prolonged by then is taken over. Ten seconds at most are promised. */
export const LEASE_SECONDS = 6;

/** How often leases are prolonged while steps run. */
export const HEARTBEAT_SECONDS = 2;

/** A commit's bytes leave within this of its intent, or not at all. */
export const COMMIT_DEADLINE_SECONDS = 5;

/** The time-out of a commit that names none, as the HTTP kit has it. */
export const USUAL_TIMEOUT_SECONDS = 30;

/** How long after the deadline of a commit whose process is gone it is first read back. */
export const QUARANTINE_SECONDS = 15;

/** What a platform's "wait so long" may amount to where it is about something that nobody waits for. */
export const LONGEST_WAIT_SECONDS = 3600;

/** How late a post is published by itself. */
export const USUAL_LATEST_SECONDS = 6 * 3600;

/** Pauses before the second, third, … attempt. Source: the platforms' notes on repeatable calls. */
const BACK_OFF_SECONDS = [5, 20, 60, 300, 900];

/** The first try and five repeats. */
export const USUAL_ATTEMPTS = BACK_OFF_SECONDS.length + 1;

/** When a commit is read back, after its answer was lost: then hourly for a day. */
const READ_BACK_SECONDS = [15, 45, 120, 300, 900, 3600];

const UNKNOWN_AFTER_SECONDS = 900;

/** However fast the pauses run, a commit whose process is gone is taken over and read back twice before that is said. */
const UNKNOWN_AFTER_AT_LEAST_SECONDS = 15;

/** A commit whose outcome is not known so long after it is said to be `unknown`. */
export function unknownAfterSeconds(pace: number): number {
  return Math.max(UNKNOWN_AFTER_SECONDS / pace, UNKNOWN_AFTER_AT_LEAST_SECONDS);
}

/** A commit is read back no longer than this. */
export const GIVE_UP_AFTER_SECONDS = 24 * 3600;

/** Two negative reads closer together than this are one. */
export const NEGATIVE_READS_APART_SECONDS = 15;

/** Prepared handles that nobody touched for so long are made anew; Meta's containers live 24 hours. */
export const HANDLES_LIVE_SECONDS = 12 * 3600;

/** By how much the engine's pauses are divided. */
export function paceOf(mode: Mode, speed: number): number {
  return mode === "test" ? speed : 1;
}

/** The pause after the `failures`th failure, up to a fifth shorter or longer, so that what failed together does not return together. */
export function backOffSeconds(failures: number, random: () => number = Math.random): number {
  const seconds = BACK_OFF_SECONDS[failures - 1] ?? 900;
  return seconds * (0.8 + 0.4 * random());
}

/** Seconds from a lost answer to the read that follows `reads` earlier ones. */
export function readBackSeconds(reads: number): number {
  return READ_BACK_SECONDS[reads] ?? 3600 * (reads - READ_BACK_SECONDS.length + 2);
}
