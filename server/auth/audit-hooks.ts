import { APIError, createAuthMiddleware, isAPIError } from "better-auth/api";
import { symmetricDecrypt } from "better-auth/crypto";
import type { BetterAuthOptions, BetterAuthPlugin } from "better-auth/types";
import type pg from "pg";
import { z } from "zod";

import { BOUNDS } from "../../model/bounds.ts";
import { endSurplusSessions } from "../db/queries/sessions.ts";
import { countPasskeys, findPasskeyName, findTotpSecret, takeTotpStep } from "../db/queries/sign-in-methods.ts";
import { findUserByEmail, verifyEmail } from "../db/queries/users.ts";
import type { RequestOrigin } from "./auth.ts";
import { KNOWN_BROWSER, KNOWN_BROWSER_DAYS, markBrowser, nameOfBrowser } from "./known-browser.ts";
import { resetThrottle, shouldRecordFailure, throttle, type ThrottledAction } from "./throttle.ts";
import { stepOf } from "./totp.ts";

/** Sign-in, sign-out, and changes to a user's ways to sign in. */
export interface AuthEvent {
  userId: string | null;
  action: AuthEventAction;
  /** The session in which it happened; null if nobody was signed in. */
  sessionId: string | null;
  target?: string;
  data?: Record<string, unknown>;
}

export type AuthEventAction =
  | `user.${"signed_in" | "sign_in_failed" | "signed_out" | "email_verified" | "password_changed" | "password_reset"}`
  | `two_factor.${"enabled" | "disabled"}`
  | `passkey.${"added" | "removed"}`;

export interface AuditHooksDeps {
  pool: pg.Pool;
  record(event: AuthEvent): Promise<void>;
  origin(): RequestOrigin;
  /** Whose session's cookie is among these. */
  userOf(cookies: string): Promise<string | null>;
}

const REMOVES_PASSKEY = "/passkey/delete-passkey";

/** What is counted before it is attempted, by the library's path. */
const COUNTED: Readonly<Record<string, ThrottledAction>> = {
  "/sign-in/email": "signIn",
  "/passkey/verify-authentication": "signIn",
  "/two-factor/verify-totp": "secondFactor",
  "/two-factor/verify-backup-code": "secondFactor",
  "/request-password-reset": "email",
  "/send-verification-email": "email",
  "/change-email": "email",
  "/reset-password": "oneTimeToken",
  "/verify-email": "oneTimeToken",
  "/change-password": "password",
  "/two-factor/enable": "password",
  "/two-factor/disable": "password",
  "/two-factor/generate-backup-codes": "password",
  "/two-factor/get-totp-uri": "password",
};

/** Ways to sign in: a new session on one of these paths means that a user has signed in. */
const WAYS_IN: Readonly<Record<string, string>> = {
  "/sign-in/email": "password",
  "/passkey/verify-authentication": "passkey",
  "/two-factor/verify-totp": "totp",
  "/two-factor/verify-backup-code": "backup_code",
};

type Ctx = Parameters<Parameters<typeof createAuthMiddleware>[0]>[0];

/** The account's tries in one browser, which are counted apart from all others. */
function triesOf(email: string | undefined, browser: string): string {
  return `${email} in ${browser}`;
}

const withCode = z.object({ code: z.string().max(100) });
const withId = z.object({ id: z.string().max(100) });
const withEmail = z.object({ email: z.string().max(1000) });

/** Which passkey an event is about. */
function toPasskey(action: AuthEventAction, passkey: unknown): Pick<AuthEvent, "target" | "data"> {
  if (!action.startsWith("passkey.")) return {};
  const { id, name } = aPasskey.safeParse(passkey).data ?? {};
  return { ...(id === undefined ? {} : { target: id }), data: name ? { name } : {} };
}

const aPasskey = z.object({ id: z.string(), name: z.string().nullish() });

