import { randomBytes } from "node:crypto";

import type pg from "pg";

import { findPasswordMark } from "../db/queries/sign-in-methods.ts";

/**
 * A browser in which somebody has signed in before: failed tries from elsewhere do not keep its person out. The cookie
 * is signed by the sign-in library, stands for one person, and is void once their password is another. It opens
 * nothing: it has tries of its own.
 */
export const KNOWN_BROWSER = "known_browser";

export const KNOWN_BROWSER_DAYS = 180;

/** What the cookie of the person's browser says from now on; the browser keeps its own name. */
export async function markBrowser(pool: pg.Pool, email: string, before: string | null): Promise<string | null> {
  const known = await findPasswordMark.one(pool, [email]);
  if (known === undefined) return null;
  return [
    known.user_id,
    known.mark,
    (await nameOfBrowser(pool, email, before)) ?? randomBytes(16).toString("base64url"),
  ].join(" ");
}

/** The name of the browser where it is one of the person with this address; null where it is not. */
export async function nameOfBrowser(pool: pg.Pool, email: string, cookie: string | null): Promise<string | null> {
  if (cookie === null) return null;
  const known = await findPasswordMark.one(pool, [email]);
  const [userId, mark, name] = cookie.split(" ");
  return known !== undefined && userId === known.user_id && mark === known.mark && name !== undefined ? name : null;
}
