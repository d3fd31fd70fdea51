import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import {
  oauthAppsDelete,
  oauthAppsList,
  oauthAppsSave,
  type OAuthAppOfSet,
} from "../../../contract/operations/connections.ts";
import type { PlatformQuota } from "../../../model/capabilities.ts";
import { takesConfigId } from "../../../model/environment.ts";
import { PublicError } from "../../../model/errors.ts";
import { isPlatformName, PLATFORM_NAMES, type Mode, type PlatformName } from "../../../model/platform-names.ts";
import { catalog } from "../../../platforms/catalog.ts";
import type { Scope } from "../../../platforms/definition.ts";
import { askedScopes, requiredScopes } from "../../../platforms/kit/scopes.ts";
import { scopesOfApp } from "../../../platforms/scopes.ts";
import { connectionsPath } from "../../domain/accounts/connect-account.ts";
import { listPlatformSets } from "../../domain/platform-sets/platform-sets.ts";
import type { Services } from "../../domain/services.ts";
import { html, type Html } from "../html.ts";
import { operationsFor, type CallOperation, type PageOptions } from "./call-operation.ts";
import { button, check, field, type Filled, readForm } from "./form.ts";
import { type Notice, sendOn, sendPage } from "./frame.ts";
import { callOf, requirePerson, type Person } from "./person.ts";
import { queryOf, readMode } from "./query.ts";

/**
 * The apps of the platforms' developer portals that a platform set connects its accounts by, instead of the instance's.
 */
export function addCustomOAuthApps(scope: FastifyInstance, services: Services, options: PageOptions): void {
  const { settings } = services;

  scope.get("/connections/apps", async (request, reply) => {
    const query = queryOf(request);
    const person = await requirePerson(services, request);
    const call = operationsFor(services, options, request, reply, person);
    return await showApps(services, call, request, reply, person, {
      mode: readMode(query["mode"]),
      setId: query["set"] ?? "",
      notice: NOTICES[query["notice"] ?? ""] ?? null,
    });
  });

  for (const what of ["save", "delete"] as const) {
    scope.post(`/connections/apps/${what}`, async (request, reply) => {
      const form = await readForm(request, settings.appUrl);
      const person = await requirePerson(services, request);
      const [mode, setId, platform] = [readMode(form.text("mode")), form.text("set"), form.text("platform")];
      const call = operationsFor(services, options, request, reply, person);
      const params = { id: setId, platform };
      const configId = form.text("configId") || null;
      const scopes = configId === null && isPlatformName(platform) ? scopesOf(platform, form.all("scopes")) : null;
      const limits = isPlatformName(platform) ? limitsIn(form, platform) : {};
      const body = {
        clientId: form.text("clientId"),
        clientSecret: form.text("clientSecret"),
        scopes,
        configId,
        limits,
      };
      const answered =
        what === "save"
          ? await call(oauthAppsSave, { params, body }, mode)
          : await call(oauthAppsDelete, { params }, mode);
      if (answered.ok)
        return await sendOn(reply, `/connections/apps?${new URLSearchParams({ mode, set: setId, notice: what })}`);
      return await showApps(services, call, request, reply, person, {
        mode,
        setId,
        notice: { kind: "failed", text: answered.refused.message },
        status: answered.status,
        ...(isPlatformName(platform) ? { open: platform } : {}),
      });
    });
  }
}

const NOTICES: Readonly<Record<string, Notice>> = {
  save: { kind: "done", text: "The app has been saved. New connections will use it." },
  delete: { kind: "done", text: "The app has been removed. New connections will use the instance's app." },
};

/** What publishing requires and what was checked; null if that is the default. */
function scopesOf(platform: PlatformName, checked: readonly string[]): string[] | null {
  const scopes = scopesOfApp(platform);
  const isDefault = optionalOf(scopes).every(({ name, onRequest }) => checked.includes(name) === (onRequest !== true));
  return isDefault ? null : [...requiredScopes(scopes), ...checked];
}

function optionalOf(scopes: readonly Scope[]): Scope[] {
  return scopes.filter(({ without }) => without !== undefined);
}

/** What the platform limits for each app. */
function limitsOf(platform: PlatformName): PlatformQuota[] {
  return catalog[platform].capabilities.quotas.filter(({ per }) => per === "app");
}

/** What was entered for each limit; an empty field is the documented limit. */
function limitsIn(form: Filled, platform: PlatformName): Record<string, number | null> {
  return Object.fromEntries(
    limitsOf(platform).flatMap(({ name }) => {
      const entered = form.all(limitField(platform, name)).at(-1);
      return entered === undefined ? [] : [[name, entered === "" ? null : Number(entered)]];
    }),
  );
}

/** What the platform has granted to the app; null: its documented limit. */
function grantedTo(app: OAuthAppOfSet | undefined, { name }: PlatformQuota): number | null {
  return new Map<string, number | null | undefined>(Object.entries(app?.limits ?? {})).get(name) ?? null;
}

const count = (most: number) => most.toLocaleString("en-US");

function limitField(platform: PlatformName, name: string): string {
  return `limit-${platform}-${name}`;
}

