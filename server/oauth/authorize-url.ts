import { createHash, randomBytes } from "node:crypto";

import type { Mode } from "../../model/platform-names.ts";
import { isLoopbackHost } from "../../platforms/kit/addresses.ts";
import { askedScopes } from "../../platforms/kit/scopes.ts";
import type { OAuth, OAuthApp } from "../../platforms/platform.ts";

/** Sent with a person to a platform's consent page and expected back. */
export interface AuthorizeParameters {
  state: string;
  /** Null if the platform has no PKCE. */
  codeVerifier: string | null;
}

/** Random, and good for one sign-in. */
export function newAuthorizeParameters(oauth: Pick<OAuth, "pkce">): AuthorizeParameters {
  return {
    state: randomBytes(32).toString("base64url"),
    codeVerifier: oauth.pkce === false ? null : randomBytes(32).toString("base64url"),
  };
}

/** The URL of a platform's consent page. `person` selects who answers there, which only the sandbox uses. */
export function authorizeUrl(
  oauth: OAuth,
  app: OAuthApp,
  { state, codeVerifier }: AuthorizeParameters,
  { person = null, environment = {} }: { person?: string | null; environment?: Readonly<Record<string, string>> } = {},
): URL {
  const page = { method: "GET", url: oauth.authorizeUrl } as const;
  const url = new URL((oauth.prepare?.(page, app, environment) ?? page).url);
  const query = {
    response_type: "code",
    [oauth.clientIdName ?? "client_id"]: app.clientId,
    redirect_uri: app.redirectUri,
    ...(app.configId
      ? { config_id: app.configId }
      : { scope: askedScopes(oauth.scopes, app.scopes).join(oauth.scopeSeparator) }),
    state,
    ...codeChallenge(oauth, codeVerifier),
    ...(person === null ? {} : { login_hint: person }),
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  // A plus sign for a space is form encoding, which not every platform accepts in a URL.
  url.search = url.search.replaceAll("+", "%20");
  return url;
}

/** The challenge of a PKCE verifier, as the platform wants it written. */
export function codeChallenge({ pkce }: Pick<OAuth, "pkce">, codeVerifier: string | null): Record<string, string> {
  if (codeVerifier === null || pkce === false) return {};
  return { code_challenge: createHash("sha256").update(codeVerifier).digest(pkce), code_challenge_method: "S256" };
}

/** The user's own person at the sandbox: each user has their own accounts there. */
export function sandboxPerson(userId: string): string {
  return `user_${userId.replaceAll("-", "").slice(-12)}`;
}

/**
 * The URL that a browser must open: in test mode the sandbox's, through the app's own host unless the browser is on the
 * sandbox's machine.
 */
export function toBrowserUrl(
  { sandboxUrl, appUrl }: { sandboxUrl: string; appUrl: string },
  mode: Mode,
  url: URL,
): string {
  if (mode === "live") return url.href;
  const isHere = [sandboxUrl, appUrl].every((each) => isLoopbackHost(new URL(each).hostname));
  return `${isHere ? sandboxUrl : `${appUrl}/sandbox`}/${url.host}${url.pathname}${url.search}`;
}
