import { AsyncLocalStorage } from "node:async_hooks";

import { passkey } from "@better-auth/passkey";
import { betterAuth } from "better-auth";
import { createEmailVerificationToken, isAPIError } from "better-auth/api";
import { getAdapter } from "better-auth/db/adapter";
import { twoFactor } from "better-auth/plugins/two-factor";
import type { BetterAuthOptions } from "better-auth/types";
import type pg from "pg";
import type { Logger } from "pino";

import type { AuthEmail } from "../../model/emails.ts";
import { newId } from "../../model/ids.ts";
import { FRESH_MINUTES, RESET_MINUTES, SESSION_DAYS, VERIFY_HOURS } from "../../model/lifetimes.ts";
import { findSession } from "../db/queries/sessions.ts";
import { type AuthEvent, createAuditHooks } from "./audit-hooks.ts";
import { digestToken, withHashedTokens } from "./hashed-tokens.ts";
import { readSigned } from "./signed-cookie.ts";

/** Where a visitor comes from. */
export interface RequestOrigin {
  address: string | null;
  requestId: string | null;
}

export interface AuthDeps {
  pool: pg.Pool;
  log: Logger;
  /** Signs cookies and encrypts second factors. */
  secret: string;
  /** The only origin that is believed, and the only one that is redirected to. */
  appUrl: string;
  /** Records an event. */
  record(event: AuthEvent, origin: RequestOrigin): Promise<void>;
  /** Queues an email. */
  sendEmail(to: string, email: AuthEmail): Promise<void>;
}

export type Auth = Awaited<ReturnType<typeof createAuth>>;

const NO_ORIGIN: RequestOrigin = { address: null, requestId: null };
export const MIN_PASSWORD_LENGTH = 10;
export const MAX_PASSWORD_LENGTH = 200;

/**
 * The sign-in library on our tables. Its own sign-up is off: our use cases create users with everything they need.
 * Everything runs under an origin, so that records and counters have its address.
 */
