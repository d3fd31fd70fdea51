import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { PublicError } from "../../../model/errors.ts";
import {
  allow,
  type Asked,
  judgeRequest,
  openAsked,
  refuse,
  type RefusedRequest,
  sealAsked,
} from "../../domain/mcp-grants/authorization.ts";
import { isLoopback } from "../../domain/mcp-grants/redirect-uris.ts";
import type { Services } from "../../domain/services.ts";
import { GRANT_PATHS } from "../mcp-grant-routes.ts";
import { errorBody } from "../refusals.ts";
import { readRefusal, type Refused } from "./call-route.ts";
import { type Filled, readForm } from "./form.ts";
import { sendPage } from "./frame.ts";
import { html, type Html } from "./html.ts";
import { modeChoice, policiesIn, policyFields } from "./key-policies.ts";
import { callOf, type Person, requirePerson } from "./person.ts";

/**
 * The page on which a person lets an MCP client in, or does not. Who is not signed in is sent to do so first, so that
 * visitors neither have documents fetched nor are sent on anywhere. What is answered is just what was shown: the form
 * holds it sealed, for this session.
 */
export function addConsent(scope: FastifyInstance, services: Services): void {
  scope.get(GRANT_PATHS.authorize, async (request, reply) => {
    const person = await requirePerson(services, request, reply);
    const judged = await judgeRequest(services, new URL(request.url, "http://own.invalid").searchParams, {
      account: person.id,
      address: request.ip,
    });
    if ("refused" in judged) return await showRefused(reply, person, judged.refused);
    return await showConsent(services, reply, person, {
      asked: judged.asked,
      sealed: sealAsked(services, person.sessionId, judged.asked),
    });
  });

  scope.post(GRANT_PATHS.authorize, async (request, reply) => {
    const form = await readForm(request, services.settings.appUrl);
    const person = await requirePerson(services, request, reply);
    const sealed = form.text("asked");
    const asked = openAsked(services, person.sessionId, sealed);
    if (form.text("answer") !== "allow") return await sendBack(reply, refuse(services, asked));
    try {
      return await sendBack(reply, await letIn(services, request, person, asked, form));
    } catch (error) {
      if (!(error instanceof PublicError) || !error.issues.some(({ path }) => path !== "")) throw error;
      const refused = readRefusal({ ok: false, status: error.status, body: errorBody(error, request.id) });
      return await showConsent(services, reply, person, { asked, sealed, form, refused });
    }
  });
}

async function letIn(
  services: Services,
  request: FastifyRequest,
  person: Person,
  asked: Asked,
  form: Filled,
): Promise<string> {
  const mode = form.text("mode") === "live" ? "live" : "test";
  return await allow(services, callOf(person, mode, request), asked, { mode, policies: policiesIn(form) });
}

/** To the client's address, which learns nothing of the page that the browser comes from. */
async function sendBack(reply: FastifyReply, to: string): Promise<FastifyReply> {
  return await reply.header("cache-control", "no-store").header("referrer-policy", "no-referrer").redirect(to, 303);
}

interface Shown {
  asked: Asked;
  sealed: string;
  form?: Filled;
  refused?: Refused;
}

