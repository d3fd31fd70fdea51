import type { FastifyReply, FastifyRequest } from "fastify";

import { hostResolver } from "../../calls/hosts.ts";
import { logFailure, sendFailure } from "../../calls/refusals.ts";
import { platformsPath } from "../../domain/accounts/connect-account.ts";
import type { Services } from "../../domain/services.ts";
import { ConnectError } from "../../oauth/connect-error.ts";
import { html } from "../html.ts";
import { answerLinkFailure } from "../routes/connect-link-routes.ts";
import { showConnectError } from "./connect-error.ts";
import { sendOn, sendPage } from "./frame.ts";
import { findPerson, SignInFirst } from "./person.ts";
import { queryOf, readMode } from "./query.ts";
import { safeRedirect } from "./safe-redirect.ts";

/** What programs call: a failure there is JSON whatever the caller says it can read. */
const FOR_PROGRAMS = /^\/(api|admin|mcp|oauth|\.well-known)(\/|$)/;

/** Answers a failure outside of the pages: as a page where a browser asks on the app's host, otherwise as JSON. */
export async function answerFailure(
  services: Services,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const accept = request.headers.accept ?? "";
  const isBrowser = accept.includes("text/html") && !FOR_PROGRAMS.test(request.url.split("?")[0] ?? "");
  return isBrowser
    ? await showFailure(services, error, request, reply)
    : await sendFailure(services, error, request, reply);
}

/** An error as a page: what happened, and where to go from there. */
export async function showFailure(
  services: Services,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  // There are no pages on the API's host: errors there are JSON, as everywhere else.
  if (hostResolver(services.settings)(request) === "api") return await sendFailure(services, error, request, reply);
  if (error instanceof SignInFirst)
    return await sendOn(
      reply,
      `/sign-in?${new URLSearchParams({ returnTo: request.method === "GET" ? request.url : "/" })}`,
    );
  if (error instanceof ConnectError && error.authorization?.connect_link_id)
    return await answerLinkFailure(services, reply, error);
  const find = async () => await findPerson(services, request).catch(() => null);
  if (error instanceof ConnectError) return await showConnectError(reply, error, await find());
  const { status, message, issues, headers } = logFailure(services.log, error, request);
  // The dashboard shows the sandbox's front page in a frame, and there also that it cannot be reached.
  const isFramed = request.method === "GET" && request.url.split("?")[0] === "/sandbox/";
  // Where there is too much to do, nobody is looked up for a refusal.
  const viewer = isFramed || status === 429 || status === 503 ? null : await find();
  const { mode, workspace, returnTo } = queryOf(request);
  const back =
    viewer !== null && request.url.startsWith("/api/platforms/")
      ? html`<a class="button" href="${safeRedirect(returnTo, platformsPath(readMode(mode), workspace))}">Go back</a>`
      : html`<a class="button" href="/">Go home</a>`;
  const isNowhere = issues[0]?.rule === "request.route";
  return await sendPage(reply.headers(headers), {
    title: status === 404 ? "Page not found" : "Something went wrong",
    viewer,
    isFramed,
    status,
    notice: isNowhere ? null : { kind: "failed", text: message },
    body: html`<section>
      <p>${isNowhere ? "There is no page at this address." : (issues[0]?.fix ?? "Go back and try again.")}</p>
      <p>${back}</p>
    </section>`,
  });
}
