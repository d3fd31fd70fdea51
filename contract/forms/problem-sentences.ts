import type { z } from "zod";

import { MAX_ISSUES } from "../../model/bound-issues.ts";
import { cutText } from "../../model/cut-text.ts";
import { issueOf, type Issue, type PublicCode } from "../../model/errors.ts";
import { nearestWord } from "../../model/nearest-word.ts";
import { fieldAt, namesIn } from "./fields-of.ts";
import { adviseKey, dotted } from "./nearest-path.ts";

/** The name of a part of a request if the path is empty, and of a key in it. */
export interface PartWords {
  whole: string;
  key: string;
}

export const BODY_WORDS: PartWords = { whole: "The request body", key: "key" };
export const QUERY_WORDS: PartWords = { whole: "The query", key: "query parameter" };

/** More unknown keys than this in one object are reported as one. */
const MAX_UNKNOWN_KEYS = 20;

/** Finding what an unknown key was meant for costs more than all else about it: only the first ones get a suggestion. */
const MAX_SUGGESTIONS = 20;

/** Turns zod's issues into readable ones, each with its path, the value found and what to do. */
export function tellProblems(form: z.ZodType, problems: readonly z.core.$ZodIssue[], words: PartWords): Issue[] {
  const issues: Issue[] = [];
  for (const problem of problems) {
    if (issues.length > MAX_ISSUES) break;
    issues.push(
      ...(problem.code === "unrecognized_keys"
        ? tellUnknownKeys(form, problem, words, issues.length < MAX_SUGGESTIONS)
        : [tellProblem(form, problem, words)]),
    );
  }
  return issues;
}

/** ["content", "media", 0] → "/content/media/0" */
export function pointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function tellUnknownKeys(
  form: z.ZodType,
  problem: z.core.$ZodIssueUnrecognizedKeys,
  words: PartWords,
  suggests: boolean,
): Issue[] {
  const listed = problem.keys.slice(0, MAX_UNKNOWN_KEYS).map((unknown) => {
    const key = cutText(unknown, 100);
    const advice = suggests
      ? adviseKey(form, problem.path, key, words.key)
      : { message: `Unknown ${words.key} "${dotted([...problem.path, key])}"`, fix: "Remove it." };
    return { ...blank("request.unknownKey", [...problem.path, unknown]), ...advice, actual: key };
  });
  const more = problem.keys.length - listed.length;
  if (more === 0) return listed;
  return [
    ...listed,
    {
      ...blank("request.unknownKey", problem.path),
      message: `There are ${more} more unknown keys`,
      actual: problem.keys.length,
      fix: "Remove them.",
    },
  ];
}

function tellProblem(form: z.ZodType, problem: z.core.$ZodIssue, words: PartWords): Issue {
  const field = fieldAt(form, problem.path);
  const name = problem.path.length === 0 ? words.whole : dotted(problem.path);
  const { rule, must, limit } = explain(problem, field?.whole === true, words === QUERY_WORDS ? queryKind : kind);
  const code: PublicCode = isMissingPlatforms(problem) ? "NO_PLATFORMS_SELECTED" : "VALIDATION_FAILED";
  const message =
    code === "NO_PLATFORMS_SELECTED"
      ? "platforms must have at least one platform"
      : rule === "request.required"
        ? `${name} is required`
        : `${name} ${must}`;
  const isObject = problem.code === "invalid_type" && problem.expected === "object" && problem.path.length > 0;
  const names = isObject && field?.example === undefined ? namesIn(form, problem.path) : [];
  const fields = names.length === 0 ? "" : ` It can have: ${names.join(", ")}.`;
  const example = field?.example === undefined ? fields : ` Example: ${JSON.stringify(field.example)}.`;
  const fix =
    `${rule === "request.required" ? "Add" : "Correct"} ` +
    `${lowerFirst(name)}.${field?.description ? ` ${field.description}` : ""}${example}`;
  return { ...blank(rule, problem.path), code, message, actual: showActual(problem.input), limit, fix };
}

function lowerFirst(name: string): string {
  return name.startsWith("The ") ? `t${name.slice(1)}` : name;
}

function isMissingPlatforms(problem: z.core.$ZodIssue): boolean {
  if (pointer(problem.path) !== "/platforms") return false;
  return (
    problem.code === "too_small" ||
    (problem.code === "invalid_type" && (problem.input === undefined || problem.input === null))
  );
}

