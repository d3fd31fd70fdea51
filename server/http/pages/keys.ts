import type { FastifyInstance, FastifyReply } from "fastify";

import { type ApiKey, keysCreate, keysList, keysRevoke, keysRoll } from "../../../contract/operations/api-keys.ts";
import { PUBLIC_CODES } from "../../../model/errors.ts";
import { newId } from "../../../model/ids.ts";
import { catalog } from "../../../platforms/catalog.ts";
import type { Services } from "../../domain/services.ts";
import { html, type Html } from "../html.ts";
import { type CallOperation, operationsFor, type PageOptions, type Refused } from "./call-operation.ts";
import { button, check, choice, type Filled, field, idIn, readForm } from "./form.ts";
import { type Notice, sendOn, sendPage } from "./frame.ts";
import { modeChoice, policiesIn, policyFields } from "./key-policies.ts";
import { type Person, requirePerson } from "./person.ts";
import { queryOf } from "./query.ts";
import { showTime } from "./times.ts";

/**
 * API keys: create, list, roll and revoke, including MCP clients' grants. A key is shown only in the response that
 * creates it.
 */
export function addKeys(scope: FastifyInstance, services: Services, options: PageOptions): void {
  const { settings } = services;

  scope.get("/keys", async (request, reply) => {
    const person = await requirePerson(services, request);
    const keys = await keysBy(operationsFor(services, options, request, reply, person));
    return await showKeys(reply, person, keys, { notice: NOTICES[queryOf(request)["notice"] ?? ""] ?? null });
  });

  scope.post("/keys", async (request, reply) => {
    const form = await readForm(request, settings.appUrl);
    const person = await requirePerson(services, request);
    const call = operationsFor(services, options, request, reply, person);
    const once = form.text("once");
    const answered = await call(keysCreate, { body: wanted(form, new Date()), once: once === "" ? null : once });
    const keys = await keysBy(call);
    if (answered.ok && !answered.replayed) return await showKeys(reply, person, keys, { made: answered.body.key });
    if (answered.ok || answered.status === PUBLIC_CODES.IDEMPOTENCY_KEY_REUSED.status)
      return await showKeys(reply, person, keys, { form, notice: CREATED_BEFORE });
    return await showKeys(reply, person, keys, { form, refused: answered.refused, status: answered.status });
  });

  scope.post("/keys/roll", async (request, reply) => {
    const form = await readForm(request, settings.appUrl);
    const person = await requirePerson(services, request);
    const call = operationsFor(services, options, request, reply, person);
    const body = { overlapSeconds: Number(form.text("overlapSeconds")) };
    const answered = await call(keysRoll, { params: { id: idIn(form) }, body });
    const keys = await keysBy(call);
    if (answered.ok) return await showKeys(reply, person, keys, { made: answered.body.key });
    const notice: Notice = { kind: "failed", text: answered.refused.message };
    return await showKeys(reply, person, keys, { notice, status: answered.status });
  });

  scope.post("/keys/revoke", async (request, reply) => {
    const form = await readForm(request, settings.appUrl);
    const person = await requirePerson(services, request);
    const call = operationsFor(services, options, request, reply, person);
    const answered = await call(keysRevoke, { params: { id: idIn(form) } });
    if (answered.ok)
      return await sendOn(reply, `/keys?notice=${answered.body.key.clientId === null ? "revoked" : "ended"}`);
    return await showKeys(reply, person, await keysBy(call), {
      notice: { kind: "failed", text: answered.refused.message },
      status: answered.status,
    });
  });
}

async function keysBy(call: CallOperation): Promise<readonly ApiKey[]> {
  const answered = await call(keysList);
  return answered.ok ? answered.body.keys : [];
}

const NOTICES: Readonly<Record<string, Notice>> = {
  revoked: { kind: "done", text: "The key has been revoked and no longer works." },
  ended: { kind: "done", text: "The app's access has been revoked." },
};

/** A form that was sent again: by reloading the page, or by going back to it. */
const CREATED_BEFORE: Notice = {
  kind: "done",
  text: "This form has already created a key, which is shown only once. To create another, send the form below.",
};

