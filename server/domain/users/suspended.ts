import { PublicError } from "../../../model/errors.ts";

/** The error for everything that a suspended user sends: with a key, a token or a session. */
export function suspended(): PublicError {
  return PublicError.of({
    rule: "request.suspended",
    code: "UNAUTHORIZED",
    message: "This user is suspended",
    fix: "Ask the operator of this instance. Nothing was deleted, and a resumed user can continue with the same keys.",
  });
}
