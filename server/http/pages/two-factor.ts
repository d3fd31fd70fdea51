import type { FastifyInstance, FastifyReply } from "fastify";
import { renderSVG } from "uqr";
import { z } from "zod";

import type { Services } from "../../domain/services.ts";
import { html, trusted, type Html } from "../html.ts";
import { callRoute } from "./call-route.ts";
import { field, readForm } from "./form.ts";
import { sendOn, sendPage } from "./frame.ts";
import { type Person, requirePerson } from "./person.ts";

const begun = z.object({ totpURI: z.string(), backupCodes: z.array(z.string()) });
const codes = z.object({ backupCodes: z.array(z.string()) });

/** Turning two-factor authentication on and off, and new backup codes. Each requires the password. */
export function addTwoFactor(scope: FastifyInstance, services: Services): void {
  const { settings } = services;

  scope.post("/settings/two-factor", async (request, reply) => {
    const form = await readForm(request, settings.appUrl);
    const person = await requirePerson(services, request);
    const answered = await callRoute(services, request, reply, {
      method: "POST",
      path: "/api/auth/two-factor/enable",
      body: { password: form.text("password") },
    });
    if (!answered.ok)
      return await showAskPassword(reply, person, {
        title: "Turn on two-factor authentication",
        action: "/settings/two-factor",
        button: "Continue",
        error: answered.refused.message,
        status: answered.status,
      });
    return await showBegun(reply, person, begun.parse(answered.body));
  });

  scope.post("/settings/two-factor/confirm", async (request, reply) => {
    const form = await readForm(request, settings.appUrl);
    const person = await requirePerson(services, request);
    const answered = await callRoute(services, request, reply, {
      method: "POST",
      path: "/api/auth/two-factor/verify-totp",
      body: { code: form.text("code").replaceAll(/\s/g, "") },
    });
    if (answered.ok) return await sendOn(reply, "/settings?notice=two-factor-on");
    return await showConfirm(
      reply,
      person,
      answered.status === 429 ? answered.refused.message : "This code is incorrect. Enter the one your app shows now.",
      answered.status,
    );
  });

  scope.post("/settings/two-factor/off", async (request, reply) => {
    const form = await readForm(request, settings.appUrl);
    const person = await requirePerson(services, request);
    const answered = await callRoute(services, request, reply, {
      method: "POST",
      path: "/api/auth/two-factor/disable",
      body: { password: form.text("password") },
    });
    if (answered.ok) return await sendOn(reply, "/settings?notice=two-factor-off");
    return await showAskPassword(reply, person, {
      title: "Turn off two-factor authentication",
      action: "/settings/two-factor/off",
      button: "Turn off",
      error: answered.refused.message,
      status: answered.status,
    });
  });

  scope.post("/settings/two-factor/codes", async (request, reply) => {
    const form = await readForm(request, settings.appUrl);
    const person = await requirePerson(services, request);
    const answered = await callRoute(services, request, reply, {
      method: "POST",
      path: "/api/auth/two-factor/generate-backup-codes",
      body: { password: form.text("password") },
    });
    if (!answered.ok)
      return await showAskPassword(reply, person, {
        title: "New backup codes",
        action: "/settings/two-factor/codes",
        button: "Generate codes",
        error: answered.refused.message,
        status: answered.status,
      });
    return await sendPage(reply, {
      title: "New backup codes",
      viewer: person,
      at: "/settings",
      body: html`<section>
        ${backupCodes(codes.parse(answered.body).backupCodes)}
        <p>Your old backup codes no longer work.</p>
        <p><a class="button" href="/settings">Done</a></p>
      </section>`,
    });
  });
}

async function showAskPassword(
  reply: FastifyReply,
  person: Person,
  shown: { title: string; action: string; button: string; error: string; status: number },
): Promise<FastifyReply> {
  return await sendPage(reply, {
    title: shown.title,
    viewer: person,
    at: "/settings",
    status: shown.status,
    body: html`<form method="post" action="${shown.action}" class="card">
      ${field({
        name: "password",
        label: "Password",
        type: "password",
        autocomplete: "current-password",
        error: shown.error,
      })}
      <p class="row"><button class="main">${shown.button}</button><a class="button" href="/settings">Cancel</a></p>
    </form>`,
  });
}

async function showBegun(
  reply: FastifyReply,
  person: Person,
  { totpURI, backupCodes: all }: z.output<typeof begun>,
): Promise<FastifyReply> {
  const secret = new URL(totpURI).searchParams.get("secret") ?? "";
  return await sendPage(reply, {
    title: "Turn on two-factor authentication",
    viewer: person,
    at: "/settings",
    body: html`<section>
        <h2>1. Scan this QR code with your authenticator app</h2>
        <div class="qr" role="img" aria-label="QR code for your authenticator app">
          ${trusted(renderSVG(totpURI, { border: 1 }))}
        </div>
        <p>Can't scan it? Enter this key: <code>${secret.match(/.{1,4}/g)?.join(" ") ?? ""}</code></p>
      </section>
      <section>
        <h2>2. Save your backup codes</h2>
        ${backupCodes(all)}
      </section>
      <section>
        <h2>3. Enter a code to confirm</h2>
        ${confirmForm()}
      </section>`,
  });
}

async function showConfirm(reply: FastifyReply, person: Person, error: string, status: number): Promise<FastifyReply> {
  return await sendPage(reply, {
    title: "Turn on two-factor authentication",
    viewer: person,
    at: "/settings",
    status,
    body: html`<section>
      ${confirmForm(error)}
      <p><a href="/settings">Start over in settings</a></p>
    </section>`,
  });
}

function confirmForm(error?: string): Html {
  return html`<form method="post" action="/settings/two-factor/confirm">
    ${field({
      name: "code",
      label: "Code from your app",
      autocomplete: "one-time-code",
      error,
      more: { inputmode: "numeric", pattern: "[0-9 ]*" },
    })}<button class="main">Turn on</button>
  </form>`;
}

function backupCodes(all: readonly string[]): Html {
  return html`<p>Each code signs you in once without your app. Save them now: they will not be shown again.</p>
    <ul class="codes">
      ${all.map((code) => html`<li><code>${code}</code></li>`)}
    </ul>`;
}
