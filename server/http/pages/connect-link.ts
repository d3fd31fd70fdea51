import type { FastifyReply } from "fastify";

import type { Brand } from "../../../model/brand.ts";
import { type Mode, PLATFORM_NAMES } from "../../../model/platform-names.ts";
import { catalog } from "../../../platforms/catalog.ts";
import type { ConnectMethod } from "../../domain/accounts/connect-methods.ts";
import type { LinkedAccount, OpenConnectLink } from "../../domain/connect-links/open-connect-link.ts";
import type { FailureKind, OAuthFailure } from "../../oauth/connect-error.ts";
import { html, type Html } from "../html.ts";
import { sendPage } from "./frame.ts";
import { modeNotice } from "./mode-notice.ts";
import { showTime } from "./times.ts";

/**
 * What a connect link shows to the person who opens it: who asks for what, and the ways to connect. Null: not found.
 */
export async function showConnectLink(
  reply: FastifyReply,
  link: OpenConnectLink | null,
  pathOf: (way: ConnectMethod) => string,
): Promise<FastifyReply> {
  if (link === null) return await showOver(reply, "unknown", null);
  if (link.status !== "pending") return await showOver(reply, link.status, link);
  const { accounts } = link;
  if (accounts !== null) return await showSeveral(reply, { ...link, accounts }, pathOf);
  const { asker, ways, returnUrl, mode, brand } = link;
  const [first, ...others] = ways;
  const one =
    first !== undefined && others.every(({ platform }) => platform === first.platform)
      ? catalog[first.platform].capabilities.label
      : null;
  return await sendPage(reply, {
    title: one === null ? "Connect an account" : `Connect your ${one} account`,
    isNarrow: true,
    brand,
    body: html`<section>
      <p>
        <b>${asker}</b> wants to publish posts for you. Connect ${one === null ? "an account" : `your ${one} account`}
        to allow it.
      </p>
      <p>
        You sign in on the platform itself and never share your password. You then return to
        ${returnUrl === null ? "this site" : html`<b>${new URL(returnUrl).host}</b>`}.
      </p>
      ${modeNotice(mode, false)}
      ${
        ways.length === 0
          ? NO_WAYS
          : ways.map(
              (way) =>
                html`<p class="wide">
                  <a class="button${others.length === 0 ? " main" : ""}" href="${pathOf(way)}">Connect ${way.label}</a>
                </p>`,
            )
      }
      <p class="hint">If you do not recognize this request, close this page. Nothing has been connected.</p>
    </section>`,
  });
}

const NO_WAYS = html`<p class="notice failed">
  No platform can be connected right now. Tell the person who sent you the link.
</p>`;

/** The platforms of a link that connects an account on each: what is connected, and the ways to connect the others. */
async function showSeveral(
  reply: FastifyReply,
  { asker, ways, mode, brand, accounts, expiresAt }: OpenConnectLink & { accounts: readonly LinkedAccount[] },
  pathOf: (way: ConnectMethod) => string,
): Promise<FastifyReply> {
  const names = PLATFORM_NAMES.filter((name) => [...ways, ...accounts].some(({ platform }) => platform === name));
  const rows = names.map((name) => {
    const account = accounts.find(({ platform }) => platform === name);
    const open = account?.isByLink === true ? [] : ways.filter(({ platform }) => platform === name);
    return html`<li>
      <h2>${catalog[name].capabilities.label}</h2>
      ${account === undefined ? null : html`<p><span class="tag good">Connected</span> ${account.name}</p>`}
      ${open.map(
        (way) =>
          html`<p class="wide">
            <a class="button" href="${pathOf(way)}">${account === undefined ? "Connect" : "Reconnect"} ${way.label}</a>
          </p>`,
      )}
    </li>`;
  });
  return await sendPage(reply, {
    title: "Connect your accounts",
    isNarrow: true,
    brand,
    body: html`<section>
      <p>
        <b>${asker}</b> wants to publish posts for you. Connect your accounts to allow it: as many as you like, one on
        each platform.
      </p>
      <p>You sign in on the platform itself and never share your password. You then return to this page.</p>
      ${modeNotice(mode, false)}
      ${
        names.length === 0
          ? NO_WAYS
          : html`<ul class="plain">
              ${rows}
            </ul>`
      }
      <p class="hint">
        ${
          accounts.some(({ isByLink }) => isByLink)
            ? "When you are done, close this page."
            : "If you do not recognize this request, close this page. Nothing has been connected."
        }
        The link works until ${showTime(expiresAt.toISOString(), "UTC")} (UTC).
      </p>
    </section>`,
  });
}

/** What a link for one account without a return URL of its own shows at the end. */
export async function showConnected(reply: FastifyReply, status: string | undefined): Promise<FastifyReply> {
  const isConnected = status === "connected";
  return await sendPage(reply, {
    title: isConnected ? "The account is connected" : "No account was connected",
    isNarrow: true,
    body: html`<section>
      <p>${isConnected ? "You can close this page." : "Open the link again to try once more, or close this page."}</p>
    </section>`,
  });
}

async function showOver(
  reply: FastifyReply,
  why: keyof typeof OVER,
  link: Pick<OpenConnectLink, "returnUrl" | "brand"> | null,
): Promise<FastifyReply> {
  const { title, text } = OVER[why];
  return await sendPage(reply, {
    title,
    status: link === null ? 404 : 410,
    isNarrow: true,
    brand: link?.brand,
    body: html`<section>
      <p>${text}</p>
      ${goBack(link?.returnUrl ?? null)}
    </section>`,
  });
}

const OVER = {
  unknown: {
    title: "Link not found",
    text: "Check that the address is complete, or ask the person who sent it for a new one.",
  },
  connected: {
    title: "This link has already been used",
    text: "A link works once. To connect another account, ask for another link.",
  },
  expired: { title: "This link has expired", text: "Ask the person who sent it for a new one." },
  revoked: {
    title: "This link has been revoked",
    text: "Ask the person who sent it for a new one.",
  },
} as const;

/** Why connecting with a link failed, and where to go from there; a path is null if there is none. */
export async function showNotConnected(
  reply: FastifyReply,
  failure: OAuthFailure,
  shown: { backUrl: string | null; againPath: string | null; brand: Brand | undefined; mode: Mode | undefined },
): Promise<FastifyReply> {
  const { backUrl, againPath, brand, mode } = shown;
  const label = failure.platform === null ? "The account" : catalog[failure.platform].capabilities.label;
  return await sendPage(reply, {
    title: `${label} was not connected`,
    status: failure.kind === "platform_away" ? 502 : 400,
    isNarrow: true,
    brand,
    notice: { kind: "failed", text: failure.message },
    body: html`${mode === undefined ? null : modeNotice(mode, false)}
      <section>
        <h2>What to do</h2>
        <p>${CURES[failure.kind] ?? failure.cure}</p>
        ${
          againPath === null ? null : html`<p><a class="button main" href="${againPath}">Try again</a></p>`
        }${goBack(backUrl)}
      </section>`,
  });
}

/** What to do for people who have no login. */
const CURES: Partial<Record<FailureKind, string>> = {
  expired: "Try again.",
  not_accepted: "Try again.",
  no_code: "Try again.",
  wrong_platform: "Try again.",
  used: "If the account was not connected, try again.",
  set_gone: "Tell the person who sent you the link.",
  app_refused: "Tell the person who sent you the link: the app they connect accounts through needs attention.",
};

function goBack(url: string | null): Html | null {
  return url === null
    ? null
    : html`<p><a class="button" href="${url}" rel="noreferrer">Back to ${new URL(url).host}</a></p>`;
}
