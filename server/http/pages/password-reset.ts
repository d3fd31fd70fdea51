import type { FastifyInstance, FastifyReply } from "fastify";

import type { Services } from "../../domain/services.ts";
import { html } from "../html.ts";
import { callRoute } from "./call-route.ts";
import { emailNote } from "./email-note.ts";
import { field, readForm } from "./form.ts";
import { sendOn, sendPage } from "./frame.ts";
import { queryOf } from "./query.ts";

/** Resetting a forgotten password by a link in an email. */
export function addPasswordReset(scope: FastifyInstance, services: Services): void {
  const { settings } = services;

  scope.get("/forgot-password", async (_request, reply) => await showForgot(reply));

  scope.post("/forgot-password", async (request, reply) => {
    const form = await readForm(request, settings.appUrl);
    const email = form.text("email").trim();
    const answered = await callRoute(services, request, reply, {
      method: "POST",
      path: "/api/auth/request-password-reset",
      body: { email },
    });
    if (!answered.ok)
      return await showForgot(reply, { email, error: answered.refused.message, status: answered.status });
    return await sendPage(reply, {
      title: "Check your email",
      isNarrow: true,
      body: html`<section>
        <p>If <b>${email}</b> has an account, we sent it an email. The link in it works once, for 30 minutes.</p>
        ${emailNote(settings)}
        <p><a href="/sign-in">Sign in</a></p>
      </section>`,
    });
  });

  scope.get(
    "/reset-password",
    async (request, reply) => await showReset(reply, { token: queryOf(request)["token"] ?? "" }),
  );

  scope.post("/reset-password", async (request, reply) => {
    const form = await readForm(request, settings.appUrl);
    const [token, newPassword] = [form.text("token"), form.text("password")];
    if (newPassword !== form.text("again"))
      return await showReset(reply, { token, error: "The passwords do not match.", status: 400 });
    const answered = await callRoute(services, request, reply, {
      method: "POST",
      path: "/api/auth/reset-password",
      body: { newPassword, token },
    });
    if (answered.ok) return await sendOn(reply, "/sign-in?notice=reset");
    const { rule, message } = answered.refused;
    return await showReset(
      reply,
      rule.includes("password")
        ? { token, error: message, status: answered.status }
        : { token: "", status: answered.status },
    );
  });
}

async function showForgot(
  reply: FastifyReply,
  shown: { email?: string; error?: string; status?: number } = {},
): Promise<FastifyReply> {
  return await sendPage(reply, {
    title: "Forgot your password?",
    status: shown.status ?? 200,
    isNarrow: true,
    body: html`<form method="post" action="/forgot-password" class="card">
      ${field({
        name: "email",
        label: "Email",
        type: "email",
        value: shown.email ?? "",
        autocomplete: "username",
        error: shown.error,
        first: true,
        hint: "We will email you a link to set a new password.",
      })}
      <p class="wide"><button class="main">Send link</button></p>
      <p><a href="/sign-in">Back to sign in</a></p>
    </form>`,
  });
}

async function showReset(
  reply: FastifyReply,
  shown: { token: string; error?: string; status?: number },
): Promise<FastifyReply> {
  if (shown.token === "") {
    return await sendPage(reply, {
      title: "Set a new password",
      isNarrow: true,
      status: shown.status ?? 400,
      notice: { kind: "failed", text: "This link is incomplete or no longer works." },
      body: html`<section>
        <p>A link works once, for 30 minutes. Request a new one.</p>
        <p><a class="button" href="/forgot-password">Get a new link</a></p>
      </section>`,
    });
  }
  return await sendPage(reply, {
    title: "Set a new password",
    status: shown.status ?? 200,
    isNarrow: true,
    body: html`<form method="post" action="/reset-password" class="card">
      <input type="hidden" name="token" value="${shown.token}" />
      ${field({
        name: "password",
        label: "New password",
        type: "password",
        autocomplete: "new-password",
        hint: "At least 10 characters. You will be signed out everywhere.",
        error: shown.error,
        first: true,
        more: { minlength: "10", maxlength: "200" },
      })}
      ${field({ name: "again", label: "Confirm new password", type: "password", autocomplete: "new-password" })}
      <p class="wide"><button class="main">Set password</button></p>
    </form>`,
  });
}
