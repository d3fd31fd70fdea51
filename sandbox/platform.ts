import type { z } from "zod";

import { FAULT_KINDS, type FaultKind } from "../model/fault-kinds.ts";
import type { PlatformName } from "../model/platform-names.ts";
import type { PlatformCard } from "../platforms/kit/card/card.ts";
import type { Body } from "./body.ts";
import type { World } from "./world.ts";

/**
 * A platform's sandbox definition. It consists mostly of routes: the core reads requests, manages time, people, tokens
 * and the ledger of posts, applies faults, writes the request log, and sends responses.
 */
export interface SandboxPlatform {
  name: PlatformName;
  /** As shown on the page: "Threads". */
  label: string;
  /**
   * The real hosts it simulates, each with aliases that behave the same. Platforms can share hosts.
   */
  hosts: Readonly<Record<string, readonly string[]>>;
  /** `CREATE TABLE IF NOT EXISTS` statements of its own tables, whose names start with the platform's. */
  schema: string;
  /**
   * Its tables that a reset empties, each with the column that grows from row to row: the sweep keeps the
   * newest rows.
   */
  resets: Readonly<Record<string, string>>;
  routes: readonly SandboxRoute[];
  /** What each route is written from; every route is in exactly one row. */
  fidelity: readonly Fidelity[];
  /**
   * On a host shared with another platform: whether this call is for this one. Without it, the first matching route
   * decides.
   */
  claims?(call: Call): boolean;
  switches: readonly FaultSwitch[];
  /** The platform's generic permanent "bad parameter" error. */
  badParameter(call: Call): PlatformAnswer;
  /** As when the platform's own limit is exceeded, including headers. */
  rateLimited(call: Call): PlatformAnswer;
  /** An error on the platform's side, status 500. */
  serverError(call: Call): PlatformAnswer;
  /**
   * If the platform limits requests as such: counts this one, and rejects it over the limit. Called before the route if
   * limits apply.
   */
  refusal?(call: Call): PlatformAnswer | undefined;
  /** What the developer portal would provide. */
  newApp(world: World): { clientId: string; clientSecret: string };
  /** What else a developer can set there, all of it optional: fields of `POST` and `PATCH /_sandbox/apps`. */
  appSettings?: z.ZodObject;
  /** If the platform tells apps that a person removes them. */
  removals?: {
    /** Resolves to the calls made to the app; undefined if no such app has access to the account. */
    remove(world: World, removal: RemovalRequest): Promise<object[] | undefined>;
    /** All calls made so far, newest first. */
    list(world: World): object[];
  };
  /** The look of its posts on the page; without it, they look like plain notes. */
  card?: PlatformCard;
  /** The apps and people of a fresh sandbox. Runs once. */
  seed(world: World): void;
}

/** A person removes an app, or every app, from their account. */
export interface RemovalRequest {
  accountId: string;
  clientId?: string | undefined;
  /** Whether they also ask it to delete their data. */
  requestDeletion: boolean;
}

/**
 * The purpose of a call, which faults target. `publish` makes a post visible, `create` makes something that no audience
 * sees yet, `upload` starts, carries or finishes bytes, `status` asks about processing, `read` is any other read.
 */
