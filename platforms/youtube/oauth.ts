import type { HttpClient, RequestParameters } from "../kit/http.ts";
import { refuseToken, type TokenRefusals } from "../kit/token-refusals.ts";
import { BrokerError, type Grant, type OAuth, type OAuthApp, type Profile } from "../platform.ts";
import { readResource } from "./api.ts";
import { scopes } from "./scopes.ts";
import { channels, tokens } from "./wire.ts";

/** Source: Google docs, OAuth 2.0 for web server applications, 2026-10. */
export const oauth: OAuth = {
  environmentPrefix: "YOUTUBE",
  portalUrl: "https://console.cloud.google.com",
  // Without these two, Google returns no refresh token, or only the first time.
  authorizeUrl: "https://accounts.google.com/o/oauth2/v2/auth?access_type=offline&prompt=consent",
  scopes: scopes.YOUTUBE,
  scopeSeparator: " ",
  // Required for installed apps, and supported for all: without it, an intercepted code could be used.
  pkce: "base64url",
  exchange: (http, app, { code, codeVerifier }) =>
    askForTokens(
      http,
      app,
      {
        grant_type: "authorization_code",
        code,
        redirect_uri: app.redirectUri,
        code_verifier: codeVerifier ?? undefined,
      },
      null,
    ),
  profile: readProfile,
  // A token lasts an hour.
  refresh: { minAgeSeconds: 0, afterSeconds: 3600 - 300, needsRefreshToken: true, run: refreshTokens },
  revoke,
};

const TOKEN_URL = "https://oauth2.googleapis.com/token";
const REVOKE_URL = "https://oauth2.googleapis.com/revoke";

/** Google does not rotate: the refresh token stays the same, unless the response contains another one. */
async function refreshTokens(http: HttpClient, app: OAuthApp, grant: Grant): Promise<Grant> {
  if (grant.refreshToken === null)
    throw new BrokerError(
      "AUTH_EXPIRED",
      "Google did not grant permission to renew the account's access. Reconnect the account.",
    );
  return await askForTokens(http, app, { grant_type: "refresh_token", refresh_token: grant.refreshToken }, grant);
}

async function askForTokens(
  http: HttpClient,
  app: OAuthApp,
  form: RequestParameters,
  before: Grant | null,
): Promise<Grant> {
  const answer = await http.send({
    method: "POST",
    url: TOKEN_URL,
    form: { ...form, client_id: app.clientId, client_secret: app.clientSecret },
  });
  if (answer.status < 200 || answer.status > 299) throw refuseToken(REFUSALS, answer, before);
  const token = tokens.safeParse(answer.json());
  if (!token.success)
    throw new BrokerError("UNEXPECTED_RESPONSE", "Google returned a response that could not be read.", {
      cause: token.error,
    });
  const { access_token, refresh_token, expires_in, refresh_token_expires_in, scope } = token.data;
  return {
    accessToken: access_token,
    refreshToken: refresh_token ?? before?.refreshToken ?? null,
    expiresInSeconds: expires_in ?? 3599,
    refreshExpiresInSeconds: refresh_token_expires_in ?? null,
    scopes: scope?.split(" ").filter((one) => one !== "") ?? null,
  };
}

/** Only the person can fix a revoked grant, only the operator an app that Google does not know. */
const REFUSALS: TokenRefusals = {
  label: "Google",
  limitSeconds: 60,
  rows: [
    {
      errors: ["admin_policy_enforced", "org_internal"],
      brokerCode: "AUTH_REVOKED",
      message: "The user's Google Workspace does not allow this app.",
    },
    {
      errors: ["invalid_grant"],
      at: "sign-in",
      brokerCode: "AUTH_EXPIRED",
      message: "Google rejected the sign-in. Start it again.",
    },
    {
      errors: ["invalid_grant"],
      at: "renewal",
      brokerCode: "AUTH_REVOKED",
      message: "Google no longer renews the account's access. Reconnect the account.",
    },
    {
      brokerCode: "UNEXPECTED_RESPONSE",
      message: "Google rejected this instance's client ID, secret or redirect URI; the operator must check them.",
    },
  ],
};

/** The channel that the person has chosen. Throws if there is none. */
async function readProfile(http: HttpClient, accessToken: string): Promise<Profile> {
  const query = { part: "id,snippet,statistics,contentDetails,status", mine: "true" };
  const { items } = await readResource({ http, accessToken }, channels, "channels", query);
  const channel = items?.[0];
  if (channel === undefined)
    throw new BrokerError(
      "AUTH_REVOKED",
      "This Google account has no YouTube channel. Create one, or connect an account that has one.",
    );
  const { snippet, statistics } = channel;
  const thumbnailUrl = snippet?.thumbnails?.["high"]?.url ?? snippet?.thumbnails?.["default"]?.url ?? null;
  return {
    platformAccountId: channel.id,
    username: snippet?.customUrl?.replace(/^@/, "") ?? null,
    displayName: snippet?.title ?? null,
    avatarUrl: thumbnailUrl,
    metadata: {
      channelId: channel.id,
      channelTitle: snippet?.title ?? null,
      customUrl: snippet?.customUrl ?? null,
      thumbnailUrl,
      uploadsPlaylistId: channel.contentDetails?.relatedPlaylists?.uploads ?? null,
      subscriberCount: countOf(statistics?.subscriberCount),
      videoCount: countOf(statistics?.videoCount),
      viewCount: countOf(statistics?.viewCount),
      longUploadsStatus: channel.status?.longUploadsStatus ?? null,
    },
  };
}

function countOf(digits: string | null | undefined): number | null {
  return typeof digits === "string" && /^\d+$/.test(digits) ? Number(digits) : null;
}

/** One request revokes the whole grant. An error about an invalid token also means that it is revoked. */
async function revoke(http: HttpClient, _app: OAuthApp, { accessToken, refreshToken }: Grant): Promise<void> {
  await http.send({ method: "POST", url: REVOKE_URL, form: { token: refreshToken ?? accessToken } });
}
