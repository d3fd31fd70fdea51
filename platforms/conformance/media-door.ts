import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import type pg from "pg";

import { openSigned } from "../../server/media/signed-url.ts";
import type { Storage } from "../../server/storage/storage.ts";

/** Serves signed media URLs, for platforms that download media. */
export async function openMediaDoor(deps: { pool: pg.Pool; storage: Storage; secret: string }) {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://localhost");
    const [, , mediaId = "", name = ""] = url.pathname.split("/");
    openSigned(
      { ...deps, secrets: [deps.secret] },
      {
        method: request.method === "HEAD" ? "HEAD" : "GET",
        mediaId,
        name,
        expires: url.searchParams.get("expires") ?? undefined,
        signature: url.searchParams.get("signature") ?? undefined,
        range: request.headers.range,
      },
    ).then(
      ({ status, headers, body }) => {
        response.writeHead(status, headers);
        if (body === null) response.end();
        else body.on("error", () => response.destroy()).pipe(response);
      },
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
