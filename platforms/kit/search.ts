import type { OpenIntent } from "../platform.ts";
import type { HttpAnswer } from "./http.ts";

/** The maximum difference between a platform's clock and the database's. */
const SKEW_MILLISECONDS = 900_000;

/** The maximum time after its request at which a post can be dated. */
const AFTER_MILLISECONDS = 600_000;

/**
 * Which part of a list to query: where a post must be dated by either clock, without an end while that is in the
 * future. Its entries are then checked with `earliestDate`.
 */
export function searchedDates({ intentAt, lastIntentAt }: OpenIntent, now: Date): { since: Date; until: Date | null } {
  const until = lastIntentAt.getTime() + AFTER_MILLISECONDS + SKEW_MILLISECONDS;
  const isOver = now.getTime() > until + SKEW_MILLISECONDS;
  return { since: new Date(intentAt.getTime() - SKEW_MILLISECONDS), until: isOver ? new Date(until) : null };
}

/**
 * Anything a list dates before this is older than the request, by the platform's own clock from the response. Platforms
 * with several machines can date a post some seconds before its request.
 */
export function earliestDate(
  { intentAt, ageSeconds }: OpenIntent,
  { headers }: Pick<HttpAnswer, "headers">,
  toleranceSeconds: number,
): number {
  const now = Date.parse(headers.date ?? "");
  const began = Number.isFinite(now) ? now - ageSeconds * 1000 : intentAt.getTime();
  return began - toleranceSeconds * 1000;
}

/** The time format that platforms accept: without fractions. */
export function wholeSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}
