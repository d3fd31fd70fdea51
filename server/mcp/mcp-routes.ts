import { Readable } from "node:stream";

import { classifyInboundRequest, createMcpHandler } from "@modelcontextprotocol/server";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { findHostile } from "../../contract/hostile.ts";
import type { Services } from "../domain/services.ts";
import type { Authenticated } from "../http/authenticate.ts";
import type { BindOptions } from "../http/bind.ts";
import { BINDINGS } from "../http/bindings.ts";
import { sendRateLimit } from "../http/rate-limit-headers.ts";
import { readText } from "../http/read-body.ts";
import type { McpCaller, ToolServices } from "./call-tool.ts";
import { allowOrigin, answerPreflight, authenticateMcp, findForeign, protectedResource } from "./guards.ts";
import { createMcpServer } from "./mcp-server.ts";
import { createQuestions } from "./questions.ts";
import { refuse, serveSession, sessionOf } from "./serve-session.ts";
import { closeSession } from "./sessions.ts";

/** The revision without sessions: there GET and DELETE mean nothing. */
const STATELESS_REVISION = "2026-07-28";

/** The one path of MCP: the stateless protocol of 2026-07-28, and the sessions of the revisions before it. */
export function addMcp(app: FastifyInstance, services: Services, options: BindOptions): void {
  const parts: ToolServices = { services, options, bindings: new Map(BINDINGS.map((binding) => [binding.operation.name, binding])) };
  const questions = createQuestions(services);
  const callers = new WeakMap<Request, McpCaller>();
  const stateless = createMcpHandler(
    ({ requestInfo }) => {
      const caller = requestInfo === undefined ? undefined : callers.get(requestInfo);
      if (caller === undefined) throw new Error("A request came past its key check");
      return createMcpServer(parts, caller, null);
    },
    { legacy: "reject", onerror: (error) => services.log.debug({ err: error }, "an MCP request was refused") },
  );
  app.addHook("preClose", async () => await stateless.close());

  const serve = async (caller: McpCaller, request: Request, body: unknown): Promise<Response> => {
    const claimed = request.headers.get("mcp-protocol-version");
    if (request.method !== "POST") {
      if (claimed === STATELESS_REVISION || (request.method === "GET" && request.headers.get("mcp-session-id") === null)) return notAllowed("POST");
      const session = await sessionOf(parts, caller, request);
      if (session instanceof Response) return session;
      if (request.method === "GET") return notAllowed("POST, DELETE");
      await closeSession(services, caller, session);
      return new Response(null, { status: 200 });
    }
    const outcome = classifyInboundRequest({ httpMethod: "POST", protocolVersionHeader: claimed ?? undefined, mcpMethodHeader: request.headers.get("mcp-method") ?? undefined, mcpNameHeader: request.headers.get("mcp-name") ?? undefined, body });
    if (outcome.kind === "legacy") return await serveSession(parts, questions, caller, request, body);
    callers.set(request, caller);
    return await stateless.fetch(request, { parsedBody: body });
  };

  const authenticated = new WeakMap<FastifyRequest, Authenticated>();
  app.all(
    "/mcp",
    {
      compress: false,
      onRequest: async (request, reply) => {
        sendRateLimit(reply);
        const foreign = findForeign(request, services.settings);
        if (foreign !== null) return await send(reply, refuse(403, -32000, foreign));
        allowOrigin(request, reply);
        if (request.method !== "OPTIONS") authenticated.set(request, await authenticateMcp(services, request));
      },
    },
    async (request, reply) => {
      const key = authenticated.get(request);
      if (key === undefined) return await answerPreflight(reply);
      if (!["GET", "POST", "DELETE"].includes(request.method)) return await send(reply, notAllowed("GET, POST, DELETE"));
      const body = request.method === "POST" ? readJson(await readText(request)) : { value: undefined };
      if (body === null) return await send(reply, refuse(400, -32700, "Parse error: the request body is not valid JSON"));
      const caller: McpCaller = { ...key, address: request.ip, requestId: request.id };
      return await send(reply, await serve(caller, toWebRequest(request, reply, services), body.value));
    },
  );
  app.get(protectedResource.path, async (_request, reply) => await reply.header("access-control-allow-origin", "*").header("cache-control", "public, max-age=300").send(protectedResource.describe(services.settings)));
}

function notAllowed(allow: string): Response {
  return refuse(405, -32000, "Method not allowed.", { allow });
}

/** Null where it is no JSON, or so deep or large that nobody should walk through it. */
function readJson(text: string): { value: unknown } | null {
  try {
    const value: unknown = JSON.parse(text);
    const hostile = findHostile(value);
    return hostile?.rule === "request.depth" || hostile?.rule === "request.size" ? null : { value };
  } catch {
    return null;
  }
}

/** The request without its body, which has been read, and without what nobody behind here should see. */
function toWebRequest(request: FastifyRequest, reply: FastifyReply, { settings }: Pick<Services, "settings">): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === "string" && name !== "authorization" && name !== "cookie") headers.set(name, value);
  }
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return new Request(`${settings.apiUrl}/mcp`, { method: request.method, headers, signal: gone.signal });
}

async function send(reply: FastifyReply, response: Response): Promise<FastifyReply> {
  reply.code(response.status);
  for (const [name, value] of response.headers) if (name !== "connection" && name !== "content-length") reply.header(name, value);
  if (response.headers.get("content-type")?.startsWith("text/event-stream") === true && response.body !== null) return await reply.send(Readable.fromWeb(response.body));
  const text = await response.text();
  return await reply.send(text === "" ? undefined : text);
}
