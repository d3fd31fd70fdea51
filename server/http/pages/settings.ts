import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { invitesCreate, invitesDelete, invitesList } from "../../../contract/operations/invites.ts";
import { meDelete, meUpdate } from "../../../contract/operations/me.ts";
import {
  sessionsList,
  sessionsRevoke,
  sessionsRevokeOthers,
  type Session,
} from "../../../contract/operations/sessions.ts";
import type { Services } from "../../domain/services.ts";
import { html, type Html } from "../html.ts";
import { type CallOperation, operationsFor, type Outcome, type PageOptions } from "./call-operation.ts";
import { callRoute } from "./call-route.ts";
import { button, type Filled, field, idIn, readForm } from "./form.ts";
import { type Notice, sendOn, sendPage } from "./frame.ts";
import { PASSKEY_SCRIPT, passkeyButton } from "./passkeys.ts";
import { type Person, requirePerson } from "./person.ts";
import { queryOf } from "./query.ts";
import { showTime } from "./times.ts";

const passkeyList = z.array(z.object({ id: z.string(), name: z.string().nullish(), createdAt: z.string().nullish() }));

/**
 * The user's settings: profile, email, password, two-factor authentication, passkeys, sessions, invitations, and
 * account deletion.
 */
export function addSettings(scope: FastifyInstance, services: Services, options: PageOptions): void {
  const { settings } = services;

  scope.get("/settings", async (request, reply) => {
    const person = await requirePerson(services, request);
    return await showSettings(services, options, request, reply, person, {
      notice: NOTICES[queryOf(request)["notice"] ?? ""] ?? null,
    });
  });

  /** A form with one action that returns to the page. Errors are shown next to the fields of its section. */
  const act = (
    name: string,
    notice: string,
    run: (
      form: Filled,
      call: CallOperation,
      callAuth: (path: string, body: object) => Promise<Outcome>,
    ) => Promise<Outcome> | string,
    then = `/settings?notice=${notice}`,
  ) =>
    scope.post(`/settings/${name}`, async (request, reply) => {
      const form = await readForm(request, settings.appUrl);
      const person = await requirePerson(services, request);
      const show = (status: number, text: string) =>
        showSettings(services, options, request, reply, person, { failed: { part: name, text }, status });
      const running = run(form, operationsFor(services, options, request, reply, person), (path, body) =>
        callRoute(services, request, reply, { method: "POST", path: `/api/auth/${path}`, body }),
      );
      if (typeof running === "string") return await show(400, running);
      const answered = await running;
      if (answered.ok) return await sendOn(reply, then);
      const { message, fields } = answered.refused;
      return await show(answered.status, Object.values(fields)[0] ?? message);
    });

  act("profile", "saved", (form, call) =>
    call(meUpdate, { body: { name: form.text("name"), timeZone: form.text("timeZone") } }),
  );
  act("email", "email", (form, _, callAuth) => callAuth("change-email", { newEmail: form.text("newEmail").trim() }));
  act("password", "password", (form, _, callAuth) =>
    form.text("newPassword") === form.text("again")
      ? callAuth("change-password", {
          currentPassword: form.text("currentPassword"),
          newPassword: form.text("newPassword"),
          revokeOtherSessions: true,
        })
      : "The new passwords do not match.",
  );
  act("passkeys/delete", "passkey", (form, _, callAuth) => callAuth("passkey/delete-passkey", { id: form.text("id") }));
  act("sessions/end", "session", (form, call) => call(sessionsRevoke, { params: { id: idIn(form) } }));
  act("sessions/end-others", "session", (_, call) => call(sessionsRevokeOthers));
  scope.post("/settings/invites", async (request, reply) => {
    const form = await readForm(request, settings.appUrl);
    const person = await requirePerson(services, request);
    const email = form.text("email").trim();
    const answered = await operationsFor(services, options, request, reply, person)(invitesCreate, { body: { email } });
    const show = (shown: Shown) => showSettings(services, options, request, reply, person, shown);
    if (!answered.ok) {
      const { message, fields } = answered.refused;
      return await show({
        failed: { part: "invites", text: Object.values(fields)[0] ?? message },
        status: answered.status,
      });
    }
    const { link } = answered.body;
    if (link === null) return await sendOn(reply, "/settings?notice=invited");
    return await show({ notice: { kind: "warn", text: NO_MAIL_SERVER }, invited: { email, link } });
  });
  act("invites/withdraw", "withdrawn", (form, call) => call(invitesDelete, { params: { id: idIn(form) } }));
  act(
    "delete",
    "deleted",
    (form, call) =>
      form.text("sure") === ""
        ? "Check the box to confirm."
        : call(meDelete, { body: { password: form.text("password") } }),
    "/sign-in?notice=deleted",
  );
}

