import type { FastifyInstance } from "fastify";

import { requireAppHost } from "../../calls/hosts.ts";
import type { Services } from "../../domain/services.ts";
import { addDashboard } from "../dashboard/add-dashboard.ts";
import { addConnectLinkRoutes } from "../routes/connect-link-routes.ts";
import { addOAuthRoutes } from "../routes/oauth-routes.ts";
import type { PageOptions } from "./call-operation.ts";
import { addChooseAccount } from "./choose-account.ts";
import { addConsent } from "./consent.ts";
import { addHome } from "./home.ts";
import { addJoin } from "./join.ts";
import { addPasskeyScript } from "./passkeys.ts";
import { addPasswordReset } from "./password-reset.ts";
import { addPolicies } from "./policies.ts";
import { addSandboxDoor } from "./sandbox-door.ts";
import { addSetUpNotice } from "./set-up-notice.ts";
import { showFailure } from "./show-failure.ts";
import { addSignIn } from "./sign-in.ts";
import { addSignUp } from "./sign-up.ts";
import { addUnsubscribe } from "./unsubscribe.ts";

/** The pages, on the app's host. */
export async function addPages(scope: FastifyInstance, services: Services, options: PageOptions): Promise<void> {
  requireAppHost(scope, services.settings);
  addPasskeyScript(scope);
  await scope.register(async (pages) => {
    leadToOneAddress(pages, services);
    addSetUpNotice(pages, services);
    pages.setErrorHandler((error, request, reply) => showFailure(services, error, request, reply));
    for (const add of [
      addHome,
      addDashboard,
      addSandboxDoor,
      addPolicies,
      addJoin,
      addSignIn,
      addSignUp,
      addPasswordReset,
      addUnsubscribe,
      addConsent,
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
