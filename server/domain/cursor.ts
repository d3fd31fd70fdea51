import { refusal } from "../../contract/forms/parse.ts";
import { issueOf } from "../../model/errors.ts";

/** A cursor is the ID of the last item on a page, in a format that nobody is tempted to construct. */
export function writeCursor(id: string): string {
  return Buffer.from(id.replaceAll("-", ""), "hex").toString("base64url");
}

/** The ID in a cursor, as PostgreSQL writes it: such IDs have the order of their text. */
export function readUuidCursor(cursor: string): string {
  return readCursor(cursor).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The digits of the ID in a cursor. Rejects anything that `writeCursor` did not write. */
export function readCursor(cursor: string): string {
  const hex = Buffer.from(cursor, "base64url").toString("hex");
  if (hex.length === 32 && writeCursor(hex) === cursor) return hex;
  const message = "cursor is not a nextCursor of this list";
  throw refusal([
    issueOf({
      rule: "request.value",
      path: "/cursor",
      message,
      actual: cursor,
      fix: "Send nextCursor exactly as you received it, or omit cursor.",
    }),
  ]);
}
