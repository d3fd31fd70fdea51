import { refusal } from "../../../contract/forms/parse.ts";
import { issueOf, type PublicError } from "../../../model/errors.ts";

/** An error about one field of a request, by its path. */
export function rejectField(rule: string, path: string, message: string, fix: string): PublicError {
  return refusal([issueOf({ rule, path, message, fix })]);
}