const OVERLAPS = [
  ["0", "Immediately"],
  ["3600", "In 1 hour"],
  ["86400", "In 1 day"],
  ["604800", "In 1 week"],
] as const;

const LIFETIMES = [
  ["", "Never"],
  ["30", "In 30 days"],
  ["90", "In 90 days"],
  ["365", "In 1 year"],
] as const;

function wanted(form: Filled, now: Date): object {
  const days = Number(form.text("lifetime"));
  return {
    name: form.text("name"),
    mode: form.text("mode"),
    expiresAt: days > 0 ? new Date(now.getTime() + days * 86_400_000).toISOString() : null,
    policies: policiesIn(form),
  };
}

interface Shown {
  made?: ApiKey & { apiKey: string | null };
  form?: Filled;
  refused?: Refused;
  notice?: Notice | null;
  status?: number;
}

async function showKeys(
  reply: FastifyReply,
  person: Person,
  keys: readonly ApiKey[],
  { made, form, refused, notice = null, status = 200 }: Shown,
): Promise<FastifyReply> {
  const [own, grants] = [
    keys.filter(({ clientId }) => clientId === null),
    keys.filter(({ clientId }) => clientId !== null),
  ];
  const failed: Notice | null = refused === undefined ? null : { kind: "failed", text: refused.message };
  return await sendPage(reply, {
    title: "API keys",
    at: "/keys",
    viewer: person,
    status,
    notice: failed ?? notice,
    body: html`${made?.apiKey ? shownOnce(made, made.apiKey) : null}
      <section>
        <h2>Your keys</h2>
        ${own.length === 0 ? html`<p class="dim">You have no API keys yet.</p>` : keyList(own, person.timeZone)}
      </section>
      ${
        grants.length === 0
          ? null
          : html`<section>
              <h2>Authorized apps</h2>
              <p class="dim">MCP clients that act for you without a key.</p>
              ${keyList(grants, person.timeZone)}
            </section>`
      }
      ${newKey(form, refused)}`,
  });
}

function shownOnce({ name, mode }: ApiKey, apiKey: string): Html {
  return html`<section>
    <h2>Your new key “${name}”</h2>
    <div class="field">
      <label for="new-key">Copy it now: it will not be shown again</label
      ><textarea id="new-key" class="copy" rows="2" readonly autofocus>${apiKey}</textarea>
    </div>
    <p class="dim">Send it as <code>Authorization: Bearer amp_${mode}_…</code>. Anyone who has it can act for you.</p>
  </section>`;
}

/** Active keys; ended ones are collapsed. */
function keyList(keys: readonly ApiKey[], timeZone: string): Html {
  const list = (some: readonly ApiKey[]) =>
    html`<ul class="plain">
      ${some.map((key) => keyItem(key, timeZone))}
    </ul>`;
  const [living, ended] = [keys.filter((key) => !hasEnded(key)), keys.filter(hasEnded)];
  return html`${living.length === 0 ? html`<p class="dim">No active keys.</p>` : list(living)}${
    ended.length === 0
      ? null
      : html`<details>
          <summary>${ended.length} revoked or expired</summary>
          ${list(ended)}
        </details>`
  }`;
}

function hasEnded({ revokedAt, expiresAt }: ApiKey): boolean {
  return revokedAt !== null || (expiresAt !== null && Date.parse(expiresAt) <= Date.now());
}

