import type pg from "pg";

import { PublicError } from "../../model/errors.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { readChoices } from "../../platforms/choices.ts";
import type { HttpAnswer, HttpClient } from "../../platforms/kit/http.ts";
import type { OAuth } from "../../platforms/platform.ts";
import { findApp, type KnownApp, registerSandboxApp } from "./app.ts";
import { authorizeUrl, newAuthorizeParameters, sandboxPerson } from "./authorize-url.ts";
import { type Connected, sourceOf, storeConnection } from "./connect.ts";
import { type OAuthServices, platformClient } from "./services.ts";

/**
 * Connects the user's own person at the sandbox to a set in test mode, through the platform's own consent page and
 * token requests, as a browser would. Returns the account's ID; `beside` runs in the transaction that stores it. Throws
 * a PublicError if the platform cannot be connected yet.
 */
export async function connectSandboxAccount(
  services: OAuthServices,
  where: { userId: string; platformSetId: string; platform: PlatformName },
  beside?: (tx: pg.PoolClient, connected: Connected) => Promise<void>,
): Promise<string> {
  const oauth = services.oauthOf(where.platform);
  if (!oauth) throw new PublicError("PLATFORM_NOT_CONNECTED", "This platform cannot be connected yet.");
  const place = { ...where, mode: "test", login: "" } as const;
  const http = services.httpFor("test");
  const person = sandboxPerson(where.userId);
  const known = await findApp(services, place);
  const app =
    known && known.redirectUri.startsWith(services.appUrl) ? known : await registerSandboxApp(services, where.platform);
  // A sandbox whose data was deleted does not know the app anymore.
  const consent =
    (await approve(http, oauth, app, person)) ??
    (await approve(http, oauth, await registerSandboxApp(services, where.platform), person));
  if (!consent) throw new Error(`The sandbox at ${services.sandboxUrl} did not let ${person} connect`);
  const client = platformClient(services, oauth, consent.app, "test");
  const grant = await oauth.exchange(client, consent.app, consent);
  const [account] = await readChoices(oauth, client, grant, services.platformEnvironment);
  const source = await sourceOf(services, oauth, place, consent.app, grant);
  return await storeConnection(services, place, account.grant, account.profile, source, beside);
}

interface Consent {
  app: KnownApp;
  code: string;
  codeVerifier: string | null;
}

/** Opens the consent page and submits its approval; null if the sandbox does not know the app. */
async function approve(http: HttpClient, oauth: OAuth, app: KnownApp, person: string): Promise<Consent | null> {
  const asked = newAuthorizeParameters(oauth);
  const url = authorizeUrl(oauth, app, asked, { person }).href;
  const page = await http.send({ method: "GET", url });
  if (page.status !== 200) return null;
  const answer = await http.send({ method: "POST", url, bytes: form([["decision", "approve"], ...tickedBoxes(page)]) });
  const redirect = new URL(answer.headers["location"] ?? "", app.redirectUri);
  if (redirect.searchParams.get("state") !== asked.state)
    throw new Error(`The sandbox's consent page returned ${answer.status} without the state`);
  const code = redirect.searchParams.get("code");
  return code === null ? null : { app, code, codeVerifier: asked.codeVerifier };
}

/** What a browser would send for the page's check boxes, all of which are initially checked. */
function tickedBoxes(page: HttpAnswer): [string, string][] {
  return [...page.text.matchAll(/<input [^<>]*>/g)].flatMap(([input]) => {
    const [, name, value] = / name="([^"]*)" value="([^"]*)"/.exec(input) ?? [];
    return name === undefined || value === undefined || input.includes(" disabled") ? [] : [[name, value]];
  });
}

function form(fields: [string, string][]) {
  const encoded = Buffer.from(new URLSearchParams(fields).toString());
  return {
    contentType: "application/x-www-form-urlencoded",
    sizeBytes: encoded.byteLength,
    open: () => Promise.resolve(new Blob([encoded]).stream()),
  };
}
