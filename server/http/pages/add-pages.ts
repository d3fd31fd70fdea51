import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { requireAppHost, hostResolver } from "../../calls/hosts.ts";
import { logFailure, sendFailure } from "../../calls/refusals.ts";
import type { Services } from "../../domain/services.ts";
import { ConnectError } from "../../oauth/connect-error.ts";
import { addConnectLinkRoutes, answerLinkFailure } from "../routes/connect-link-routes.ts";
import { addOAuthRoutes } from "../routes/oauth-routes.ts";
import { addApprovals } from "./approvals.ts";
import { addApprovePost } from "./approve-post.ts";
import { addAuditLog } from "./audit-log.ts";
import type { PageOptions } from "./call-operation.ts";
import { addChooseAccount } from "./choose-account.ts";
import { showConnectError } from "./connect-error.ts";
import { addConnections, readMode } from "./connections.ts";
import { addConsent } from "./consent.ts";
import { addCustomOAuthApps } from "./custom-oauth-apps.ts";
import { sendOn, sendPage } from "./frame.ts";
import { addHome } from "./home.ts";
import { html } from "./html.ts";
import { addKeys } from "./keys.ts";
import { addPasskeyScript } from "./passkeys.ts";
import { addPasswordReset } from "./password-reset.ts";
import { findPerson, SignInFirst } from "./person.ts";
import { queryOf } from "./query.ts";
import { addSandboxDoor } from "./sandbox-door.ts";
import { addSettings } from "./settings.ts";
import { addSignIn } from "./sign-in.ts";
import { addSignUp } from "./sign-up.ts";
import { addTwoFactor } from "./two-factor.ts";

/** The pages, on the app's host. */
export async function addPages(scope: FastifyInstance, services: Services, options: PageOptions): Promise<void> {
  requireAppHost(scope, services.settings);
  addPasskeyScript(scope);
  await scope.register(async (pages) => {
    leadToOneAddress(pages, services);
    pages.setErrorHandler((error, request, reply) => showFailure(services, error, request, reply));
    for (const add of [
      addHome,
      addSandboxDoor,
      addSignIn,
      addSignUp,
      addPasswordReset,
      addSettings,
      addTwoFactor,
      addAuditLog,
      addKeys,
      addConsent,
      addApprovals,
      addApprovePost,
      addConnections,
      addCustomOAuthApps,
      addChooseAccount,
      addOAuthRoutes,
      addConnectLinkRoutes,
    ])
      add(pages, services, options);
  });
}

/**
 * Cookies and forms belong to one host: requests to this machine's IP address are redirected to its name, or the other
 * way around.
 */
function leadToOneAddress(pages: FastifyInstance, { settings }: Pick<Services, "settings">): void {
  const own = new URL(settings.appUrl);
  pages.addHook("onRequest", async (request, reply) => {
    const asked = URL.parse(`${own.protocol}//${request.headers.host ?? ""}`);
    if (asked === null || request.method !== "GET" || asked.hostname === own.hostname || asked.port !== own.port)
      return;
    if (LOOPBACK.has(asked.hostname) && LOOPBACK.has(own.hostname))
      return await reply.redirect(`${settings.appUrl}${request.url}`);
  });
}

const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** An error as a page: what happened, and where to go from there. */
async function showFailure(
  services: Services,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  // There are no pages on the API's host: errors there are JSON, as everywhere else.
  if (hostResolver(services.settings)(request) === "api") return await sendFailure(services.log, error, request, reply);
  if (error instanceof SignInFirst)
    return await sendOn(
      reply,
      `/sign-in?${new URLSearchParams({ returnTo: request.method === "GET" ? request.url : "/" })}`,
    );
  if (error instanceof ConnectError && error.authorization?.connect_link_id)
    return await answerLinkFailure(services, reply, error);
  const viewer = await findPerson(services, request).catch(() => null);
  if (error instanceof ConnectError) return await showConnectError(reply, error, viewer);
  const { status, message, issues, headers } = logFailure(services.log, error, request);
  const back =
    viewer !== null && request.url.startsWith("/api/platforms/")
      ? html`<a class="button" href="/connections?mode=${readMode(queryOf(request)["mode"])}">Back to connections</a>`
      : html`<a class="button" href="/">Go to overview</a>`;
  return await sendPage(reply.headers(headers), {
    title: status === 404 ? "Page not found" : "Something went wrong",
    viewer,
    status,
    notice: { kind: "failed", text: message },
    body: html`<section>
      <p>${issues[0]?.fix ?? "Go back and try again."}</p>
      <p>${back}</p>
    </section>`,
  });
}
