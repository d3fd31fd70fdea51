import { z } from "zod";

import { BrokerError, type Grant, type OAuthApp } from "../../platform.ts";
import type { HttpClient } from "../http.ts";
import { callGraph, type Graph } from "./graph.ts";

/**
 * The logins of Instagram and Threads: a code becomes a token for an hour, that one a token for 60 days, which renews
 * itself and has no refresh token. These endpoints have no versions.
 */
export interface LongTokens {
  graph: Graph;
  /** Where a code is exchanged. */
  codeUrl: string;
  /** "https://graph.threads.net" */
  host: string;
  /** "th", before the names of the grants. */
  prefix: string;
}

/** A token must be a day old to be renewed, and lasts 60 days. */
export const RENEWAL = { minAgeSeconds: 86_400, afterSeconds: 30 * 86_400 };

/** The grant for a code, and the rest of the response, parsed by the schema. */
export async function exchangeForLongToken<T extends { access_token: string }>(
  { graph, codeUrl, host, prefix }: LongTokens,
  http: HttpClient,
  app: OAuthApp,
  code: string,
  schema: z.ZodType<T>,
): Promise<{ grant: Grant; short: T }> {
  const short = await callGraph(graph, http, schema, {
    method: "POST",
    url: codeUrl,
    form: {
      client_id: app.clientId,
      client_secret: app.clientSecret,
      grant_type: "authorization_code",
      redirect_uri: app.redirectUri,
      // Meta appends "#_" to the redirect, which is no part of the code.
      code: code.replace(/#_$/, ""),
    },
  });
  const query = {
    grant_type: `${prefix}_exchange_token`,
    client_secret: app.clientSecret,
    access_token: short.access_token,
  };
  const long = await callGraph(graph, http, longToken, { method: "GET", url: `${host}/access_token`, query });
  return { grant: grantOf(long), short };
}

/** If a grant can no longer be renewed, the user must reconnect. */
export async function renewLongToken(
  { graph, host, prefix }: LongTokens,
  http: HttpClient,
  { accessToken }: Grant,
): Promise<Grant> {
  const query = { grant_type: `${prefix}_refresh_token`, access_token: accessToken };
  const request = { method: "GET", url: `${host}/refresh_access_token`, query } as const;
  try {
    return grantOf(await callGraph(graph, http, longToken, request));
  } catch (error) {
    if (!(error instanceof BrokerError) || error.code !== "CONTENT_REJECTED") throw error;
    throw error.with({ code: "AUTH_EXPIRED", message: `${graph.label} did not renew the account's access.` });
  }
}

const longToken = z.object({ access_token: z.string().min(1), expires_in: z.number().nullish() });

function grantOf(token: z.infer<typeof longToken>): Grant {
  return {
    accessToken: token.access_token,
    refreshToken: null,
    expiresInSeconds: token.expires_in ?? null,
    refreshExpiresInSeconds: null,
    scopes: null,
  };
}
