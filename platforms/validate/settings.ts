import { z } from "zod";

import { MAX_ISSUES } from "../../model/bound-issues.ts";
import { cutText } from "../../model/cut-text.ts";
import { issueOf } from "../../model/errors.ts";
import { nearestWord } from "../../model/nearest-word.ts";
import type { AccountFacts, Definition, Settings } from "../definition.ts";
import { joinWords } from "../describe.ts";
import { dotted, type TopicIssue } from "./files.ts";

export interface ValidatedSettings {
  findings: TopicIssue[];
  /** The well-formed members. Rules see only these. */
  valid: Settings;
  /** Indexes of the malformed parts of `thread`. */
  brokenParts: ReadonlySet<number>;
}

/** Validates settings by the platform's schema and reports issues. Null members count as absent. */
export function validateSettings(
  definition: Definition,
  sent: Settings | null | undefined,
  account: AccountFacts | null,
): ValidatedSettings {
  const { settings: schema } = definition;
  const given = Object.fromEntries(Object.entries(sent ?? {}).filter(([, value]) => value !== null));
  const problems = schema.safeParse(given).error?.issues ?? [];
  const broken = new Set(
    problems.flatMap((problem) =>
      problem.code === "unrecognized_keys" && problem.path.length === 0 ? problem.keys : problem.path.slice(0, 1),
    ),
  );
  return {
    findings: wordProblems(definition, account, given, problems),
    valid: Object.fromEntries(Object.entries(given).filter(([member]) => !broken.has(member))),
    brokenParts: new Set(
      problems.flatMap(({ path }) => (path[0] === "thread" && typeof path[1] === "number" ? [path[1]] : [])),
    ),
  };
}

function wordProblems(
  definition: Definition,
  account: AccountFacts | null,
  given: Settings,
  problems: readonly z.core.$ZodIssue[],
): TopicIssue[] {
  const findings: TopicIssue[] = [];
  for (const problem of problems) {
    if (findings.length > MAX_ISSUES) break;
    findings.push(...wordProblem(definition, account, given, problem));
  }
  return findings;
}

function wordProblem(
  { capabilities: { platform, label, choices = {} }, settings: schema }: Definition,
  account: AccountFacts | null,
  given: Settings,
  found: z.core.$ZodIssue,
): TopicIssue[] {
  const offered = account?.metadata[choices[found.path.join(".")] ?? ""];
  const isChoice = found.code === "invalid_value" && Array.isArray(offered);
  const problem = isChoice ? { ...found, values: offered.map(String) } : found;
  const at = pointer(platform, problem.path);
  if (problem.code === "unrecognized_keys") {
    const known = keysAt(schema, problem.path);
    return problem.keys
      .slice(0, MAX_UNKNOWN_KEYS)
      .map((key) => wordUnknownKey(platform, `${label} settings`, [...problem.path, key], known));
  }
  const actual = valueAt(given, problem.path);
  const member = problem.path[0];
  const description = typeof member === "string" ? schema.shape[member]?.description : undefined;
  const isOwnSentence = !/^(Invalid|Too |Unrecognized|must )/.test(problem.message);
  return [
    {
      about: "settings",
      issue: {
        rule: `${platform}.settings.${problem.path.filter((each) => typeof each === "string").join(".")}`,
        code: "VALIDATION_FAILED",
        platform,
        path: at,
        message: isOwnSentence ? problem.message : `${dotted(at)} ${sayProblem(problem, actual)}.`,
        actual: actual ?? null,
        limit: limitOf(problem),
        fix:
          `${actual === undefined ? "Add" : "Correct"} ${dotted(at)}.` +
          sayFields(schema, problem) +
          (description === undefined ? "" : ` ${description}`) +
          (isChoice ? ` This account offers ${offered.join(", ")}.` : ""),
      },
    },
  ];
}

/** Nobody reads more of them in one response. */
const MAX_UNKNOWN_KEYS = 20;

/** Members that callers often put into settings by mistake, and where they belong. */
const ELSEWHERE: Record<string, (platform: string) => string> = {
  scheduledFor: () => "scheduledFor",
  platforms: () => "platforms",
  platformSetId: () => "platformSetId",
  text: (platform) => `content.platformOverrides.${platform}.text`,
  media: (platform) => `content.platformOverrides.${platform}.media`,
  thumbnailUrl: () => "content.media[0].thumbnailUrl",
  thumbnailMediaId: () => "content.media[0].thumbnailMediaId",
  linkUrl: () => "content.linkUrl",
};

