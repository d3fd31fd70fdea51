import type { PublicCode } from "../../model/errors.ts";
import type { Refusal } from "./subject.ts";

/** What all refusals of a table have in common. */
type Strike = Omit<Refusal, "error" | "code" | "isLive">;

/** Refusals with the public code of each. */
export function refusals(codes: Record<string, PublicCode>, strike: Strike): Refusal[] {
  return Object.entries(codes).map(([error, code]) => ({ ...strike, error, code }));
}

/** Errors that are temporary or leave the outcome open: the post is still published, once. */
export function passing(errors: readonly string[], strike: Strike): Refusal[] {
  return errors.map((error) => ({ ...strike, error, code: "BROKER_ERROR", isLive: true }));
}
