import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { mediaCreate } from "../../contract/media.ts";
import type { Actor, Caller } from "../domain/caller.ts";
import { claim, holding } from "../domain/idempotency.ts";
import { beginResumableUpload } from "../domain/media/resumable-uploads.ts";
import type { Services } from "../domain/services.ts";
import { type AnnouncedFile, appendToUpload, endUpload, findUpload } from "../media/resumable-uploads.ts";
import { authenticate } from "./authenticate.ts";
import { sendRateLimit } from "./rate-limit-headers.ts";
import { errorBody, refuseRequest, sendFailure, toRefusal } from "./refusals.ts";
import { hashRequest, readIdempotencyKey } from "./request-headers.ts";
import { announcedBytes, carriesBytes, checkVersion, OFFSET_STREAM, readAnnouncedFile, readOffset, TUS_ABILITIES, TUS_VERSION } from "./tus-headers.ts";

const UPLOADS = `${mediaCreate.path}/uploads`;
const UPLOAD = `${UPLOADS}/:id`;

type Handler = (request: FastifyRequest, reply: FastifyReply, caller: Caller & { actor: Actor }) => Promise<unknown>;

/**
 * Media that arrive in several requests, by the tus protocol (https://tus.io/protocols/resumable-upload): any client of
 * it will do. A creation is told from the other forms of `POST /api/v1/media` by its header Tus-Resumable.
 */
export function addResumableUploads(api: FastifyInstance, services: Services, { stopping }: { stopping: AbortSignal }): void {
  const create: Handler = async (request, reply, caller) => {
    const file = readAnnouncedFile(request);
    const key = readIdempotencyKey(request);
    const answer = key === null ? await beginResumableUpload(services, { ...caller, claim: null }, file) : await beginOnce(key, file, request, reply, caller);
    const { upload } = z.object({ upload: z.object({ id: z.string(), expiresAt: z.coerce.date() }) }).parse(answer.body);
    reply.code(201).header("location", `${services.settings.apiUrl}${UPLOADS}/${upload.id}`).header("upload-expires", upload.expiresAt.toUTCString());
    if (carriesBytes(request)) await append(request, reply, caller, upload.id, 0);
    return await reply.send();
  };

  /** Begins it, or answers as the first call with the key was answered. */
  const beginOnce = async (key: string, file: AnnouncedFile, request: FastifyRequest, reply: FastifyReply, caller: Caller): Promise<{ body: unknown }> => {
    const held = await claim(services.pool, caller, { key, operation: mediaCreate.name, requestHash: hashRequest(request.url, file, []), status: 201 });
    if ("key" in held) return await holding(services.pool, caller, held, () => beginResumableUpload(services, { ...caller, claim: held }, file));
    reply.header("idempotency-replayed", "true");
    return held;
  };

  const append = async (request: FastifyRequest, reply: FastifyReply, caller: Caller, id: string, offsetBytes: number): Promise<void> => {
    const leave = () => request.raw.destroy();
    stopping.addEventListener("abort", leave);
    try {
      const now = await appendToUpload(services, caller, id, { offsetBytes, announcedBytes: announcedBytes(request), source: request.raw });
      reply.header("upload-offset", String(now.offsetBytes));
      if (now.mediaId !== null) reply.header("media-id", now.mediaId);
    } finally {
      stopping.removeEventListener("abort", leave);
    }
  };

  const patch: Handler = async (request, reply, caller) => {
    if (!carriesBytes(request)) throw refuseRequest("upload.contentType", `The Content-Type has to be ${OFFSET_STREAM}`, `Send the bytes with the header Content-Type: ${OFFSET_STREAM}.`);
    const offsetBytes = readOffset(request);
    const id = readId(request);
    const { expires_at } = await findUpload(services, caller, id);
    reply.header("upload-expires", expires_at.toUTCString());
    await append(request, reply, caller, id, offsetBytes);
    return await reply.code(204).send();
  };

  const head: Handler = async (request, reply, caller) => {
    const upload = await findUpload(services, caller, readId(request));
    reply.header("upload-offset", String(upload.offset_bytes)).header("upload-length", String(upload.length_bytes)).header("upload-expires", upload.expires_at.toUTCString());
    if (upload.metadata !== null) reply.header("upload-metadata", upload.metadata);
    if (upload.media_id !== null) reply.header("media-id", upload.media_id);
    return await reply.code(200).send();
  };

  const end: Handler = async (request, reply, caller) => {
    await endUpload(services, caller, readId(request));
    return await reply.code(204).send();
  };

  /** For clients that cannot send the method itself. */
  const overridden: Handler = async (request, reply, caller) => {
    const method = String(request.headers["x-http-method-override"]).toUpperCase();
    const meant = { PATCH: patch, HEAD: head, DELETE: end }[method];
    if (meant === undefined) throw refuseRequest("request.route", "An upload takes PATCH, HEAD and DELETE", "Send one of them, or POST with the header X-HTTP-Method-Override.", "NOT_FOUND");
    return await meant(request, reply, caller);
  };

  api.addConstraintStrategy(byTusHeader);
  for (const path of [mediaCreate.path, UPLOADS, UPLOAD]) {
    // The preflight is answered before any handler; what this route adds is the protocol's own headers.
    api.options(path, { onSend: async (_request, reply) => void reply.headers(TUS_ABILITIES) }, async (_request, reply) => await reply.code(204).send());
  }
  const route = (method: "POST" | "HEAD" | "PATCH" | "DELETE", url: string, handler: Handler, constraints = {}) => addTusRoute(api, services, { method, url, handler, constraints });
  route("POST", mediaCreate.path, create, { resumable: "tus" });
  route("HEAD", UPLOAD, head);
  route("PATCH", UPLOAD, patch);
  route("DELETE", UPLOAD, end);
  route("POST", UPLOAD, overridden);
}