async function showApps(
  services: Services,
  call: CallOperation,
  request: FastifyRequest,
  reply: FastifyReply,
  person: Person,
  shown: { mode: Mode; setId: string; notice: Notice | null; status?: number; open?: PlatformName },
): Promise<FastifyReply> {
  const { mode, setId, notice, status = 200, open } = shown;
  const set = (await listPlatformSets(services, callOf(person, mode, request))).body.sets.find(
    ({ id }) => id === setId,
  );
  if (set === undefined) throw new PublicError("NOT_FOUND", "Platform set not found.");
  const answered = await call(oauthAppsList, { params: { id: set.id } }, mode);
  const apps = answered.ok ? answered.body.apps : [];
  return await sendPage(reply, {
    title: `Developer apps for “${set.name}”`,
    viewer: person,
    at: "/connections",
    status,
    notice,
    body: html`<p>
        Accounts in this set connect through the instance's apps. To use your own app from a platform's developer
        portal, enter its client ID and secret here. The secret is encrypted and never shown again.
      </p>
      <section>
        <ul class="plain">
          ${PLATFORM_NAMES.map((platform) =>
            appItem(
              platform,
              { mode, set: set.id },
              apps.find((app) => app.platform === platform),
              open === platform,
            ),
          )}
        </ul>
      </section>
      <p><a href="${connectionsPath(mode)}">Back to connections</a></p>`,
  });
}

function appItem(
  platform: PlatformName,
  { mode, set }: { mode: Mode; set: string },
  app: OAuthAppOfSet | undefined,
  isOpen: boolean,
): Html {
  const { label } = catalog[platform].capabilities;
  const hidden = { mode, set, platform };
  const inputs = Object.entries(hidden).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
  return html`<li>
    <div class="row between">
      <h3>${label}</h3>
      ${app === undefined ? html`<span class="tag">instance app</span>` : html`<span class="tag good">your app</span>`}
    </div>
    ${
      app === undefined
        ? null
        : html`<dl>
              <dt>Client ID</dt>
              <dd><code>${app.clientId}</code></dd>
              <dt>Redirect URI</dt>
              <dd><code>${app.redirectUri}</code></dd>
              ${limitsOf(platform).map((quota) => {
                const granted = grantedTo(app, quota);
                return html`<dt>${limitLabel(quota)}</dt>
                  <dd>${granted === null ? `${count(quota.max)} (documented)` : count(granted)}</dd>`;
              })}
            </dl>
            ${button("/connections/apps/delete", "Remove", {
              kind: "danger",
              hidden,
              describes: `Remove your ${label} app`,
            })}`
    }
    <details ${isOpen ? html` open` : null}>
      <summary>${app === undefined ? `Use your own ${label} app` : "Change"}</summary>
      <form method="post" action="/connections/apps/save">
        ${inputs}
        <div class="field">
          <label for="id-${platform}">Client ID</label
          ><input
            id="id-${platform}"
            name="clientId"
            required
            maxlength="500"
            autocomplete="off"
            value="${app?.clientId ?? ""}"
          />
        </div>
        <div class="field">
          <label for="secret-${platform}">Client secret</label
          ><input
            id="secret-${platform}"
            name="clientSecret"
            type="password"
            required
            maxlength="2000"
            autocomplete="off"
          />
        </div>
        ${permissions(platform, app)}
        ${limitsOf(platform).map((quota) =>
          field({
            name: limitField(platform, quota.name),
            label: limitLabel(quota),
            type: "number",
            value: String(grantedTo(app, quota) ?? ""),
            hint: `If ${label} has granted this app another limit than the documented ${count(quota.max)}.`,
            required: false,
            more: { min: "1", max: "1000000000" },
          }),
        )}
        ${
          takesConfigId(platform)
            ? html`<div class="field">
                <label for="config-${platform}">Configuration ID</label
                ><input
                  id="config-${platform}"
                  name="configId"
                  inputmode="numeric"
                  pattern="[0-9]*"
                  maxlength="30"
                  autocomplete="off"
                  value="${app?.configId ?? ""}"
                />
                <p class="hint">
                  Only for Facebook Login for Business. The configuration has its own permissions, so those above do not
                  apply.
                </p>
              </div>`
            : null
        }
        <button>Save</button>
      </form>
    </details>
  </li>`;
}

/** "Uploads per day". All limits of apps are of days. */
function limitLabel({ name }: PlatformQuota): string {
  const noun = name.replace(/^app(?=[A-Z])/, "").toLowerCase();
  return `${noun.charAt(0).toUpperCase()}${noun.slice(1)} per day`;
}

/** The permissions that publishing can do without, for an app that does not have them. */
function permissions(platform: PlatformName, app: OAuthAppOfSet | undefined): Html | null {
  const scopes = scopesOfApp(platform);
  const asked = askedScopes(scopes, app?.scopes ?? null);
  const optional = optionalOf(scopes);
  if (optional.length === 0) return null;
  return html`<fieldset>
    <legend>Permissions besides those that publishing requires</legend>
    ${optional.map(({ name, why, without }) =>
      check({
        name: "scopes",
        value: name,
        checked: asked.includes(name),
        label: html`<code>${name}</code> ${why} <span class="hint">Without it: ${without}</span>`,
      }),
    )}
  </fieldset>`;
}
