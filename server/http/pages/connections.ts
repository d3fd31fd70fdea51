import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import type { Account } from "../../../contract/operations/accounts.ts";
import { accountsDisconnect, accountsRefresh } from "../../../contract/operations/connections.ts";
import {
  platformSetsCreate,
  platformSetsDelete,
  platformSetsRename,
  platformSetsSetPostingTimes,
  type PlatformSet,
  type PostingTimesAnswer,
} from "../../../contract/operations/platform-sets.ts";
import type { Publishing } from "../../../contract/operations/publishing.ts";
import { MODES, PLATFORM_NAMES, type Mode } from "../../../model/platform-names.ts";
import { WEEKDAYS, type Weekday } from "../../../model/posting-times.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { missingScopes } from "../../../platforms/kit/scopes.ts";
import { listAccounts } from "../../domain/accounts/accounts.ts";
import { type ConnectMethod, connectMethods } from "../../domain/accounts/connect-methods.ts";
import { listPlatformSets, maxPlatformSetsOf } from "../../domain/platform-sets/platform-sets.ts";
import { listPostingTimes } from "../../domain/platform-sets/posting-times.ts";
import { getPublishing } from "../../domain/publishing/pauses.ts";
import type { Services } from "../../domain/services.ts";
import { html, type Html } from "../html.ts";
import { type CallOperation, operationsFor, type Outcome, type PageOptions } from "./call-operation.ts";
import { connectPath } from "./connect-path.ts";
import { button, type Filled, field, idIn, readForm } from "./form.ts";
import { type Notice, sendOn, sendPage } from "./frame.ts";
import { callOf, type Person, requirePerson } from "./person.ts";
import { pauseControl } from "./publishing-state.ts";
import { queryOf, readMode } from "./query.ts";
import { showTime } from "./times.ts";

/** Platform sets and their accounts: create, rename, delete; connect, refresh, disconnect. */
export function addConnections(scope: FastifyInstance, services: Services, options: PageOptions): void {
  const { settings } = services;

  scope.get("/connections", async (request, reply) => {
    const person = await requirePerson(services, request);
    const query = queryOf(request);
    const mode = readMode(query["mode"]);
    return await showConnections(services, request, reply, person, {
      mode,
      notice: NOTICES[query["connected"] === undefined ? (query["notice"] ?? "") : "connected"] ?? null,
    });
  });

  /** A form with one action, which returns to the page. */
  const act = (
    path: string,
    notice: string,
    run: (call: CallOperation, form: Filled, mode: Mode) => Promise<Outcome>,
  ) =>
    scope.post(path, async (request, reply) => {
      const form = await readForm(request, settings.appUrl);
      const person = await requirePerson(services, request);
      const mode = readMode(form.text("mode"));
      const answered = await run(operationsFor(services, options, request, reply, person), form, mode);
      if (answered.ok) return await sendOn(reply, `/connections?mode=${mode}&notice=${notice}`);
      const { message, fields } = answered.refused;
      return await showConnections(services, request, reply, person, {
        mode,
        notice: { kind: "failed", text: fields["name"] ?? fields["timeZone"] ?? fields["times"] ?? message },
        status: answered.status,
      });
    });

  act("/connections/sets", "made", (call, form, mode) =>
    call(platformSetsCreate, { body: { name: form.text("name") } }, mode),
  );
  act("/connections/sets/rename", "renamed", (call, form, mode) =>
    call(platformSetsRename, { params: { id: idIn(form) }, body: { name: form.text("name") } }, mode),
  );
  act("/connections/sets/posting-times", "timed", (call, form, mode) =>
    call(platformSetsSetPostingTimes, { params: { id: idIn(form) }, body: postingTimesIn(form) }, mode),
  );
  act("/connections/sets/delete", "deleted", (call, form, mode) =>
    call(platformSetsDelete, { params: { id: idIn(form) } }, mode),
  );
  act("/connections/accounts/refresh", "refreshed", (call, form, mode) =>
    call(accountsRefresh, { params: { id: idIn(form) } }, mode),
  );
  act("/connections/accounts/disconnect", "disconnected", (call, form, mode) =>
    call(accountsDisconnect, { params: { id: idIn(form) } }, mode),
  );
}

