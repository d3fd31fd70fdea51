import type { FastifyInstance } from "fastify";
import { z } from "zod";

import { PublicError } from "../../../model/errors.ts";
import { readText } from "../../calls/read-body.ts";
import { refuseRequest } from "../../calls/refusals.ts";
import { findWhereabouts, isAnyonePacked } from "../../db/queries/whereabouts.ts";
import { openUploadUrl } from "../../domain/media/upload-urls.ts";
import type { Services } from "../../domain/services.ts";
import { isBearer } from "./probes.ts";

const clues = z.object({
  digests: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(100),
  ids: z.array(z.string().max(2_000)).max(100),
  email: z.string().max(1_000).nullable(),
});

const MOST_BYTES = 1024 * 1024;

/** For routers: whether what a request has is of a tenant in this cell. It says nothing else about anything. */
export function addWhereabouts(app: FastifyInstance, { pool, vault }: Services, secret: string): void {
  app.post("/cell/whereabouts", { config: { admission: "open" } }, async (request, reply) => {
    reply.header("cache-control", "no-store");
    if (!isBearer(request, secret))
      throw refuseRequest("request.cell", "This is for routers", "Send AMPOST_CELL_SECRET.", "UNAUTHORIZED");
    const { digests, ids, email } = clues.parse(JSON.parse(await readText(request, MOST_BYTES)));
    const bytes = digests.map((digest) => Buffer.from(digest, "hex"));
    const texts = bytes.map((each) => each.toString("base64url"));
    const uuids = ids.filter((id) => z.uuid().safeParse(id).success);
    const found = await findWhereabouts.all(pool, [bytes, texts, uuids, ids, email]);
    if (found.some(({ leaving }) => leaving)) return { is: "moving" };
    for (const id of ids.filter((each) => each.startsWith("v1.")))
      if ((await openUploadUrl({ vault, pool }, id).catch(isRefusal)) !== null) return { is: "here" };
    if (found.length > 0) return { is: "here" };
    return { is: (await isAnyonePacked.one(pool))?.found === true ? "unsure" : "elsewhere" };
  });
}

/** A URL that is refused is ours, such as one of a suspended user: whoever uses it is told why. */
function isRefusal(error: unknown): true {
  if (error instanceof PublicError) return true;
  throw error;
}
