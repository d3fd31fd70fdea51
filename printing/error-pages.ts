import { OPERATIONS } from "../contract/index.ts";
import { errorExample } from "../contract/openapi/error-examples.ts";
import { tagOf } from "../contract/openapi/openapi.ts";
import { errorsOf } from "../contract/operation.ts";
import { BROKER_CODES, PUBLIC_CODES, type PublicCode, WARNING_CODES, type WarningCode } from "../model/errors.ts";
import { catalog } from "../platforms/catalog.ts";
import { ERROR_ADVICE } from "./error-advice.ts";
import { code, fenced, table } from "./markdown.ts";
import type { DocPage } from "./pages.ts";

const CODES: readonly PublicCode[] = Object.keys(PUBLIC_CODES).filter(
  (each): each is PublicCode => each in PUBLIC_CODES,
);

const WARNINGS: readonly WarningCode[] = Object.keys(WARNING_CODES).filter(
  (each): each is WarningCode => each in WARNING_CODES,
);
const ON_WARNINGS = "In `warnings` of platform posts";

/** A page for each code: its meaning, cause and fix, and where it occurs. */
export function errorPages(): DocPage[] {
  const page = (each: string, lines: readonly string[]): DocPage => ({
    path: `/docs/errors/${each}`,
    title: each,
    group: "Error codes",
    markdown: [`# ${each}`, "", ...lines, ""].join("\n"),
  });
  return [
    ...CODES.map((each) => page(each, [...explainError(each), ...whereMet(each)])),
    ...WARNINGS.map((each) =>
      page(each, [`${WARNING_CODES[each]} **${ON_WARNINGS}.**`, "", "The warning's `message` has the details."]),
    ),
  ];
}

/** The codes with their status, linked to their pages. */
export function errorTable(): string[] {
  const row = (each: string, status: string, meaning: string) => [
    `[${code(each)}](/docs/errors/${each})`,
    status,
    meaning,
  ];
  return table(
    ["Code", "Status", "Meaning"],
    [
      ...CODES.map((each) => row(each, statusOf(each), PUBLIC_CODES[each].meaning)),
      ...WARNINGS.map((each) => row(each, ON_WARNINGS, WARNING_CODES[each])),
    ],
  );
}

/** Meaning, cause and fix of a code. */
export function explainError(each: PublicCode): string[] {
  const { cause, cure } = ERROR_ADVICE[each];
  return [
    `${PUBLIC_CODES[each].meaning} **${statusOf(each).replace(/^\d/, "Status $&")}.**`,
    "",
    `**Cause.** ${cause}`,
    "",
    `**What to do.** ${cure}`,
  ];
}

/** The codes, each with what to do on one line. */
export function errorLines(): string[] {
  return CODES.map(
    (each) =>
      `- ${code(each)} (${statusOf(each).toLowerCase()}): ${PUBLIC_CODES[each].meaning} ${ERROR_ADVICE[each].cure}`,
  );
}

/** The codes of warnings that are no errors, on one line. */
export function warningLine(): string {
  return `${ON_WARNINGS}: ${WARNINGS.map(code).join(", ")}. Their \`message\` says what to know.`;
}

/** Some codes occur only on platform posts, never as the error of a request. */
function statusOf(each: PublicCode): string {
  if (PUBLIC_CODES[each].status === 200) return "In warnings";
  const refuses = OPERATIONS.some((operation) => errorsOf(operation).includes(each));
  return refuses ? String(PUBLIC_CODES[each].status) : "On platform posts";
}

/** Where a code occurs: on platform posts, in platform rules, and in responses, with an example. */
function whereMet(each: PublicCode): string[] {
  const operations = OPERATIONS.filter((operation) => errorsOf(operation).includes(each));
  const rules = Object.values(catalog).flatMap(({ capabilities, rules: all }) =>
    all
      .filter((rule) => rule.code === each && rule.severity === undefined)
      .map((rule) => [
        `[${capabilities.label}](/docs/platforms/${capabilities.platform})`,
        code(rule.rule),
        rule.message,
        rule.fix,
      ]),
  );
  const onPosts = Object.values(BROKER_CODES).filter(({ publicCode }) => publicCode === each);
  const isEverywhere = operations.length === OPERATIONS.length;
  return [
    ...(onPosts.length === 0
      ? []
      : [
          "",
          "## On a platform post",
          "",
          "In the `error` of a platform post, it has one of these categories:",
          "",
          ...table(
            ["Category", "Retried automatically", "What to do"],
            onPosts.map(({ category, retryable, action }) => [
              code(category),
              retryable ? "yes, while it has `nextAttemptAt`" : "no",
              action,
            ]),
          ),
        ]),
    ...(rules.length === 0
      ? []
      : [
          "",
          "## Platform rules",
          "",
          "In addition to text lengths and media limits, which are on each platform's page:",
          "",
          ...table(["Platform", "Rule", "Message", "What to do"], rules),
        ]),
    ...(operations.length === 0
      ? []
      : [
          "",
          "## Endpoints",
          "",
          isEverywhere
            ? "Every endpoint can return it."
            : operations
                .map(
                  (operation) =>
                    `[${code(`${operation.method} ${operation.path}`)}](/docs/api/${tagOf(operation)}#${operation.name})`,
                )
                .join(" · "),
          "",
          ...fenced("json", JSON.stringify(errorExample(each), null, 2)),
        ]),
  ];
}
