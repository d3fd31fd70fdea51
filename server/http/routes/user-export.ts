import { Readable } from "node:stream";

import type { FastifyInstance } from "fastify";

import { authenticate } from "../../calls/authenticate.ts";
import type { BindOptions } from "../../calls/bind.ts";
import { requireAppHost } from "../../calls/hosts.ts";
import type { Services } from "../../domain/services.ts";
import { exportUser } from "../../domain/users/export-user.ts";

/** The route for users to export everything stored about them, as one JSON file. */
export function addUserExport(scope: FastifyInstance, services: Services, { calls }: Pick<BindOptions, "calls">): void {
  requireAppHost(scope, services.settings);
  scope.get("/api/me/export", async (request, reply) => {
    const caller = await authenticate(services, { auth: "session" }, request);
    await calls.count(reply, caller, "apiRead");
    const pieces = await exportUser(services, { ...caller, address: request.ip, requestId: request.id });
    return await reply
      .type("application/json; charset=utf-8")
      .header("content-disposition", 'attachment; filename="ampost-export.json"')
      .header("cache-control", "no-store")
      .send(Readable.from(pieces, { objectMode: false }));
  });
}
