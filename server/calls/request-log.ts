import type { FastifyReply, FastifyRequest } from "fastify";
import ipaddr from "ipaddr.js";

import type { Operation, RawInput } from "../../contract/operation.ts";
import { type ApiRequestRow, insertApiRequests } from "../db/queries/api-requests.ts";
import type { Services } from "../domain/services.ts";
import type { Authenticated } from "./authenticate.ts";
import { redactError, redactInput } from "./redact-request.ts";
import { toRefusal } from "./refusals.ts";

/** Requests are written this long after the first of them was answered, or when there are so many. */
const PAUSE_MILLISECONDS = 1_000;
const MOST_TOGETHER = 500;
/** More than this wait for a slow database only in part: the rest is not recorded. */
const MOST_WAITING = 2_000;

type Caller = Pick<Authenticated, "userId" | "mode" | "actor">;

/** Records what callers have asked, after they were answered. */
export interface RequestLog {
  /** A request's caller is known. */
  begin(request: FastifyRequest, caller: Caller, operation: Operation): void;
  /** Its input was read. */
  read(request: FastifyRequest, raw: Pick<RawInput, "query" | "body">): void;
  /** It failed. */
  refuse(request: FastifyRequest, error: unknown): void;
  /** It was answered. */
  end(request: FastifyRequest, reply: FastifyReply): void;
  /** The same in one, of a call that is not a request of its own. */
  note(asked: Asked): void;
  /** Writes what waits. */
  close(): Promise<void>;
}

export interface Asked {
  id: string;
  caller: Caller;
  operation: Operation;
  via: ApiRequestRow["via"];
  method: string;
  route: string;
  /** Null if it was not read. */
  raw: Partial<RawInput> | null;
  hasIdempotencyKey: boolean;
  address: string | null;
  status: number;
  error: unknown;
  milliseconds: number;
}

export interface RequestLogOptions {
  /** How long requests are kept; 0: they are not recorded. */
  days: number;
  /** For tests. */
  pauseMilliseconds?: number;
}

export function createRequestLog(
  { pool, log }: Pick<Services, "pool" | "log">,
  { days, pauseMilliseconds = PAUSE_MILLISECONDS }: RequestLogOptions,
): RequestLog {
  const open = new WeakMap<FastifyRequest, Pick<Asked, "caller" | "operation" | "raw" | "error">>();
  let waiting: ApiRequestRow[] = [];
  let dropped = 0;
  let writing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;

  async function write(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const rows = waiting;
    waiting = [];
    try {
      await insertApiRequests.run(pool, [{ rows }]);
    } catch (error) {
      dropped += rows.length;
      log.warn({ err: error }, "Requests could not be recorded");
    }
    if (dropped > 0) log.warn({ requests: dropped }, "Requests are missing in the request log");
    dropped = 0;
  }

  function schedule(): void {
    if (writing !== null || waiting.length === 0) return;
    if (waiting.length < MOST_TOGETHER) timer ??= setTimeout(start, pauseMilliseconds).unref();
    else start();
  }

  function start(): void {
    writing ??= write().finally(() => {
      writing = null;
      schedule();
    });
  }

  function note(asked: Asked): void {
    if (days === 0) return;
    if (waiting.length < MOST_WAITING) waiting.push(toRow(asked));
    else dropped += 1;
    schedule();
  }

  return {
    begin(request, caller, operation) {
      const { kind } = caller.actor;
      if (days > 0 && (kind === "key" || (kind === "session" && operation.writes)))
        open.set(request, { caller, operation, raw: null, error: null });
    },
    read(request, raw) {
      const begun = open.get(request);
      if (begun !== undefined) begun.raw = { ...raw, params: request.params };
    },
    refuse(request, error) {
      const begun = open.get(request);
      if (begun !== undefined) begun.error = error;
    },
    end(request, reply) {
      const begun = open.get(request);
      if (begun === undefined) return;
      note({
        ...begun,
        raw: begun.raw ?? { params: request.params },
        id: request.id,
        via: begun.caller.actor.kind === "session" ? "dashboard" : "api",
        method: request.method,
        route: request.routeOptions.url ?? "",
        hasIdempotencyKey: request.headers["idempotency-key"] !== undefined,
        address: request.ip,
        status: reply.statusCode,
        milliseconds: reply.elapsedTime,
      });
    },
    note,
    async close() {
      await writing;
      if (waiting.length > 0) await write();
    },
  };
}

function toRow({ operation, caller: { userId, mode, actor }, ...asked }: Asked): ApiRequestRow {
  const { query, body, params } = { query: undefined, body: undefined, params: undefined, ...asked.raw };
  return {
    id: asked.id,
    user_id: userId,
    mode,
    via: asked.via,
    actor_kind: actor.kind === "session" ? "person" : "key",
    actor_id: (actor.kind === "session" ? (actor.member?.userId ?? userId) : actor.id) ?? "",
    operation: operation.name,
    method: asked.method,
    route: asked.route,
    target: targetOf(params),
    status: asked.status,
    duration_milliseconds: Math.round(asked.milliseconds),
    has_idempotency_key: asked.hasIdempotencyKey,
    network: asked.address === null ? null : networkOf(asked.address),
    query: withoutEmpty(redactInput(operation, query)),
    body: redactInput(operation, body),
    error: asked.error === null ? null : redactError(operation, toRefusal(asked.error)),
  };
}

/** The ID in the path, if it is one of ours: anything else in its place is not recorded. */
function targetOf(params: unknown): string | null {
  const { id } = Object(params);
  return typeof id === "string" && UUID.test(id) ? id.toLowerCase() : null;
}

const UUID = /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/i;

function withoutEmpty(fields: Record<string, unknown> | null): Record<string, unknown> | null {
  return fields === null || Object.keys(fields).length === 0 ? null : fields;
}

/** Enough to recognize a server by, and too little to tell who is behind it. */
function networkOf(address: string): string | null {
  if (!ipaddr.isValid(address)) return null;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6
    ? `${new ipaddr.IPv6([...parsed.parts.slice(0, 3), 0, 0, 0, 0, 0]).toString()}/48`
    : `${parsed.octets.slice(0, 3).join(".")}.0/24`;
}
