import { createHash, randomBytes } from "node:crypto";

import type { Mode } from "../../model/platform-names.ts";
import type { OAuth, OAuthApp } from "../../platforms/platform.ts";

/** What goes with a person to a platform's consent page and is asked back for. */
export interface AuthorizeParameters {
  state: string;
  /** Null where the platform has no PKCE. */
  codeVerifier: string | null;
}

/** Random, and good for one sign-in. */
export function newAuthorizeParameters(oauth: Pick<OAuth, "pkce">): AuthorizeParameters {
  return {
    state: randomBytes(32).toString("base64url"),
    codeVerifier: oauth.pkce ? randomBytes(32).toString("base64url") : null,
  };
}

/** The address of a platform's consent page. `person` names who answers there, which only the sandbox heeds. */
export function authorizeUrl(
  oauth: OAuth,
  app: OAuthApp,
  { state, codeVerifier }: AuthorizeParameters,
  person: string | null = null,
): URL {
  const url = new URL(oauth.authorizeUrl);
  const query = {
    response_type: "code",
    [oauth.clientIdName ?? "client_id"]: app.clientId,
    redirect_uri: app.redirectUri,
    scope: oauth.scopes.join(oauth.scopeSeparator),
    state,
    ...(codeVerifier === null
      ? {}
      : {
          code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
          code_challenge_method: "S256",
        }),
    ...(person === null ? {} : { login_hint: person }),
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  // A blank as a plus sign is a form's way of writing, which not every platform reads in an address.
  url.search = url.search.replaceAll("+", "%20");
  return url;
}

/** The user's own person at the sandbox: each user has accounts of its own there. */
export function sandboxPerson(userId: string): string {
  return `user_${userId.replaceAll("-", "").slice(-12)}`;
}

/** The address as a browser has to open it: in test mode the sandbox stands for the platform. */
export function toBrowserUrl({ sandboxUrl }: { sandboxUrl: string }, mode: Mode, url: URL): string {
  return mode === "live" ? url.href : `${sandboxUrl}/${url.host}${url.pathname}${url.search}`;
}
