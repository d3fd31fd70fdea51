import { z } from "zod";

import type { PlatformName } from "../../model/platform-names.ts";
import { personHtml, sandboxPage } from "../authorize.ts";
import { escapeHtml } from "../html.ts";
import type { App, Person } from "../identity.ts";
import {
  htmlAnswer,
  type Call,
  type PlatformAnswer,
  type RemovalRequest,
  type SandboxPlatform,
  type SandboxRoute,
} from "../platform.ts";
import { integer, text } from "../store.ts";
import type { World } from "../world.ts";
import { callBack, deletionOf, listCallbacks, recordCallback, type Callback } from "./callbacks.ts";

/** Where a person sees the apps that have access to their account, and removes them. */
export interface AppAccess {
  platform: PlatformName;
  label: string;
  host: string;
  path: string;
  personOf(world: World, hint: string | undefined): Person;
  /** The person that `GET /_sandbox/posts` shows as this account. */
  personOfAccount(world: World, accountId: string): Person | undefined;
  /** The app-scoped ID that a callback names, which depends on the login with which these scopes were granted. */
  userIdOf(person: Person, scopes: readonly string[]): string;
}

/** The page, for the person in `login_hint` as on the consent page, and its buttons. */
export function removalRoutes(access: AppAccess): SandboxRoute[] {
  const { host, path } = access;
  return [
    { method: "GET", host, path, operation: "read", run: (call) => showApps(access, call) },
    {
      method: "POST",
      host,
      path,
      operation: "revoke",
      run(call) {
        const { client_id: clientId = "", action } = call.params;
        const person = personOf(access, call);
        const removing = startRemoval(access, call.world, person, clientId, action === "delete");
        if (!removing) return htmlAnswer("This app has no access.", 404);
        return removing.then((callbacks) => () => {
          for (const callback of callbacks) recordCallback(call.world, callback);
          return showApps(access, call);
        });
      },
    },
  ];
}

export function removalsOf(access: AppAccess): NonNullable<SandboxPlatform["removals"]> {
  return {
    remove: (world, removal) => removeApps(access, world, removal),
    list: (world) => listCallbacks(world, access.platform),
  };
}

/** Every app with access to the account, or the one named. */
async function removeApps(
  access: AppAccess,
  world: World,
  { accountId, clientId, requestDeletion }: RemovalRequest,
): Promise<Callback[] | undefined> {
  const started = world.store.transaction(() => {
    const person = access.personOfAccount(world, accountId);
    if (!person) return [];
    const apps = appsOf(access, world, person).map(({ app }) => app.clientId);
    const wanted = apps.filter((id) => clientId === undefined || id === clientId);
    return wanted.flatMap((id) => startRemoval(access, world, person, id, requestDeletion) ?? []);
  });
  if (started.length === 0) return undefined;
  const callbacks = (await Promise.all(started)).flat();
  world.store.transaction(() => {
    for (const callback of callbacks) recordCallback(world, callback);
  });
  return callbacks;
}

/** Revokes the grants at once, and then tells the app. Undefined if it never had access. */
function startRemoval(
  access: AppAccess,
  world: World,
  person: Person,
  clientId: string,
  requestDeletion: boolean,
): Promise<Callback[]> | undefined {
  const found = appsOf(access, world, person).find(({ app }) => app.clientId === clientId);
  if (!found) return undefined;
  const { app, grants } = found;
  const idsOf = (some: Grant[]) => [...new Set(some.map(({ scopes }) => access.userIdOf(person, scopes)))];
  const live = grants.filter(({ revoked }) => !revoked);
  for (const { id } of live) world.store.run("UPDATE grants SET revoked = 1 WHERE id = ?", id);
  const calls = [
    ...idsOf(live).map((userId) => ({ app, kind: "deauthorize", userId }) as const),
    ...(requestDeletion ? idsOf(grants) : []).map((userId) => ({ app, kind: "data_deletion", userId }) as const),
  ];
  return sendAll(world, calls);
}

/** One after the other, as the person presses the buttons. */
async function sendAll(world: World, calls: Parameters<typeof callBack>[1][]): Promise<Callback[]> {
  const sent: Callback[] = [];
  for (const call of calls) sent.push(await callBack(world, call));
  return sent;
}

const Scopes = z.array(z.string());

interface Grant {
  id: number;
  scopes: string[];
  revoked: boolean;
}

/** The apps that the person has ever given access. */
function appsOf({ platform }: AppAccess, world: World, person: Person): { app: App; grants: Grant[] }[] {
  const grants = Map.groupBy(
    world.store.all(
      "SELECT id, client_id, scopes, revoked FROM grants WHERE platform = ? AND person_id = ? ORDER BY id",
      platform,
      person.id,
    ),
    (row) => text(row, "client_id"),
  );
  return [...grants].flatMap(([clientId, rows]) => {
    const app = world.identity.app(platform, clientId);
    const toGrant = (row: (typeof rows)[number]): Grant => ({
      id: integer(row, "id"),
      scopes: Scopes.parse(JSON.parse(text(row, "scopes"))),
      revoked: integer(row, "revoked") === 1,
    });
    return app ? [{ app, grants: rows.map(toGrant) }] : [];
  });
}

function personOf(access: AppAccess, { world, query }: Call): Person {
  return access.personOf(world, query.get("login_hint") ?? undefined);
}

function showApps(access: AppAccess, call: Call): PlatformAnswer {
  const person = personOf(access, call);
  const apps = appsOf(access, call.world, person);
  const users = new Set(apps.flatMap(({ grants }) => grants.map(({ scopes }) => access.userIdOf(person, scopes))));
  const callbacks = listCallbacks(call.world, access.platform).filter(({ userId }) => users.has(userId));
  return sandboxPage(
    `${access.label}: apps and websites`,
    `<h1>Apps and websites</h1>
<p>These apps have access to your ${escapeHtml(access.label)} account, or had it.</p>
${personHtml(person)}
${apps.map(appHtml).join("\n") || "<p>There are none.</p>"}
${callbacks.map(callbackHtml).join("\n")}`,
  );
}

function appHtml({ app, grants }: { app: App; grants: Grant[] }): string {
  const scopes = new Set(grants.flatMap(({ revoked, scopes }) => (revoked ? [] : scopes)));
  const has = grants.some(({ revoked }) => !revoked);
  const id = escapeHtml(app.clientId);
  return `<form method="post"><fieldset><legend>App ${id}${has ? "" : ", removed"}</legend>
<p><code>${[...scopes].map(escapeHtml).join(", ")}</code></p>
<input type="hidden" name="client_id" value="${id}">
${has ? '<button name="action" value="remove" class="main">Remove</button>' : ""}
<button name="action" value="delete">${has ? "Remove and ask" : "Ask"} it to delete my data</button></fieldset></form>`;
}

function callbackHtml({ at, kind, url, status, body, problem }: Callback): string {
  const deletion = kind === "data_deletion" ? deletionOf(body) : null;
  const outcome =
    problem ?? (deletion ? `Confirmation code ${deletion.code}, ${deletion.url}` : `It returned ${status}.`);
  return `<p>${escapeHtml(at.slice(0, 19).replace("T", " "))} <code>${kind} ${escapeHtml(url ?? "")}</code><br>
${escapeHtml(outcome)}</p>`;
}
