import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";

import type { Input, Operation, RawInput } from "../../contract/operation.ts";
import { parseInput, refuseHostile } from "../../contract/parse.ts";
import type { PublicError } from "../../model/errors.ts";
import { isDatabaseAway } from "../db/away.ts";
import type { Answer, Call } from "../domain/caller.ts";
import { claim, holding, storeAgain, type Claim } from "../domain/idempotency.ts";
import type { Upload } from "../domain/media/upload.ts";
import { getPost } from "../domain/posts/get-post.ts";
import type { Services } from "../domain/services.ts";
import { type Authenticated, authenticate } from "./authenticate.ts";
import { sendSuccessor } from "./faces.ts";
import { dropUploads, readBody } from "./read-body.ts";
import { toRefusal } from "./refusals.ts";
import { hashRequest, isUnchanged, readIdempotencyKey, readIfRevision, readWaitSeconds } from "./request-headers.ts";
import { sendRateLimit } from "./rate-limit-headers.ts";
import { waitUntilSettled } from "./wait-until-settled.ts";

/** An operation of the contract and the verb that does it. */
export interface Binding {
  operation: Operation;
  /** Judges the form of the input and calls the verb. */
  run(services: Services, call: Call, raw: RawInput): Promise<Answer>;
}

export function bind<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType, Envelope extends z.ZodObject>(
  operation: Operation<Params, Query, Body, Envelope>,
  verb: (services: Services, call: Call, input: Input<z.output<Params>, z.output<Query>, z.output<Body>>) => Promise<Answer<z.input<Envelope>>>,
): Binding {
  return { operation, run: (services, call, raw) => verb(services, call, parseInput(operation, raw)) };
}

/** What the routes of the operations need beside the services. */
export interface BindOptions {
  /** Ends waiting calls when the server stops. */
  stopping: AbortSignal;
  /** Told of every refusal, so that tests can hold them against the operation's list. */
  onRefusal?: (operation: Operation, refusal: PublicError) => void;
}

/** Makes the route of an operation: key first, then body, idempotency, verb, waiting, answer. */
export function addRoute(app: FastifyInstance, services: Services, { operation, run }: Binding, options: BindOptions): void {
  const callers = new WeakMap<FastifyRequest, Authenticated>();
  app.route({
    method: operation.method,
    url: operation.path,
    onRequest: async (request, reply) => {
      sendRateLimit(reply);
      if (operation.successor !== undefined) sendSuccessor(reply, services.settings, pathOf(operation.successor, request.params));
      callers.set(request, await authenticate(services, operation, request).catch((error: unknown) => told(operation, error, options)));
    },
    handler: async (request, reply) => {
      const caller = callers.get(request);
      if (caller === undefined) throw new Error("A route was reached without its key check");
      try {
        return await answerCall(services, { operation, run }, caller, request, reply, options);
      } catch (error) {
        return told(operation, error, options);
      }
    },
  });
}

/** The path with the values of its parameters. */
function pathOf(pattern: string, params: unknown): string {
  return pattern.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(Object(params)[name] ?? "")));
}

/** Hands an error on, after those who watch refusals have seen it. */
export function told(operation: Operation, error: unknown, options: BindOptions): never {
  options.onRefusal?.(operation, toRefusal(error));
  throw error;
}

async function answerCall(services: Services, binding: Binding, caller: Authenticated, request: FastifyRequest, reply: FastifyReply, options: BindOptions): Promise<unknown> {
  const { operation } = binding;
  const key = operation.writes ? readIdempotencyKey(request) : null;
  const ifRevision = readIfRevision(request);
  const { body, uploads } = await readBody(operation, request, services.storage);
  const raw = { params: request.params, query: caller.actor.kind === "session" ? withoutMode(request.query) : request.query, body };
  const call: Call = { ...caller, address: request.ip, requestId: request.id, claim: null, ifRevision, uploads };
  try {
    if (key === null) return await doCall(services, binding, call, raw, request, reply, options);
    // Hashing goes as deep as the body does.
    refuseHostile(body);
    const requestHash = hashRequest(request.url, body, uploads.map(({ field, filename, received }) => ({ field, filename, sha256: received?.sha256 ?? null })));
    const held = await claim(services.pool, caller, { key, operation: operation.name, requestHash, status: operation.status });
    if (!isClaim(held)) {
      await dropUploads(services.storage, uploads);
      return await reply.code(held.status).headers(held.headers).header("idempotency-replayed", "true").send(held.body);
    }
    return await holding(services.pool, caller, held, () => doCall(services, binding, { ...call, claim: held }, raw, request, reply, options));
  } catch (error) {
    await dropAfter(services, uploads, error);
    throw error;
  }
}

async function doCall(services: Services, { operation, run }: Binding, call: Call, raw: RawInput, request: FastifyRequest, reply: FastifyReply, options: BindOptions): Promise<unknown> {
  let answer = await run(services, call, raw);
  const waitSeconds = operation.waits === true ? readWaitSeconds(request) : null;
  if (waitSeconds !== null && answer.post !== undefined) {
    const atOnce = answer;
    // The work is done; what keeps us from waiting for what comes of it must not look like its failure.
    answer = await waitForPost(services, call, answer.post.id, waitSeconds, reply, options).catch(() => atOnce);
    reply.header("preference-applied", `wait=${waitSeconds}`);
  }
  reply.code(operation.status);
  if (answer.post !== undefined) {
    reply.header("etag", answer.post.etag);
    if (request.method === "GET" && isUnchanged(request, answer.post.etag)) return await reply.code(304).send();
  }
  return await reply.send(answer.body);
}

async function waitForPost(services: Services, call: Call, id: string, waitSeconds: number, reply: FastifyReply, options: BindOptions): Promise<Answer> {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  const read = () => getPost(services, call, id);
  const answer = await waitUntilSettled(services.listener, read, await read(), waitSeconds, AbortSignal.any([options.stopping, gone.signal]));
  if (call.claim !== null) await storeAgain(services.pool, call, call.claim, answer);
  return answer;
}

/** Sessions name their mode in the query of every call; it is no parameter of the operation. */
function withoutMode(query: unknown): unknown {
  if (typeof query !== "object" || query === null) return query;
  return Object.fromEntries(Object.entries(query).filter(([name]) => name !== "mode"));
}

/** The files of a call that failed have no row. Whether a commit went through is not known where the database went away: then the sweep sees to them. */
async function dropAfter(services: Services, uploads: readonly Upload[], error: unknown): Promise<void> {
  if (isDatabaseAway(error)) return;
  await dropUploads(services.storage, uploads).catch((failure: unknown) => services.log.warn({ err: failure }, "files of a refused request were left for the sweep"));
}

function isClaim(held: Awaited<ReturnType<typeof claim>>): held is Claim {
  return "key" in held;
}