const NOTICES: Readonly<Record<string, Notice>> = {
  made: { kind: "done", text: "The platform set has been created. Connect accounts to it." },
  renamed: { kind: "done", text: "The platform set has been renamed." },
  timed: { kind: "done", text: "The posting times have been saved. Scheduled posts keep their times." },
  deleted: { kind: "done", text: "The platform set has been deleted, and its accounts have been disconnected." },
  refreshed: { kind: "done", text: "The account's access and profile have been refreshed." },
  disconnected: { kind: "done", text: "The account has been disconnected." },
  connected: { kind: "done", text: "The account has been connected." },
};

async function showConnections(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  person: Person,
  { mode, notice, status = 200 }: { mode: Mode; notice: Notice | null; status?: number },
): Promise<FastifyReply> {
  const call = callOf(person, mode, request);
  const [
    {
      body: { sets },
    },
    {
      body: { accounts },
    },
    {
      body: { publishing },
    },
    postingTimes,
  ] = await Promise.all([
    listPlatformSets(services, call),
    listAccounts(services, call, {}),
    getPublishing(services, call),
    listPostingTimes(services, call),
  ]);
  const maxSets = await maxPlatformSetsOf(services, call.userId);
  const ways = await Promise.all(
    sets.map(({ id }) => connectMethods(services.oauth, { userId: call.userId, mode, platformSetId: id })),
  );
  const modes = MODES.map(
    (name) =>
      html`<a href="/connections?mode=${name}" ${name === mode ? html` aria-current="page"` : null}
        >${name === "live" ? "Live" : "Test"}</a
      >`,
  );
  return await sendPage(reply, {
    title: "Connections",
    at: "/connections",
    viewer: person,
    status,
    notice,
    body: html`<nav class="modes" aria-label="Mode">${modes}</nav>
      <p class="dim">
        ${
          mode === "live"
            ? "Real accounts on the platforms."
            : "Test accounts in the sandbox, which simulates the platforms."
        }
      </p>
      ${pauseControl(publishing, mode, { timeZone: person.timeZone, what: `everything in ${mode} mode` })}
      ${sets.map((set, index) =>
        setSection(
          set,
          accounts.filter(({ platformSetId }) => platformSetId === set.id),
          ways[index] ?? [],
          { timeZone: person.timeZone, publishing, postingTimes: postingTimes.get(set.id) ?? null },
        ),
      )}
      ${maxSets !== null && sets.length >= maxSets ? null : newSet(mode)}`,
  });
}

/** How times are shown, what is paused, and when the set's posts are published. */
interface Shown {
  timeZone: string;
  publishing: Publishing;
  postingTimes: PostingTimesAnswer | null;
}

function setSection(
  set: PlatformSet,
  accounts: readonly Account[],
  ways: readonly ConnectMethod[],
  shown: Shown,
): Html {
  const missing = PLATFORM_NAMES.filter((platform) => !accounts.some((account) => account.platform === platform));
  const open = ways.filter(({ platform }) => missing.includes(platform));
  const without = missing
    .filter((platform) => !ways.some((way) => way.platform === platform))
    .map((platform) => catalog[platform].capabilities.label);
  return html`<section aria-labelledby="set-${set.id}">
    <h2 id="set-${set.id}">${set.name}${set.isDefault ? html` <span class="tag">default</span>` : null}</h2>
    ${
      accounts.length === 0
        ? html`<p class="dim">No accounts connected.</p>`
        : html`<ul class="plain">
            ${accounts.map((account) => accountItem(account, ways, shown))}
          </ul>`
    }
    ${
      open.length === 0
        ? null
        : html`<h3>Connect</h3>
            <p class="row">
              ${open.map(
                ({ platform, login, label }) =>
                  html`<a
                    class="button"
                    href="${connectPath({ platform, platformSetId: set.id, mode: set.mode, login })}"
                    >${label}</a
                  >`,
              )}
            </p>`
    }
    ${
      without.length === 0
        ? null
        : html`<p class="small dim">
            This instance has no developer app for ${without.join(", ")}. <a href="${appsPath(set)}">Add your own</a>
          </p>`
    }
    ${pauseControl(shown.publishing, set.mode, { timeZone: shown.timeZone, what: set.name, platformSetId: set.id })}
    ${postingTimesOf(set, shown)} ${settingsOf(set)}
  </section>`;
}