const NOTICES: Readonly<Record<string, Notice>> = {
  saved: { kind: "done", text: "Your profile has been saved." },
  verified: {
    kind: "done",
    text: "Confirmed. If you are changing your email, open the link in the email we just sent to the new address.",
  },
  email: {
    kind: "done",
    text:
      "We sent an email to your current address. Open its link to approve the change; " +
      "then confirm the new address.",
  },
  password: { kind: "done", text: "Your password has been changed, and all other sessions have been signed out." },
  passkey: { kind: "done", text: "The passkey has been removed." },
  "passkey-added": { kind: "done", text: "The passkey has been added. You can now sign in with it." },
  session: { kind: "done", text: "Signed out." },
  invited: { kind: "done", text: "The invitation has been sent." },
  withdrawn: { kind: "done", text: "The invitation has been revoked." },
  "two-factor-on": {
    kind: "done",
    text: "Two-factor authentication is on. You will be asked for a code when you sign in.",
  },
  "two-factor-off": { kind: "done", text: "Two-factor authentication is off." },
};

const NO_MAIL_SERVER =
  "This instance has no mail server, so the invitation was not sent. Copy its link below and pass it on yourself.";

interface Shown {
  notice?: Notice | null;
  /** An invitation to pass on, shown only in the response that creates it. */
  invited?: { email: string; link: string };
  failed?: { part: string; text: string };
  status?: number;
}

async function showSettings(
  services: Services,
  options: PageOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  person: Person,
  { notice = null, invited, failed, status = 200 }: Shown,
): Promise<FastifyReply> {
  const call = operationsFor(services, options, request, reply, person);
  const [sessions, passkeys, invites] = await Promise.all([
    call(sessionsList),
    callRoute(services, request, reply, { method: "GET", path: "/api/auth/passkey/list-user-passkeys" }),
    person.isOwner ? call(invitesList) : null,
  ]);
  const errorOf = (part: string) => (failed?.part === part ? failed.text : undefined);
  return await sendPage(reply, {
    title: "Settings",
    at: "/settings",
    viewer: person,
    script: PASSKEY_SCRIPT,
    status,
    notice: failed === undefined ? notice : { kind: "failed", text: failed.text },
    body: html`${[
        profile(person, errorOf("profile")),
        email(person, errorOf("email")),
        password(person, errorOf("password")),
        twoFactor(person),
      ]}
      ${passkeySection(passkeyList.safeParse(passkeys.ok ? passkeys.body : []).data ?? [], person)}
      ${sessionSection(sessions.ok ? sessions.body.sessions : [], person)}
      ${
        person.isOwner
          ? inviteSection(invites?.ok === true ? invites.body.invites : [], person, {
              error: errorOf("invites"),
              invited,
            })
          : null
      }
      <section>
        <h2>Plan and usage</h2>
        <p>Your plan, what it allows, and how you pay.</p>
        <p><a class="button" href="/settings/billing">View plan</a></p>
      </section>
      <section>
        <h2>Audit log</h2>
        <p>Every sign-in and every change to keys, connections and settings.</p>
        <p><a class="button" href="/settings/log">View audit log</a></p>
      </section>
      <section>
        <h2>Your data</h2>
        <p>Download everything stored about you, in both modes, as one file. Secrets are not included.</p>
        <p><a class="button" href="/api/me/export" download>Export your data</a></p>
      </section>
      ${deletion(services.billing !== null, errorOf("delete"))}`,
  });
}