async function showConsent(
  { settings }: Services,
  reply: FastifyReply,
  person: Person,
  { asked, sealed, form, refused }: Shown,
): Promise<FastifyReply> {
  const { client, redirectUri } = asked;
  return await sendPage(reply, {
    title: `Let “${client.name}” in?`,
    viewer: person,
    status: refused === undefined ? 200 : 400,
    notice: refused === undefined ? null : { kind: "failed", text: refused.message },
    formOrigins: [sourceOf(redirectUri)],
    body: html`<section>
        <p>
          An app wants to act for you at <b>${new URL(settings.appUrl).host}</b>, where you are signed in as
          <b>${person.email}</b>.
        </p>
        <dl>
          <dt>It calls itself</dt>
          <dd>${client.name} <span class="tag warn">not verified</span></dd>
          <dt>It comes from</dt>
          <dd>
            ${client.host === null ? html`<span class="dim">It does not say: anybody can use this name.</span>` : html`<b>${client.host}</b>`}
          </dd>
          <dt>You are sent to</dt>
          <dd>${destination(redirectUri)}</dd>
        </dl>
        ${warning(asked)}
      </section>
      <form method="post" action="${GRANT_PATHS.authorize}">
        <input type="hidden" name="asked" value="${sealed}" />
        <section>
          <h2>What it may do</h2>
          <ul>
            <li>See your posts, media, platform sets and connected accounts</li>
            <li>Write, change, publish and discard posts</li>
            <li>Make, rename and delete platform sets, which disconnects their accounts</li>
          </ul>
          <p class="dim">
            It cannot connect accounts, see passwords or tokens, make keys, or change your settings. It sees and does
            only what belongs to the mode you choose.
          </p>
          ${modeChoice(form)}
          <details ${refused === undefined ? null : html` open`}>
            <summary>Hold it to less</summary>
            <div>${policyFields(form, refused?.fields["policies"])}</div>
          </details>
        </section>
        <p class="row">
          <button class="main" name="answer" value="allow">Let it in</button
          ><button name="answer" value="refuse">Refuse</button>
        </p>
        <p class="hint">You can shut it out at any time under API keys.</p>
      </form>`,
  });
}

/** What is wrong with a request, and the way back to the client, which only the person can take. */
async function showRefused(
  reply: FastifyReply,
  person: Person,
  { client, redirectUri, reason, back }: RefusedRequest,
): Promise<FastifyReply> {
  return await sendPage(reply, {
    title: `“${client.name}” was not let in`,
    viewer: person,
    status: 400,
    notice: { kind: "failed", text: `The app asked in a way that does not hold: ${reason}.` },
    body: html`<section>
      <h2>What to do</h2>
      <p>Begin anew in the app. If that does not help, tell whoever makes it what stands above.</p>
      <p>
        It wants you sent back to ${destination(redirectUri)}. Go there only if you have just begun to connect it
        yourself.
      </p>
      <p class="row">
        <a class="button" href="${back}" rel="noreferrer">Back to ${placeOf(redirectUri)}</a
        ><a class="button" href="/">Stay here</a>
      </p>
    </section>`,
  });
}

/** Where the browser goes with the answer, as a person can tell one place from another. */
function destination(redirectUri: string): Html {
  const { protocol } = new URL(redirectUri);
  const place = placeOf(redirectUri);
  if (protocol === "https:") return html`<b>${place}</b>`;
  return html`${protocol === "http:" ? "a program on this computer" : "an app on this device"}
    <span class="dim">(${place})</span>`;
}

function placeOf(redirectUri: string): string {
  const { protocol, host } = new URL(redirectUri);
  return protocol === "https:" || protocol === "http:" ? host : `${protocol}//${host}`;
}

/** What cannot be known of a client is said before anything is agreed to. */
function warning({ client, redirectUri }: Asked): Html {
  const url = new URL(redirectUri);
  const isLocal = url.protocol !== "https:";
  const elsewhere = !isLocal && client.host !== null && client.host !== url.host;
  const text = isLocal
    ? "Any program on this device can say that it is this one. Let it in only if you have just begun to connect it yourself."
    : elsewhere
      ? "You are sent to another address than the one it comes from. Let it in only if you have just begun to connect it yourself, and know both."
      : "Let it in only if you have just begun to connect it yourself.";
  return html`<p class="notice warn">${text}</p>`;
}

/** Browsers hold a form's policy against redirects, too. An address in brackets is no source of a policy, nor is the name of an app. */
function sourceOf(redirectUri: string): string {
  const { protocol, origin, hostname } = new URL(redirectUri);
  const isWeb = protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
  return isWeb && !hostname.startsWith("[") ? origin : protocol;
}
