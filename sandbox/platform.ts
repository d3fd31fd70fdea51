import type { PlatformName } from "../model/platform-names.ts";
import type { Body } from "./body.ts";
import type { CardOptions } from "./card.ts";
import type { SeenPost } from "./ledger.ts";
import type { World } from "./world.ts";

/**
 * What a platform's sandbox declares. It is mostly its routes: the core reads requests, keeps time, people, tokens and
 * the ledger of posts, applies faults, writes the log of requests, and answers.
 */
export interface SandboxPlatform {
  name: PlatformName;
  /** As on the page: "Threads". */
  label: string;
  /**
   * The real hosts it stands for, each with the aliases that answer as it does. Hosts may be shared between platforms.
   */
  hosts: Readonly<Record<string, readonly string[]>>;
  /** `CREATE TABLE IF NOT EXISTS` statements of its own tables, names beginning with the platform's. */
  schema: string;
  /**
   * Those of its tables that a reset empties, each with the column that grows from row to row: the sweep keeps the
   * newest.
   */
  resets: Readonly<Record<string, string>>;
  routes: readonly SandboxRoute[];
  /**
   * On a host shared with another platform: whether this call concerns this one. Without it, the first matching route
   * decides.
   */
  claims?(call: Call): boolean;
  switches: readonly FaultSwitch[];
  /** The platform's plain, final "bad parameter". */
  badParameter(call: Call): PlatformAnswer;
  /** As when the platform's own limit is used up, headers included. */
  rateLimited(call: Call): PlatformAnswer;
  /** A fault on the platform's side, status 500. */
  serverError(call: Call): PlatformAnswer;
  /**
   * Where the platform limits calls as such: counts this one, and refuses it past the limit. Asked before the route,
   * where limits hold.
   */
  refusal?(call: Call): PlatformAnswer | undefined;
  /** What the developer portal would hand out. */
  newApp(world: World): { clientId: string; clientSecret: string };
  /** How its posts look on the page; without it they look like plain notes. */
  card?: PlatformCard;
  /** The apps and people of a fresh sandbox. Runs once. */
  seed(world: World): void;
}

/**
 * What a call is for. Faults are aimed at these. `publish` is what makes a post visible, `create` what no audience
 * sees yet, `upload` what opens, carries or finishes bytes, `status` asks how processing goes, `read` is any other
 * read.
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

/** A platform's own look of its posts. */
export interface PlatformCard {
  /** Style rules, each below the class `on-NAME`, the platform's. */
  style: string;
  /** A chain with its replies, oldest first, as HTML inside that class. All text in it was written by strangers. */
  html(posts: SeenPost[], options: CardOptions): string;
}

export interface SandboxRoute {
  method: string;
  /** One of the platform's hosts, not an alias. */
  host: string;
  /**
   * `/{user}/threads`: names in braces match one segment. A leading version such as `/v1.0` is taken off beforehand.
   */
  path: string;
  operation: Operation | ((call: Call) => Operation);
  /** Its body is bytes, whatever content type the client names: many send a file as a form. */
  rawBody?: true;
  /** The post that a call carries or publishes: for counting publish calls and for magic texts. */
  post?(call: Call): CallPost | undefined;
  /**
   * Runs inside a transaction. What has to wait, such as fetching media, is returned as a promise of a function, which
   * then runs inside a second transaction and gives the answer.
   */
  run(call: Call): Outcome;
}

export type Outcome = PlatformAnswer | Promise<() => PlatformAnswer>;

export interface CallPost {
  accountId: string;
  /** The text in which magic words count. */
  text: string;
  /** Whether the text itself is in this call; false where the call only publishes what an earlier one carried. */
  carriesText: boolean;
  /** What all publish calls for this very post share: a container, a session, or a digest of account and content. */
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
  /** Canonical: an alias is already replaced. */
  host: string;
  /** `https://HOST/PATH?QUERY`, as asked for. */
  url: string;
  /** Without host and version. */
  path: string;
  /** The path's parts named in the route. */
  segments: Readonly<Record<string, string>>;
  query: URLSearchParams;
  headers: Readonly<Record<string, string>>;
  body: Body;
  /** Query, then form, multipart or top-level JSON members as text; the body wins. */
  params: Readonly<Record<string, string>>;
  /** Of the `Authorization` header, `Bearer` or `OAuth`, else of the parameter `access_token`. */
  accessToken: string | null;
  operation: Operation;
  /** A fault switch, or `process_forever`, that the route itself has to act out in this call. */
  behaviour: Behaviour | null;
}

export interface Behaviour {
  name: string;
  /** What stood for the `{n}` of a switch's name. */
  number: number | null;
}

export interface PlatformAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array;
}

/**
 * A fault that the platform's page names. Exactly one of `answer` and `as` says what happens; with neither, the routes
 * act it out when they see it as the call's `behaviour`.
 */
export interface FaultSwitch {
  /** `chain-break-at-{n}`: `{n}` stands for a number. */
  name: string;
  /** One sentence for the table in the README. */
  about: string;
  /** Where it may be used. */
  operations: readonly Operation[];
  /** Only these calls are counted and struck. */
  applies?(call: Call, number: number | null): boolean;
  /** Given instead of the platform's own answer. */
  answer?(call: Call): PlatformAnswer;
  /** With `answer`: the call is done first. */
  done?: true;
  /** The same as this kind of fault. */
  as?: FaultKind;
  /** After the route has acted it out, the connection is cut. */
  cuts?: true;
}

/** Kinds of faults; what each does is said in the README. */
export const FAULT_KINDS = [
  "reject",
  "rate_limit",
  "http_500",
  "timeout",
  "drop_before",
  "drop_after",
  "error_after",
  "cut_body",
  "broken_json",
  "slow",
  "process_forever",
  "expire_token",
  "revoke_token",
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export function jsonAnswer(
  value: unknown,
  options: { status?: number; headers?: Record<string, string> } = {},
): PlatformAnswer {
  return rawJsonAnswer(JSON.stringify(value), options);
}

/** For bodies that JavaScript's JSON can't write, such as bare numbers above 2^53. */
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