export const OPERATIONS = [
  "authorize",
  "token",
  "refresh",
  "upload",
  "create",
  "publish",
  "status",
  "read",
  "delete",
  "revoke",
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** How well-founded some routes are. */
export interface Fidelity {
  /** `POST api.x.com/2/tweets`, with the route's method, host and path. */
  routes: readonly string[];
  /** The documentation, specification or observation that they are written from. */
  source: string;
  /** When that was published or seen, as exactly as is known: `2026-08-22`, `2026-08` or `2026`. */
  date: string;
  /** Unmodified clients of the platform that have passed there. */
  clients: readonly string[];
}

export interface SandboxRoute {
  method: string;
  /** One of the platform's hosts, not an alias. */
  host: string;
  /**
   * `/{user}/threads`: names in braces match one segment. A leading version such as `/v1.0` is removed first.
   */
  path: string;
  operation: Operation | ((call: Call) => Operation);
  /** Its body is bytes, whatever content type the client sends: many send a file as a form. */
  rawBody?: true;
  /** The post that a call carries or publishes: for counting publish calls and for magic words. */
  post?(call: Call): CallPost | undefined;
  /**
   * Runs inside a transaction. Work that has to wait, such as fetching media, is returned as a promise of a function,
   * which then runs inside a second transaction and returns the response.
   */
  run(call: Call): Outcome;
}

export type Outcome = PlatformAnswer | Promise<() => PlatformAnswer>;

export interface CallPost {
  accountId: string;
  /** The text in which magic words count. */
  text: string;
  /** Whether this call contains the text; false if the call only publishes what an earlier one carried. */
  carriesText: boolean;
  /** Shared by all publish calls for this post: a container, a session, or a digest of account and content. */
  handle: string | null;
}

/** One request to a platform, read and matched. */
export interface Call {
  world: World;
  platform: SandboxPlatform;
  /** The request's number in the log. */
  number: number;
  /** The sandbox's time, in milliseconds since 1970. */
  now: number;
  method: string;
  /** Canonical: aliases are already replaced. */
  host: string;
  /** `https://HOST/PATH?QUERY`, as requested. */
  url: string;
  /** Without host and version. */
  path: string;
  /** The path parameters of the route. */
  segments: Readonly<Record<string, string>>;
  query: URLSearchParams;
  headers: Readonly<Record<string, string>>;
  body: Body;
  /** Query, then form, multipart or top-level JSON fields as text; the body takes precedence. */
  params: Readonly<Record<string, string>>;
  /** From the `Authorization` header, `Bearer`, `OAuth` or signed, else from the parameter `access_token`. */
  accessToken: string | null;
  operation: Operation;
  /** A fault switch, or `process_forever`, that the route itself must simulate in this call. */
  behaviour: Behaviour | null;
}

export interface Behaviour {
  name: string;
  /** The value of `{n}` in a switch's name. */
  number: number | null;
}

export interface PlatformAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array;
}

/**
 * A fault named in the platform's documentation. Exactly one of `answer` and `as` defines it; with neither, the routes
 * simulate it when it is the call's `behaviour`.
 */
export interface FaultSwitch {
  /** `chain-break-at-{n}`: `{n}` is a number. */
  name: string;
  /** One sentence for the table in the README. */
  about: string;
  /** Where it can be used. */
  operations: readonly Operation[];
  /** Only these calls are counted and affected. */
  applies?(call: Call, number: number | null): boolean;
  /** Returned instead of the platform's normal response. */
  answer?(call: Call): PlatformAnswer;
  /** With `answer`: the call takes effect first. */
  done?: true;
  /** The same as this kind of fault. */
  as?: FaultKind;
  /** After the route has simulated it, the connection is cut. */
  cuts?: true;
}

/** Kinds of faults; the README describes each. */
export { FAULT_KINDS, type FaultKind };

export function jsonAnswer(
  value: unknown,
  options: { status?: number; headers?: Record<string, string> } = {},
): PlatformAnswer {
  return rawJsonAnswer(JSON.stringify(value), options);
}

/** For bodies that JavaScript cannot serialize as JSON, such as bare numbers above 2^53. */
export function rawJsonAnswer(
  body: string,
  options: { status?: number; headers?: Record<string, string> } = {},
): PlatformAnswer {
  return {
    status: options.status ?? 200,
    headers: { "content-type": "application/json; charset=UTF-8", ...options.headers },
    body,
  };
}

export function htmlAnswer(body: string, status = 200): PlatformAnswer {
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
    },
    body,
  };
}

export function redirectAnswer(location: string): PlatformAnswer {
  return { status: 302, headers: { location, "cache-control": "no-store" }, body: "" };
}
