import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { ConnectingFailed } from "../../oauth/failures.ts";
import type { Services } from "../../domain/services.ts";
import { addConnectLinkRoutes, answerLinkFailure } from "../connect-link-routes.ts";
import { onAppOnly } from "../faces.ts";
import { addOAuthRoutes } from "../oauth-routes.ts";
import { sendFailure, toRefusal } from "../refusals.ts";
import { addChoosing } from "./choosing.ts";
import { addConnections } from "./connections.ts";
import { showConnectingFailed } from "./connecting-failed.ts";
import { sendOn, sendPage } from "./frame.ts";
import { addHome } from "./home.ts";
import { html } from "./html.ts";
import { addKeys } from "./keys.ts";
import { addOwnApps } from "./own-apps.ts";
import { addPasskeyScript } from "./passkeys.ts";
import { addPasswordReset } from "./password-reset.ts";
import { SignInFirst } from "./person.ts";
import { addSandboxDoor } from "./sandbox-door.ts";
import { addSettings } from "./settings.ts";
import { addSignIn } from "./sign-in.ts";
import { addSignUp } from "./sign-up.ts";
import { addTwoFactor } from "./two-factor.ts";

/** What people look at, on the app's host. */
export async function addPages(scope: FastifyInstance, services: Services): Promise<void> {
  onAppOnly(scope, services.settings);
  addSandboxDoor(scope, services);
  addPasskeyScript(scope);
  await scope.register(async (pages) => {
    leadToOneAddress(pages, services);
    pages.setErrorHandler((error, request, reply) => showFailure(services, error, request, reply));
    for (const add of [addHome, addSignIn, addSignUp, addPasswordReset, addSettings, addTwoFactor, addKeys, addConnections, addOwnApps, addChoosing, addOAuthRoutes, addConnectLinkRoutes]) add(pages, services);
  });
}

/** Cookies and forms belong to one address: who comes by the number of this machine is sent to its name, or the other way round. */
function leadToOneAddress(pages: FastifyInstance, { settings }: Pick<Services, "settings">): void {
  const own = new URL(settings.appUrl);
  pages.addHook("onRequest", async (request, reply) => {
    const asked = URL.parse(`${own.protocol}//${request.headers.host ?? ""}`);
    if (asked === null || request.method !== "GET" || asked.hostname === own.hostname || asked.port !== own.port) return;
    if (LOOPBACK.has(asked.hostname) && LOOPBACK.has(own.hostname)) await reply.redirect(`${settings.appUrl}${request.url}`);
  });
}

const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** A failure as a page: what happened, and where to go from there. */
async function showFailure(services: Services, error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (error instanceof SignInFirst) return await sendOn(reply, `/sign-in?${new URLSearchParams({ returnTo: request.method === "GET" ? request.url : "/" })}`);
  if (error instanceof ConnectingFailed) return error.attempt?.connect_link_id ? await answerLinkFailure(services, reply, error) : await showConnectingFailed(reply, error);
  const refusal = toRefusal(error);
  if (refusal.code === "INTERNAL_ERROR" || refusal.code === "UNAVAILABLE") return await sendFailure(services.log, error, request, reply);
  const [issue] = refusal.issues;
  return await sendPage(reply, {
    title: refusal.status === 404 ? "There is nothing here" : "That did not work",
    status: refusal.status,
    notice: { kind: "failed", text: refusal.message },
    body: html`<section><p>${issue?.fix ?? "Go back, and try again."}</p><p><a class="button" href="/">Overview</a></p></section>`,
  });
}
