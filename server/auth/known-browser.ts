import { randomBytes } from "node:crypto";

import type pg from "pg";

import { findPasswordMark } from "../db/queries/sign-in-methods.ts";

/**
 * A browser in which a user has signed in before: failed attempts from elsewhere do not lock that user out of it. The
 * sign-in library signs the cookie, which belongs to one user and is void once their password changes. It grants no
 * access: it only has its own attempts.
 */
export const KNOWN_BROWSER = "known_browser";

export const KNOWN_BROWSER_DAYS = 180;

/** The new value of the browser's cookie; the browser keeps its name. */
export async function markBrowser(pool: pg.Pool, email: string, before: string | null): Promise<string | null> {
  const known = await findPasswordMark.one(pool, [email]);
  if (known === undefined) return null;
  return [
    known.user_id,
    known.mark,
    (await nameOfBrowser(pool, email, before)) ?? randomBytes(16).toString("base64url"),
  ].join(" ");
}

/** The browser's name if it belongs to the user with this address; null otherwise. */
export async function nameOfBrowser(pool: pg.Pool, email: string, cookie: string | null): Promise<string | null> {
  if (cookie === null) return null;
  const known = await findPasswordMark.one(pool, [email]);
  const [userId, mark, name] = cookie.split(" ");
  return known !== undefined && userId === known.user_id && mark === known.mark && name !== undefined ? name : null;
}
