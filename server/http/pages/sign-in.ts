import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";

import type { Services } from "../../domain/services.ts";
import { html } from "../html.ts";
import { callRoute } from "./call-route.ts";
import { EMAILS_ARE_FILES } from "./email-note.ts";
import { check, field, readForm } from "./form.ts";
import { sendOn, sendPage, type Notice } from "./frame.ts";
import { PASSKEY_SCRIPT, passkeyButton } from "./passkeys.ts";
import { findPerson } from "./person.ts";
import { queryOf } from "./query.ts";
import { safeRedirect } from "./safe-redirect.ts";

const needsSecondFactor = z.object({ twoFactorRedirect: z.literal(true) });

/** Signing in by password, passkey and second factor, and signing out. */
export function addSignIn(scope: FastifyInstance, services: Services): void {
  const { settings } = services;

  scope.get("/sign-in", async (request, reply) => {
    const query = queryOf(request);
    const returnTo = safeRedirect(query["returnTo"], "/");
    // Who has to sign in again may still be signed in, but not recently.
    if (query["notice"] !== "again" && (await findPerson(services, request)) !== null)
      return await sendOn(reply, returnTo);
    const notice = NOTICES[query["notice"] ?? ""] ?? null;
    return await showSignIn(services, reply, { returnTo, notice });
  });

  scope.post("/sign-in", async (request, reply) => {
    const form = await readForm(request, settings.appUrl);
    const returnTo = safeRedirect(form.text("returnTo"), "/");
    const email = form.text("email").trim();
    const answered = await callRoute(services, request, reply, {
      method: "POST",
      path: "/api/auth/sign-in/email",
      body: { email, password: form.text("password"), rememberMe: form.text("remember") !== "" },
    });
    if (answered.ok && needsSecondFactor.safeParse(answered.body).success)
      return await sendOn(reply, `/sign-in/two-factor?${new URLSearchParams({ returnTo })}`);
    if (answered.ok) return await sendOn(reply, returnTo);
    const { refused } = answered;
    const text = `${SIGN_IN_FAILURES[refused.rule] ?? refused.message}${
      refused.rule === EMAIL_SENT && !settings.hasMailServer ? ` ${EMAILS_ARE_FILES}` : ""
    }`;
    return await showSignIn(services, reply, {
      returnTo,
      email,
      notice: { kind: "failed", text },
      status: answered.status,
    });
  });

  scope.get(
    "/sign-in/two-factor",
    async (request, reply) =>
      await showTwoFactor(reply, {
        returnTo: safeRedirect(queryOf(request)["returnTo"], "/"),
        usesBackup: queryOf(request)["backup"] !== undefined,
      }),
  );

  scope.post("/sign-in/two-factor", async (request, reply) => {
    const form = await readForm(request, settings.appUrl);
    const returnTo = safeRedirect(form.text("returnTo"), "/");
    const usesBackup = form.text("kind") === "backup";
    const code = usesBackup ? form.text("code").trim() : form.text("code").replaceAll(/\s/g, "");
    const path = usesBackup ? "/api/auth/two-factor/verify-backup-code" : "/api/auth/two-factor/verify-totp";
    const answered = await callRoute(services, request, reply, {
      method: "POST",
      path,
      body: { code, trustDevice: form.text("trust") !== "" },
    });
    if (answered.ok) return await sendOn(reply, returnTo);
    const { refused } = answered;
    if (refused.rule === "auth.invalid_two_factor_cookie") return await sendOn(reply, "/sign-in?notice=again");
    return await showTwoFactor(reply, {
      returnTo,
      usesBackup,
      status: answered.status,
      error:
        answered.status === 429
          ? refused.message
          : "This code is incorrect or has already been used. Enter the next one.",
    });
  });

  scope.post("/sign-out", async (request, reply) => {
    await readForm(request, settings.appUrl);
    await callRoute(services, request, reply, { method: "POST", path: "/api/auth/sign-out", body: {} });
    return await sendOn(reply, "/sign-in?notice=out");
  });
}