function wordUnknownKey(
  platform: Definition["capabilities"]["platform"],
  of: string,
  path: readonly PropertyKey[],
  known: readonly string[],
): TopicIssue {
  const key = cutText(String(path.at(-1)), 100);
  const parent = pointer(platform, path.slice(0, -1));
  const elsewhere = path.length === 1 && Object.hasOwn(ELSEWHERE, key) ? ELSEWHERE[key]?.(platform) : undefined;
  const near = nearestWord(known, key);
  const message =
    elsewhere !== undefined
      ? `"${key}" belongs at ${elsewhere.includes(".") ? `"${elsewhere}"` : "the top level"}`
      : near === undefined
        ? `Unknown key "${dotted(parent)}.${key}"`
        : `Unknown key "${dotted(parent)}.${key}": did you mean "${dotted(parent)}.${near}"?`;
  return {
    about: "structure",
    issue: issueOf({
      rule: "request.unknownKey",
      platform,
      path: `${parent}/${escape(key)}`,
      message,
      actual: key,
      fix:
        elsewhere !== undefined
          ? `Move it to ${elsewhere}.`
          : near === undefined
            ? `Remove it. ${of} can have: ${known.join(", ")}.`
            : `Rename it to ${near}, or remove it.`,
    }),
  };
}

function sayProblem(problem: z.core.$ZodIssue, actual: unknown): string {
  if (actual === undefined) return "is required";
  if (problem.message.startsWith("must ")) return problem.message;
  switch (problem.code) {
    case "invalid_type":
      return `must be ${TYPE_WORDS[problem.expected] ?? problem.expected}`;
    case "invalid_value":
      return `must be ${problem.values.length === 1 ? "" : "one of "}${problem.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "too_small":
      return `must be at least ${problem.minimum}${UNIT_WORDS[problem.origin] ?? ""}`;
    case "too_big":
      return `must be at most ${problem.maximum}${UNIT_WORDS[problem.origin] ?? ""}`;
    case "invalid_format":
      return `must be a valid ${problem.format === "datetime" ? "ISO 8601 time with an offset or Z" : problem.format}`;
    default:
      return "has an invalid format";
  }
}

/** Of something that must be an object: an example with its required texts, and all its fields. */
function sayFields(schema: z.ZodObject, problem: z.core.$ZodIssue): string {
  if (problem.code !== "invalid_type" || problem.expected !== "object") return "";
  const found = schemaAt(schema, problem.path);
  if (!(found instanceof z.ZodObject)) return "";
  const names = Object.keys(found.shape);
  const texts = names.filter((name) => found.shape[name] instanceof z.ZodString);
  const example = texts.map((name) => `"${name}": "..."`).join(", ");
  return ` It is an object${example === "" ? "" : ` such as {${example}}`} with ${joinWords(names, "and")}.`;
}

const TYPE_WORDS: Record<string, string> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "an array",
  object: "an object",
};

const UNIT_WORDS: Record<string, string> = { string: " characters long", array: " items long" };

function limitOf(problem: z.core.$ZodIssue): unknown {
  if (problem.code === "too_small") return problem.minimum;
  if (problem.code === "too_big") return problem.maximum;
  return problem.code === "invalid_value" ? problem.values : null;
}

function pointer(platform: string, path: readonly PropertyKey[]): string {
  const members = path.map((member) => escape(String(member)));
  return ["/content/platformOverrides", platform, "settings", ...members].join("/");
}

function escape(member: string): string {
  return member.replaceAll("~", "~0").replaceAll("/", "~1");
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, member) => (typeof at === "object" && at !== null ? Reflect.get(at, member) : undefined),
    value,
  );
}

/** The members that an object in the schema can have, found by path. */
function keysAt(schema: z.ZodObject, path: readonly PropertyKey[]): string[] {
  const at = schemaAt(schema, path);
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function schemaAt(schema: z.ZodObject, path: readonly PropertyKey[]): unknown {
  let at: unknown = schema;
  for (const member of path) {
    at = unwrap(at);
    at = at instanceof z.ZodArray ? at.element : at instanceof z.ZodObject ? at.shape[String(member)] : undefined;
  }
  return unwrap(at);
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? unwrap(schema.unwrap()) : schema;
}
