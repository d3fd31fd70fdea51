import { refusal } from "../../contract/forms/parse.ts";

/** A cursor is the id of the last thing on a page, in a form that nobody is tempted to build. */
export function writeCursor(id: string): string {
  return Buffer.from(id.replaceAll("-", ""), "hex").toString("base64url");
}

/** The id in a cursor. Refuses what `writeCursor` did not write. */
export function readCursor(cursor: string): string {
  const hex = Buffer.from(cursor, "base64url").toString("hex");
  if (hex.length === 32 && writeCursor(hex) === cursor) return hex;
  const message = "cursor is not a nextCursor of this list";
  throw refusal([
    {
      rule: "request.value",
      code: "VALIDATION_FAILED",
      platform: null,
      path: "/cursor",
      message,
      actual: cursor,
      limit: null,
      fix: "Send nextCursor exactly as you received it, or omit cursor.",
    },
  ]);
}
