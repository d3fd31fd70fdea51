import type { z } from "zod";

import type { HttpClient, HttpRequest } from "../kit/http.ts";
import { callGraph, graphRequest } from "../kit/meta-graph.ts";
import { BrokerError, type Grant, type OAuth, type OAuthApp, type Profile } from "../platform.ts";
import { graph } from "./errors.ts";
import { longToken, profile, shortToken, tokenFacts } from "./wire.ts";

/** Source: Threads docs, get-access-tokens-and-permissions and long-lived-tokens, 2026. */
export const oauth: OAuth = {
  environmentPrefix: "THREADS",
  authorizeUrl: "https://threads.net/oauth/authorize",
  scopes: ["threads_basic", "threads_content_publish", "threads_manage_replies"],
  scopeSeparator: ",",
  pkce: false,
  exchange: exchangeCode,
  profile: readProfile,
  // A token has to be a day old and lives 60 days; there is no refresh token.
  refresh: { minAgeSeconds: 86_400, afterSeconds: 30 * 86_400, run: refreshToken },
};

const HOST = "https://graph.threads.net";

/** Code to short token (1 hour) to long token (60 days). */
async function exchangeCode(http: HttpClient, app: OAuthApp, callback: { code: string }): Promise<Grant> {
  const short = await call(http, shortToken, {
    method: "POST",
    url: `${HOST}/oauth/access_token`,
    form: {
      client_id: app.clientId,
      client_secret: app.clientSecret,
      grant_type: "authorization_code",
      redirect_uri: app.redirectUri,
      // Meta appends "#_" to the redirect, which is no part of the code.
      code: callback.code.replace(/#_$/, ""),
    },
  });
  const long = await call(http, longToken, {
    method: "GET",
    url: `${HOST}/access_token`,
    query: { grant_type: "th_exchange_token", client_secret: app.clientSecret, access_token: short.access_token },
  });
  return { ...grantOf(long), scopes: await readScopes(http, long.access_token) };
}

/** A grant that Threads does not renew any more needs the person: only they can connect again. */
async function refreshToken(http: HttpClient, _app: OAuthApp, grant: Grant): Promise<Grant> {
  try {
    return grantOf(
      await call(http, longToken, {
        method: "GET",
        url: `${HOST}/refresh_access_token`,
        query: { grant_type: "th_refresh_token", access_token: grant.accessToken },
      }),
    );
  } catch (error) {
    if (!(error instanceof BrokerError) || error.code !== "CONTENT_REJECTED") throw error;
    throw error.with({ code: "AUTH_EXPIRED", message: "Threads does not renew the account's access." });
  }
}

async function readProfile(http: HttpClient, accessToken: string): Promise<Profile> {
  const fields = "id,username,name,threads_profile_picture_url,threads_biography,is_verified";
  const me = await call(http, profile, graphRequest(graph, accessToken, "GET", "me", { fields }));
  return {
    platformAccountId: me.id,
    username: me.username ?? null,
    displayName: me.name ?? null,
    avatarUrl: me.threads_profile_picture_url ?? null,
    metadata: { biography: me.threads_biography ?? null, isVerified: me.is_verified ?? null },
  };
}

/**
 * What was granted is told only by a look-up that Meta documents for testers of the app. For everybody else it may be
 * refused; a missing permission shows at the first use then.
 */
async function readScopes(http: HttpClient, accessToken: string): Promise<string[] | null> {
  const request: HttpRequest = {
    method: "GET",
    url: `${graph.baseUrl}/debug_token`,
    query: { access_token: accessToken, input_token: accessToken },
  };
  return await call(http, tokenFacts, request).then(
    (facts) => facts.data.scopes,
    () => null,
  );
}

function call<T>(http: HttpClient, schema: z.ZodType<T>, request: HttpRequest): Promise<T> {
  return callGraph(graph, http, schema, request);
}

function grantOf(token: z.infer<typeof longToken>): Grant {
  return {
    accessToken: token.access_token,
    refreshToken: null,
    expiresInSeconds: token.expires_in ?? null,
    refreshExpiresInSeconds: null,
    scopes: null,
  };
}