/** Wraps every call of the library, over HTTP or from a page: counts attempts and records the result. */
export function createAuditHooks({ pool, record, origin, userOf }: AuditHooksDeps) {
  /** What a request is about to remove, and has no name afterwards. */
  const removed = new WeakMap<RequestOrigin, { id: string; name: string | null }>();
  const plugin = {
    id: "ampost-watch",
    hooks: {
      before: [
        {
          matcher: ({ path }) => path !== undefined && path in COUNTED,
          handler: createAuthMiddleware(async (ctx) => {
            const tried = COUNTED[ctx.path];
            if (tried === undefined) return;
            const email = withEmail.safeParse(ctx.body).data?.email;
            const browser =
              tried === "signIn" && email !== undefined
                ? await nameOfBrowser(pool, email, await readBrowser(ctx))
                : null;
            // Attempts from elsewhere never lock users out of their own browser.
            if (browser !== null)
              return await throttle(pool, tried, { account: triesOf(email, browser), address: null });
            const account = email ?? (await userOf(ctx.headers?.get("cookie") ?? ""));
            await throttle(pool, tried, { account, address: origin().address });
          }),
        },
        {
          matcher: ({ path }) => path === "/two-factor/verify-totp",
          handler: createAuthMiddleware(async (ctx) => {
            const code = withCode.safeParse(ctx.body).data?.code;
            const userId = (await userOf(ctx.headers?.get("cookie") ?? "")) ?? (await whoTried(ctx));
            const used = code === undefined || userId === null ? "wrong" : await useCode(ctx, userId, code);
            // The library counts a wrong code, by its own clock, which may be a step ahead: it gets none that is right.
            if (used === "wrong") return { context: { body: { ...ctx.body, code: "" } } };
            if (used === "first") return;
            throw new APIError("UNAUTHORIZED", {
              code: "INVALID_CODE",
              message: "This code or a later one has already been used. Enter the next one",
            });
          }),
        },
        {
          matcher: ({ path }) => path === "/passkey/verify-registration",
          handler: createAuthMiddleware(async (ctx) => {
            const userId = await userOf(ctx.headers?.get("cookie") ?? "");
            if (((await countPasskeys.one(pool, [userId]))?.count ?? 0) < BOUNDS.passkeys) return;
            throw new APIError("BAD_REQUEST", {
              code: "TOO_MANY_PASSKEYS",
              message: `You have reached the limit of ${BOUNDS.passkeys} passkeys: remove one first`,
            });
          }),
        },
        {
          matcher: ({ path }) => path === REMOVES_PASSKEY,
          handler: createAuthMiddleware(async (ctx) => {
            const id = withId.safeParse(ctx.body).data?.id;
            if (id === undefined) return;
            const userId = await userOf(ctx.headers?.get("cookie") ?? "");
            const { name = null } = (await findPasskeyName.one(pool, [id, userId])) ?? {};
            removed.set(origin(), { id, name });
          }),
        },
        {
          // A password is changed for a reason: all other sessions end.
          matcher: ({ path }) => path === "/change-password",
          handler: createAuthMiddleware(async ({ body }) => ({
            context: { body: { ...body, revokeOtherSessions: true } },
          })),
        },
      ],
      after: [
        {
          matcher: ({ path }) => path !== undefined && (path in WAYS_IN || path in DONE),
          handler: createAuthMiddleware(async (ctx) => {
            const failed = isAPIError(ctx.context.returned);
            const way = WAYS_IN[ctx.path];
            const { newSession, session } = ctx.context;
            const action = DONE[ctx.path];
            if (action !== undefined && !failed && session !== null)
              await record({
                userId: session.user.id,
                action,
                sessionId: session.session.id,
                ...toPasskey(action, action === "passkey.added" ? ctx.context.returned : removed.get(origin())),
              });
            if (way === undefined) return;
            // The user who turns on two-factor authentication is already signed in.
            if (session !== null) return;
            if (failed) await noteFailure(await whoTried(ctx), way);
            else if (newSession !== null) {
              await record({
                userId: newSession.user.id,
                action: "user.signed_in",
                sessionId: newSession.session.id,
                target: newSession.session.id,
                data: { way },
              });
              await resetThrottle(pool, "signIn", newSession.user.email);
              await rememberBrowser(ctx, newSession.user.email);
            }
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin;

  /** A user's code works once, and none of an earlier step after it, even if others have seen it (RFC 6238, 5.2). */
  async function useCode({ context }: Ctx, userId: string, code: string): Promise<"wrong" | "first" | "late"> {
    const found = await findTotpSecret.one(pool, [userId]);
    if (found === undefined) return "wrong";
    const step = stepOf(await symmetricDecrypt({ key: context.secretConfig, data: found.secret }), code);
    if (step === null) return "wrong";
    return (await takeTotpStep.run(pool, [found.id, step])) === 1 ? "first" : "late";
  }

  async function rememberBrowser(ctx: Ctx, email: string): Promise<void> {
    const value = await markBrowser(pool, email, await readBrowser(ctx));
    const { name, attributes } = ctx.context.createAuthCookie(KNOWN_BROWSER, { maxAge: KNOWN_BROWSER_DAYS * 86_400 });
    if (value === null) return;
    await ctx.setSignedCookie(name, value, ctx.context.secret, attributes);
    const browser = await nameOfBrowser(pool, email, value);
    if (browser !== null) await resetThrottle(pool, "signIn", triesOf(email, browser));
  }

  async function readBrowser(ctx: Ctx): Promise<string | null> {
    return (await ctx.getSignedCookie(ctx.context.createAuthCookie(KNOWN_BROWSER).name, ctx.context.secret)) || null;
  }

  /** Attempts from many addresses must not fill the log: beyond a number per hour, nothing is recorded. */
  async function noteFailure(userId: string | null, way: string): Promise<void> {
    if (await shouldRecordFailure(pool, userId))
      await record({ userId, action: "user.sign_in_failed", sessionId: null, data: { way } });
  }

  /** Looked up for known and unknown addresses alike. The input is not stored: it may be a password. */
  async function whoTried(ctx: Ctx): Promise<string | null> {
    const email = withEmail.safeParse(ctx.body).data?.email;
    if (email !== undefined) return (await findUserByEmail.one(pool, [email]))?.id ?? null;
    const { context } = ctx;
    const challenge = await ctx.getSignedCookie(context.createAuthCookie("two_factor").name, context.secret);
    return challenge ? ((await context.internalAdapter.findVerificationValue(challenge))?.value ?? null) : null;
  }

  const databaseHooks = {
    user: {
      update: {
        after: async (user, context) => {
          const action = user.id === undefined ? undefined : UPDATED[context?.path ?? ""];
          if (action !== undefined)
            await record({ userId: user.id, action, sessionId: context?.context.session?.session.id ?? null });
        },
      },
    },
    session: {
      create: {
        before: async (session) => ({ data: { ...session, ipAddress: origin().address } }),
        after: async ({ userId }) => void (await endSurplusSessions.run(pool, [userId, BOUNDS.sessions])),
      },
      delete: {
        after: async (session, context) => {
          if (context?.path === "/sign-out")
            await record({ userId: session.userId, action: "user.signed_out", sessionId: session.id });
        },
      },
    },
  } satisfies BetterAuthOptions["databaseHooks"];

  /** A user who could set a new password has proved their identity: earlier failures are forgotten. */
  async function passwordReset(user: { id: string; email: string }): Promise<void> {
    // They received the email, which also confirms the address.
    await verifyEmail.one(pool, [user.id]);
    await record({ userId: user.id, action: "user.password_reset", sessionId: null });
    await resetThrottle(pool, "signIn", user.email);
  }

  return { plugin, databaseHooks, passwordReset };
}

/** What a successful call did to the user of the session. */
const DONE: Readonly<Record<string, AuthEventAction>> = {
  "/change-password": "user.password_changed",
  "/passkey/verify-registration": "passkey.added",
  [REMOVES_PASSKEY]: "passkey.removed",
};

/** What a change of the user's row means, by path. */
const UPDATED: Readonly<Record<string, AuthEventAction>> = {
  "/verify-email": "user.email_verified",
  "/two-factor/verify-totp": "two_factor.enabled",
  "/two-factor/disable": "two_factor.disabled",
};
