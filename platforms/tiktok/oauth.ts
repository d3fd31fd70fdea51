import type { z } from "zod";

import { platformWords } from "../kit/errors.ts";
import type { HttpAnswer, HttpClient, RequestParameters } from "../kit/http.ts";
import { BrokerError, type Grant, type OAuth, type OAuthApp, type Profile } from "../platform.ts";
import { API, apiRequest, callTikTok } from "./api.ts";
import { scopes } from "./scopes.ts";
import { clientToken, creatorInfo, oauthRefusal, token, userInfo, type CreatorInfo } from "./wire.ts";

/** Source: TikTok docs, login kit web, user access tokens, 2026-11-02. */
export const oauth: OAuth = {
  environmentPrefix: "TIKTOK",
  portalUrl: "https://developers.tiktok.com/apps",
  authorizeUrl: "https://www.tiktok.com/v2/auth/authorize/",
  clientIdName: "client_key",
  scopes: scopes.TIKTOK,
  scopeSeparator: ",",
  // Only desktop and mobile apps need it, in a format of TikTok's own.
  pkce: "hex",
  exchange: (http, app, { code, codeVerifier }) =>
    requestToken(http, app, {
      grant_type: "authorization_code",
      code,
      redirect_uri: app.redirectUri,
      code_verifier: codeVerifier ?? undefined,
    }),
  profile: readProfile,
  // Tokens last two hours; each renewal invalidates the previous refresh token.
  refresh: { minAgeSeconds: 0, afterSeconds: 6600, needsRefreshToken: true, run: renew },
  revoke,
};

const TOKEN_URL = `${API}/v2/oauth/token/`;

async function requestToken(http: HttpClient, app: OAuthApp, fields: RequestParameters): Promise<Grant> {
  const answer = await http.send({
    method: "POST",
    url: TOKEN_URL,
    form: { client_key: app.clientId, client_secret: app.clientSecret, ...fields },
  });
  const given = read(token, answer, "TikTok rejected the sign-in. Start it again.");
  return {
    accessToken: given.access_token,
    refreshToken: given.refresh_token,
    expiresInSeconds: given.expires_in,
    refreshExpiresInSeconds: given.refresh_expires_in ?? null,
    scopes: given.scope?.split(/[,\s]+/).filter((scope) => scope !== "") ?? null,
  };
}

/** The app's own token, which publishes nothing. Source: TikTok docs, client access token management, 2026. */
export async function readClientToken(http: HttpClient, app: OAuthApp): Promise<void> {
  const form = { client_key: app.clientId, client_secret: app.clientSecret, grant_type: "client_credentials" };
  const answer = await http.send({ method: "POST", url: TOKEN_URL, form });
  read(clientToken, answer, "TikTok did not accept the app.");
}

async function renew(http: HttpClient, app: OAuthApp, grant: Grant): Promise<Grant> {
  const { refreshToken, refreshExpiresInSeconds } = grant;
  if (refreshToken === null) throw new BrokerError("AUTH_EXPIRED", "The TikTok account's access has expired.");
  try {
    return await requestToken(http, app, { grant_type: "refresh_token", refresh_token: refreshToken });
  } catch (error) {
    if (!(error instanceof BrokerError) || error.platformError?.code !== "invalid_grant") throw error;
    const isOver = refreshExpiresInSeconds !== null && refreshExpiresInSeconds <= 0;
    const [code, message] = isOver
      ? (["AUTH_EXPIRED", "The TikTok account's access has expired."] as const)
      : (["AUTH_REVOKED", "TikTok did not renew the account's access: the app was removed from it."] as const);
    throw error.with({ code, message });
  }
}

/**
 * TikTok revokes with the access token, which lasts two hours: an expired one is renewed first. A grant that is already
 * gone is done.
 */
