import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { PublicError } from "../../../model/errors.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../../model/platform-names.ts";
import { refuseRequest } from "../../calls/refusals.ts";
import { chooseByLink, listChoices } from "../../domain/accounts/connect-account.ts";
import { brandOf } from "../../domain/branding/branding.ts";
import { CONNECTED_PATH } from "../../domain/connect-links/connect-links.ts";
import {
  findResult,
  openConnectLink,
  openStartedLink,
  refusedAddress,
  startAgain,
  startByConnectLink,
} from "../../domain/connect-links/open-connect-link.ts";
import type { Services } from "../../domain/services.ts";
import type { ConnectError } from "../../oauth/connect-error.ts";
import { giveBrowserBinding, readBrowserBinding } from "../browser-binding.ts";
import { showChoices } from "../pages/choose-account.ts";
import { showConnected, showConnectLink, showNotConnected } from "../pages/connect-link.ts";
import { readForm } from "../pages/form.ts";
import { sendOn } from "../pages/frame.ts";
import { queryOf } from "../pages/query.ts";
import { whereNext } from "./oauth-routes.ts";

/**
 * Connecting by a link, in a browser without a session: the link's page, the way to the platform, the choice, and the
 * way back.
 */
export function addConnectLinkRoutes(pages: FastifyInstance, services: Services): void {
  const { appUrl } = services.settings;

  // Opening a link changes nothing, because programs that scan links in messages open them, too.
  pages.get<{ Params: { token: string } }>("/connect/:token", async (request, reply) => {
    const { token } = request.params;
    return await showConnectLink(
      reply,
      await openConnectLink(services, token),
      (way) => `/connect/${token}/start${queryFor(way)}`,
    );
  });

  pages.get(CONNECTED_PATH, async (request, reply) => await showConnected(reply, queryOf(request).status));

  pages.get<{ Params: { token: string } }>(
    "/connect/:token/start",
    { exposeHeadRoute: false },
    async (request, reply) => {
      // A platform that asks only once would silently connect anyone who is sent straight here: they first see who
      // asks.
      if (!isFromOwnPage(request, appUrl))
        return await sendOn(reply, `/connect/${encodeURIComponent(request.params.token)}`);
      const way = readWay(request);
      const binding = giveBrowserBinding(request, reply, appUrl);
      return await sendAway(reply, await startByConnectLink(services, request.params.token, { ...way, binding }));
    },
  );

  pages.get<{ Params: { id: string } }>("/connect/again/:id", { exposeHeadRoute: false }, async (request, reply) => {
    const { id } = request.params;
    const isOther = queryOf(request).platform !== undefined;
    if (isOther && !isFromOwnPage(request, appUrl))
      return await sendOn(reply, `/connect/return/${encodeURIComponent(id)}`);
    const binding = giveBrowserBinding(request, reply, appUrl);
    return await sendAway(reply, await startAgain(services, id, binding, isOther ? readWay(request) : undefined));
  });

  pages.get<{ Params: { id: string } }>("/connect/return/:id", async (request, reply) => {
    const { id } = request.params;
    const binding = readBrowserBinding(request, appUrl);
    const link = await openStartedLink(services, id, binding);
    if (link !== null) return await showConnectLink(reply, link, (way) => `/connect/again/${id}${queryFor(way)}`);
    const { connectedUrl } = await findResult(services, id, binding);
    if (connectedUrl === null) throw new PublicError("NOT_FOUND", "No account has been connected yet.");
    return await sendAway(reply, connectedUrl);
  });

  pages.get<{ Params: { id: string } }>(
    "/connect/choose/:id",
    async (request, reply) => await choose(services, request, reply, request.params.id),
  );

  pages.post<{ Params: { id: string } }>("/connect/choose/:id", async (request, reply) => {
    const form = await readForm(request, appUrl);
    const choice = { platformAccountId: form.text("platformAccountId"), replace: form.text("replace") !== "" };
    return await choose(services, request, reply, request.params.id, choice);
  });
}

function queryFor({ platform, login }: { platform: PlatformName; login: string }): string {
  return `?${new URLSearchParams({ platform, ...(login === "" ? {} : { login }) })}`;
}

/** Throws if there is no such platform. */
function readWay(request: FastifyRequest): { platform: PlatformName; login: string } {
  const { platform: named, login = "" } = queryOf(request);
  const platform = PLATFORM_NAMES.find((name) => name === named);
  if (platform === undefined)
    throw refuseRequest(
      "connectLinks.platform",
      "The address does not name a platform",
      "Open the link again and choose one.",
    );
  return { platform, login };
}

/**
 * Whether the browser came from one of our pages. Browsers say so; over http some do not, but then they send a
 * referrer.
 */
function isFromOwnPage(request: FastifyRequest, appUrl: string): boolean {
  const site = request.headers["sec-fetch-site"];
  return site === undefined ? (request.headers.referer ?? "").startsWith(`${appUrl}/`) : site === "same-origin";
}

/** Shows the accounts to choose from, or takes the choice. A page opened again after that redirects onwards. */
async function choose(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
  choice?: { platformAccountId: string; replace: boolean },
): Promise<FastifyReply> {
  const binding = readBrowserBinding(request, services.settings.appUrl);
  const { userId, connectedUrl, refusedUrl } = await findResult(services, id, binding);
  if (connectedUrl !== null) return await sendAway(reply, connectedUrl);
  const bindings = binding === null ? [] : [binding];
  const shown = {
    action: `/connect/choose/${id}`,
    back: refusedUrl,
    formOrigins: [new URL(refusedUrl).origin],
    brand: await brandOf(services, userId),
  };
  if (choice === undefined)
    return await showChoices(reply, (await listChoices(services, { bindings, caller: null }, id)).body.choices, shown);
  try {
    return await sendOn(
      reply,
      whereNext(await chooseByLink(services, { address: request.ip, requestId: request.id }, bindings, id, choice)),
    );
  } catch (error) {
    if (!(error instanceof PublicError) || error.code !== "VALIDATION_FAILED") throw error;
    const { choices } = (await listChoices(services, { bindings, caller: null }, id)).body;
    return await showChoices(reply, choices, {
      ...shown,
      refused: error.message,
      status: error.status,
      chosen: choice.platformAccountId,
    });
  }
}

/** A user who declines goes straight back; any other error is shown first, with what to do. */
export async function answerLinkFailure(
  services: Services,
  reply: FastifyReply,
  { authorization, failure }: ConnectError,
): Promise<FastifyReply> {
  const back = authorization === null ? null : await refusedAddress(services, authorization, failure.kind);
  if (back !== null && failure.kind === "refused") return await sendAway(reply, back.url);
  return await showNotConnected(reply, failure, {
    // Our own page would only repeat it.
    backUrl: back === null || back.isHere ? null : back.url,
    mode: authorization?.mode,
    brand: authorization === null ? undefined : await brandOf(services, authorization.user_id),
    againPath: authorization !== null && back?.isPending === true ? `/connect/again/${authorization.id}` : null,
  });
}

/** To another site, which does not learn where the browser came from. */
async function sendAway(reply: FastifyReply, url: string): Promise<FastifyReply> {
  return await reply
    .header("cache-control", "no-store")
    .header("referrer-policy", "no-referrer")
    .redirect(new URL(url).href, 303);
}