function blank(rule: string, path: readonly PropertyKey[]): Issue {
  return issueOf({ rule, path: pointer(path), message: "", fix: "" });
}

/** The rule's ID, and what the value must be, as the end of a sentence. */
function explain(
  problem: z.core.$ZodIssue,
  whole: boolean,
  kindOf: (value: unknown) => string,
): { rule: string; must: string; limit: unknown } {
  switch (problem.code) {
    case "invalid_type":
      if (problem.input === undefined) return { rule: "request.required", must: "is required", limit: null };
      return {
        rule: "request.type",
        must: `must be ${noun(whole ? "int" : problem.expected, problem.path)}, not ${kindOf(problem.input)}`,
        limit: problem.expected,
      };
    case "invalid_value":
      if (problem.input === undefined) return { rule: "request.required", must: "is required", limit: problem.values };
      return {
        rule: "request.value",
        must: `must be ${choice(problem.values)}, not ${quoted(problem.input)}${suggestion(problem)}`,
        limit: problem.values,
      };
    case "too_small":
      return { rule: "request.range", must: lower(problem), limit: problem.minimum };
    case "too_big":
      return { rule: "request.range", must: upper(problem), limit: problem.maximum };
    case "invalid_format":
      return {
        rule: "request.format",
        must: problem.message.startsWith("must")
          ? problem.message
          : (FORMATS[problem.format] ?? "has an invalid format"),
        limit: null,
      };
    default:
      return {
        rule: "request.value",
        must: problem.message.startsWith("must") ? problem.message : "has an invalid value",
        limit: null,
      };
  }
}

function lower(problem: z.core.$ZodIssueTooSmall): string {
  const least = String(problem.minimum);
  if (problem.origin === "string")
    return problem.minimum === 1 ? "must not be empty" : `must have at least ${least} characters`;
  if (problem.origin === "array") return `must have at least ${least} ${problem.minimum === 1 ? "entry" : "entries"}`;
  return problem.inclusive === false ? `must be more than ${least}` : `must be at least ${least}`;
}

function upper(problem: z.core.$ZodIssueTooBig): string {
  const most = String(problem.maximum);
  if (problem.origin === "string") return `must have at most ${most} characters`;
  if (problem.origin === "array") return `must have at most ${most} entries`;
  return problem.inclusive === false ? `must be less than ${most}` : `must be at most ${most}`;
}

const FORMATS: Readonly<Record<string, string>> = {
  url: "must be a complete http or https URL, such as https://cdn.example.com/photo.jpg",
};

const NOUNS: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "an array",
};

/** Names of numbers end in their unit, so that the message can include it. */
const UNITS: readonly [RegExp, string][] = [
  [/Bytes$/, " of bytes"],
  [/Seconds$/, " of seconds"],
  [/^(width|height)$/, " of pixels"],
];

function noun(expected: string, path: readonly PropertyKey[]): string {
  const base = NOUNS[expected] ?? expected;
  const last = String(path.at(-1) ?? "");
  const unit = base.endsWith("number") ? UNITS.find(([ending]) => ending.test(last))?.[1] : undefined;
  if (path.length === 0 && expected === "object") return "a JSON object";
  return `${base}${unit ?? ""}`;
}

function kind(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  if (typeof value === "number") return Number.isInteger(value) ? "a number" : "a number with a fraction";
  return typeof value === "boolean" ? String(value) : `a ${typeof value}`;
}

/** In a query, everything is text. */
function queryKind(value: unknown): string {
  return Array.isArray(value) ? "several values" : quoted(value);
}

function choice(values: readonly z.core.util.Primitive[]): string {
  const words = values.map(String);
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function suggestion(problem: z.core.$ZodIssueInvalidValue): string {
  const meant = typeof problem.input === "string" ? nearestWord(problem.values.map(String), problem.input) : undefined;
  return meant === undefined ? "" : `: did you mean "${meant}"?`;
}

function quoted(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(cutText(value, 60)) : kind(value);
}

/** Short values are shown in full; others by their type. */
function showActual(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "string") return value.length > 200 ? `${cutText(value, 200)}…` : value;
  return typeof value === "object" && value !== null ? kind(value) : value;
}
