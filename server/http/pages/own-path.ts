import { isOwnPath } from "../../../contract/connections.ts";

/** A path of our own to go on to, as it was asked for in a URL or form; the fallback where it would lead elsewhere. */
export function ownPath(asked: unknown, fallback: string): string {
  return typeof asked === "string" && isOwnPath(asked) ? asked : fallback;
}