function profile({ name, timeZone }: Person, error?: string): Html {
  const zones = [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone"), timeZone])].map(
    (zone) =>
      html`<option value="${zone}" ${zone === timeZone ? html` selected` : null}>${zone.replaceAll("_", " ")}</option>`,
  );
  return html`<section>
    <h2>Profile</h2>
    <form method="post" action="/settings/profile">
      ${field({
        name: "name",
        label: "Name",
        value: name,
        autocomplete: "name",
        required: false,
        error,
        more: { maxlength: "100" },
      })}
      <div class="field">
        <label for="timeZone">Time zone</label
        ><select id="timeZone" name="timeZone">
          ${zones}
        </select>
      </div>
      <button>Save</button>
    </form>
  </section>`;
}

function email(person: Person, error?: string): Html {
  return html`<section>
    <h2>Email</h2>
    <p>${person.email}</p>
    <details ${error === undefined ? null : html` open`}>
      <summary>Change email</summary>
      <form method="post" action="/settings/email">
        ${field({ name: "newEmail", label: "New email", type: "email", autocomplete: "email", error })}<button>
          Change email
        </button>
      </form>
    </details>
  </section>`;
}

function password({ hasPassword, email: address }: Person, error?: string): Html {
  if (!hasPassword)
    return html`<section>
      <h2>Password</h2>
      <p>You do not have a password. <a href="/forgot-password">Set one by email</a></p>
    </section>`;
  return html`<section>
    <h2>Password</h2>
    <details ${error === undefined ? null : html` open`}>
      <summary>Change password</summary>
      <form method="post" action="/settings/password">
        <input
          class="off"
          name="username"
          autocomplete="username"
          value="${address}"
          readonly
          tabindex="-1"
          aria-hidden="true"
        />
        ${field({
          name: "currentPassword",
          label: "Current password",
          type: "password",
          autocomplete: "current-password",
          error,
        })}
        ${field({
          name: "newPassword",
          label: "New password",
          type: "password",
          autocomplete: "new-password",
          hint: "At least 10 characters. You will be signed out everywhere else.",
          more: { minlength: "10", maxlength: "200" },
        })}
        ${field({ name: "again", label: "Confirm new password", type: "password", autocomplete: "new-password" })}
        <button>Change password</button>
      </form>
    </details>
  </section>`;
}

function twoFactor({ twoFactorEnabled, hasPassword }: Person): Html {
  const ask = (action: string, label: string, id: string, kind = "") =>
    html`<form method="post" action="${action}">
      <div class="field">
        <label for="${id}">Password</label
        ><input id="${id}" name="password" type="password" required autocomplete="current-password" />
      </div>
      <button class="${kind}">${label}</button>
    </form>`;
  if (!hasPassword)
    return html`<section>
      <h2>Two-factor authentication</h2>
      <p class="dim">Set a password first: two-factor authentication protects password sign-in.</p>
    </section>`;
  if (!twoFactorEnabled)
    return html`<section>
      <h2>Two-factor authentication</h2>
      <p>Require a code from an authenticator app when you sign in with your password.</p>
      <details>
        <summary>Turn on</summary>
        ${ask("/settings/two-factor", "Continue", "two-factor-password")}
      </details>
    </section>`;
  return html`<section>
    <h2>Two-factor authentication <span class="tag good">on</span></h2>
    <details>
      <summary>Generate new backup codes</summary>
      ${ask("/settings/two-factor/codes", "Generate codes", "codes-password")}
    </details>
    <details>
      <summary>Turn off</summary>
      ${ask("/settings/two-factor/off", "Turn off", "off-password", "danger")}
    </details>
  </section>`;
}

function passkeySection(passkeys: z.output<typeof passkeyList>, { timeZone }: Person): Html {
  const items = passkeys.map(({ id, name, createdAt }) => {
    const label = name ?? "Passkey";
    return html`<li class="row between">
      <span
        >${label}${
          createdAt ? html` <span class="small dim">added ${showTime(createdAt, timeZone)}</span>` : null
        }</span
      >${button("/settings/passkeys/delete", "Remove", {
        kind: "danger",
        hidden: { id },
        describes: `Remove ${label}`,
      })}
    </li>`;
  });
  return html`<section>
    <h2>Passkeys</h2>
    ${
      items.length === 0
        ? html`<p class="dim">
            You have no passkeys. A passkey lets you sign in with your fingerprint, face or device PIN.
          </p>`
        : html`<ul class="plain">
            ${items}
          </ul>`
    }${passkeyButton({ act: "add", label: "Add a passkey", next: "/settings?notice=passkey-added" })}
  </section>`;
}

