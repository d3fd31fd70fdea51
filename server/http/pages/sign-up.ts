import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";

import type { Services } from "../../domain/services.ts";
import { isSetUpOpen } from "../../domain/users/set-up.ts";
import { findInvited } from "../../domain/users/sign-up.ts";
import { callRoute, readRefusal, type Refused } from "./call-route.ts";
import { field, readForm } from "./form.ts";
import { sendOn, sendPage } from "./frame.ts";
import { html, type Html } from "./html.ts";
import { findPerson } from "./person.ts";
import { queryOf } from "./query.ts";

const next = z.object({ next: z.enum(["verify_email", "signed_in"]) });

/** Making an account: by oneself, by an invitation, or as the owner of a new instance. And showing that an address is one's own. */
export function addSignUp(scope: FastifyInstance, services: Services): void {
  const { settings } = services;

  scope.get("/sign-up", async (request, reply) => {
    const { invite = "" } = queryOf(request);
    if (settings.signUp === "closed" || (settings.signUp === "invite" && invite === ""))
      return await sendPage(reply, { title: "Make an account", body: notOpen(settings.signUp) });
    const invited = invite === "" ? null : await findInvited(services, invite);
    if (invite === "" || invited !== null) return await showSignUp(reply, { invite, email: invited?.email ?? "" });
    return await sendPage(reply, {
      title: "Make an account",
      status: 400,
      notice: { kind: "failed", text: "This invitation was used, withdrawn or replaced, or is too old." },
      body: html`<section>
        <p>Ask whoever invited you for a new one.</p>
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
      return await showSignUp(reply, { invite, email, name, refused: readRefusal(answered), status: answered.status });
    return await goOn(reply, answered.body, email);
  });

  scope.get("/setup", async (request, reply) => {
    if (await isSetUpOpen(services)) return await showSetUp(reply, { token: queryOf(request)["token"] ?? "" });
    return await sendPage(reply, {
      title: "Set up Ampost",
      status: 410,
      notice: { kind: "failed", text: "This instance has its owner already." },
      body: html`<section>
        <p>Sign in, if that is you.</p>
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
      return await showSetUp(reply, { token, email, name, refused: readRefusal(answered), status: answered.status });
    return await goOn(reply, answered.body, email);
  });

  // A button, because mail programs follow links by themselves.
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
      (await findPerson(services, request, reply)) === null ? "/sign-in?notice=verified" : "/settings?notice=verified",
    );
  });
}

interface Shown {
  email?: string;
  name?: string;
  refused?: Refused;
  status?: number;
}

async function goOn(reply: FastifyReply, answer: unknown, email: string): Promise<FastifyReply> {
  if (next.safeParse(answer).data?.next !== "verify_email") return await sendOn(reply, "/");
  return await sendPage(reply, {
    title: "Look into your mail",
    body: html`<section>
      <p>We have sent a letter to <b>${email}</b>. Open its link to confirm the address; it works for a day.</p>
      <p class="dim">
        Nothing there after a few minutes? Look into the spam folder. Signing in sends the letter again.
      </p>
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
          label: "E-mail",
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
          <p>For <b>${shown.email ?? ""}</b></p>`;
  return await sendPage(reply, {
    title: "Make an account",
    ...noticeOf(shown),
    isNarrow: true,
    body: html`<form method="post" action="/sign-up" class="card">
        ${person(shown, address)}
        <p class="wide"><button class="main">Make an account</button></p>
      </form>
      <p>You have one? <a href="/sign-in">Sign in</a></p>`,
  });
}

async function showSetUp(reply: FastifyReply, { token, ...shown }: Shown & { token: string }): Promise<FastifyReply> {
  const address = field({
    name: "email",
    label: "E-mail",
    type: "email",
    value: shown.email ?? "",
    autocomplete: "username",
    error: shown.refused?.fields["email"],
  });
  return await sendPage(reply, {
    title: "Set up Ampost",
    ...noticeOf(shown),
    isNarrow: true,
    body: html`<p>You make the account of the instance's owner. The link that was printed at the start works once.</p>
      <form method="post" action="/setup" class="card">
        <input type="hidden" name="token" value="${token}" />${person(shown, address)}
        <p class="wide"><button class="main">Set up</button></p>
      </form>`,
  });
}

function person({ name = "", refused }: Shown, address: Html): Html {
  return html`${field({ name: "name", label: "Name", value: name, autocomplete: "name", required: false, first: refused === undefined, error: refused?.fields["name"] })}
  ${address}
  ${field({ name: "password", label: "Password", type: "password", autocomplete: "new-password", hint: "At least 10 characters.", error: refused?.fields["password"], more: { minlength: "10", maxlength: "200" } })}`;
}

function noticeOf({ refused, status }: Shown) {
  if (refused === undefined) return {};
  const isShownBelow = ["email", "name", "password"].some((name) => name in refused.fields);
  return {
    status: status ?? 400,
    notice: { kind: "failed", text: isShownBelow ? "Something has to be changed: see below." : refused.message },
  } as const;
}

function notOpen(signUp: "open" | "invite" | "closed"): Html {
  const how =
    signUp === "closed"
      ? "No new accounts are made here."
      : "New accounts are made by invitation here: open the link of the letter that invites you, or ask the owner of this instance for one.";
  return html`<section>
    <p>${how}</p>
    <p><a href="/sign-in">Sign in</a></p>
  </section>`;
}

async function showVerify(reply: FastifyReply, token: string, failedWith?: number): Promise<FastifyReply> {
  if (token !== "") {
    return await sendPage(reply, {
      title: "Confirm your e-mail address",
      body: html`<form method="post" action="/verify-email" class="card">
        <input type="hidden" name="token" value="${token}" />
        <p>One click more, and the address is yours.</p>
        <button class="main">Confirm the address</button>
      </form>`,
    });
  }
  return await sendPage(reply, {
    title: "Confirm your e-mail address",
    status: failedWith ?? 400,
    notice: { kind: "failed", text: "This link does not work any more, or not whole." },
    body: html`<section>
      <p>
        A link works for a day. Sign in with your password: if the address still has to be confirmed, a new letter is
        sent.
      </p>
      <p><a class="button" href="/sign-in">Sign in</a></p>
    </section>`,
  });
}
