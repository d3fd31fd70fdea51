import { constants } from "node:zlib";

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";

import { parseInput } from "../../contract/forms/parse.ts";
import { type Input, type Operation, pathOf, type RawInput, takesKey } from "../../contract/operation.ts";
import type { PublicError } from "../../model/errors.ts";
import { isDatabaseAway } from "../db/away.ts";
import { type Answer, type Call, etagOf } from "../domain/call.ts";
import type { Upload } from "../domain/media/upload.ts";
import type { Services } from "../domain/services.ts";
import type { StorageQuota } from "../media/storage-quota.ts";
import { type Authenticated, authenticate } from "./authenticate.ts";
import { type CallMeter, sendUnlimited } from "./call-meter.ts";
import { sendDeprecationHeaders } from "./hosts.ts";
import type { OperatorMeter } from "./operator-meter.ts";
import { perform } from "./perform.ts";
import { dropUploads, readBody } from "./read-body.ts";
import { toRefusal } from "./refusals.ts";
import { isUnchanged, readIdempotencyKey, readIfMatch, readIfRevision, readWaitSeconds } from "./request-headers.ts";
import type { RequestLog } from "./request-log.ts";
import type { Streams } from "./streams.ts";

/** An operation of the contract and the verb that does it. */
export interface Binding {
  operation: Operation;
  /** Validates the input and runs the use case. */
  run(services: Services, call: Call, raw: RawInput): Promise<Answer>;
}

export function bind<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Envelope extends z.ZodObject,
>(
  operation: Operation<Params, Query, Body, Envelope>,
  verb: (
    services: Services,
    call: Call,
    input: Input<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => Promise<Answer<z.input<Envelope>>>,
): Binding {
  return { operation, run: (services, call, raw) => verb(services, call, parseInput(operation, raw)) };
}

/** What the operations' routes need besides the services. */
export interface BindOptions {
  /** Ends waiting requests when the server stops. */
  stopping: AbortSignal;
  /** Open streams. */
  streams: Streams;
  calls: CallMeter;
  operatorCalls: OperatorMeter;
  requestLog: RequestLog;
  storageQuota: StorageQuota;
  /** How long a stream lasts; for tests. */
  longestStreamMilliseconds?: number;
  /** Called with every error of an operation, for the metrics. */
  onRefusal?: (operation: Operation, refusal: PublicError) => void;
}

/**
 * Answers differ each time, so they are compressed with the least effort: a list of 50 posts, 42 kB, takes 0.2 ms with
 * Brotli and 0.4 ms with gzip, and becomes 11 kB. The usual 0.6 and 0.7 ms would make it 10 kB.
 */
export const COMPRESSED_QUICKLY = {
  threshold: 1024,
  encodings: ["br", "gzip"] satisfies ("br" | "gzip")[],
  brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } },
  zlibOptions: { level: 1 },
};

/** Creates an operation's route: key, body, idempotency, use case, waiting, response. */
export function addRoute(
  app: FastifyInstance,
  services: Services,
  { operation, run }: Binding,
  options: BindOptions,
): void {
  const callers = new WeakMap<FastifyRequest, Authenticated>();
  app.route({
    method: operation.method,
    url: operation.path,
    compress: COMPRESSED_QUICKLY,
    onRequest: async (request, reply) => {
      sendUnlimited(reply);
      if (operation.successor !== undefined)
        sendDeprecationHeaders(reply, services.settings, pathOf(operation.successor, request.params));
      try {
        const caller = await authenticate(services, operation, request);
        options.requestLog.begin(request, caller, operation);
        if (operation.auth === "operator") options.operatorCalls(reply, caller.userId);
        else await options.calls.count(reply, caller, operation.rateClass);
        callers.set(request, caller);
      } catch (error) {
        rethrowReported(operation, error, options);
      }
    },
    handler: async (request, reply) => {
      const caller = callers.get(request);
      if (caller === undefined) throw new Error("A route was reached without its key check");
      try {
        return await answerCall(services, { operation, run }, caller, request, reply, options);
      } catch (error) {
        return rethrowReported(operation, error, options);
      }
    },
  });
}

/** Rethrows an error after reporting it to `onRefusal`. */
export function rethrowReported(operation: Operation, error: unknown, options: BindOptions): never {
  options.onRefusal?.(operation, toRefusal(error));
  throw error;
}

async function answerCall(
  services: Services,
  binding: Binding,
  caller: Authenticated,
  request: FastifyRequest,
  reply: FastifyReply,
  options: BindOptions,
): Promise<unknown> {
  const { operation } = binding;
  const key = takesKey(operation) ? readIdempotencyKey(request) : null;
  const ifRevision = readIfRevision(request);
  const countFile = async () =>
    operation.rateClass === "mediaUpload"
      ? undefined
      : await options.calls.count(reply, caller, "mediaUpload", { isFile: true });
  const intake = { storage: services.storage, storageQuota: options.storageQuota, owner: caller, countFile };
  const { body, uploads, reservation } = await readBody(operation, request, intake);
  const raw = {
    params: request.params,
    query: withoutTenant(caller, request.query),
    body,
  };
  options.requestLog.read(request, raw);
  const call: Call = {
    ...caller,
    address: request.ip,
    requestId: request.id,
    claim: null,
    ifRevision,
    ifMatch: readIfMatch(request),
    uploads,
  };
  try {
    const seconds = operation.waits === true ? readWaitSeconds(request) : null;
    const done = await perform(services, binding, {
      call,
      raw,
      key,
      path: request.url,
      count: (requests) => options.calls.count(reply, caller, operation.rateClass, { requests }),
      waiting:
        seconds === null
          ? null
          : { seconds, ended: goneOrStopping(reply, options), onBegin: () => request.admission?.leave() },
    });
    if ("stored" in done) {
      await dropUploads(services.storage, uploads);
      return await reply
        .code(done.stored.status)
        .headers(done.stored.headers)
        .header("idempotency-replayed", "true")
        .send(done.stored.body);
    }
    if (seconds !== null) reply.header("preference-applied", `wait=${seconds}`);
    return await sendAnswer(operation, done.answer, request, reply);
  } catch (error) {
    await dropAfter(services, uploads, error);
    throw error;
  } finally {
    reservation?.release();
  }
}

async function sendAnswer(
  operation: Operation,
  answer: Answer,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  reply.code(operation.status);
  const etag = etagOf(answer);
  if (etag !== undefined) {
    reply.header("etag", etag);
    if (request.method === "GET" && isUnchanged(request, etag)) return await reply.code(304).send();
  }
  return await reply.send(answer.body);
}

/** Ends the wait when the client disconnects or the server stops. */
function goneOrStopping(reply: FastifyReply, { stopping }: BindOptions): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return AbortSignal.any([stopping, gone.signal]);
}

/** Session requests name their mode and workspace in the query; these are no parameters of the operation. */
export function withoutTenant({ actor }: Pick<Authenticated, "actor">, query: unknown): unknown {
  if (actor.kind !== "session" || typeof query !== "object" || query === null) return query;
  return Object.fromEntries(Object.entries(query).filter(([name]) => name !== "mode" && name !== "workspace"));
}

/**
 * The files of a failed request have no row. If the database went away, it is unknown whether the commit succeeded: the
 * sweep then cleans up.
 */
export async function dropAfter(services: Services, uploads: readonly Upload[], error: unknown): Promise<void> {
  if (isDatabaseAway(error)) return;
  await dropUploads(services.storage, uploads).catch((failure: unknown) =>
    services.log.warn({ err: failure }, "files of a rejected request were left for the sweep"),
  );
}
