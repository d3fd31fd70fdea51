import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { PublicError } from "../../../model/errors.ts";
import {
  approveRequest,
  type AuthorizationRequest,
  checkRequest,
  openRequest,
  denyRequest,
  type RejectedRequest,
  sealRequest,
} from "../../domain/mcp-grants/authorization.ts";
import { isLoopback } from "../../domain/mcp-grants/redirect-uris.ts";
import type { Services } from "../../domain/services.ts";
import { html, type Html } from "../html.ts";
import { GRANT_PATHS } from "../routes/mcp-grant-routes.ts";
import { refusedOf, type Refused } from "./call-operation.ts";
import { type Filled, readForm } from "./form.ts";
import { sendPage } from "./frame.ts";
import { modeChoice, policiesIn, policyFields } from "./key-policies.ts";
import { callOf, type Person, requirePerson } from "./person.ts";

/**
 * The page on which a user authorizes an MCP client. Visitors must sign in first, so that they neither cause documents
 * to be fetched nor get redirected. What is authorized is exactly what was shown: the form contains it encrypted, for
 * this session.
 */
export function addConsent(scope: FastifyInstance, services: Services): void {
  scope.get(GRANT_PATHS.authorize, async (request, reply) => {
    const person = await requirePerson(services, request);
    const checked = await checkRequest(services, new URL(request.url, "http://own.invalid").searchParams, {
      account: person.id,
      address: request.ip,
    });
    if ("refused" in checked) return await showRefused(reply, person, checked.refused);
    return await showConsent(services, reply, person, {
      asked: checked.asked,
      sealed: sealRequest(services, person.sessionId, checked.asked),
    });
  });

  scope.post(GRANT_PATHS.authorize, async (request, reply) => {
    const form = await readForm(request, services.settings.appUrl);
    const person = await requirePerson(services, request);
    const sealed = form.text("asked");
    const asked = openRequest(services, person.sessionId, sealed);
    if (form.text("answer") !== "allow") return await sendBack(reply, denyRequest(services, asked));
    try {
      return await sendBack(reply, await authorize(services, request, person, asked, form));
    } catch (error) {
      if (!(error instanceof PublicError) || !error.issues.some(({ path }) => path !== "")) throw error;
      const refused = refusedOf(error.message, error.issues);
      return await showConsent(services, reply, person, { asked, sealed, form, refused });
    }
  });
}

async function authorize(
  services: Services,
  request: FastifyRequest,
  person: Person,
  asked: AuthorizationRequest,
  form: Filled,
): Promise<string> {
  const mode = form.text("mode") === "live" ? "live" : "test";
  return await approveRequest(services, callOf(person, mode, request), asked, { mode, policies: policiesIn(form) });
}

/** To the client's redirect URI, which does not learn the page the browser comes from. */
async function sendBack(reply: FastifyReply, to: string): Promise<FastifyReply> {
  return await reply.header("cache-control", "no-store").header("referrer-policy", "no-referrer").redirect(to, 303);
}

interface Shown {
  asked: AuthorizationRequest;
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
    title: `Authorize “${client.name}”?`,
    viewer: person,
    status: refused === undefined ? 200 : 400,
    notice: refused === undefined ? null : { kind: "failed", text: refused.message },
    formOrigins: [sourceOf(redirectUri)],
    body: html`<section>
        <p>
          An app wants to act for you on <b>${new URL(settings.appUrl).host}</b>, where you are signed in as
          <b>${person.email}</b>.
        </p>
        <dl>
          <dt>Name</dt>
          <dd>${client.name} <span class="tag warn">not verified</span></dd>
          <dt>Origin</dt>
          <dd>
            ${
              client.host === null
                ? html`<span class="dim">Unknown. Anyone can use this name.</span>`
                : html`<b>${client.host}</b>`
            }
          </dd>
          <dt>You will be sent to</dt>
          <dd>${destination(redirectUri)}</dd>
        </dl>
        ${warning(asked)}
      </section>
      <form method="post" action="${GRANT_PATHS.authorize}">
        <input type="hidden" name="asked" value="${sealed}" />
        <section>
          <h2>What it can do</h2>
          <ul>
            <li>Read your posts, media, platform sets and connected accounts</li>
            <li>Create, edit, publish and discard posts</li>
            <li>Create, rename and delete platform sets (deleting a set disconnects its accounts)</li>
          </ul>
          <p class="dim">
            It cannot connect accounts, see passwords or tokens, create keys, or change your settings. It can access
            only the mode you choose.
          </p>
          ${modeChoice(form)}
          <details ${refused === undefined ? null : html` open`}>
            <summary>Limit access</summary>
            <div>${policyFields(form, refused?.fields["policies"])}</div>
          </details>
        </section>
        <p class="row">
          <button class="main" name="answer" value="allow">Authorize</button
          ><button name="answer" value="refuse">Cancel</button>
        </p>
        <p class="hint">You can revoke access at any time in the dashboard, under Developers, MCP.</p>
      </form>`,
  });
}

/** What is wrong with a request, and the link back to the client, which only the user can follow. */
async function showRefused(
  reply: FastifyReply,
  person: Person,
  { client, redirectUri, reason, back }: RejectedRequest,
): Promise<FastifyReply> {
  return await sendPage(reply, {
    title: `“${client.name}” was not authorized`,
    viewer: person,
    status: 400,
    notice: { kind: "failed", text: `The app sent an invalid request: ${reason}.` },
    body: html`<section>
      <h2>What to do</h2>
      <p>Start over in the app. If that does not help, send the message above to its developer.</p>
      <p>
        It wants to send you back to ${destination(redirectUri)}. Continue only if you just started connecting it
        yourself.
      </p>
      <p class="row">
        <a class="button" href="${back}" rel="noreferrer">Back to ${hostOf(redirectUri)}</a
        ><a class="button" href="/">Stay here</a>
      </p>
    </section>`,
  });
}

/** Where the browser goes with the response, so that a user can recognize the destination. */
function destination(redirectUri: string): Html {
  const { protocol } = new URL(redirectUri);
  const place = hostOf(redirectUri);
  if (protocol === "https:") return html`<b>${place}</b>`;
  return html`${protocol === "http:" ? "a program on this computer" : "an app on this device"}
    <span class="dim">(${place})</span>`;
}

function hostOf(redirectUri: string): string {
  const { protocol, host } = new URL(redirectUri);
  return protocol === "https:" || protocol === "http:" ? host : `${protocol}//${host}`;
}

/** What cannot be verified about a client is shown before the user agrees to anything. */
function warning({ client, redirectUri }: AuthorizationRequest): Html {
  const url = new URL(redirectUri);
  const isLocal = url.protocol !== "https:";
  const elsewhere = !isLocal && client.host !== null && client.host !== url.host;
  const text = isLocal
    ? "Any program on this device can claim to be this one. " +
      "Authorize it only if you just started connecting it yourself."
    : elsewhere
      ? "You will be sent to a different host than the app's origin. " +
        "Authorize it only if you just started connecting it yourself and trust both."
      : "Authorize it only if you just started connecting it yourself.";
  return html`<p class="notice warn">${text}</p>`;
}

/**
 * Browsers apply a form's policy to redirects, too. An address in brackets is not a valid source in a policy, nor is an
 * app's scheme.
 */
function sourceOf(redirectUri: string): string {
  const { protocol, origin, hostname } = new URL(redirectUri);
  const isWeb = protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
  return isWeb && !hostname.startsWith("[") ? origin : protocol;
}
