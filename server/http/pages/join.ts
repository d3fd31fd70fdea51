import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import type { MemberRole } from "../../../model/roles.ts";
import { toRefusal } from "../../calls/refusals.ts";
import type { Services } from "../../domain/services.ts";
import { findOpenInvite, joinWorkspace, type OpenInvite } from "../../domain/workspaces/member-invites.ts";
import { html, type Html } from "../html.ts";
import { type Refused, refusedOf } from "./call-operation.ts";
import { callRoute } from "./call-route.ts";
import { field, readForm } from "./form.ts";
import { sendOn, sendPage } from "./frame.ts";
import { callOf, findPerson, type Person } from "./person.ts";

interface Join {
  Params: { token: string };
}

/** Joining a workspace with an invitation: with the account of its address, or a new one. */
export function addJoin(scope: FastifyInstance, services: Services): void {
  const { settings } = services;

  scope.get<Join>("/join/:token", async (request, reply) => {
    const { token } = request.params;
    return await show(reply, token, await findOpenInvite(services, token), await findPerson(services, request));
  });

  scope.post<Join>("/join/:token", async (request, reply) => {
    const form = await readForm(request, settings.appUrl);
    const { token } = request.params;
    const [invite, person] = [await findOpenInvite(services, token), await findPerson(services, request)];
    if (invite === null) return await show(reply, token, null, person);
    const answered =
      person === null
        ? await callRoute(services, request, reply, {
            method: "POST",
            path: "/api/auth/sign-up/email",
            body: { join: token, name: form.text("name"), password: form.text("password") },
          })
        : await join(services, request, person, token);
    if (answered.ok) return await sendOn(reply, `/posts?${new URLSearchParams({ workspace: invite.workspaceId })}`);
    const { refused, status } = answered;
    return await show(reply, token, invite, person, { refused, status, name: form.text("name") });
  });
}

interface Failed {
  refused: Refused;
  status: number;
  name: string;
}

async function join(
  services: Services,
  request: FastifyRequest,
  person: Person,
  token: string,
): Promise<{ ok: true } | ({ ok: false } & Omit<Failed, "name">)> {
  try {
    await joinWorkspace(services, callOf(person, "live", request), person.id, token);
    return { ok: true };
  } catch (error) {
    const refusal = toRefusal(error);
    if (refusal.code === "INTERNAL_ERROR") throw error;
    return { ok: false, status: refusal.status, refused: refusedOf(refusal.message, refusal.issues) };
  }
}

/** What each role lets a member do. */
const CAN: Record<MemberRole, string> = {
  viewer: "You can see its posts, media and accounts.",
  writer: "You can write posts. A publisher approves them before they are published.",
  publisher: "You can write, approve and publish posts, and connect accounts.",
};

async function show(
  reply: FastifyReply,
  token: string,
  invite: OpenInvite | null,
  person: Person | null,
  failed?: Failed,
): Promise<FastifyReply> {
  if (invite === null)
    return await sendPage(reply, {
      title: "Join a workspace",
      status: 400,
      isNarrow: true,
      notice: { kind: "failed", text: "This invitation has expired, or was already used, revoked or replaced." },
      body: html`<section>
        <p>Ask the person who invited you for a new one.</p>
        <p><a href="/">Continue to the dashboard</a></p>
      </section>`,
    });
  const { email, role, workspace } = invite;
  const isShownBelow = failed !== undefined && ["name", "password"].some((name) => name in failed.refused.fields);
  return await sendPage(reply, {
    title: `Join the workspace of ${workspace}`,
    isNarrow: true,
    status: failed?.status ?? 200,
    notice:
      failed === undefined
        ? null
        : { kind: "failed", text: isShownBelow ? "Fix the errors below." : failed.refused.message },
    body: html`<p>You are invited as a <b>${role}</b>. ${CAN[role]}</p>
      ${
        person !== null
          ? person.email.toLowerCase() === email
            ? joinForm(token, email)
            : otherPerson(person, email)
          : invite.hasAccount
            ? signInFirst(token, email)
            : newAccount(token, email, failed)
      }`,
  });
}

function joinForm(token: string, email: string): Html {
  return html`<form method="post" action="/join/${token}" class="card">
    <p>You are signed in as <b>${email}</b>.</p>
    <p class="wide"><button class="main">Join</button></p>
  </form>`;
}

function otherPerson(person: Person, email: string): Html {
  return html`<form method="post" action="/sign-out" class="card">
    <p>
      This invitation is for <b>${email}</b>. You are signed in as <b>${person.email}</b>. Sign out, then open the link
      again.
    </p>
    <p class="wide"><button class="main">Sign out</button></p>
  </form>`;
}

function signInFirst(token: string, email: string): Html {
  const query = new URLSearchParams({ returnTo: `/join/${token}` }).toString();
  return html`<section class="card">
    <p>This invitation is for <b>${email}</b>, which has an account.</p>
    <p class="wide"><a class="button main" href="/sign-in?${query}">Sign in to join</a></p>
  </section>`;
}

function newAccount(token: string, email: string, failed: Failed | undefined): Html {
  return html`<form method="post" action="/join/${token}" class="card">
    <p>Create your account for <b>${email}</b>.</p>
    <input type="hidden" name="email" value="${email}" autocomplete="username" />
    ${field({
      name: "name",
      label: "Name",
      value: failed?.name ?? "",
      autocomplete: "name",
      required: false,
      first: failed === undefined,
      error: failed?.refused.fields["name"],
    })}
    ${field({
      name: "password",
      label: "Password",
      type: "password",
      autocomplete: "new-password",
      hint: "At least 10 characters.",
      error: failed?.refused.fields["password"],
      more: { minlength: "10", maxlength: "200" },
    })}
    <p class="wide"><button class="main">Create account and join</button></p>
  </form>`;
}
