import type { GraphErrorRow } from "./graph.ts";

/** A response that matches the row, and no row before it. */
export function exampleOf(row: GraphErrorRow): { status: number; body: object } {
  if (row.exchange === true)
    return {
      status: 400,
      body: {
        error_type: "OAuthException",
        code: 400,
        error_message: row.sentence?.source ?? "Matching code was not found or was already used",
      },
    };
  const code = row.codes?.[0];
  const number = typeof code === "object" ? code[0] : (code ?? row.either?.[0] ?? 1);
  const message = row.name ?? row.sentence?.source ?? "Refused";
  return {
    status: 400,
    body: { error: { message, type: "OAuthException", code: number, error_subcode: row.subcodes?.[0] } },
  };
}