function accountItem(account: Account, ways: readonly ConnectMethod[], shown: Shown): Html {
  const { id, platform, mode, platformSetId } = account;
  const name = account.username ?? account.displayName ?? account.platformAccountId;
  const about = (what: string) => `${what} ${name} on ${catalog[platform].capabilities.label}`;
  return html`<li>
    <div class="row between">
      <div class="grow">
        <h3>${catalog[platform].capabilities.label}</h3>
        ${account.displayName ?? name}${
          account.username === null ? null : html` <span class="dim">@${account.username}</span>`
        }
      </div>
      ${healthTag(account)}
    </div>
    ${health(account, shown.timeZone)} ${notGranted(account)}
    <div class="row">
      ${ways
        .filter((way) => way.platform === platform)
        .map(
          ({ login, label }) =>
            html`<a
              class="button quiet"
              href="${connectPath({ platform, platformSetId, mode, login })}"
              aria-label="${login === "" ? about("Reconnect") : `Reconnect ${name}: ${label}`}"
              >${login === "" ? "Reconnect" : `Reconnect: ${label}`}</a
            >`,
        )}
      ${button("/connections/accounts/refresh", "Refresh", {
        kind: "quiet",
        hidden: { id, mode },
        describes: about("Refresh"),
      })}
      ${button("/connections/accounts/disconnect", "Disconnect", {
        kind: "danger quiet",
        hidden: { id, mode },
        describes: about("Disconnect"),
      })}
      ${pauseControl(shown.publishing, mode, { timeZone: shown.timeZone, what: about("account"), accountId: id })}
    </div>
  </li>`;
}

function healthTag({ tokenHealth }: Account): Html {
  const { tag, label } = HEALTH[tokenHealth];
  return html`<span class="tag ${tag}">${label}</span>`;
}

/** What the account cannot do because a permission was not granted. */
function notGranted({ platform, scopes }: Account): Html[] {
  return missingScopes(catalog[platform].scopes, scopes)
    .filter(({ without, onRequest }) => without !== undefined && onRequest !== true)
    .map(({ name, without }) => html`<p class="small dim">Not granted: <code>${name}</code>. ${without}</p>`);
}

/** Why an account needs attention, and what to do. While it renews automatically, nothing is shown. */
function health(account: Account, timeZone: string): Html | null {
  const { tokenHealth, tokenHealthReason, tokenExpiresAt, dataAccessExpiresAt } = account;
  const { tag, cure, isInReason } = HEALTH[tokenHealth];
  if (cure === null) return null;
  const [end = null] = [tokenExpiresAt, dataAccessExpiresAt].filter((time) => time !== null).sort();
  const until =
    end === null
      ? null
      : `Access ${Date.parse(end) > Date.now() ? "expires" : "expired"} on ${showTime(end, timeZone)}.`;
  const text = [tokenHealthReason ?? until, tokenHealthReason !== null && isInReason ? null : cure].filter(
    (part) => part !== null,
  );
  return html`<p class="notice ${tag === "warn" ? "warn" : "failed"} small">${text.join(" ")}</p>`;
}

/** `isInReason`: the stored reason already says what to do. Other reasons are the platform's own message. */
const HEALTH: Readonly<
  Record<
    Account["tokenHealth"],
    { tag: "good" | "warn" | "bad"; label: string; cure: string | null; isInReason?: true }
  >
> = {
  healthy: { tag: "good", label: "connected", cure: null },
  expiring: {
    tag: "warn",
    label: "expires soon",
    cure: "Reconnect the account before then to keep publishing.",
    isInReason: true,
  },
  expired: {
    tag: "bad",
    label: "expired",
    cure: "Reconnect the account to publish with it again.",
    isInReason: true,
  },
  revoked: {
    tag: "bad",
    label: "revoked",
    cure: "Reconnect the account to publish with it again.",
  },
  reconnect_required: {
    tag: "bad",
    label: "reconnect",
    cure: "Reconnect the account to publish with it again.",
  },
};

