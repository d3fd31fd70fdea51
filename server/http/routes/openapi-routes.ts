import { createHash } from "node:crypto";

import type { FastifyInstance } from "fastify";

import { VERSION } from "../../calls/version.ts";
import type { Services } from "../../domain/services.ts";

/** The description of the public API, for tools and for people. */
export function addOpenApi(app: FastifyInstance, { settings }: Pick<Services, "settings">): void {
  // Generated, and its code loaded, on demand: most processes never need it.
  let printed: { json: string; yaml: string } | undefined;
  const print = async () => {
    const [{ openApi }, { stringify }] = await Promise.all([
      import("../../../contract/openapi/openapi.ts"),
      import("yaml"),
    ]);
    const document = openApi({ apiUrl: settings.apiUrl, appUrl: settings.appUrl, version: VERSION });
    return { json: JSON.stringify(document), yaml: stringify(document) };
  };
  const add = (form: "json" | "yaml", type: string) =>
    app.get(`/openapi.${form}`, async (request, reply) => {
      const text = (printed ??= await print())[form];
      const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
      reply
        .type(type)
        .header("access-control-allow-origin", "*")
        .header("cache-control", "public, max-age=300")
        .header("etag", etag);
      return request.headers["if-none-match"] === etag ? await reply.code(304).send() : await reply.send(text);
    });
  add("json", "application/json; charset=utf-8");
  add("yaml", "application/yaml; charset=utf-8");
}
