import { isOwnPath } from "../../../contract/operations/connections.ts";

/**
 * A path of our own to continue at, from a URL or form, in a form valid for a Location header; the fallback if it would
 * lead elsewhere.
 */
export function safeRedirect(asked: unknown, fallback: string): string {
  if (typeof asked !== "string" || !isOwnPath(asked)) return fallback;
  const { pathname, search, hash } = new URL(asked, "http://own.invalid");
  return pathname + search + hash;
}
