import { request as ask, type IncomingMessage } from "node:http";

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { refuseRequest } from "../../calls/refusals.ts";
import { listSandboxAccounts } from "../../db/queries/accounts.ts";
import type { Services } from "../../domain/services.ts";
import { SignInFirst } from "./person.ts";

/**
 * The sandbox's page, at our own URL. Only what people view is passed through: the front page, permalinks and images.
 * The platforms' APIs and the control API are available only from the sandbox itself.
 */
export function addSandboxDoor(scope: FastifyInstance, services: Services): void {
  const { settings } = services;
  for (const path of ["/sandbox", "/sandbox/*"]) {
    scope.get(path, { compress: false }, async (request, reply) => {
      const { pathname, search } = new URL(request.url, settings.appUrl);
      // The page's links are relative to its folder.
      if (pathname === "/sandbox") return await reply.redirect(`/sandbox/${search}`);
      const accounts = await accountsShown(services, request);
      const [, picture] = /^\/sandbox\/_sandbox\/media\/([0-9a-f]{64}\.webp)$/.exec(pathname) ?? [];
      if (picture !== undefined) return await pass(getFrom(settings.sandboxUrl, `/_sandbox/media/${picture}`), reply);
      if (!/^\/sandbox\/(?!_sandbox(\/|$))/.test(pathname))
        throw refuseRequest("request.route", "Page not found", "Use the sandbox's own URL instead.", "NOT_FOUND");
      return await pass(
        getFrom(settings.sandboxUrl, "/_sandbox/page", { path: pathname.slice("/sandbox".length) + search, accounts }),
        reply,
      );
    });
  }
}

/** Whose posts are shown: those of the signed-in user's accounts, or everyone's (null) if the page is open. */
async function accountsShown(
  { pool, sessions, settings }: Services,
  request: FastifyRequest,
): Promise<{ platform: string; accountId: string }[] | null> {
  if (settings.sandboxPage === "open") return null;
  const session = await sessions.find(request.headers);
  if (session === null) throw new SignInFirst();
  const accounts = await listSandboxAccounts.all(pool, [session.userId]);
  return accounts.map(({ platform, platform_account_id }) => ({ platform, accountId: platform_account_id }));
}

/** Streams a response of the sandbox. */
async function pass(asked: Promise<IncomingMessage>, reply: FastifyReply): Promise<FastifyReply> {
  const answer = await asked.catch(() => {
    throw refuseRequest(
      "sandbox.away",
      "The sandbox cannot be reached",
      "Start it with `ampost sandbox`, or check AMPOST_SANDBOX_URL.",
      "UNAVAILABLE",
    );
  });
  for (const name of PASSED_HEADERS) {
    const value = answer.headers[name];
    if (value !== undefined) reply.header(name, value);
  }
  return await reply.code(answer.statusCode ?? 502).send(answer);
}

const PASSED_HEADERS = [
  "content-type",
  "content-length",
  "cache-control",
  "content-security-policy",
  "x-content-type-options",
  "referrer-policy",
];

/** Nothing from the request becomes part of the requested URL. */
function getFrom(sandboxUrl: string, path: string, json?: object): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const url = new URL(sandboxUrl);
  url.pathname = path;
  const asked = ask(
    url,
    { method: json === undefined ? "GET" : "POST", headers: { "content-type": "application/json" }, timeout: 10_000 },
    resolve,
  );
  asked.on("error", reject).on("timeout", () => asked.destroy(new Error("The sandbox did not respond")));
  asked.end(json === undefined ? undefined : JSON.stringify(json));
  return promise;
}
