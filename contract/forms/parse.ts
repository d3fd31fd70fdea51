import { z } from "zod";

import { boundIssues } from "../../model/bound-issues.ts";
import { PublicError, type Issue } from "../../model/errors.ts";
import { formOf, type Input, type Operation, type RawInput } from "../operation.ts";
import { findHostile } from "./hostile.ts";
import { BODY_WORDS, QUERY_WORDS, tellProblems } from "./problem-sentences.ts";

/**
 * Validates the format of a request completely: every problem of path, query and body is reported together. If the
 * operation has its own `form`, problems of the body do not reject it yet: they are passed on with the rest.
 */
export function parseInput<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Answer extends z.ZodObject,
>(
  operation: Operation<Params, Query, Body, Answer>,
  raw: RawInput,
): Input<z.output<Params>, z.output<Query>, z.output<Body>> {
  const rawBody = operation.takes === "none" ? undefined : raw.body;
  refuseHostile(raw.query);
  refuseHostile(rawBody);
  const params = operation.params.safeParse(raw.params, { reportInput: true });
  const query = operation.query.safeParse(readQuery(operation.query, raw.query), { reportInput: true });
  const form = formOf(operation).safeParse(rawBody, { reportInput: true });
  const issues = [
    ...(params.success ? [] : tellProblems(operation.params, params.error.issues, BODY_WORDS)),
    ...(query.success ? [] : tellProblems(operation.query, query.error.issues, QUERY_WORDS)),
  ];
  const bodyIssues = form.success ? [] : tellProblems(formOf(operation), form.error.issues, BODY_WORDS);
  const body = operation.body.safeParse(
    form.success || operation.form === undefined ? rawBody : cutOut(rawBody, form.error.issues),
  );
  if (!params.success || !query.success || !body.success) throw refusal([...issues, ...bodyIssues]);
  return { params: params.data, query: query.data, body: body.data, issues: bodyIssues };
}

/**
 * Rejects what no field can contain: see `findHostile`. Call it before recursing into an unparsed body.
 */
export function refuseHostile(value: unknown): void {
  const hostile = findHostile(value);
  if (hostile !== null) throw refusal([hostile]);
}

/** The error for these issues: the message and code of the first, and all of them, up to the limit. */
export function refusal(issues: Issue[]): PublicError {
  const reported = boundIssues(issues);
  const first = reported[0];
  if (first === undefined) throw new Error("A refusal needs an issue");
  return new PublicError(first.code, first.message, { issues: reported });
}

/** Issues in the rest of a body are meaningless at or below a location whose format was already invalid. */
export function dropImpliedIssues(formIssues: readonly Issue[], validated: readonly Issue[]): Issue[] {
  return validated.filter(
    (issue) => !formIssues.some(({ path }) => issue.path === path || issue.path.startsWith(`${path}/`)),
  );
}

/** Query values are strings: those of number and boolean fields are converted. */
function readQuery(schema: z.ZodObject, query: unknown): unknown {
  if (typeof query !== "object" || query === null) return query;
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, readValue(schema.shape[name], value)]));
}

function readValue(field: z.core.$ZodType | undefined, value: unknown): unknown {
  return typeof value === "string" && /^-?\d{1,15}$/.test(value) && takesNumber(field) ? Number(value) : value;
}

function takesNumber(field: z.core.$ZodType | undefined): boolean {
  return field instanceof z.ZodOptional || field instanceof z.ZodDefault
    ? takesNumber(field.unwrap())
    : field instanceof z.ZodNumber;
}

/** A copy of the body without the fields that have problems. */
export function cutOut(body: unknown, problems: readonly z.core.$ZodIssue[]): object {
  const rest: unknown = structuredClone(body);
  for (const problem of problems) {
    const places =
      problem.code === "unrecognized_keys" ? problem.keys.map((key) => [...problem.path, key]) : [problem.path];
    for (const place of places) cutAt(rest, place);
  }
  return typeof rest === "object" && rest !== null && !Array.isArray(rest) ? rest : {};
}

function cutAt(root: unknown, path: readonly PropertyKey[]): void {
  const last = path.at(-1);
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((value, step) => (isContainer(value) ? Reflect.get(value, step) : undefined), root);
  if (!isContainer(parent) || last === undefined) return;
  if (Array.isArray(parent)) Reflect.set(parent, last, undefined);
  else Reflect.deleteProperty(parent, last);
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
