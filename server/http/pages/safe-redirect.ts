import { isOwnPath } from "../../../contract/operations/connections.ts";

const OWN = "http://own.invalid";

/**
 * A path of our own to continue at, from a URL or form, in a form valid for a Location header; the fallback if it would
 * lead elsewhere.
 */
export function safeRedirect(asked: unknown, fallback: string): string {
  if (typeof asked !== "string" || !isOwnPath(asked)) return fallback;
  const { pathname, search, hash } = new URL(asked, OWN);
  return pathname + search + hash;
}

/** Where the user continues once an account is connected: the page they came from, which says so. */
export function afterConnecting(returnTo: string, accountId: string): string {
  const url = new URL(safeRedirect(returnTo, "/platforms"), OWN);
  url.searchParams.set("connected", accountId);
  return url.pathname + url.search;
}
