import { OPERATIONS } from "../contract/index.ts";
import { TAGS, tagOf } from "../contract/openapi/openapi.ts";
import { errorsOf, type Operation, takesKey } from "../contract/operation.ts";
import { PUBLIC_CODES, type PublicCode } from "../model/errors.ts";
import { code } from "./markdown.ts";
import type { Addresses } from "./pages.ts";

/** Every operation that accepts a key, on one line each, and the page with its fields. */
export function llmCalls({ appUrl }: Pick<Addresses, "appUrl">): string[] {
  const operations = OPERATIONS.filter(
    ({ successor, auth = "key" }) => successor === undefined && auth !== "session" && auth !== "operator",
  );
  return [
    "Each endpoint accepts JSON and a Bearer key, and can fail with " +
      `${codes(common(OPERATIONS))}. ` +
      "Writes accept `Idempotency-Key` and can fail with " +
      `${codes(extra(OPERATIONS.filter(takesKey)))}; ` +
      `endpoints with a body can fail with ${codes(extra(OPERATIONS.filter(({ takes }) => takes !== "none")))}. ` +
      "In a request body, `null` is the same as omitting the field, except in PATCH, " +
      "where it clears a stored value. In responses, a field without a value is `null`, never omitted; " +
      "times are ISO 8601 in UTC with milliseconds. " +
      `The fields of every request and response are on the pages linked here, and in ${appUrl}/docs/api.md what else ` +
      "people and operators can call.",
    "",
    ...TAGS.flatMap(([tag, about]) => {
      const listed = operations.filter((operation) => tagOf(operation) === tag);
      return listed.length === 0
        ? []
        : [`### ${tag}`, "", `${about} ${appUrl}/docs/api/${tag}.md`, "", ...listed.map(callLine), ""];
    }),
  ];
}

function callLine({ name, method, path, summary, tool }: Operation): string {
  return `- ${code(`${method} ${path}`)} ${summary}${tool === null ? "" : `: tool ${code(tool.name ?? name)}`}`;
}

function codes(listed: readonly PublicCode[]): string {
  return listed.map((each) => `${PUBLIC_CODES[each].status} ${code(each)}`).join(", ");
}

/** The codes that all of the operations can fail with. */
function common(operations: readonly Operation[]): PublicCode[] {
  const [first, ...others] = operations.map(errorsOf);
  return (first ?? []).filter((each) => others.every((codes) => codes.includes(each)));
}

/** The codes that all of these operations can fail with, except those that every operation can fail with. */
function extra(operations: readonly Operation[]): PublicCode[] {
  const everywhere = common(OPERATIONS);
  return common(operations).filter((each) => !everywhere.includes(each));
}
