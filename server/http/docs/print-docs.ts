import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { llmsFull, llmsIndex, llmText } from "../../../printing/llm-text.ts";
import { type InstanceFacts, loadPages } from "../../../printing/pages.ts";
import { CONTENT_SECURITY_POLICY, frameDocs, frameFound, frameNotFound, frameTryIt, tryItPolicy } from "./frame.ts";
import { makeSearch } from "./search.ts";
import { TRY_IT, TRY_IT_SCRIPT } from "./try-it-form.ts";

/** The response, with what a cache needs to know. */
export interface Document {
  type: string;
  text: string;
  etag: string;
  policy: string;
}

export interface Docs {
  /** Everything at a documentation URL, generated on demand. Null: not found. */
  find(path: string): Promise<Document | null>;
  /** What was found for a query, as a page or for the field on every page. */
  search(query: string, as: "html" | "json"): Promise<Document>;
  notFound: Document;
}

export async function printDocs(instance: InstanceFacts): Promise<Docs> {
  const pages = await loadPages(instance);
  const [script, tryItScript] = await Promise.all(
    ["docs.js", "try-it.js"].map(async (name) => await readFile(join(import.meta.dirname, name), "utf8")),
  );
  const makers = new Map<string, () => Document | Promise<Document>>([
    ["/llm.txt", () => documentOf("text/plain", llmText(pages, instance))],
    ["/llms.txt", () => documentOf("text/plain", llmsIndex(pages, instance))],
    ["/llms-full.txt", () => documentOf("text/plain", llmsFull(pages))],
    ["/docs/docs.js", () => documentOf("text/javascript", script ?? "")],
    [TRY_IT, () => documentOf("text/html", frameTryIt(instance.apiUrl, pages), tryItPolicy(instance.apiUrl))],
    [TRY_IT_SCRIPT, () => documentOf("text/javascript", tryItScript ?? "")],
    ...pages.map((page): [string, () => Document] => [
      page.path,
      () => documentOf("text/html", frameDocs(page, pages)),
    ]),
    ...pages.map((page): [string, () => Document] => [
      `${page.path}.md`,
      () => documentOf("text/markdown", page.markdown),
    ]),
  ]);
  const made = new Map<string, Document>();
  let search: ReturnType<typeof makeSearch> | undefined;
  return {
    find: async (path) => {
      const document = made.get(path) ?? (await makers.get(path)?.());
      if (document !== undefined) made.set(path, document);
      return document ?? null;
    },
    search: async (query, as) => {
      const found = (await (search ??= makeSearch(pages)))(query);
      return as === "json"
        ? documentOf("application/json", JSON.stringify(found))
        : documentOf("text/html", frameFound(query, found, pages));
    },
    notFound: documentOf("text/html", frameNotFound(pages)),
  };
}

function documentOf(type: string, text: string, policy = CONTENT_SECURITY_POLICY): Document {
  return {
    type: `${type}; charset=utf-8`,
    text,
    policy,
    etag: `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`,
  };
}
