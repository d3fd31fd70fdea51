import { refusal } from "../../../contract/forms/parse.ts";
import { issueOf, type PublicError } from "../../../model/errors.ts";

/** A refusal of one thing in a request, by its path. */
export function rejectField(rule: string, path: string, message: string, fix: string): PublicError {
  return refusal([issueOf({ rule, path, message, fix })]);
}
