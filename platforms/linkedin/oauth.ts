import type { z } from "zod";

import { unreadable } from "../kit/errors.ts";
import type { HttpAnswer, HttpClient } from "../kit/http.ts";
import { askedScopes } from "../kit/scopes.ts";
import { refuseToken, type TokenRefusals } from "../kit/token-refusals.ts";
import { BrokerError, type Grant, type OAuth, type OAuthApp, type Profile } from "../platform.ts";
import { classify } from "./errors.ts";
import { scopes } from "./scopes.ts";
import { tokens, userInfo } from "./wire.ts";

const DAY_SECONDS = 86_400;

/** Source: LinkedIn docs, authorization-code-flow and programmatic-refresh-tokens, 2026. */
export const oauth: OAuth = {
  environmentPrefix: "LINKEDIN",
  portalUrl: "https://www.linkedin.com/developers/apps",
  authorizeUrl: "https://www.linkedin.com/oauth/v2/authorization",
  scopes: scopes.LINKEDIN,
  scopeSeparator: " ",
  pkce: false,
  exchange: exchangeCode,
  profile: readProfile,
  // The quota is of the whole app, and small.
  profileLastsSeconds: 30 * DAY_SECONDS,
  // A token lives 60 days, and is renewed in its last week.
  refresh: { minAgeSeconds: 0, afterSeconds: 53 * DAY_SECONDS, needsRefreshToken: true, run: refreshToken },
  revoke,
};

const HOST = "https://www.linkedin.com/oauth/v2";

async function exchangeCode(http: HttpClient, app: OAuthApp, callback: { code: string }): Promise<Grant> {
  const answer = await http.send({
    method: "POST",
    url: `${HOST}/accessToken`,
    form: { grant_type: "authorization_code", code: callback.code, redirect_uri: app.redirectUri, ...credentials(app) },
  });
  return grantOf(readTokens(answer, null), null);
}

/** Only apps approved by LinkedIn get a refresh token; it expires a year after sign-in, whatever happens. */
async function refreshToken(http: HttpClient, app: OAuthApp, grant: Grant): Promise<Grant> {
  if (grant.refreshToken === null)
    throw new BrokerError(
      "AUTH_EXPIRED",
      "LinkedIn did not return a refresh token for this app. Reconnect this account.",
    );
  const answer = await http.send({
    method: "POST",
    url: `${HOST}/accessToken`,
    form: { grant_type: "refresh_token", refresh_token: grant.refreshToken, ...credentials(app) },
  });
  return grantOf(readTokens(answer, grant), grant.refreshToken);
}

/** Not documented, and used by many clients: whether it worked does not matter. */
async function revoke(http: HttpClient, app: OAuthApp, grant: Grant): Promise<void> {
  for (const token of [grant.refreshToken, grant.accessToken]) {
    if (token !== null)
      await http.send({ method: "POST", url: `${HOST}/revoke`, form: { token, ...credentials(app) } });
  }
}

/** The only profile that these permissions give; it has no user name. Its quota is small. */
async function readProfile(
  http: HttpClient,
  accessToken: string,
  granted: readonly string[] | null = null,
): Promise<Profile> {
  const answer = await http.send({
    method: "GET",
    url: "https://api.linkedin.com/v2/userinfo",
    headers: { authorization: `Bearer ${accessToken}` },
  });
  if (answer.status !== 200)
    throw classify(answer, { now: new Date(), accountId: "", newerVersion: null, uploadStep: null });
  const me = parse(userInfo, answer);
  const { locale } = me;
  return {
    platformAccountId: me.sub,
    username: null,
    displayName:
      me.name ?? ([me.given_name, me.family_name].filter((name) => typeof name === "string").join(" ") || null),
    avatarUrl: me.picture ?? null,
    metadata: {
      subject: me.sub,
      profile: {
        name: me.name ?? null,
        givenName: me.given_name ?? null,
        familyName: me.family_name ?? null,
        email: me.email ?? null,
        emailVerified: me.email_verified ?? null,
        pictureUrl: me.picture ?? null,
        locale:
          typeof locale === "object" && locale !== null
            ? [locale.language, locale.country].filter((part) => typeof part === "string").join("-")
            : (locale ?? null),
      },
      // All of them are granted, or none. Source: LinkedIn docs, authorization-code-flow, 2026.
      grantedScopes: granted ?? askedScopes(scopes.LINKEDIN),
      authFlow: "member-oidc",
      organizationPosting: "gated",
    },
  };
}

function credentials({ clientId, clientSecret }: OAuthApp): Record<string, string> {
  return { client_id: clientId, client_secret: clientSecret };
}

const REFUSALS: TokenRefusals = {
  label: "LinkedIn",
  limitSeconds: 60,
  rows: [
    {
      statuses: [400, 401],
      errors: ["invalid_client", "unauthorized_client"],
      brokerCode: "UNEXPECTED_RESPONSE",
      message:
        "LinkedIn rejected the app's credentials. The operator must check LINKEDIN_CLIENT_ID and " +
        "LINKEDIN_CLIENT_SECRET.",
    },
    {
      statuses: [400, 401],
      at: "renewal",
      brokerCode: "AUTH_REVOKED",
      message: "LinkedIn no longer renews the account's access.",
    },
    {
      statuses: [400, 401],
      brokerCode: "AUTH_EXPIRED",
      message: "LinkedIn rejected the sign-in. Start it again.",
    },
  ],
};

function readTokens(answer: HttpAnswer, renewed: Grant | null): z.infer<typeof tokens> {
  if (answer.status === 200) return parse(tokens, answer);
  throw refuseToken(REFUSALS, answer, renewed, answer.headers["x-li-uuid"]);
}

function parse<T>(schema: z.ZodType<T>, answer: HttpAnswer): T {
  const parsed = schema.safeParse(answer.json());
  if (parsed.success) return parsed.data;
  throw unreadable("LinkedIn", answer, answer.headers["x-li-uuid"] ?? null, parsed.error);
}

/** If no new refresh token is returned, the old one stays valid. */
function grantOf(answer: z.infer<typeof tokens>, refreshTokenBefore: string | null): Grant {
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token ?? refreshTokenBefore,
    expiresInSeconds: answer.expires_in ?? null,
    refreshExpiresInSeconds: answer.refresh_token_expires_in ?? null,
    scopes: typeof answer.scope === "string" ? answer.scope.split(/[\s,]+/).filter((scope) => scope !== "") : null,
  };
}