function sessionSection(sessions: readonly Session[], { timeZone }: Person): Html {
  const items = sessions.map(
    ({ id, isCurrent, address, userAgent, createdAt }) =>
      html`<li>
        <div class="row between">
          <div class="grow">
            ${browserOf(userAgent)} ${isCurrent ? html`<span class="tag good">this session</span>` : null}
            <p class="small dim">${address ?? "unknown address"} · signed in ${showTime(createdAt, timeZone)}</p>
          </div>
          ${
            isCurrent
              ? null
              : button("/settings/sessions/end", "Sign out", {
                  kind: "danger",
                  hidden: { id },
                  describes: `Sign out of the session from ${showTime(createdAt, timeZone)}`,
                })
          }
        </div>
      </li>`,
  );
  return html`<section>
    <h2>Sessions</h2>
    <ul class="plain">
      ${items}
    </ul>
    ${
      sessions.length > 1
        ? button("/settings/sessions/end-others", "Sign out of all other sessions", { kind: "danger" })
        : null
    }
  </section>`;
}

/** A browser's name in two words. All of them also name older ones, so the order matters. */
function browserOf(userAgent: string | null): string {
  const named = (names: readonly (readonly [RegExp, string])[]) =>
    names.find(([sign]) => userAgent !== null && sign.test(userAgent))?.[1];
  const browser = named([
    [/Edg\//, "Edge"],
    [/OPR\//, "Opera"],
    [/Firefox\//, "Firefox"],
    [/Chrome\//, "Chrome"],
    [/Safari\//, "Safari"],
  ]);
  const system = named([
    [/iPhone|iPad/, "iOS"],
    [/Android/, "Android"],
    [/Windows/, "Windows"],
    [/Mac OS X/, "macOS"],
    [/Linux/, "Linux"],
  ]);
  return browser === undefined
    ? (userAgent?.slice(0, 80) ?? "Unknown browser")
    : `${browser}${system === undefined ? "" : ` on ${system}`}`;
}

function inviteSection(
  invites: readonly { id: string; email: string; expiresAt: string }[],
  { timeZone }: Person,
  { error, invited }: { error: string | undefined; invited: Shown["invited"] },
): Html {
  const items = invites.map(
    ({ id, email: address, expiresAt }) =>
      html`<li class="row between">
        <span>${address} <span class="small dim">expires ${showTime(expiresAt, timeZone)}</span></span
        >${button("/settings/invites/withdraw", "Revoke", {
          kind: "danger",
          hidden: { id },
          describes: `Revoke the invitation for ${address}`,
        })}
      </li>`,
  );
  return html`<section>
    <h2>Invitations</h2>
    ${
      invited === undefined
        ? null
        : html`<div class="field">
            <label for="invite-link">Link for ${invited.email}, which works once. It will not be shown again</label
            ><textarea id="invite-link" class="copy" rows="2" readonly autofocus>${invited.link}</textarea>
          </div>`
    }
    ${
      items.length === 0
        ? null
        : html`<ul class="plain">
            ${items}
          </ul>`
    }
    <form method="post" action="/settings/invites">
      ${field({ name: "email", label: "Email address to invite", type: "email", autocomplete: "off", error })}<button>
        Send invitation
      </button>
    </form>
  </section>`;
}

function deletion(hasBilling: boolean, error?: string): Html {
  return html`<section>
    <h2>Delete account</h2>
    <details ${error === undefined ? null : html` open`}>
      <summary>Delete your account and all data</summary>
      <p>
        This permanently deletes your posts, media, platform sets, connections and keys in both modes, and asks the
        platforms to revoke access. Posts already published stay on the
        platforms.${hasBilling ? " A subscription ends immediately." : null} This cannot be undone.
      </p>
      <form method="post" action="/settings/delete">
        <div class="field">
          <label for="delete-password">Password</label
          ><input id="delete-password" name="password" type="password" autocomplete="current-password" required />
        </div>
        <label class="check"
          ><input type="checkbox" name="sure" value="1" /><span>I understand that this cannot be undone</span></label
        >${error === undefined ? null : html`<p class="error">${error}</p>`}<button class="danger">
          Delete account
        </button>
      </form>
    </details>
  </section>`;
}