async function revoke(http: HttpClient, app: OAuthApp, grant: Grant): Promise<void> {
  const isOver = grant.expiresInSeconds !== null && grant.expiresInSeconds <= 0;
  const { accessToken } = isOver ? await renew(http, app, grant).catch(() => grant) : grant;
  const form = { client_key: app.clientId, client_secret: app.clientSecret, token: accessToken };
  const answer = await http.send({ method: "POST", url: `${API}/v2/oauth/revoke/`, form });
  if (answer.status >= 500) throw refusalOf(answer, "TikTok did not revoke the access.");
}

/** Only the creator info returns the public handle. */
async function readProfile(
  http: HttpClient,
  accessToken: string,
  _scopes?: readonly string[] | null,
  environment: Readonly<Record<string, string>> = {},
): Promise<Profile> {
  const { user } = await callTikTok(http, userInfo, {
    method: "GET",
    url: `${API}/v2/user/info/`,
    query: { fields: "open_id,union_id,avatar_url,display_name" },
    headers: { authorization: `Bearer ${accessToken}` },
  });
  const creator = await readCreator(http, accessToken);
  return {
    platformAccountId: user.open_id,
    username: creator?.creator_username ?? null,
    displayName: user.display_name ?? creator?.creator_nickname ?? null,
    avatarUrl: user.avatar_url ?? null,
    metadata: { unionId: user.union_id ?? null, ...(creator === null ? {} : creatorMetadata(creator, environment)) },
  };
}

/** Null if the creator has used up the daily posts: they can be connected anyway. */
async function readCreator(http: HttpClient, accessToken: string): Promise<CreatorInfo | null> {
  try {
    return await callTikTok(http, creatorInfo, apiRequest(accessToken, "/v2/post/publish/creator_info/query/", {}));
  } catch (error) {
    if (error instanceof BrokerError && error.code === "QUOTA_EXCEEDED") return null;
    throw error;
  }
}

/**
 * What the rules validate a post with, and what a caller can choose from. TikTok lists the account's levels whether or
 * not the app can use them. Source: TikTok docs, content sharing guidelines, 2026-09-11.
 */
function creatorMetadata(creator: CreatorInfo, environment: Readonly<Record<string, string>>): Record<string, unknown> {
  const isOffered = (level: string) => environment["TIKTOK_PRIVATE_POSTS_ONLY"] !== "true" || level === "SELF_ONLY";
  return {
    creatorUsername: creator.creator_username,
    creatorNickname: creator.creator_nickname ?? null,
    privacyLevelOptions: creator.privacy_level_options.filter(isOffered),
    // Only public accounts can post to everyone.
    isPrivate: !creator.privacy_level_options.includes("PUBLIC_TO_EVERYONE"),
    commentDisabled: creator.comment_disabled ?? false,
    duetDisabled: creator.duet_disabled ?? false,
    stitchDisabled: creator.stitch_disabled ?? false,
    maxVideoPostDurationSec: creator.max_video_post_duration_sec ?? null,
    creatorInfoFetchedAt: new Date().toISOString(),
  };
}

/** The status is not reliable here: an error is recognized by its format. */
function read<T>(schema: z.ZodType<T>, answer: HttpAnswer, message: string): T {
  const parsed = schema.safeParse(answer.json());
  if (parsed.success && answer.status < 300) return parsed.data;
  throw refusalOf(answer, message);
}

function refusalOf(answer: HttpAnswer, message: string): BrokerError {
  const refusal = oauthRefusal.safeParse(answer.json()).data;
  const platformError = {
    status: answer.status,
    code: refusal?.error ?? null,
    message: platformWords(refusal?.error_description),
    requestId: refusal?.log_id ?? null,
  };
  if (
    answer.status >= 500 ||
    answer.status === 429 ||
    refusal?.error === "server_error" ||
    refusal?.error === "temporarily_unavailable"
  ) {
    return new BrokerError("PLATFORM_UNAVAILABLE", "TikTok's sign-in is having problems right now.", { platformError });
  }
  if (refusal?.error === "invalid_grant") return new BrokerError("AUTH_EXPIRED", message, { platformError });
  return new BrokerError(
    "UNEXPECTED_RESPONSE",
    "TikTok rejected this instance's app. The operator must check its settings.",
    { platformError },
  );
}