/** Key first, then the protocol's version; every answer says the version and is kept by nobody. */
function addTusRoute(api: FastifyInstance, services: Services, { method, url, handler, constraints }: { method: "POST" | "HEAD" | "PATCH" | "DELETE"; url: string; handler: Handler; constraints: Record<string, string> }): void {
  const callers = new WeakMap<FastifyRequest, Caller & { actor: Actor }>();
  api.route({
    method,
    url,
    constraints,
    onRequest: async (request, reply) => {
      reply.header("tus-resumable", TUS_VERSION).header("cache-control", "no-store");
      sendRateLimit(reply);
      callers.set(request, await authenticate(services, mediaCreate, request));
      checkVersion(request);
    },
    handler: async (request, reply) => {
      const caller = callers.get(request);
      if (caller === undefined) throw new Error("A route was reached without its key check");
      return await handler(request, reply, caller);
    },
    errorHandler: (error, request, reply) => void sendTusFailure(services.log, error, request, reply),
  });
}

async function sendTusFailure(log: Services["log"], error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const refusal = toRefusal(error);
  const status = TUS_STATUSES[refusal.issues[0]?.rule ?? ""];
  if (status === undefined) return await sendFailure(log, error, request, reply);
  return await reply.code(status).headers(refusal.headers).send(errorBody(refusal, request.id));
}

/** Where the protocol asks for another status than our code has. */
const TUS_STATUSES: Readonly<Record<string, number>> = { "upload.busy": 423, "upload.contentType": 415 };

const byTusHeader = {
  name: "resumable",
  storage: () => {
    const handlers = new Map();
    return { get: (value: unknown) => handlers.get(value) ?? null, set: (value: unknown, handler: unknown) => void handlers.set(value, handler) };
  },
  deriveConstraint: (request: { headers: NodeJS.Dict<string | string[]> }) => (request.headers["tus-resumable"] === undefined ? undefined : "tus"),
};

function readId(request: FastifyRequest): string {
  const params = z.object({ id: z.guid() }).safeParse(request.params);
  if (!params.success) throw refuseRequest("request.id", "The id of an upload is a UUID", "Use the Location that the upload was created with.");
  return params.data.id;
}
