import { PUBLIC_CODES, type PublicCode } from "../../model/errors.ts";
import { errorsOf, type Operation } from "../operation.ts";
import { HEADERS } from "./components.ts";
import { errorExample } from "./error-examples.ts";
import type { JsonObject } from "./openapi.ts";

/** An operation's errors by status, as references to named responses. */
export function refusalsOf(operation: Operation): JsonObject {
  return Object.fromEntries(
    codesOf(operation).map(([status, codes]) => [
      String(status),
      { $ref: `#/components/responses/${nameOf(operation, codes)}` },
    ]),
  );
}

/** The components referenced by the errors of all operations. */
export function refusalComponents(operations: readonly Operation[]): { responses: JsonObject; examples: JsonObject } {
  const codes = [...new Set(operations.flatMap(errorsOf))];
  return {
    responses: Object.fromEntries(
      operations.flatMap((operation) =>
        codesOf(operation).map(([status, those]) => [nameOf(operation, those), refusal(operation, status, those)]),
      ),
    ),
    examples: Object.fromEntries(
      codes.map((code) => [code, { summary: PUBLIC_CODES[code].meaning, value: errorExample(code) }]),
    ),
  };
}

/**
 * The headers on every response of the operation, whatever the status; operations for keys that are requested on the
 * app's host also name their URL on the API's host.
 */
export function headersOf({ auth }: Operation): string[] {
  return [
    "X-Request-Id",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    ...(auth === "session" || auth === "operator" ? [] : ["Deprecation", "Link"]),
  ];
}

/** Headers by name. */
export function headers(...names: string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** The codes the operation can fail with, by status. */
function codesOf(operation: Operation): [status: number, codes: PublicCode[]][] {
  return [...Map.groupBy(errorsOf(operation), (code) => PUBLIC_CODES[code].status)].sort(
    ([one], [other]) => one - other,
  );
}

/** Responses with the same codes have the same name. */
function nameOf({ auth }: Operation, codes: readonly PublicCode[]): string {
  return [...(auth === "session" || auth === "operator" ? [auth] : []), ...codes].join(".");
}

function refusal(operation: Operation, status: number, codes: readonly PublicCode[]): JsonObject {
  const isInProgress = codes.includes("IDEMPOTENCY_IN_PROGRESS");
  return {
    description: codes.map((code) => `\`${code}\`: ${PUBLIC_CODES[code].meaning}`).join("\n\n"),
    headers: {
      ...headers(...headersOf(operation)),
      ...(status === 401 && operation.auth !== "session" ? headers("WWW-Authenticate") : {}),
      ...(status === 429 || status === 503 ? headers("Retry-After") : {}),
      ...(isInProgress ? { "Retry-After": { ...HEADERS["Retry-After"], required: false } } : {}),
    },
    content: {
      "application/json": {
        schema: { allOf: [{ $ref: "#/components/schemas/Error" }, { properties: { code: { enum: codes } } }] },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}