const NOTICES: Readonly<Record<string, Notice>> = {
  out: { kind: "done", text: "You have been signed out." },
  again: { kind: "failed", text: "Your sign-in timed out. Sign in again." },
  reset: {
    kind: "done",
    text: "Your password has been changed, and all sessions have been signed out. Sign in with your new password.",
  },
  verified: { kind: "done", text: "Your email has been confirmed. You can now sign in." },
  deleted: { kind: "done", text: "Your account and all its data have been deleted." },
};

/** With this error, the email that confirms the address is sent again. */
const EMAIL_SENT = "auth.email_not_verified";

const SIGN_IN_FAILURES: Readonly<Record<string, string>> = {
  "auth.invalid_email_or_password": "Incorrect email or password.",
  "auth.invalid_email": "Enter a valid email address.",
  [EMAIL_SENT]: "Confirm your email first: open the link in the email we just sent you. Check your spam folder, too.",
};

async function showSignIn(
  { settings }: Pick<Services, "settings">,
  reply: FastifyReply,
  shown: { returnTo: string; email?: string; notice?: Notice | null; status?: number; mayResend?: boolean },
): Promise<FastifyReply> {
  const { returnTo, email = "", notice = null, status = 200 } = shown;
  return await sendPage(reply, {
    title: "Sign in",
    notice,
    status,
    script: PASSKEY_SCRIPT,
    isNarrow: true,
    body: html`<form method="post" action="/sign-in" class="card">
        <input type="hidden" name="returnTo" value="${returnTo}" />
        ${field({
          name: "email",
          label: "Email",
          type: "email",
          value: email,
          autocomplete: "username webauthn",
          first: email === "",
        })}
        ${field({
          name: "password",
          label: "Password",
          type: "password",
          autocomplete: "current-password",
          first: email !== "",
        })}
        ${check({ name: "remember", value: "1", label: "Keep me signed in", checked: true })}
        <p class="wide"><button class="main">Sign in</button></p>
        <p><a href="/forgot-password">Forgot your password?</a></p>
      </form>
      ${passkeyButton({ label: "Sign in with a passkey", next: returnTo })}
      ${settings.signUp === "open" ? html`<p>New here? <a href="/sign-up">Create an account</a></p>` : null}`,
  });
}

async function showTwoFactor(
  reply: FastifyReply,
  shown: { returnTo: string; usesBackup: boolean; error?: string; status?: number },
): Promise<FastifyReply> {
  const { returnTo, usesBackup, error, status = 200 } = shown;
  const other = new URLSearchParams(usesBackup ? { returnTo } : { returnTo, backup: "1" });
  const code = usesBackup
    ? field({
        name: "code",
        label: "Backup code",
        autocomplete: "one-time-code",
        hint: "Each code works once.",
        error,
        first: true,
      })
    : field({
        name: "code",
        label: "Code from your authenticator app",
        autocomplete: "one-time-code",
        hint: "Enter the 6-digit code.",
        error,
        first: true,
        more: { inputmode: "numeric", pattern: "[0-9 ]*" },
      });
  return await sendPage(reply, {
    title: "Two-factor authentication",
    status,
    isNarrow: true,
    body: html`<form method="post" action="/sign-in/two-factor" class="card">
      <input type="hidden" name="returnTo" value="${returnTo}" /><input
        type="hidden"
        name="kind"
        value="${usesBackup ? "backup" : "totp"}"
      />
      ${code} ${check({ name: "trust", value: "1", label: "Don't ask on this device for 30 days" })}
      <p class="wide"><button class="main">Continue</button></p>
      <p>
        <a href="/sign-in/two-factor?${other.toString()}"
          >${usesBackup ? "Use your authenticator app" : "Use a backup code"}</a
        >
      </p>
    </form>`,
  });
}
