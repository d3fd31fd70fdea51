import { Readable } from "node:stream";

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { findHostile } from "../../contract/forms/hostile.ts";
import { TOOLS } from "../../contract/openapi/tools.ts";
import { PublicError } from "../../model/errors.ts";
import { newId } from "../../model/ids.ts";
import type { Authenticated } from "../calls/authenticate.ts";
import { COMPRESSED_QUICKLY } from "../calls/bind.ts";
import { type CallMeter, sendUnlimited } from "../calls/call-meter.ts";
import { addDeprecationHeaders } from "../calls/hosts.ts";
import { readText } from "../calls/read-body.ts";
import type { Services } from "../domain/services.ts";
import type { McpCaller } from "./call-tool.ts";
import {
  allowOrigin,
  answerPreflight,
  authenticateMcp,
  findForeign,
  notAllowed,
  protectedResource,
  refuse,
} from "./guards.ts";
import { MCP_PATHS, type Offer, selectTools } from "./offer.ts";
import type { McpOptions, Serving } from "./serve.ts";

/** The paths of MCP: the stateless protocol of 2026-07-28, and the sessions of the revisions before it. */
export function addMcp(app: FastifyInstance, services: Services, options: McpOptions): void {
  let opened: Promise<Serving> | undefined;
  // The protocol's library is large, and most processes never see an agent: it is loaded when the first one comes.
  const open = async () =>
    await (opened ??= import("./serve.ts").then(({ openServing }) => openServing(services, options)));

  addDeprecationHeaders(app, services.settings);
  for (const { path, readOnly } of MCP_PATHS) addPath(app, services, options, { path, readOnly, open });
  for (const { at, path } of protectedResource.paths)
    app.get(
      at,
      async (_request, reply) =>
        await reply
          .header("access-control-allow-origin", "*")
          .header("cache-control", "public, max-age=300")
          .send(protectedResource.describe(services.settings, path)),
    );
}

function addPath(
  app: FastifyInstance,
  services: Services,
  options: McpOptions,
  { path, readOnly, open }: Pick<(typeof MCP_PATHS)[number], "path"> & { readOnly: boolean; open(): Promise<Serving> },
): void {
  const authenticated = new WeakMap<FastifyRequest, Authenticated>();
  app.all(
    path,
    {
      // Lists are long; streams must arrive piece by piece.
      compress: { ...COMPRESSED_QUICKLY, customTypes: /^application\/json/ },
      onRequest: async (request, reply) => {
        sendUnlimited(reply);
        const foreign = findForeign(request, services.settings);
        if (foreign !== null) return await send(reply, refuse(403, -32000, foreign));
        allowOrigin(request, reply);
        if (request.method !== "OPTIONS") authenticated.set(request, await authenticateMcp(services, request, path));
      },
    },
    async (request, reply) => {
      const key = authenticated.get(request);
      if (key === undefined) return await answerPreflight(reply);
      if (!["GET", "POST", "DELETE"].includes(request.method))
        return await send(reply, notAllowed("GET, POST, DELETE"));
      const offer = offerOf(request, readOnly);
      if ("problem" in offer) return await send(reply, refuse(400, -32602, `Invalid params: ${offer.problem}`));
      const body = request.method === "POST" ? readJson(await readText(request)) : { value: undefined };
      if (body === null)
        return await send(reply, refuse(400, -32700, "Parse error: the request body is not valid JSON"));
      const messages = toMessages(body.value);
      const refused = await countMessages(options.calls, reply, key, messages);
      let working = messages.filter((tool) => tool !== null).length;
      const ids = [request.id];
      const caller: Omit<McpCaller, "readsData"> = {
        ...key,
        address: request.ip,
        requestId: request.id,
        refused,
        offer,
        nextId: () => ids.pop() ?? newId(),
        onRest: () => {
          working -= 1;
          if (working === 0) request.admission?.leave();
        },
      };
      // Any call may be answered with a stream, and is rejected before anything is done for it.
      let streams = false;
      const release = options.streams.hold(
        { ...key, credential: request.headers.authorization },
        () => authenticateMcp(services, request, path),
        () => streams && reply.raw.destroy(),
        messages.length,
      );
      reply.raw.once("close", release);
      if (reply.raw.closed) release();
      const response = await (await open()).serve(caller, toWebRequest(request, reply, services), body.value);
      streams = isStream(response);
      return await send(reply, response);
    },
  );
}

/** What the parameters `tools` and `results` and the header select. */
function offerOf(request: FastifyRequest, readOnly: boolean): Offer | { problem: string } {
  const chosen = new URLSearchParams(request.url.split("?")[1]);
  const results = chosen.get("results");
  if (results !== null && results !== "text") return { problem: "results must be text, or omitted." };
  const selected = selectTools(readOnly, [...chosen.getAll("tools"), String(request.headers["x-mcp-toolsets"] ?? "")]);
  return "problem" in selected ? selected : { ...selected, asText: results === "text" };
}

/** The tools that a request calls, with null for each message that calls none. */
function toMessages(body: unknown): (string | null)[] {
  const messages: unknown[] = Array.isArray(body) && body.length > 0 ? body : [body];
  return messages.map((message) => toolCall.safeParse(message).data?.params.name ?? null);
}

const toolCall = z.object({ method: z.literal("tools/call"), params: z.object({ name: z.string() }) });

/**
 * Counts a call of each class in a request. Returns the error if only tools are called, which report it as their
 * result; otherwise throws it.
 */
async function countMessages(
  calls: CallMeter,
  reply: FastifyReply,
  caller: Authenticated,
  tools: readonly (string | null)[],
): Promise<PublicError | null> {
  const classes = tools.map((name) => (name === null ? "apiRead" : (CLASSES.get(name) ?? "apiRead")));
  try {
    for (const [rateClass, those] of Map.groupBy(classes, (each) => each))
      await calls.count(reply, caller, rateClass, { requests: those.length });
    return null;
  } catch (error) {
    if (error instanceof PublicError && !tools.includes(null)) return error;
    throw error;
  }
}

const CLASSES = new Map(TOOLS.map(({ name, operation }) => [name, operation.rateClass]));

/** Null if it is not JSON, or so deep or large that nobody should traverse it. */
function readJson(text: string): { value: unknown } | null {
  try {
    const value: unknown = JSON.parse(text);
    const hostile = findHostile(value);
    return hostile?.rule === "request.depth" || hostile?.rule === "request.size" ? null : { value };
  } catch {
    return null;
  }
}

/** The request without its body, which has been read, and without what nothing behind here should see. */
function toWebRequest(request: FastifyRequest, reply: FastifyReply, { settings }: Pick<Services, "settings">): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === "string" && name !== "authorization" && name !== "cookie") headers.set(name, value);
  }
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return new Request(`${settings.apiUrl}/mcp`, { method: request.method, headers, signal: gone.signal });
}

function isStream(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("text/event-stream") === true;
}

async function send(reply: FastifyReply, response: Response): Promise<FastifyReply> {
  reply.code(response.status);
  for (const [name, value] of response.headers)
    if (name !== "connection" && name !== "content-length") reply.header(name, value);
  if (isStream(response) && response.body !== null) return await reply.send(Readable.fromWeb(response.body));
  const text = await response.text();
  return await reply.send(text === "" ? undefined : text);
}
