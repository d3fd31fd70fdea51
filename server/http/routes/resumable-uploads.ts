import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { mediaCreate } from "../../../contract/operations/media.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { authenticate } from "../../calls/authenticate.ts";
import type { BindOptions } from "../../calls/bind.ts";
import { sendUnlimited } from "../../calls/call-meter.ts";
import { outsideAdmission } from "../../calls/read-body.ts";
import { errorBody, refuseRequest, sendFailure, toRefusal } from "../../calls/refusals.ts";
import { hashRequest, readIdempotencyKey } from "../../calls/request-headers.ts";
import { claim, withClaim } from "../../domain/idempotency.ts";
import { beginResumableUpload } from "../../domain/media/resumable-uploads.ts";
import type { Services } from "../../domain/services.ts";
import { type AnnouncedFile, appendToUpload, endUpload, findUpload } from "../../media/uploads/resumable-uploads.ts";
import {
  announcedBytes,
  carriesBytes,
  checkVersion,
  OFFSET_STREAM,
  readAnnouncedFile,
  readOffset,
  TUS_ABILITIES,
  TUS_VERSION,
} from "./tus-headers.ts";

const UPLOADS = `${mediaCreate.path}/uploads`;
const UPLOAD = `${UPLOADS}/:id`;

/** `stopping` ends requests whose bytes are still arriving when the server stops. */
interface Uploads extends Pick<BindOptions, "stopping" | "calls" | "requestLog"> {
  services: Services;
}

type Handler = (uploads: Uploads, request: FastifyRequest, reply: FastifyReply, caller: Tenant) => Promise<unknown>;

/**
 * Media that arrive in several requests, with the tus protocol (https://tus.io/protocols/resumable-upload), for any of
 * its clients. A creation is distinguished from the other forms of `POST /api/v1/media` by its header Tus-Resumable.
 */
export function addResumableUploads(
  api: FastifyInstance,
  services: Services,
  { stopping, calls, requestLog }: Pick<BindOptions, "stopping" | "calls" | "requestLog">,
): void {
  api.addConstraintStrategy(byTusHeader);
  for (const path of [mediaCreate.path, UPLOAD]) {
    // The preflight is answered before any handler; this route adds only the protocol's own headers.
    api.options(
      path,
      { onSend: async (_request, reply) => void reply.headers(TUS_ABILITIES) },
      async (_request, reply) => await reply.code(204).send(),
    );
  }
  const add = (method: TusRoute["method"], url: string, handler: Handler, constraints = {}) =>
    addTusRoute(api, { services, stopping, calls, requestLog }, { method, url, handler, constraints });
  add("POST", mediaCreate.path, create, { resumable: "tus" });
  add("HEAD", UPLOAD, tell);
  add("PATCH", UPLOAD, append);
  add("DELETE", UPLOAD, end);
  add("POST", UPLOAD, overridden);
}

const create: Handler = async (uploads, request, reply, caller) => {
  const file = readAnnouncedFile(request);
  const { upload } = begun.parse(await begin(uploads.services, file, request, reply, caller));
  reply
    .code(201)
    .header("location", `${uploads.services.settings.apiUrl}${UPLOADS}/${upload.id}`)
    .header("upload-expires", upload.expiresAt.toUTCString());
  if (carriesBytes(request)) await addBytes(uploads, request, reply, caller, { id: upload.id, offsetBytes: 0 });
  return await reply.send();
};

const begun = z.object({ upload: z.object({ id: z.string(), expiresAt: z.coerce.date() }) });

/** Creates the upload, or returns the result of the first request with the same Idempotency-Key. */
async function begin(
  services: Services,
  file: AnnouncedFile,
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Tenant,
): Promise<unknown> {
  const key = readIdempotencyKey(request);
  if (key === null) return (await beginResumableUpload(services, { ...caller, claim: null }, file)).body;
  const held = await claim(services.pool, caller, {
    key,
    operation: mediaCreate.name,
    requestHash: hashRequest(request.url, file, []),
    status: 201,
  });
  if ("key" in held)
    return (
      await withClaim(services.pool, held, () => beginResumableUpload(services, { ...caller, claim: held }, file))
    ).body;
  reply.header("idempotency-replayed", "true");
  return held.body;
}

const append: Handler = async (uploads, request, reply, caller) => {
  if (!carriesBytes(request))
    throw refuseRequest(
      "upload.contentType",
      `The Content-Type must be ${OFFSET_STREAM}`,
      `Send the bytes with the header Content-Type: ${OFFSET_STREAM}.`,
    );
  await addBytes(uploads, request, reply, caller, { id: readId(request), offsetBytes: readOffset(request) });
  return await reply.code(204).send();
};