export async function createAuth(deps: AuthDeps) {
  const origins = new AsyncLocalStorage<RequestOrigin>();
  const origin = () => origins.getStore() ?? NO_ORIGIN;
  const hooks = createAuditHooks({
    pool: deps.pool,
    origin,
    record: (event) => deps.record(event, origin()),
    userOf: async (cookies) => (await findGoodSession(cookies))?.userId ?? null,
  });
  const options = {
    appName: "Ampost",
    baseURL: deps.appUrl,
    basePath: "/api/auth",
    secret: deps.secret,
    trustedOrigins: [deps.appUrl],
    user: {
      modelName: "users",
      fields: { emailVerified: "email_verified", createdAt: "created_at", updatedAt: "updated_at" },
      changeEmail: {
        enabled: true,
        // The owner of the old address must approve before the new one is asked.
        sendChangeEmailConfirmation: ({ user, newEmail, token }) =>
          deps.sendEmail(user.email, { kind: "email_change", newEmail, link: linkTo("/verify-email", token) }),
      },
    },
    session: {
      modelName: "sessions",
      fields: {
        userId: "user_id",
        token: "token_digest",
        expiresAt: "expires_at",
        createdAt: "created_at",
        updatedAt: "updated_at",
        ipAddress: "address",
        userAgent: "user_agent",
      },
      expiresIn: SESSION_DAYS * 24 * 60 * 60,
      // A session ends at its fixed time: it is read on every request and written on none.
      disableSessionRefresh: true,
      freshAge: FRESH_MINUTES * 60,
    },
    account: {
      modelName: "sign_in_methods",
      fields: {
        userId: "user_id",
        providerId: "provider",
        accountId: "subject",
        password: "password_hash",
        accessToken: "access_token",
        refreshToken: "refresh_token",
        idToken: "id_token",
        accessTokenExpiresAt: "access_token_expires_at",
        refreshTokenExpiresAt: "refresh_token_expires_at",
        createdAt: "created_at",
        updatedAt: "updated_at",
      },
      accountLinking: { enabled: false },
    },
    verification: {
      modelName: "verifications",
      fields: { expiresAt: "expires_at", createdAt: "created_at", updatedAt: "updated_at" },
      storeIdentifier: "hashed",
    },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      requireEmailVerification: true,
      minPasswordLength: MIN_PASSWORD_LENGTH,
      maxPasswordLength: MAX_PASSWORD_LENGTH,
      resetPasswordTokenExpiresIn: RESET_MINUTES * 60,
      revokeSessionsOnPasswordReset: true,
      sendResetPassword: ({ user, token }) =>
        deps.sendEmail(user.email, { kind: "password_reset", link: linkTo("/reset-password", token) }),
      onPasswordReset: ({ user }) => hooks.passwordReset(user),
    },
    emailVerification: {
      sendOnSignIn: true,
      autoSignInAfterVerification: false,
      expiresIn: VERIFY_HOURS * 60 * 60,
      sendVerificationEmail: ({ user, token }) =>
        deps.sendEmail(user.email, { kind: "verify_email", link: linkTo("/verify-email", token) }),
    },
    plugins: [
      twoFactor({
        issuer: "Ampost",
        twoFactorTable: "two_factors",
        backupCodeOptions: { storeBackupCodes: "encrypted" },
        schema: {
          user: { fields: { twoFactorEnabled: "two_factor_enabled" } },
          twoFactor: {
            fields: {
              userId: "user_id",
              secret: "secret_encrypted",
              backupCodes: "backup_codes_encrypted",
              failedVerificationCount: "failed_verification_count",
              lockedUntil: "locked_until",
            },
          },
        },
      }),
      passkey({
        rpID: new URL(deps.appUrl).hostname,
        rpName: "Ampost",
        origin: deps.appUrl,
        schema: {
          passkey: {
            modelName: "passkeys",
            fields: {
              userId: "user_id",
              publicKey: "public_key",
              credentialID: "credential_id",
              deviceType: "device_type",
              backedUp: "backed_up",
              createdAt: "created_at",
            },
          },
        },
      }),
      // Last, so that it sees what the other hooks did.
      hooks.plugin,
    ],
    databaseHooks: hooks.databaseHooks,
    // Counted in our own table, including calls from pages.
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix: "ampost",
      useSecureCookies: new URL(deps.appUrl).protocol === "https:",
      defaultCookieAttributes: { httpOnly: true, sameSite: "lax", path: "/" },
      // Set explicitly, because the library disables it if NODE_ENV is "test".
      disableCSRFCheck: false,
      disableOriginCheck: false,
      ipAddress: { disableIpTracking: true },
      database: { generateId: () => newId() },
    },
    telemetry: { enabled: false },
    onAPIError: { throw: true },
    logger: { level: "error", log: (_level, message) => deps.log.warn({ part: "sign-in" }, message) },
  } satisfies BetterAuthOptions;
  const adapter = withHashedTokens(await getAdapter({ ...options, database: deps.pool }));
  const library = betterAuth({ ...options, database: () => adapter });
  return {
    /** The library's operations. Called from within `as`. */
    api: library.api,
    handler: library.handler,
    /** Whether it is the library's rejection of the request, and not an internal error. */
    isRefusal: isAPIError,
    /** Runs a visitor's request with its origin available to everything that records it. */
    as: <Result>(origin: RequestOrigin, work: () => Promise<Result>): Promise<Result> => origins.run(origin, work),
    /** The stored format of a password. */
    hashPassword: async (password: string): Promise<string> => (await library.$context).password.hash(password),
    /** Whether it is the user's password. Takes as long if they have none. */
    checkPassword: async (userId: string, password: string): Promise<boolean> => {
      const { internalAdapter, password: forms } = await library.$context;
      const hash = (await internalAdapter.findCredentialAccount(userId))?.password;
      if (hash) return await forms.verify({ hash, password });
      await forms.hash(password);
      return false;
    },
    /** The link in an email with which the recipient confirms their address. */
    linkToVerify: async ({ id, email }: { id: string; email: string }): Promise<string> =>
      linkTo(
        "/verify-email",
        await createEmailVerificationToken(deps.secret, email, undefined, VERIFY_HOURS * 60 * 60, { userId: id }),
      ),
    /** The session of the cookie in these headers; null if there is no valid one. */
    findSession: findGoodSession,
  };

  /** One prepared lookup: it runs on every request of a signed-in user. */
  async function findGoodSession(
    cookies: string,
  ): Promise<{ id: string; userId: string; isSuspended: boolean } | null> {
    const token = readSigned(cookies, (await library.$context).authCookies.sessionToken.name, deps.secret);
    const found = token === null ? undefined : await findSession.one(deps.pool, [digestToken(token)]);
    if (found === undefined) return null;
    return { id: found.id, userId: found.user_id, isSuspended: found.suspended };
  }

  function linkTo(path: string, token: string): string {
    return `${deps.appUrl}${path}?token=${encodeURIComponent(token)}`;
  }
}
