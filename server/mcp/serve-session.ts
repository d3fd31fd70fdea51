import {
  isInitializeRequest,
  isJSONRPCRequest,
  isJSONRPCResponse,
  type ServerContext,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";

import { postsPublish } from "../../contract/operations/posts.ts";
import type { McpCaller, ToolServices } from "./call-tool.ts";
import { type AskInSession, offersElicitation } from "./confirm.ts";
import { refuse } from "./guards.ts";
import { createMcpServer } from "./mcp-server.ts";
import type { Questions } from "./questions.ts";
import { beginSession, openSession, type Session } from "./sessions.ts";

/**
 * Serves a POST of the revisions up to 2025-11-25. Each has its own server, in any process; the session connects them,
 * encrypted in its ID.
 */
export async function serveSession(
  parts: ToolServices,
  questions: Questions,
  caller: McpCaller,
  request: Request,
  body: unknown,
): Promise<Response> {
  if (isInitializeRequest(body)) {
    const id = beginSession(parts.services, caller, offersElicitation(body.params.capabilities));
    return await exchange(parts, caller, request, body, { sessionId: id, ask: null, streams: false });
  }
  const session = await sessionOf(parts, caller, request);
  if (session instanceof Response) return session;
  const messages: unknown[] = Array.isArray(body) ? body : [body];
  const answers = messages.filter((message) => isJSONRPCResponse(message));
  for (const answer of answers.slice(0, 100)) await questions.answer(session.id, answer);
  if (answers.length > 0 && answers.length === messages.length) return new Response(null, { status: 202 });
  const calls = messages.filter((message) => isJSONRPCRequest(message)).filter(({ method }) => method === "tools/call");
  const publishes = calls.some(({ params }) => params?.name === postsPublish.name);
  const ask = session.elicits && publishes ? asker(questions, session, parts.options.stopping) : null;
  return await exchange(parts, caller, request, body, {
    sessionId: null,
    ask,
    streams: ask !== null || calls.some(({ params }) => params?._meta?.progressToken !== undefined),
  });
}

/** The session that a request names; or the response if it names none or an invalid one. */
export async function sessionOf(
  { services }: Pick<ToolServices, "services">,
  caller: McpCaller,
  request: Request,
): Promise<Session | Response> {
  const sealed = request.headers.get("mcp-session-id");
  if (sealed === null)
    return refuse(
      400,
      -32000,
      "Bad Request: the header Mcp-Session-Id is missing. " +
        "Send initialize first, then send the ID it returns with every request.",
    );
  return (
    (await openSession(services, caller, sealed)) ??
    refuse(
      404,
      -32001,
      "Session not found: it has ended, or it does not belong to this key. Send initialize to start a new one.",
    )
  );
}

type Asker = (transport: WebStandardStreamableHTTPServerTransport) => NonNullable<AskInSession>;

/** Asks on the stream that answers the call; the answer arrives in another request. */
function asker(questions: Questions, session: Session, stopping: AbortSignal): Asker {
  return (transport) => (context: ServerContext, params) =>
    questions.ask(
      session.id,
      ({ id }) =>
        transport.send(
          { jsonrpc: "2.0", id, method: "elicitation/create", params: { ...params } },
          { relatedRequestId: context.mcpReq.id },
        ),
      params,
      AbortSignal.any([context.mcpReq.signal, stopping]),
    );
}

/** One request and its response: as plain JSON, unless something may be asked or reported in between. */
async function exchange(
  parts: ToolServices,
  caller: McpCaller,
  request: Request,
  body: unknown,
  { sessionId, ask, streams }: { sessionId: string | null; ask: Asker | null; streams: boolean },
): Promise<Response> {
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: sessionId === null ? undefined : () => sessionId,
    enableJsonResponse: !streams,
  });
  const server = createMcpServer(parts, caller, ask === null ? null : ask(transport));
  await server.connect(transport);
  // Also aborted after the response: then nothing is left of the server.
  request.signal.addEventListener("abort", () => void server.close().catch(() => undefined), { once: true });
  return await transport.handleRequest(request, { parsedBody: body });
}
