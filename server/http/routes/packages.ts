import { createHash } from "node:crypto";

import type { FastifyInstance } from "fastify";

import { VERSION } from "../../calls/version.ts";

/** The clients that fit this instance, for `npm install URL` and `pip install URL`. */
export function addPackages(app: FastifyInstance): void {
  const add = (name: string, type: string, make: () => Promise<Buffer>) => {
    // Made, and its code loaded, on demand: most processes never need it.
    let made: Promise<{ bytes: Buffer; etag: string }> | undefined;
    app.get(`/packages/${name}`, async (request, reply) => {
      made ??= make().then(
        (archive) => ({ bytes: archive, etag: etagOf(archive) }),
        (error: unknown) => {
          made = undefined;
          throw error;
        },
      );
      const { bytes, etag } = await made;
      reply
        .type(type)
        .header("access-control-allow-origin", "*")
        .header("cache-control", "public, max-age=300")
        .header("etag", etag);
      return request.headers["if-none-match"] === etag ? await reply.code(304).send() : await reply.send(bytes);
    });
  };
  add(`ampost-client-${VERSION}.tgz`, "application/gzip", async () => {
    const { clientPackage } = await import("../../../packing/client-package.ts");
    const { toTarball } = await import("../../../packing/tarball.ts");
    return toTarball(await clientPackage());
  });
  add(`ampost-${VERSION}-py3-none-any.whl`, "application/zip", async () => {
    const { pythonPackage } = await import("../../../packing/python-package.ts");
    const { toZip } = await import("../../../packing/zip.ts");
    return toZip(await pythonPackage(VERSION));
  });
}

function etagOf(bytes: Buffer): string {
  return `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
}
