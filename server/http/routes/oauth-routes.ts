import type { FastifyInstance, FastifyRequest } from "fastify";

import { parseInput } from "../../../contract/forms/parse.ts";
import { connectionsStart } from "../../../contract/operations/connections.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../../model/platform-names.ts";
import { authenticate } from "../../calls/authenticate.ts";
import type { BindOptions } from "../../calls/bind.ts";
import { sendUnlimited } from "../../calls/call-meter.ts";
import { refuseRequest } from "../../calls/refusals.ts";
import { headerValue } from "../../calls/request-headers.ts";
import { finishConnecting, type ConnectOutcome, startConnecting } from "../../domain/accounts/connect-account.ts";
import type { Services } from "../../domain/services.ts";
import { bindingOf } from "../../oauth/authorizations.ts";
import { readBrowserBinding } from "../browser-binding.ts";
import { SignInFirst } from "../pages/person.ts";
import { afterConnecting } from "../pages/safe-redirect.ts";

/** A browser's way to a platform's consent page and back. Errors are thrown, for the pages to show. */
export function addOAuthRoutes(
  pages: FastifyInstance,
  services: Services,
  { calls }: Pick<BindOptions, "calls">,
): void {
  const { settings } = services;

  pages.get("/api/platforms/:platform/connect", { exposeHeadRoute: false }, async (request, reply) => {
    // Otherwise, a link on another site could start it, and a platform that asks only once would let it through.
    if (!["same-origin", "none", undefined].includes(headerValue(request.headers["sec-fetch-site"])))
      throw refuseRequest(
        "request.foreign",
        "Accounts are connected from the dashboard",
        "Open Platforms in the dashboard and connect the account there.",
      );
    if ((await readBrowser(services, request)).session === null) throw new SignInFirst();
    const caller = await authenticate(services, connectionsStart, request);
    sendUnlimited(reply);
    await calls.count(reply, caller, connectionsStart.rateClass);
    const {
      mode: _mode,
      workspace: _workspace,
      ...body
    } = Object.fromEntries(new URL(request.url, settings.appUrl).searchParams);
    const input = parseInput(connectionsStart, { params: request.params, query: {}, body });
    const { authorizeUrl } = (await startConnecting(services, caller, input.params.platform, input.body)).body;
    return await reply
      .header("cache-control", "no-store")
      .header("referrer-policy", "no-referrer")
      .redirect(authorizeUrl, 302);
  });

  pages.get("/api/platforms/:platform/callback", { exposeHeadRoute: false }, async (request, reply) => {
    const platform = platformOf(request.params);
    const { session, bindings } = await readBrowser(services, request);
    const from = { address: request.ip, requestId: request.id, session };
    const outcome = await finishConnecting(services, from, {
      platform,
      query: new URL(request.url, settings.appUrl).searchParams,
      bindings,
    });
    return await reply
      .header("cache-control", "no-store")
      .redirect(settings.appUrl + whereNext(outcome, session?.userId), 303);
  });
}

/** The signed-in user of a browser, and what its platform sign-ins are tied to. */
async function readBrowser(
  { sessions, settings }: Pick<Services, "sessions" | "settings">,
  request: FastifyRequest,
): Promise<{ session: { id: string; userId: string } | null; bindings: Buffer[] }> {
  const session = await sessions.find(request.headers);
  const browser = readBrowserBinding(request, settings.appUrl);
  return {
    session,
    bindings: [...(session === null ? [] : [bindingOf("session", session.id)]), ...(browser === null ? [] : [browser])],
  };
}

/** The app's path where the user continues. */
export function whereNext({ authorization, accountId }: ConnectOutcome, personId?: string): string {
  if (authorization.connect_link_id !== null)
    return `/connect/${accountId === null ? "choose" : "return"}/${authorization.id}`;
  if (accountId === null) {
    const { id, mode, user_id: workspace } = authorization;
    const query = new URLSearchParams({ mode, ...(workspace === personId ? {} : { workspace }) });
    return `/connections/choose/${id}?${query}`;
  }
  return afterConnecting(authorization.return_to, accountId);
}

function platformOf(params: unknown): PlatformName {
  const given: unknown = Object(params).platform;
  const platform = PLATFORM_NAMES.find((name) => name === given);
  if (platform === undefined)
    throw refuseRequest(
      "request.route",
      "Page not found",
      "Check the method and path in the documentation.",
      "NOT_FOUND",
    );
  return platform;
}
