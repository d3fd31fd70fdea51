import { isOwnPath } from "../../../contract/operations/connections.ts";

/**
 * A path of our own to go on to, as it was asked for in a URL or form, and as a Location header can say it; the
 * fallback where it would lead elsewhere.
 */
export function safeRedirect(asked: unknown, fallback: string): string {
  if (typeof asked !== "string" || !isOwnPath(asked)) return fallback;
  const { pathname, search, hash } = new URL(asked, "http://own.invalid");
  return pathname + search + hash;
}
