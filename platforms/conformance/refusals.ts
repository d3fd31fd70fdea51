import type { PublicCode } from "../../model/errors.ts";
import type { Refusal } from "./subject.ts";

/** How the refusals of a table strike: all but their names and what becomes of them. */
type Strike = Omit<Refusal, "error" | "code" | "isLive">;

/** A table of errors, and what becomes of each. */
export function refusals(codes: Record<string, PublicCode>, strike: Strike): Refusal[] {
  return Object.entries(codes).map(([error, code]) => ({ ...strike, error, code }));
}

/** Errors that prove nothing, or that pass: the post goes out in the end, once. */
export function passing(errors: readonly string[], strike: Strike): Refusal[] {
  return errors.map((error) => ({ ...strike, error, code: "BROKER_ERROR", isLive: true }));
}
