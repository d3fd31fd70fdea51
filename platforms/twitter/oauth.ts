import type { HttpClient } from "../kit/http.ts";
import { refuseToken, type TokenRefusals } from "../kit/token-refusals.ts";
import { BrokerError, type Grant, type OAuth, type OAuthApp, type Profile } from "../platform.ts";
import { API, bearer, callX } from "./api.ts";
import { scopes } from "./scopes.ts";
import { grant, profile } from "./wire.ts";

/** Source: X docs, oauth-2-0 authorization code and user access token, 2026-08-22. */
export const oauth: OAuth = {
  environmentPrefix: "TWITTER",
  portalUrl: "https://developer.x.com",
  authorizeUrl: "https://x.com/i/oauth2/authorize",
  scopes: scopes.TWITTER,
  scopeSeparator: " ",
  pkce: "base64url",
  exchange: (http, app, { code, codeVerifier }) =>
    askForToken(http, app, {
      grant_type: "authorization_code",
      code,
      redirect_uri: app.redirectUri,
      code_verifier: codeVerifier ?? "",
    }),
  profile: readProfile,
  // A token lives two hours, and each renewal also replaces the token to renew with: not before it is needed.
  refresh: { minAgeSeconds: 0, afterSeconds: 7200 - 300, needsRefreshToken: true, run: refreshToken },
  revoke,
};

/** This request uses up the refresh token and returns a new one. */
async function refreshToken(http: HttpClient, app: OAuthApp, grant: Grant): Promise<Grant> {
  const { refreshToken } = grant;
  if (refreshToken === null)
    throw new BrokerError(
      "AUTH_EXPIRED",
      "X did not grant permission to renew the account's access. Reconnect the account.",
    );
  return await askForToken(http, app, { grant_type: "refresh_token", refresh_token: refreshToken }, grant);
}

async function askForToken(
  http: HttpClient,
  app: OAuthApp,
  form: Record<string, string>,
  renewed: Grant | null = null,
): Promise<Grant> {
  const answer = await http.send({ method: "POST", url: `${API}/oauth2/token`, headers: basic(app), form });
  if (answer.status < 200 || answer.status > 299)
    throw refuseToken(REFUSALS, answer, renewed, answer.headers["x-transaction-id"]);
  const token = grant.safeParse(answer.json());
  if (!token.success)
    throw new BrokerError("UNEXPECTED_RESPONSE", "X returned a response that could not be read.", {
      cause: token.error,
    });
  const { access_token, refresh_token, expires_in, scope } = token.data;
  return {
    accessToken: access_token,
    refreshToken: refresh_token ?? null,
    expiresInSeconds: expires_in ?? 7200,
    refreshExpiresInSeconds: null,
    scopes: scope?.split(" ").filter((one) => one !== "") ?? null,
  };
}

/**
 * Only the user can fix an invalid grant, and only the operator an app that X does not know. Source: responses observed
 * by open-source clients, 2026.
 */
const WRONG_APP = {
  brokerCode: "UNEXPECTED_RESPONSE",
  message: "X rejected this instance's client ID and secret; the operator must check them.",
} as const;
const REFUSALS: TokenRefusals = {
  label: "X",
  limitSeconds: 900,
  rows: [
    { errors: ["invalid_client", "unauthorized_client"], ...WRONG_APP },
    { statuses: [401], ...WRONG_APP },
    {
      statuses: [400],
      at: "renewal",
      brokerCode: "AUTH_REVOKED",
      message: "X no longer renews the account's access. Reconnect the account.",
    },
    { statuses: [400], brokerCode: "AUTH_EXPIRED", message: "X rejected the sign-in. Start it again." },
  ],
};

async function readProfile(http: HttpClient, accessToken: string): Promise<Profile> {
  const { data } = await callX(http, profile, {
    method: "GET",
    url: `${API}/users/me`,
    query: { "user.fields": "profile_image_url,verified,verified_type,protected,public_metrics,subscription_type" },
    headers: bearer({ accessToken }),
  });
  return {
    platformAccountId: data.id,
    username: data.username,
    displayName: data.name ?? null,
    avatarUrl: data.profile_image_url ?? null,
    metadata: {
      subscriptionType: data.subscription_type ?? "None",
      verifiedType: data.verified_type ?? "none",
      isProtected: data.protected ?? false,
    },
  };
}

/** The refresh token first, so that an interrupted revocation leaves the shorter-lived one. */
async function revoke(http: HttpClient, app: OAuthApp, { accessToken, refreshToken }: Grant): Promise<void> {
  const tokens = [...(refreshToken === null ? [] : [[refreshToken, "refresh_token"]]), [accessToken, "access_token"]];
  for (const [token = "", token_type_hint = ""] of tokens) {
    await http.send({
      method: "POST",
      url: `${API}/oauth2/revoke`,
      headers: basic(app),
      form: { token, token_type_hint },
    });
  }
}

function basic({ clientId, clientSecret }: OAuthApp): Record<string, string> {
  return {
    authorization: `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString("base64")}`,
  };
}
