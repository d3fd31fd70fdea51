import { createHash, randomBytes } from "node:crypto";
import type { PlatformName } from "../../model/platform-names.ts";
import { PublicError } from "../../model/errors.ts";
import { readChoices } from "../../platforms/choices.ts";
import type { HttpAnswer, HttpClient } from "../../platforms/kit/http.ts";
import type { OAuth, OAuthApp } from "../../platforms/platform.ts";
import { findApp, registerSandboxApp } from "./app.ts";
import { storeConnection } from "./connect.ts";
import type { OAuthServices } from "./services.ts";

/**
 * Connects the user's own person at the sandbox to a set of test mode, through the platform's own consent page and token
 * calls, as a browser would. Answers the account's id. Throws a PublicError where the platform cannot be connected yet.
 */
export async function connectSandboxAccount(services: OAuthServices, where: { userId: string; platformSetId: string; platform: PlatformName }): Promise<string> {
  const oauth = services.oauthOf(where.platform);
  if (!oauth) throw new PublicError("PLATFORM_NOT_CONNECTED", "This platform cannot be connected yet.");
  const http = services.httpFor("test");
  const person = `user_${where.userId.replaceAll("-", "").slice(-12)}`;
  const known = await findApp(services, "test", where.platform);
  const app = known && known.redirectUri.startsWith(services.appUrl) ? known : await registerSandboxApp(services, where.platform);
  // A sandbox whose data was thrown away has forgotten the app.
  const consent = (await approve(http, oauth, app, person)) ?? (await approve(http, oauth, await registerSandboxApp(services, where.platform), person));
  if (!consent) throw new Error(`The sandbox at ${services.sandboxUrl} did not let ${person} connect`);
  const grant = await oauth.exchange(http, consent.app, consent);
  const [account] = await readChoices(oauth, http, grant);
  return await storeConnection(services, { ...where, mode: "test" }, account.grant, account.profile);
}

interface Consent {
  app: OAuthApp;
  code: string;
  codeVerifier: string | null;
}

/** Opens the consent page and presses its approving button; null where the sandbox does not know the app. */
async function approve(http: HttpClient, oauth: OAuth, app: OAuthApp, person: string): Promise<Consent | null> {
  const state = randomBytes(16).toString("base64url");
  const codeVerifier = oauth.pkce ? randomBytes(32).toString("base64url") : null;
  const query = {
    client_id: app.clientId,
    // One platform has a name of its own for it.
    client_key: app.clientId,
    redirect_uri: app.redirectUri,
    response_type: "code",
    scope: oauth.scopes.join(oauth.scopeSeparator),
    state,
    login_hint: person,
    ...(codeVerifier === null ? {} : { code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"), code_challenge_method: "S256" }),
  };
  const page = await http.send({ method: "GET", url: oauth.authorizeUrl, query });
  if (page.status !== 200) return null;
  const answer = await http.send({ method: "POST", url: oauth.authorizeUrl, query, bytes: form([["decision", "approve"], ...tickedBoxes(page)]) });
  const redirect = new URL(answer.headers["location"] ?? "", app.redirectUri);
  if (redirect.searchParams.get("state") !== state) throw new Error(`The sandbox's consent page answered ${answer.status} without our state`);
  const code = redirect.searchParams.get("code");
  return code === null ? null : { app, code, codeVerifier };
}

/** What a browser would send of the page's check boxes, all of which are ticked at first. */
function tickedBoxes(page: HttpAnswer): [string, string][] {
  return [...page.text.matchAll(/<input [^>]*name="([^"]*)" value="([^"]*)"[^>]*>/g)]
    .filter(([input]) => !input.includes(" disabled"))
    .map(([, name = "", value = ""]) => [name, value]);
}

function form(fields: [string, string][]) {
  const encoded = Buffer.from(new URLSearchParams(fields).toString());
  return {
    contentType: "application/x-www-form-urlencoded",
    sizeBytes: encoded.byteLength,
    open: () => Promise.resolve(new Blob([encoded]).stream()),
  };
}
