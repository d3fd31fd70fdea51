import type { OpenIntent } from "../platform.ts";
import type { HttpAnswer } from "./http.ts";

/** By how much a platform's clock and the database's may differ. */
const SKEW_MILLISECONDS = 900_000;

/** How long after its call a post may be dated. */
const AFTER_MILLISECONDS = 600_000;

/**
 * Which part of a list to ask for: where a post has to be dated by whichever clock, with no end while that has not
 * come. What is in it is then validated by `earliestDate`.
 */
export function searchedDates({ intentAt, lastIntentAt }: OpenIntent, now: Date): { since: Date; until: Date | null } {
  const until = lastIntentAt.getTime() + AFTER_MILLISECONDS + SKEW_MILLISECONDS;
  const isOver = now.getTime() > until + SKEW_MILLISECONDS;
  return { since: new Date(intentAt.getTime() - SKEW_MILLISECONDS), until: isOver ? new Date(until) : null };
}

/**
 * What a list dates before this is older than the call, by the platform's own clock: the answer says what time it is
 * there. Platforms date a post some seconds before its call where several of their machines are at work.
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

/** As platforms take times: without fractions. */
export function wholeSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}
