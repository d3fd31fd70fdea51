import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";

import type { Services, Settings } from "../../domain/services.ts";
import { isSetUpOpen, isSetUpToken } from "../../domain/users/set-up.ts";
import { findInvited } from "../../domain/users/sign-up.ts";
import { html, type Html } from "../html.ts";
import type { Refused } from "./call-operation.ts";
import { callRoute } from "./call-route.ts";
import { emailNote } from "./email-note.ts";
import { field, readForm } from "./form.ts";
import { productOf, sendOn, sendPage } from "./frame.ts";
import { findPerson } from "./person.ts";
import { queryOf } from "./query.ts";

const next = z.object({ next: z.enum(["verify_email", "signed_in"]) });

/** Sign-up: open, by invitation, or as the owner of a new instance. And confirming an email address. */
export function addSignUp(scope: FastifyInstance, services: Services): void {
  const { settings } = services;

  scope.get("/sign-up", async (request, reply) => {
    const { invite = "" } = queryOf(request);
    if (settings.signUp === "closed" || (settings.signUp === "invite" && invite === ""))
      return await sendPage(reply, { title: "Create an account", isNarrow: true, body: notOpen(settings.signUp) });
    const invited = invite === "" ? null : await findInvited(services, invite);
    if (invite === "" || invited !== null) return await showSignUp(reply, { invite, email: invited?.email ?? "" });
    return await sendPage(reply, {
      title: "Create an account",
      isNarrow: true,
      status: 400,
      notice: { kind: "failed", text: "This invitation has expired, or was already used, revoked or replaced." },
      body: html`<section>
        <p>Ask the person who invited you for a new one.</p>
        <p><a href="/sign-in">Sign in</a></p>
      </section>`,
    });
  });

  scope.post("/sign-up", async (request, reply) => {
    const form = await readForm(request, settings.appUrl);
    const [invite, email, name] = [form.text("invite"), form.text("email").trim(), form.text("name")];
    const body = { name, password: form.text("password"), ...(invite === "" ? { email } : { invite }) };
    const answered = await callRoute(services, request, reply, {
      method: "POST",
      path: "/api/auth/sign-up/email",
      body,
    });
    if (!answered.ok)
      return await showSignUp(reply, { invite, email, name, refused: answered.refused, status: answered.status });
    return await finish(reply, settings, answered.body, email);
  });

  scope.get("/setup", async (request, reply) => {
    if (await isSetUpOpen(services)) {
      const { token = "" } = queryOf(request);
      return await ((await isSetUpToken(services, request.ip, token)) ? showSetUp(reply, { token }) : showStale(reply));
    }
    return await sendPage(reply, {
      title: `Set up ${productOf(reply.brand)}`,
      isNarrow: true,
      status: 410,
      notice: { kind: "failed", text: "This instance already has an owner." },
      body: html`<section>
        <p>If that is you, sign in.</p>
        <p><a class="button" href="/sign-in">Sign in</a></p>
      </section>`,
    });
  });

  scope.post("/setup", async (request, reply) => {
    const form = await readForm(request, settings.appUrl);
    const [token, email, name] = [form.text("token"), form.text("email").trim(), form.text("name")];
    const answered = await callRoute(services, request, reply, {
      method: "POST",
      path: "/api/auth/set-up",
      body: { token, email, name, password: form.text("password") },
    });
    if (!answered.ok)
      return await showSetUp(reply, { token, email, name, refused: answered.refused, status: answered.status });
    return await finish(reply, settings, answered.body, email);
  });

  // A button, because email clients follow links on their own.
  scope.get("/verify-email", async (request, reply) => await showVerify(reply, queryOf(request)["token"] ?? ""));

  scope.post("/verify-email", async (request, reply) => {
    const form = await readForm(request, settings.appUrl);
    const answered = await callRoute(services, request, reply, {
      method: "GET",
      path: `/api/auth/verify-email?${new URLSearchParams({ token: form.text("token") })}`,
    });
    if (!answered.ok) return await showVerify(reply, "", answered.status);
    return await sendOn(
      reply,
      (await findPerson(services, request)) === null ? "/sign-in?notice=verified" : "/settings/profile?notice=verified",
    );
  });
}

interface Shown {
  email?: string;
  name?: string;
  refused?: Refused;
  status?: number;
}