/** The weekly times for which posts with `nextPostingTime` are scheduled. */
function postingTimesOf({ id, name, mode }: PlatformSet, { postingTimes, timeZone }: Shown): Html {
  const { times, nextFreeAt } = postingTimes ?? { times: {}, nextFreeAt: null };
  const days = WEEKDAYS.map(
    (day) =>
      html`<div class="field">
        <label for="${day}-${id}">${DAY_LABELS[day]}</label
        ><input id="${day}-${id}" name="${day}" value="${(times[day] ?? []).join(", ")}" autocomplete="off" />
      </div>`,
  );
  return html`<details>
    <summary>Posting times of “${name}”</summary>
    <p class="dim">
      A post with <code>nextPostingTime</code> is scheduled for the next of these times that is free. Separate several
      times of a day with commas, such as 09:30, 17:00.
      ${nextFreeAt === null ? null : html`Next free: ${showTime(nextFreeAt, timeZone)}.`}
    </p>
    <form method="post" action="/connections/sets/posting-times">
      <input type="hidden" name="id" value="${id}" /><input type="hidden" name="mode" value="${mode}" />
      <div class="field">
        <label for="time-zone-${id}">Time zone</label
        ><input
          id="time-zone-${id}"
          name="timeZone"
          value="${postingTimes?.timeZone ?? timeZone}"
          required
          maxlength="100"
          autocomplete="off"
        />
      </div>
      <div class="checks">${days}</div>
      <p><button>Save posting times</button></p>
    </form>
  </details>`;
}

const DAY_LABELS: Readonly<Record<Weekday, string>> = {
  monday: "Monday",
  tuesday: "Tuesday",
  wednesday: "Wednesday",
  thursday: "Thursday",
  friday: "Friday",
  saturday: "Saturday",
  sunday: "Sunday",
};

/** Times as people write them: "9:30, 17:00". */
function postingTimesIn(form: Filled): object {
  const timesOf = (day: Weekday) =>
    form
      .text(day)
      .split(/[\s,;]+/)
      .filter((time) => time !== "")
      .map((time) => time.replace(/^\d:/, "0$&"));
  return {
    timeZone: form.text("timeZone").trim(),
    times: Object.fromEntries(WEEKDAYS.map((day) => [day, timesOf(day)])),
  };
}

function settingsOf({ id, name, mode, isDefault }: PlatformSet): Html {
  const hidden = html`<input type="hidden" name="id" value="${id}" /><input
      type="hidden"
      name="mode"
      value="${mode}"
    />`;
  const remove = html`<form method="post" action="/connections/sets/delete">
    ${hidden}
    <p>Deleting this set disconnects its accounts and discards its scheduled posts. Drafts are kept.</p>
    <button class="danger">Delete “${name}”</button>
  </form>`;
  return html`<details>
    <summary>Settings for “${name}”</summary>
    <form method="post" action="/connections/sets/rename">
      ${hidden}
      <div class="field">
        <label for="name-${id}">Name</label
        ><input id="name-${id}" name="name" value="${name}" required maxlength="200" autocomplete="off" />
      </div>
      <p><button>Rename</button></p>
    </form>
    <p><a href="${appsPath({ id, mode })}">Custom developer apps</a></p>
    ${isDefault ? html`<p class="dim">The default set cannot be deleted.</p>` : remove}
  </details>`;
}

function appsPath({ id, mode }: Pick<PlatformSet, "id" | "mode">): string {
  return `/connections/apps?${new URLSearchParams({ mode, set: id })}`;
}

function newSet(mode: Mode): Html {
  return html`<section>
    <h2>New platform set</h2>
    <form method="post" action="/connections/sets">
      <input type="hidden" name="mode" value="${mode}" />
      ${field({
        name: "name",
        label: "Name",
        hint: "1 to 50 characters. A set holds one account per platform.",
        autocomplete: "off",
        more: { maxlength: "200" },
      })}<button>Create platform set</button>
    </form>
  </section>`;
}