function keyItem(key: ApiKey, timeZone: string): Html {
  const at = (time: string | null, otherwise: string) => (time === null ? otherwise : showTime(time, timeZone));
  const state = hasEnded(key)
    ? html`<span class="tag bad">${key.revokedAt === null ? "expired" : "revoked"}</span>`
    : key.replacedBy === null
      ? null
      : html`<span class="tag warn">rolled</span>`;
  return html`<li>
    <div class="row between">
      <div class="grow">
        <h3>${key.name}</h3>
        ${key.prefix === null ? null : html`<code>${key.prefix}…</code> `}<span class="tag">${key.mode}</span>
        ${state}${key.clientId === null ? null : html`<p class="small">${clientOf(key.clientId)}</p>`}
      </div>
      ${
        key.revokedAt === null
          ? button("/keys/revoke", "Revoke", {
              kind: "danger",
              hidden: { id: key.id },
              describes: `Revoke ${key.name}`,
            })
          : null
      }
    </div>
    <p class="small dim">
      Last used: ${at(key.lastUsedAt, "never")} · Created: ${at(key.createdAt, "")} ·
      ${
        key.expiresAt === null
          ? "Does not expire"
          : `${key.clientId === null ? "Expires" : "Expires if unused"}: ${at(key.expiresAt, "")}`
      }
    </p>
    ${policiesOf(key)} ${rollForm(key)}
  </li>`;
}

/** Replaces a key, which can work a little longer: only one that still works and was not rolled. */
function rollForm(key: ApiKey): Html | null {
  if (hasEnded(key) || key.clientId !== null || key.replacedBy !== null) return null;
  const id = `overlap-${key.id}`;
  return html`<details>
    <summary>Roll “${key.name}”</summary>
    <form method="post" action="/keys/roll">
      <input type="hidden" name="id" value="${key.id}" />
      <div class="field">
        <label for="${id}">The current key stops working</label
        ><select id="${id}" name="overlapSeconds" aria-describedby="${id}-hint">
          ${OVERLAPS.map(
            ([value, text]) =>
              html`<option value="${value}" ${value === "86400" ? html` selected` : null}>${text}</option>`,
          )}
        </select>
        <p class="hint" id="${id}-hint">You get a new key with the same mode, limits and expiry.</p>
      </div>
      <p><button>Roll key</button></p>
    </form>
  </details>`;
}

/** What is verified about a client, next to the name it gives itself. */
function clientOf(clientId: string): string {
  return URL.canParse(clientId) ? `Metadata: ${clientId}` : "Self-registered. Its origin is unknown.";
}

function policiesOf({ policies }: ApiKey): Html | null {
  const said = [
    policies.draftOnly ? "drafts only" : null,
    policies.approvalRequired ? "publishes only approved posts" : null,
    policies.platforms === null
      ? null
      : `only ${policies.platforms.map((name) => catalog[name].capabilities.label).join(", ")}`,
    policies.postsPerDay === null ? null : `${policies.postsPerDay} posts per day`,
    policies.feesPerMonthMicroUsd === null
      ? null
      : `$${policies.feesPerMonthMicroUsd / 1e6} of platform fees per month`,
  ].filter((text) => text !== null);
  return html`${said.length === 0 ? null : html`<p class="small">Limits: ${said.join(" · ")}</p>`}${
    policies.oauthApps ? html`<p class="small">Can replace your OAuth apps</p>` : null
  }`;
}

function newKey(form: Filled | undefined, refused: Refused | undefined): Html {
  const text = (name: string) => form?.text(name) ?? "";
  const chosen = form?.all("platforms") ?? [];
  return html`<section>
    <h2>Create a key</h2>
    <form method="post" action="/keys">
      <input type="hidden" name="once" value="${`form-${newId()}`}" />
      ${field({
        name: "name",
        label: "Name",
        value: text("name"),
        hint: "For example, “production”.",
        autocomplete: "off",
        error: refused?.fields["name"],
        more: { maxlength: "100" },
      })}
      ${modeChoice(form)} ${choice({ name: "lifetime", label: "Expires", chosen: text("lifetime"), among: LIFETIMES })}
      <details ${refused !== undefined || chosen.length > 0 ? html` open` : null}>
        <summary>Limits</summary>
        <div>
          ${policyFields(form, refused?.fields["policies"])}
          ${check({
            name: "oauthApps",
            value: "1",
            label: "Can list and replace your own OAuth apps",
            checked: (form?.text("oauthApps") ?? "") !== "",
          })}
        </div>
      </details>
      <p><button class="main">Create key</button></p>
    </form>
  </section>`;
}
