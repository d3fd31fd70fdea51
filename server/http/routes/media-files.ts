import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { errorBody, refuseRequest } from "../../calls/refusals.ts";
import type { Services } from "../../domain/services.ts";
import { createFileOwners, openSigned, type SignedUrl } from "../../media/signed-url.ts";

const address = z.object({ mediaId: z.uuid(), name: z.string() });
const signature = z.object({ expires: z.string().optional(), signature: z.string().optional() });

/** Stored files under signed URLs, whole or in ranges: what platforms fetch and responses link to. */
export function addMediaFiles(app: FastifyInstance, { pool, storage, settings }: Services): void {
  const ownerOf = createFileOwners(pool);
  const handler = (of: "media" | "thumbnail") => async (request: FastifyRequest, reply: FastifyReply) => {
    const url = readUrl(of, request);
    if (url === null)
      throw refuseRequest(
        "request.route",
        "File not found",
        "Use the url of a media object exactly as you received it.",
        "NOT_FOUND",
      );
    const { range, "if-range": ifRange, "if-none-match": ifNoneMatch } = request.headers;
    const answer = await openSigned(
      { pool, storage, secrets: settings.mediaSecrets() },
      {
        method: request.method === "HEAD" ? "HEAD" : "GET",
        ...url,
        range,
        ifRange: typeof ifRange === "string" ? ifRange : undefined,
        ifNoneMatch,
      },
    );
    reply.code(answer.status).headers(answer.headers);
    if (answer.message !== null)
      return await reply.send(
        errorBody(
          settings,
          refuseRequest("media.url", answer.message, "Get the post or media object again for a new url.", "NOT_FOUND"),
          request.id,
        ),
      );
    return await reply.send(answer.body ?? "");
  };
  // Fastify's own HEAD route would say that every file is empty.
  const options = (of: "media" | "thumbnail", admission: "files" | "thumbnails") => ({
    method: ["GET" as const, "HEAD" as const],
    exposeHeadRoute: false,
    compress: false as const,
    config: {
      admission,
      async fileOwner(request: FastifyRequest) {
        const url = readUrl(of, request);
        return url === null ? null : await ownerOf(settings.mediaSecrets(), url);
      },
    },
    handler: handler(of),
  });
  app.route({ url: "/media/:mediaId/:name", ...options("media", "files") });
  app.route({ url: "/media/:mediaId/thumbnail/:name", ...options("thumbnail", "thumbnails") });
}

/** Null if it is no URL of a file. */
function readUrl(of: "media" | "thumbnail", request: FastifyRequest): SignedUrl | null {
  const params = address.safeParse(request.params);
  const query = signature.safeParse(request.query);
  if (!params.success || !query.success) return null;
  const { expires, signature: given } = query.data;
  return { of, ...params.data, expires, signature: given };
}
