import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { requireAppHost } from "../../calls/hosts.ts";
import type { Services } from "../../domain/services.ts";
import type { Docs } from "./print-docs.ts";

/** The documentation: pages on the app's host, and its files for programs on both hosts. */
export async function addDocs(app: FastifyInstance, { settings }: Pick<Services, "settings">): Promise<void> {
  // Generated, and its code loaded, on demand: most processes never need it.
  let loaded: Promise<Docs> | undefined;
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { find, search, notFound } = await (loaded ??= load(settings));
    const path = pathOf(request.url);
    const searched = /^\/docs\/search(\.json)?$/.exec(path);
    const found =
      searched === null
        ? await find(path)
        : await search(queryOf(request.url), searched[1] === undefined ? "html" : "json");
    const document = found ?? notFound;
    reply
      .type(document.type)
      .header("content-security-policy", document.policy)
      .header("x-content-type-options", "nosniff")
      .header("referrer-policy", "same-origin");
    if (found === null) return await reply.code(404).send(document.text);
    reply.header("cache-control", "public, max-age=300").header("etag", document.etag);
    return request.headers["if-none-match"] === document.etag
      ? await reply.code(304).send()
      : await reply.send(document.text);
  };
  for (const path of ["/llm.txt", "/llms.txt", "/llms-full.txt"]) {
    app.get(path, async (request, reply) => await answer(request, reply.header("access-control-allow-origin", "*")));
  }
  await app.register(async (scope) => {
    requireAppHost(scope, settings);
    for (const path of ["/docs", "/docs.md", "/docs/*"]) scope.get(path, answer);
    for (const [path, renamed] of RENAMED)
      for (const end of ["", ".md"])
        scope.get(path + end, async (_request, reply) => await reply.redirect(renamed + end, 301));
  });
}

const RENAMED = [["/docs/earlier-addresses", "/docs/legacy-endpoints"]] as const;

async function load(settings: Services["settings"]): Promise<Docs> {
  const { printDocs } = await import("./print-docs.ts");
  return await printDocs(settings);
}

function pathOf(url: string): string {
  return (url.split("?")[0] ?? "").replace(/(.)\/$/, "$1");
}

function queryOf(url: string): string {
  return new URLSearchParams(url.split("?").slice(1).join("?")).get("q") ?? "";
}