async function finish(reply: FastifyReply, settings: Settings, answer: unknown, email: string): Promise<FastifyReply> {
  if (next.safeParse(answer).data?.next !== "verify_email") return await sendOn(reply, "/");
  return await sendPage(reply, {
    title: "Check your email",
    isNarrow: true,
    body: html`<section>
      <p>
        We sent an email to <b>${email}</b>. Open the link in it to confirm your address. The link works for 24 hours.
      </p>
      ${
        emailNote(settings) ??
        html`<p class="dim">
          Nothing after a few minutes? Check your spam folder, or sign in to send the email again.
        </p>`
      }
      <p><a href="/sign-in">Sign in</a></p>
    </section>`,
  });
}

async function showSignUp(
  reply: FastifyReply,
  { invite, ...shown }: Shown & { invite: string },
): Promise<FastifyReply> {
  const address =
    invite === ""
      ? field({
          name: "email",
          label: "Email",
          type: "email",
          value: shown.email ?? "",
          autocomplete: "username",
          error: shown.refused?.fields["email"],
        })
      : html`<input type="hidden" name="invite" value="${invite}" /><input
            type="hidden"
            name="email"
            value="${shown.email ?? ""}"
          />
          <p>Your email: <b>${shown.email ?? ""}</b></p>`;
  return await sendPage(reply, {
    title: "Create an account",
    ...noticeOf(shown),
    isNarrow: true,
    body: html`<form method="post" action="/sign-up" class="card">
        ${person(shown, address)}
        <p class="wide"><button class="main">Create account</button></p>
      </form>
      <p>Already have an account? <a href="/sign-in">Sign in</a></p>`,
  });
}

async function showSetUp(reply: FastifyReply, { token, ...shown }: Shown & { token: string }): Promise<FastifyReply> {
  const address = field({
    name: "email",
    label: "Email",
    type: "email",
    value: shown.email ?? "",
    autocomplete: "username",
    error: shown.refused?.fields["email"],
  });
  return await sendPage(reply, {
    title: `Set up ${productOf(reply.brand)}`,
    ...noticeOf(shown),
    isNarrow: true,
    body: html`<p>Create the account of this instance's owner. The setup link printed at startup works once.</p>
      <form method="post" action="/setup" class="card">
        <input type="hidden" name="token" value="${token}" />${person(shown, address)}
        <p class="wide"><button class="main">Set up</button></p>
      </form>`,
  });
}

async function showStale(reply: FastifyReply): Promise<FastifyReply> {
  return await sendPage(reply, {
    title: `Set up ${productOf(reply.brand)}`,
    isNarrow: true,
    status: 400,
    notice: { kind: "failed", text: "This setup link is incomplete, has expired or was already used." },
    body: html`<p>Restart Ampost: it prints a new link until the instance has an owner.</p>`,
  });
}

function person({ name = "", refused }: Shown, address: Html): Html {
  return html`${field({
    name: "name",
    label: "Name",
    value: name,
    autocomplete: "name",
    required: false,
    first: refused === undefined,
    error: refused?.fields["name"],
  })}
  ${address}
  ${field({
    name: "password",
    label: "Password",
    type: "password",
    autocomplete: "new-password",
    hint: "At least 10 characters.",
    error: refused?.fields["password"],
    more: { minlength: "10", maxlength: "200" },
  })}`;
}

function noticeOf({ refused, status }: Shown) {
  if (refused === undefined) return {};
  const isShownBelow = ["email", "name", "password"].some((name) => name in refused.fields);
  return {
    status: status ?? 400,
    notice: { kind: "failed", text: isShownBelow ? "Fix the errors below." : refused.message },
  } as const;
}

function notOpen(signUp: "open" | "invite" | "closed"): Html {
  const how =
    signUp === "closed"
      ? "This instance does not accept new accounts."
      : "You need an invitation to create an account. " +
        "Open the link in your invitation email, or ask the owner of this instance to invite you.";
  return html`<section>
    <p>${how}</p>
    <p><a href="/sign-in">Sign in</a></p>
  </section>`;
}

async function showVerify(reply: FastifyReply, token: string, failedWith?: number): Promise<FastifyReply> {
  if (token !== "") {
    return await sendPage(reply, {
      title: "Confirm your email",
      isNarrow: true,
      body: html`<form method="post" action="/verify-email" class="card">
        <input type="hidden" name="token" value="${token}" />
        <p>Confirm that this email address is yours.</p>
        <button class="main">Confirm email</button>
      </form>`,
    });
  }
  return await sendPage(reply, {
    title: "Confirm your email",
    isNarrow: true,
    status: failedWith ?? 400,
    notice: { kind: "failed", text: "This link is incomplete or no longer works." },
    body: html`<section>
      <p>
        A link works for 24 hours. Sign in with your password: if your address still needs to be confirmed, we send a
        new email.
      </p>
      <p><a class="button" href="/sign-in">Sign in</a></p>
    </section>`,
  });
}
