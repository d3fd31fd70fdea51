import type { HttpClient } from "../kit/http.ts";
import { callGraph, getGraph, prepareRequest } from "../kit/meta/graph.ts";
import { exchangeForLongToken, RENEWAL, renewLongToken, type LongTokens } from "../kit/meta/long-tokens.ts";
import { readSignedRequest } from "../kit/meta/signed-request.ts";
import type { Grant, OAuth, OAuthApp, Profile } from "../platform.ts";
import { graph } from "./errors.ts";
import { scopes } from "./scopes.ts";
import { profile, shortToken, tokenFacts } from "./wire.ts";

/** Source: Threads docs, get-access-tokens-and-permissions and long-lived-tokens, 2026. */
export const oauth: OAuth = {
  environmentPrefix: "THREADS",
  portalUrl: "https://developers.facebook.com/apps",
  authorizeUrl: "https://threads.net/oauth/authorize",
  scopes: scopes.THREADS,
  scopeSeparator: ",",
  pkce: false,
  exchange: exchangeCode,
  profile: readProfile,
  refresh: { ...RENEWAL, run: (http, _app, grant) => renewLongToken(TOKENS, http, grant) },
  readSignedRequest,
  prepare: prepareRequest,
};

const HOST = "https://graph.threads.net";
const TOKENS: LongTokens = { graph, codeUrl: `${HOST}/oauth/access_token`, host: HOST, prefix: "th" };

async function exchangeCode(http: HttpClient, app: OAuthApp, { code }: { code: string }): Promise<Grant> {
  const { grant } = await exchangeForLongToken(TOKENS, http, app, code, shortToken);
  return { ...grant, scopes: await readScopes(http, grant.accessToken) };
}

async function readProfile(http: HttpClient, accessToken: string): Promise<Profile> {
  const fields = "id,username,name,threads_profile_picture_url,threads_biography,is_verified";
  const me = await getGraph(graph, { http, accessToken }, profile, "me", { fields });
  return {
    platformAccountId: me.id,
    username: me.username ?? null,
    displayName: me.name ?? null,
    avatarUrl: me.threads_profile_picture_url ?? null,
    metadata: { biography: me.threads_biography ?? null, isVerified: me.is_verified ?? null },
    personId: me.id,
  };
}

/**
 * The granted scopes are returned only by a request that Meta documents for the app's testers. For others it may fail;
 * a missing permission then shows at first use.
 */
async function readScopes(http: HttpClient, accessToken: string): Promise<string[] | null> {
  const query = { access_token: accessToken, input_token: accessToken };
  const request = { method: "GET", url: `${graph.baseUrl}/debug_token`, query } as const;
  return await callGraph(graph, http, tokenFacts, request).then(
    (facts) => facts.data.scopes,
    () => null,
  );
}
