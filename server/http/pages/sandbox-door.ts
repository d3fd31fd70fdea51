import { get, type IncomingMessage } from "node:http";

import type { FastifyInstance, FastifyReply } from "fastify";

import type { Services } from "../../domain/services.ts";
import { refuseRequest } from "../refusals.ts";

/** The sandbox's page, at an address of ours. */
export function addSandboxDoor(scope: FastifyInstance, { settings }: Pick<Services, "settings">): void {
  for (const path of ["/sandbox", "/sandbox/*"]) {
    scope.get(path, { compress: false }, async (request, reply) => {
      // The page's links are relative to its folder.
      if (/^\/sandbox(\?|$)/.test(request.url)) return await reply.redirect(request.url.replace("/sandbox", "/sandbox/"));
      return await showSandbox(settings.sandboxUrl, request.url.slice("/sandbox".length), reply);
    });
  }
}

/** Hands the sandbox's pages through, streaming, so that one address shows everything. Its control API is not among them. */
async function showSandbox(sandboxUrl: string, rest: string, reply: FastifyReply): Promise<FastifyReply> {
  const url = new URL(sandboxUrl + rest);
  const path = decodeURIComponent(url.pathname);
  if (path.includes("/_sandbox") && !/^\/_sandbox\/media\/[\w.-]+$/.test(path)) throw refuseRequest("request.route", "There is nothing at this address", "Ask the sandbox itself.", "NOT_FOUND");
  const answer = await getFrom(url).catch(() => {
    throw refuseRequest("sandbox.away", "The sandbox cannot be reached", "Start it with `ampost sandbox`, or see AMPOST_SANDBOX_URL.", "UNAVAILABLE");
  });
  for (const name of PASSED_HEADERS) {
    const value = answer.headers[name];
    if (value !== undefined) reply.header(name, value);
  }
  return await reply.code(answer.statusCode ?? 502).send(answer);
}

const PASSED_HEADERS = ["content-type", "content-length", "cache-control", "content-security-policy", "x-content-type-options", "referrer-policy"];

function getFrom(url: URL): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = get(url, { timeout: 10_000 }, resolve);
    asked.on("error", reject).on("timeout", () => asked.destroy(new Error("The sandbox did not answer")));
  });
}
