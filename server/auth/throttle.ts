import { createHash } from "node:crypto";

import ipaddr from "ipaddr.js";
import type pg from "pg";

import { BOUNDS } from "../../model/bounds.ts";
import { PublicError } from "../../model/errors.ts";
import { countTries, resetTries } from "../db/queries/throttles.ts";

/** Attempts are counted per account and per address. */
export interface Limit {
  /** Attempts on one account, by anyone. */
  account?: number;
  /** Attempts from one address, on any account. */
  address?: number;
  seconds: number;
}

const QUARTER = 15 * 60;
const HOUR = 60 * 60;

/** Attempts whose success resets the account's count: only failures in a row count. */
export const LIMITS = {
  signIn: { account: 10, address: 60, seconds: QUARTER },
  secondFactor: { address: 30, seconds: QUARTER },
  signUp: { account: 5, address: 60, seconds: HOUR },
  email: { account: 5, address: 30, seconds: HOUR },
  // An account here is who invites, then also whom, and then who is invited, by anyone: others cannot use up a person's
  // own emails, nor their invitations.
  memberInvite: { account: 60, address: 60, seconds: HOUR },
  repeatedInvite: { account: 5, seconds: HOUR },
  inviteEmail: { account: 20, seconds: HOUR },
  oneTimeToken: { address: 30, seconds: HOUR },
  password: { account: 10, address: 60, seconds: QUARTER },
  mcpClient: { account: 30, address: 120, seconds: QUARTER },
  mcpRegistration: { address: 120, seconds: HOUR },
  // Only failures are counted: a program that serves many users comes from one address.
  mcpToken: { address: 120, seconds: QUARTER },
  // The same for platforms: many people's requests come from few addresses.
  platformCallback: { address: 120, seconds: QUARTER },
} as const satisfies Record<string, Limit>;

export type ThrottledAction = keyof typeof LIMITS;

/** Who is trying: `account` is an email address or a user's ID, whether or not the account exists. */
export interface ThrottleSubject {
  account?: string | null | undefined;
  address: string | null;
}

/** Counts an attempt before it is made, in the database, across all processes. Throws RATE_LIMITED with Retry-After. */
export async function throttle(pool: pg.Pool, what: ThrottledAction, who: ThrottleSubject): Promise<void> {
  const seconds = await countTry(pool, what, who);
  if (seconds !== null) throw tooManyTries(seconds);
}

/** Counts an attempt in the same way. Seconds until there may be more; null: it is not too many. */
export async function countTry(pool: pg.Pool, what: ThrottledAction, who: ThrottleSubject): Promise<number | null> {
  const { seconds } = LIMITS[what];
  const counted = countersOf(what, who);
  if (counted.length === 0) return null;
  const rows = await countTries.all(pool, [counted.map(({ key }) => key), counted.map(() => seconds)]);
  const over = rows.filter((row) => counted.some(({ key, most }) => key === row.key && row.count > most));
  return over.length === 0 ? null : Math.max(...over.map((row) => row.seconds_left));
}

/**
 * Counts only failures: this slows down those who guess, but not those who call often from one address. Rethrows the
 * error, or throws RATE_LIMITED.
 */
export async function throttleFailures<Result>(
  pool: pg.Pool,
  what: ThrottledAction,
  who: ThrottleSubject,
  isFailure: (error: unknown) => boolean,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (isFailure(error)) await throttle(pool, what, who);
    throw error;
  }
}

/**
 * Whether a failed sign-in of this account, or of no account, is to be written down: there are not too many of this
 * hour yet.
 */
export async function shouldRecordFailure(pool: pg.Pool, userId: string | null): Promise<boolean> {
  const noted = await countTries.one(pool, [[keyOf("failed", userId ?? "")], [HOUR]]);
  return noted !== undefined && noted.count <= BOUNDS.notedFailures;
}

/** After a success, the account's earlier attempts no longer count. The address's do. */
export async function resetThrottle(pool: pg.Pool, what: ThrottledAction, account: string): Promise<void> {
  await resetTries.run(pool, [countersOf(what, { account, address: null }).map(({ key }) => key)]);
}

function countersOf(what: ThrottledAction, { account, address }: ThrottleSubject): { key: string; most: number }[] {
  const limit: Limit = LIMITS[what];
  return [
    ...(limit.account === undefined || account === undefined || account === null
      ? []
      : [{ key: keyOf(what, "account", account.trim().toLowerCase()), most: limit.account }]),
    ...(limit.address === undefined || address === null
      ? []
      : [{ key: keyOf(what, "address", networkOf(address)), most: limit.address }]),
  ];
}

function keyOf(...parts: string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("base64url");
}

/** Anyone with one IPv6 address also has the 2^64 around it. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(":") : parsed.toString();
}

export function tooManyTries(retryAfterSeconds: number): PublicError {
  const message = "Too many attempts. Wait before trying again.";
  const fix = `Try again in ${retryAfterSeconds < 120 ? `${retryAfterSeconds} seconds` : `${Math.ceil(retryAfterSeconds / 60)} minutes`}.`;
  return PublicError.of(
    { rule: "auth.too_many_tries", code: "RATE_LIMITED", message, fix },
    { headers: { "retry-after": String(retryAfterSeconds) } },
  );
}
