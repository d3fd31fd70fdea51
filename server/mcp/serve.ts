import { classifyInboundRequest, createMcpHandler } from "@modelcontextprotocol/server";

import { loadPages, type DocPage } from "../../printing/pages.ts";
import type { BindOptions } from "../calls/bind.ts";
import { BINDINGS } from "../calls/bindings.ts";
import type { Services } from "../domain/services.ts";
import type { Feature, McpCaller, ToolServices } from "./call-tool.ts";
import { notAllowed } from "./guards.ts";
import { createMcpServer, FEATURES } from "./mcp-server.ts";
import { createQuestions } from "./questions.ts";
import { serveSession, sessionOf } from "./serve-session.ts";
import { closeSession } from "./sessions.ts";

/** Answers the requests of MCP, whose callers are known and whose bodies have been read. */
export interface Serving {
  serve(caller: Omit<McpCaller, "readsData">, request: Request, body: unknown): Promise<Response>;
}

export interface McpOptions extends BindOptions {
  /** What each server has. Default: everything of the product. */
  features?: readonly Feature[];
}

/** The revision without sessions: it has no GET or DELETE. */
const STATELESS_REVISION = "2026-07-28";

/** Both protocols of one path: the stateless one of 2026-07-28, and the sessions of the revisions before it. */
export function openServing(services: Services, options: McpOptions): Serving {
  let pages: Promise<readonly DocPage[]> | undefined;
  const docs = () => (pages ??= loadPages(services.settings));
  const parts: ToolServices = {
    services,
    options,
    docs,
    bindings: new Map(BINDINGS.map((binding) => [binding.operation.name, binding])),
    features: options.features ?? FEATURES,
  };
  const questions = createQuestions(services);
  const callers = new WeakMap<Request, McpCaller>();
  const underWay = new Set<Promise<Response>>();
  const stateless = createMcpHandler(
    ({ requestInfo }) => {
      const caller = requestInfo === undefined ? undefined : callers.get(requestInfo);
      if (caller === undefined) throw new Error("A request came past its key check");
      return createMcpServer(parts, caller, null);
    },
    { legacy: "reject", onerror: (error) => services.log.debug({ err: error }, "an MCP request was rejected") },
  );
  // Closing ends endless streams, but would cut off responses that are nearly complete.
  const close = async () => {
    await Promise.allSettled(underWay);
    await stateless.close();
  };
  options.stopping.addEventListener("abort", () => void close(), { once: true });
  return {
    async serve(asking, request, body) {
      const caller = { ...asking, readsData: false };
      const claimed = request.headers.get("mcp-protocol-version") ?? undefined;
      if (request.method !== "POST")
        return claimed === STATELESS_REVISION ? notAllowed("POST") : await manageSession(parts, caller, request);
      const named = {
        mcpMethodHeader: request.headers.get("mcp-method") ?? undefined,
        mcpNameHeader: request.headers.get("mcp-name") ?? undefined,
      };
      const { kind } = classifyInboundRequest({ httpMethod: "POST", protocolVersionHeader: claimed, ...named, body });
      if (kind === "legacy") return await serveSession(parts, questions, caller, request, body);
      callers.set(request, { ...caller, readsData: true });
      const answered = stateless.fetch(request, { parsedBody: body });
      underWay.add(answered);
      return await answered.finally(() => underWay.delete(answered));
    },
  };
}

/** DELETE ends a session; GET would be a stream without content, so it is not offered. */
async function manageSession(parts: ToolServices, caller: McpCaller, request: Request): Promise<Response> {
  if (request.method === "GET" && request.headers.get("mcp-session-id") === null) return notAllowed("POST");
  const session = await sessionOf(parts, caller, request);
  if (session instanceof Response) return session;
  if (request.method === "GET") return notAllowed("POST, DELETE");
  await closeSession(parts.services, caller, session);
  return new Response(null, { status: 200 });
}
