import type { z } from "zod";

import type { Issue, PublicCode } from "../model/errors.ts";
import type { RateClass } from "../model/plans.ts";
import { noBody, noParams, noQuery } from "./fields.ts";
import { LEAST_ROLES } from "./roles.ts";

/**
 * An operation of the public API, declared once. Routes, OpenAPI, MCP tools, `llm.txt`, the docs' tables and the client
 * are generated from these entries; each interface binds an operation to its implementation in one place.
 */
export interface Operation<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodObject = z.ZodObject,
> {
  /** "posts_create": also the name of its MCP tool, if it has one without its own name. */
  name: string;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** "/api/v1/posts/:id" */
  path: string;
  /** The path that replaces this one; responses name it. */
  successor?: string;
  summary: string;
  /** What a caller should know, in one paragraph. */
  description: string;
  /**
   * Who can call it: holders of a Bearer key (the default), users with a dashboard session, or both; or the operator,
   * with an operator key. On the app's host, a session can call what keys can, in the mode that `?mode=` and the workspace that `?workspace=` names, if its role allows it (`roles.ts`).
   */
  auth?: "key" | "session" | "either" | "operator";
  /** What its requests count as. */
  rateClass: RateClass;
  /** Null: not offered over MCP. */
  tool: ToolHints | null;
  params: Params;
  query: Query;
  /** The body's schema for the implementation. */
  body: Body;
  /**
   * The full schema of the body, if it is stricter than `body`. Its issues do not reject the request: invalid fields
   * are removed, `body` parses the rest, and the implementation validates that and reports all issues together.
   */
  form?: z.ZodType;
  /** Another full schema that the body can match. */
  otherForm?: z.ZodType;
  /**
   * How the body is sent: "required" or "optional" JSON; "multipart": JSON, or a form with `data` and `files`;
   * "upload": JSON, or a form with one file; "none".
   */
  takes: "none" | "optional" | "required" | "multipart" | "upload";
  /** Whether it changes anything; writes accept `Idempotency-Key`, unless they have a `batch`. */
  writes: boolean;
  /** The field with the things that it does one by one. Each counts as a request. */
  batch?: string;
  /** Whether it accepts `Prefer: wait=N`. */
  waits?: true;
  /** It responds with server-sent events, each with `answer` as its data. */
  streams?: true;
  answer: Answer;
  /** The HTTP status of success. */
  status: 200 | 201;
  /** The codes it can fail with, in addition to those of every operation. */
  errors: readonly PublicCode[];
}

/** MCP's hints about a tool, and its differences there. */
export interface ToolHints {
  /** If different from the operation's. */
  name?: string;
  /** If different from the operation's summary. */
  title?: string;
  /** Replaces the operation's description if that refers to HTTP. */
  description?: string;
  /** The query's schema, if agents are shown less of it. */
  query?: z.ZodObject;
  /** The body's schema, if it is narrower over MCP, which cannot send files. */
  form?: z.ZodObject;
  /** What a repeated result says about a value that only the first one has. */
  shownOnce?: string;
  readOnly: boolean;
  destructive: boolean;
  idempotent: boolean;
  openWorld: boolean;
}

/** A request as received by an interface, before any validation. */
export interface RawInput {
  params: unknown;
  query: unknown;
  body: unknown;
}

/** A request whose format is valid. `issues` is empty unless the operation has its own `form`. */
export interface Input<Params = unknown, Query = unknown, Body = unknown> {
  params: Params;
  query: Query;
  body: Body;
  issues: Issue[];
}

/** Codes that every operation can fail with. */
const COMMON_ERRORS = ["UNAUTHORIZED", "VALIDATION_FAILED", "RATE_LIMITED", "INTERNAL_ERROR", "UNAVAILABLE"] as const;
const WRITE_ERRORS = ["IDEMPOTENCY_KEY_REUSED", "IDEMPOTENCY_IN_PROGRESS"] as const;
const BODY_ERRORS = ["PAYLOAD_TOO_LARGE"] as const;
const ROLE_ERRORS = ["POLICY_VIOLATION"] as const;

/** Every code the operation can fail with. */
export function errorsOf(operation: Operation): PublicCode[] {
  return [
    ...new Set<PublicCode>([
      ...COMMON_ERRORS,
      ...(takesKey(operation) ? WRITE_ERRORS : []),
      ...(operation.takes === "none" ? [] : BODY_ERRORS),
      ...(isForRole(operation) ? ROLE_ERRORS : []),
      ...operation.errors,
    ]),
  ];
}

/** Whether some members of a workspace cannot call it. */
function isForRole({ name }: Operation): boolean {
  return !["viewer", "self", undefined].includes(LEAST_ROLES[name]);
}

/**
 * The defaults of an operation; an entry lists its differences. By default it reads, takes no input, is not a tool, and
 * has only the common errors.
 */
export const plain = {
  rateClass: "apiRead",
  tool: null,
  params: noParams,
  query: noQuery,
  body: noBody,
  takes: "none",
  writes: false,
  status: 200,
  errors: [],
} as const;

/** Declares an operation; its schemas keep their types. */
export function operation<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Answer extends z.ZodObject,
>(declared: Operation<Params, Query, Body, Answer>): Operation<Params, Query, Body, Answer> {
  return declared;
}

/** Whether it accepts an idempotency key for the whole request. */
export function takesKey({ writes, batch }: Pick<Operation, "writes" | "batch">): boolean {
  return writes && batch === undefined;
}

/** The body's schema, as shown in docs. */
export function formOf(operation: Operation): z.ZodType {
  return operation.form ?? operation.body;
}

/** A path with the values of its parameters. */
export function pathOf(pattern: string, params: unknown): string {
  return pattern.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(Object(params)[name] ?? "")));
}
