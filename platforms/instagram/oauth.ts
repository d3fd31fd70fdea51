import type { HttpClient } from "../kit/http.ts";
import { getGraph, prepareRequest } from "../kit/meta/graph.ts";
import { extendUserToken, facebookSignIn, readManagedPages } from "../kit/meta/login.ts";
import { exchangeForLongToken, RENEWAL, renewLongToken, type LongTokens } from "../kit/meta/long-tokens.ts";
import { readSignedRequest } from "../kit/meta/signed-request.ts";
import {
  BrokerError,
  type ReachableAccount,
  type Grant,
  type OAuth,
  type OAuthApp,
  type Profile,
} from "../platform.ts";
import { graphs } from "./errors.ts";
import { scopes } from "./scopes.ts";
import { alive, linkedAccount, profile, shortToken } from "./wire.ts";

/**
 * Instagram Login: no Facebook Page is needed.
 * Source: Instagram docs, business login, 2026-03-13.
 */
export const oauth: OAuth = {
  environmentPrefix: "INSTAGRAM",
  portalUrl: "https://developers.facebook.com/apps",
  authorizeUrl: "https://www.instagram.com/oauth/authorize",
  scopes: scopes.INSTAGRAM,
  scopeSeparator: ",",
  pkce: false,
  exchange: exchangeCode,
  profile: readProfile,
  // Revoking a token is not documented.
  refresh: { ...RENEWAL, run: refreshToken },
  prepare: prepareRequest,
  readSignedRequest,
};

/**
 * Facebook Login, with the Facebook app: for accounts linked to a Page. Publishes with the Page's token, which does not
 * expire; reads with the user's, which expires after 60 days, as long as it is valid. Source: Instagram docs,
 * Instagram API with Facebook Login, 2026-09-11.
 */
export const facebookLogin: OAuth = {
  ...facebookSignIn(graphs.facebook),
  scopes: scopes.FACEBOOK,
  profile: readLinkedAccounts,
  profileAgain: readLinkedAccount,
};

const TOKENS: LongTokens = {
  graph: graphs.instagram,
  codeUrl: "https://api.instagram.com/oauth/access_token",
  host: "https://graph.instagram.com",
  prefix: "ig",
};

async function exchangeCode(http: HttpClient, app: OAuthApp, { code }: { code: string }): Promise<Grant> {
  const { grant, short } = await exchangeForLongToken(TOKENS, http, app, code, shortToken);
  return { ...grant, scopes: short.permissions };
}

/** A Page's token does not expire and is not renewed: it is checked for validity, and the person's is extended. */
async function refreshToken(http: HttpClient, app: OAuthApp, grant: Grant): Promise<Grant> {
  if (grant.expiresInSeconds !== null) return await renewLongToken(TOKENS, http, grant);
  await getGraph(graphs.facebook, { http, accessToken: grant.accessToken }, alive, "me", { fields: "id" });
  const { userToken } = grant;
  return userToken ? { ...grant, userToken: await extendUserToken(graphs.facebook, http, app, userToken) } : grant;
}

const PROFESSIONAL: readonly unknown[] = ["BUSINESS", "MEDIA_CREATOR", "CREATOR"];

async function readProfile(http: HttpClient, accessToken: string): Promise<Profile> {
  const fields = "user_id,username,name,account_type,profile_picture_url,followers_count,follows_count,media_count";
  const me = await getGraph(graphs.instagram, { http, accessToken }, profile, "me", { fields });
  if (!PROFESSIONAL.includes(me.account_type)) {
    throw new BrokerError(
      "AUTH_REVOKED",
      "Only professional Instagram accounts can be connected. " +
        "Change the account to Business or Creator in the Instagram app, then connect it again.",
    );
  }
  return {
    // The professional account's ID, which publishing uses. `id` is another one, created for the app.
    platformAccountId: me.user_id,
    username: me.username ?? null,
    displayName: me.name ?? null,
    avatarUrl: me.profile_picture_url ?? null,
    metadata: {
      login: "instagram",
      appScopedId: me.id ?? null,
      accountType: me.account_type ?? null,
      followersCount: me.followers_count ?? null,
      followsCount: me.follows_count ?? null,
      mediaCount: me.media_count ?? null,
    },
    personId: me.id ?? null,
  };
}

/** Every professional account linked to one of the user's Pages. */
async function readLinkedAccounts(http: HttpClient, accessToken: string): Promise<ReachableAccount[]> {
  const pages = await readManagedPages(graphs.facebook, http, accessToken);
  const choices = pages.flatMap((page): ReachableAccount[] => {
    if (page.instagram === null) return [];
    const { id, username, name, pictureUrl } = page.instagram;
    const linked = {
      platformAccountId: id,
      username,
      displayName: name,
      avatarUrl: pictureUrl,
      metadata: { login: "facebook", pageId: page.id, pageName: page.name },
    };
    const token = { accessToken: page.accessToken, expiresInSeconds: null };
    return [{ profile: linked, token, keepsUserToken: true }];
  });
  if (choices.length > 0) return choices;
  throw new BrokerError(
    "AUTH_REVOKED",
    "None of the Facebook Pages you selected is linked to a professional Instagram account. " +
      "Link one in the Page's settings, then connect again.",
  );
}

/** What is known about the linked Page stays the same. */
async function readLinkedAccount(http: HttpClient, accessToken: string, accountId: string): Promise<Profile> {
  const fields = "id,username,name,profile_picture_url";
  const me = await getGraph(graphs.facebook, { http, accessToken }, linkedAccount, accountId, { fields });
  return {
    platformAccountId: accountId,
    username: me.username ?? null,
    displayName: me.name ?? null,
    avatarUrl: me.profile_picture_url ?? null,
    metadata: { login: "facebook" },
  };
}