async function addBytes(
  { services, stopping }: Uploads,
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Tenant,
  at: { id: string; offsetBytes: number },
): Promise<void> {
  // What has arrived by then is kept, as when the client disconnects.
  const leave = () => request.raw.destroy();
  stopping.addEventListener("abort", leave);
  try {
    const appending = appendToUpload(services, caller, at.id, {
      offsetBytes: at.offsetBytes,
      announcedBytes: announcedBytes(request),
      source: request.raw,
    });
    const now = await outsideAdmission(request, appending);
    reply.header("upload-offset", String(now.offsetBytes)).header("upload-expires", now.expiresAt.toUTCString());
    if (now.mediaId !== null) reply.header("media-id", now.mediaId);
  } finally {
    stopping.removeEventListener("abort", leave);
  }
}

const tell: Handler = async ({ services }, request, reply, caller) => {
  const upload = await findUpload(services, caller, readId(request));
  reply
    .header("upload-offset", String(upload.offset_bytes))
    .header("upload-length", String(upload.length_bytes))
    .header("upload-expires", upload.expires_at.toUTCString());
  if (upload.metadata !== null) reply.header("upload-metadata", upload.metadata);
  if (upload.media_id !== null) reply.header("media-id", upload.media_id);
  return await reply.code(200).send();
};

const end: Handler = async ({ services }, request, reply, caller) => {
  await endUpload(services, caller, readId(request));
  return await reply.code(204).send();
};

/** For clients that cannot send the method itself. */
const overridden: Handler = async (uploads, request, reply, caller) => {
  const meant = { PATCH: append, HEAD: tell, DELETE: end }[
    String(request.headers["x-http-method-override"]).toUpperCase()
  ];
  if (meant === undefined)
    throw refuseRequest(
      "request.route",
      "An upload supports only PATCH, HEAD and DELETE",
      "Send one of them, or POST with the header X-HTTP-Method-Override.",
      "NOT_FOUND",
    );
  return await meant(uploads, request, reply, caller);
};

interface TusRoute {
  method: "POST" | "HEAD" | "PATCH" | "DELETE";
  url: string;
  handler: Handler;
  constraints: Record<string, string>;
}

/** The key first, then the protocol's version; every response has the version and is not cached. */
function addTusRoute(api: FastifyInstance, uploads: Uploads, { method, url, handler, constraints }: TusRoute): void {
  const { services, requestLog } = uploads;
  const callers = new WeakMap<FastifyRequest, Tenant>();
  api.route({
    method,
    url,
    constraints,
    onRequest: async (request, reply) => {
      reply.header("tus-resumable", TUS_VERSION).header("cache-control", "no-store");
      sendUnlimited(reply);
      const caller = await authenticate(services, mediaCreate, request);
      requestLog.begin(request, caller, mediaCreate);
      // A file is one upload, in however many requests it arrives.
      await uploads.calls.count(reply, caller, url === mediaCreate.path ? mediaCreate.rateClass : "apiRead");
      callers.set(request, caller);
      checkVersion(request);
    },
    handler: async (request, reply) => {
      const caller = callers.get(request);
      if (caller === undefined) throw new Error("A route was reached without its key check");
      return await handler(uploads, request, reply, caller);
    },
    errorHandler: (error, request, reply) => {
      requestLog.refuse(request, error);
      void sendTusFailure(services, error, request, reply);
    },
  });
}

async function sendTusFailure(
  services: Pick<Services, "log" | "settings">,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const refusal = toRefusal(error);
  const status = TUS_STATUSES[refusal.issues[0]?.rule ?? ""];
  if (status === undefined) return await sendFailure(services, error, request, reply);
  return await reply
    .code(status)
    .headers(refusal.headers)
    .send(errorBody(services.settings, refusal, request.id));
}

/** Where the protocol requires another status than our code has. */
const TUS_STATUSES: Readonly<Record<string, number>> = { "upload.busy": 423, "upload.contentType": 415 };

const byTusHeader = {
  name: "resumable",
  storage: () => {
    const handlers = new Map();
    return {
      get: (value: unknown) => handlers.get(value) ?? null,
      set: (value: unknown, handler: unknown) => void handlers.set(value, handler),
    };
  },
  deriveConstraint: (request: { headers: NodeJS.Dict<string | string[]> }) =>
    request.headers["tus-resumable"] === undefined ? undefined : "tus",
};

function readId(request: FastifyRequest): string {
  const params = z.object({ id: z.guid() }).safeParse(request.params);
  if (!params.success)
    throw refuseRequest(
      "request.id",
      "The ID of an upload must be a UUID",
      "Use the Location returned when the upload was created.",
    );
  return params.data.id;
}
