import type { IncomingMessage } from "node:http";

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { request as ask } from "../../../model/node-http.ts";
import { refuseRequest } from "../../calls/refusals.ts";
import { listSandboxAccounts } from "../../db/queries/accounts.ts";
import type { Services } from "../../domain/services.ts";
import { findSandboxConsent } from "../../oauth/authorizations.ts";
import { readFormBytes } from "./form.ts";
import { SignInFirst } from "./person.ts";

/**
 * The sandbox's pages, at our own URL: the front page, permalinks and images, and the consent pages of authorizations in
 * progress, which a browser on another machine could not reach. The platforms' APIs and the control API are available
 * only from the sandbox itself.
 */
export function addSandboxDoor(scope: FastifyInstance, services: Services): void {
  const { settings } = services;
  for (const path of ["/sandbox", "/sandbox/*"]) {
    scope.get(path, { compress: false }, async (request, reply) => {
      const { pathname, search } = new URL(request.url, settings.appUrl);
      // The page's links are relative to its folder.
      if (pathname === "/sandbox") return await reply.redirect(`/sandbox/${search}`);
      const consent = await consentUrl(services, request);
      if (consent !== null) return await passConsent(settings.sandboxUrl, consent, reply);
      const accounts = await accountsShown(services, request);
      const [, picture] = /^\/sandbox\/_sandbox\/media\/([0-9a-f]{64}\.webp)$/.exec(pathname) ?? [];
      if (picture !== undefined) return await pass(send(settings.sandboxUrl, `/_sandbox/media/${picture}`), reply);
      if (!/^\/sandbox\/(?!_sandbox(\/|$))/.test(pathname))
        throw refuseRequest("request.route", "Page not found", "Use the sandbox's own URL instead.", "NOT_FOUND");
      const shown = JSON.stringify({ path: pathname.slice("/sandbox".length) + search, accounts });
      return await pass(send(settings.sandboxUrl, "/_sandbox/page", { type: "application/json", bytes: shown }), reply);
    });
  }
  scope.post("/sandbox/*", { compress: false }, async (request, reply) => {
    const consent = await consentUrl(services, request);
    if (consent === null)
      throw refuseRequest(
        "sandbox.consent",
        "This consent page is no longer valid",
        "Connect the account again: a consent page works once, for ten minutes.",
        "NOT_FOUND",
      );
    const form = { type: "application/x-www-form-urlencoded", bytes: await readFormBytes(request) };
    return await passConsent(settings.sandboxUrl, consent, reply, form);
  });
}

/** The consent page of the authorization whose state is in the URL; null if it is none's. */
async function consentUrl({ oauth, settings }: Services, request: FastifyRequest): Promise<URL | null> {
  const { pathname, searchParams } = new URL(request.url, settings.appUrl);
  const state = searchParams.get("state");
  const consent = state === null || state === "" ? null : await findSandboxConsent(oauth, state);
  return consent !== null && pathname === `/sandbox/${consent.host}${consent.pathname}` ? consent : null;
}

async function passConsent(
  sandboxUrl: string,
  { host, pathname, search }: URL,
  reply: FastifyReply,
  form?: Body,
): Promise<FastifyReply> {
  reply.header("content-security-policy", CONSENT_POLICY);
  return await pass(send(sandboxUrl, `/${host}${pathname}${search}`, form), reply);
}

/**
 * Nobody frames it, so that its buttons are pressed on purpose. Its form leads on to where the caller of a connect link
 * wants the browser to return.
 */
const CONSENT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'";

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
  "location",
  "content-type",
  "content-length",
  "cache-control",
  "content-security-policy",
  "x-content-type-options",
  "referrer-policy",
];

interface Body {
  type: string;
  bytes: string | Buffer;
}

/** Nothing of the browser's request but a form becomes part of it. Gets without a body, posts with one. */
function send(sandboxUrl: string, path: string, body?: Body): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const url = new URL(path, sandboxUrl);
  const headers = body === undefined ? {} : { "content-type": body.type };
  const asked = ask(url, { method: body === undefined ? "GET" : "POST", headers, timeout: 10_000 }, resolve);
  asked.on("error", reject).on("timeout", () => asked.destroy(new Error("The sandbox did not respond")));
  asked.end(body?.bytes);
  return promise;
}
