import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { mediaCreate, mediaUploadUrl } from "../../../contract/operations/media.ts";
import { MAX_FILE_BYTES } from "../../../model/capabilities.ts";
import { PublicError } from "../../../model/errors.ts";
import { bind, type BindOptions, dropAfter } from "../../calls/bind.ts";
import { sendUnlimited } from "../../calls/call-meter.ts";
import { perform } from "../../calls/perform.ts";
import { cutOff, dropUploads, outsideAdmission } from "../../calls/read-body.ts";
import { refuseRequest } from "../../calls/refusals.ts";
import { createMedia } from "../../domain/media/media.ts";
import { openUploadUrl, type Uploader } from "../../domain/media/upload-urls.ts";
import type { Upload } from "../../domain/media/upload.ts";
import type { Services } from "../../domain/services.ts";
import { receiveFile } from "../../media/uploads/receive.ts";

const creating = bind(mediaCreate, (services, call, { body }) => createMedia(services, call, body));

/** PUT with a file as its body, to a URL that a key has created for it: see `createUploadUrl`. */
export function addUploadUrls(
  api: FastifyInstance,
  services: Services,
  options: Pick<BindOptions, "calls" | "requestLog" | "storageQuota">,
): void {
  const uploaders = new WeakMap<FastifyRequest, Uploader>();
  api.route({
    method: "PUT",
    url: `${mediaUploadUrl.path}/:permit`,
    config: { takesFile: true },
    onRequest: async (request, reply) => {
      reply.header("cache-control", "no-store");
      sendUnlimited(reply);
      const uploader = await openUploadUrl(services, permitOf(request.params));
      request.admission?.belongsTo(uploader);
      if (uploader === null)
        throw refuseRequest(
          "media.uploadUrl",
          "This upload URL is not valid, or no longer",
          "Create a new one with POST /api/v1/media/upload-urls (media_upload_url).",
          "NOT_FOUND",
        );
      options.requestLog.begin(request, uploader, mediaCreate);
      await options.calls.count(reply, uploader, mediaCreate.rateClass);
      uploaders.set(request, uploader);
    },
    handler: async (request, reply) => {
      const uploader = uploaders.get(request);
      if (uploader === undefined) throw new Error("A route was reached without its check");
      return await store(services, options, uploader, request, reply);
    },
  });
}

async function store(
  services: Services,
  { storageQuota }: Pick<BindOptions, "storageQuota">,
  { filename, idempotencyKey, ...caller }: Uploader,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const announcedBytes = Number(request.headers["content-length"] ?? 0);
  if (announcedBytes > MAX_FILE_BYTES)
    throw refuseRequest(
      "media.size",
      "The file is larger than 200 MB",
      `Send a file of at most ${MAX_FILE_BYTES} bytes.`,
      "PAYLOAD_TOO_LARGE",
    );
  const reservation = await storageQuota.reserve(caller, announcedBytes);
  try {
    const arriving = receiveFile(services.storage, {
      owner: caller,
      bytes: request.raw,
      name: filename,
      claimedMimeType: request.headers["content-type"] ?? null,
      reservation,
    });
    const received = await outsideAdmission(request, arriving).catch((error: unknown) => {
      throw request.raw.destroyed && !request.raw.complete ? cutOff : error;
    });
    const uploads: Upload[] = [{ field: "file", filename, received, issues: [] }];
    const done = await perform(services, creating, {
      call: { ...caller, address: request.ip, requestId: request.id, claim: null, ifRevision: null, uploads },
      raw: { params: {}, query: {}, body: {} },
      key: idempotencyKey,
      path: mediaCreate.path,
      count: null,
      waiting: null,
    }).catch(async (error: unknown) => {
      await dropAfter(services, uploads, error);
      throw isReuse(error) ? usedBefore() : error;
    });
    if ("answer" in done) return await reply.code(mediaCreate.status).send(done.answer.body);
    await dropUploads(services.storage, uploads);
    return await reply.code(done.stored.status).header("idempotency-replayed", "true").send(done.stored.body);
  } finally {
    reservation.release();
  }
}

function permitOf(params: unknown): string {
  return z.object({ permit: z.string() }).parse(params).permit;
}

function isReuse(error: unknown): boolean {
  return error instanceof PublicError && error.code === "IDEMPOTENCY_KEY_REUSED";
}

function usedBefore(): PublicError {
  return refuseRequest(
    "media.uploadUrl.used",
    "This upload URL was used for another file",
    "Create one URL for each file.",
    "INVALID_STATUS_TRANSITION",
  );
}
