import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { llmsFull, llmsIndex, llmText } from "../../../docs/llm-text.ts";
import { loadPages, type Page } from "../../../docs/pages.ts";
import type { Services } from "../../domain/services.ts";
import { onAppOnly } from "../faces.ts";
import { CONTENT_SECURITY_POLICY, frameDocs, frameNotFound } from "./frame.ts";
import { searchIndex } from "./search-index.ts";

/** What is sent, with what a cache needs to know of it. */
interface Stored {
  type: string;
  text: string;
  etag: string;
}

const script = store("text/javascript; charset=utf-8", readFileSync(join(import.meta.dirname, "docs.js"), "utf8"));

/** The documentation: pages on the app's host, and what programs read of it on both. */
export async function addDocs(app: FastifyInstance, { settings }: Pick<Services, "settings">): Promise<void> {
  // Printed when it is first asked for: most processes never are.
  let loaded: Promise<Page[]> | undefined;
  const pages = () => (loaded ??= loadPages(settings));
  const made = new Map<string, Stored>();
  const keep = (key: string, make: () => Stored) => {
    const stored = made.get(key) ?? make();
    made.set(key, stored);
    return stored;
  };

  const addText = (path: string, print: (all: readonly Page[]) => string) =>
    app.get(path, async (request, reply) => {
      const all = await pages();
      reply.header("access-control-allow-origin", "*");
      return await send(request, reply, keep(path, () => store("text/plain; charset=utf-8", print(all))));
    });
  addText("/llm.txt", (all) => llmText(all, settings));
  addText("/llms.txt", (all) => llmsIndex(all, settings));
  addText("/llms-full.txt", llmsFull);

  await app.register(async (scope) => {
    onAppOnly(scope, settings);
    const answer = async (request: FastifyRequest, reply: FastifyReply) => {
      const path = pathOf(request.url);
      const all = await pages();
      const page = all.find((each) => each.path === path || `${each.path}.md` === path);
      reply.header("content-security-policy", CONTENT_SECURITY_POLICY);
      if (page === undefined) return await reply.code(404).type("text/html; charset=utf-8").send(frameNotFound(all));
      return await send(request, reply, keep(path, () => (page.path === path ? store("text/html; charset=utf-8", frameDocs(page, all)) : store("text/markdown; charset=utf-8", page.markdown))));
    };
    scope.get("/docs", answer);
    scope.get("/docs.md", answer);
    scope.get("/docs/*", answer);
    scope.get("/docs/search.json", async (request, reply) => {
      const all = await pages();
      return await send(request, reply, keep("/docs/search.json", () => store("application/json; charset=utf-8", JSON.stringify(searchIndex(all)))));
    });
    scope.get("/docs/docs.js", async (request, reply) => await send(request, reply, script));
  });
}

function store(type: string, text: string): Stored {
  return { type, text, etag: `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"` };
}

async function send(request: FastifyRequest, reply: FastifyReply, { type, text, etag }: Stored): Promise<FastifyReply> {
  reply.type(type).header("cache-control", "public, max-age=300").header("etag", etag).header("x-content-type-options", "nosniff").header("referrer-policy", "same-origin");
  return request.headers["if-none-match"] === etag ? await reply.code(304).send() : await reply.send(text);
}

function pathOf(url: string): string {
  return (url.split("?")[0] ?? "").replace(/(.)\/$/, "$1");
}
