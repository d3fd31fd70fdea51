import type { FastifyRequest } from "fastify";

import type { Post } from "../../../contract/posts.ts";
import type { Mode } from "../../../model/platform-names.ts";
import { withoutTurns } from "../../../model/text-direction.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { listAccounts } from "../../domain/accounts/accounts.ts";
import type { Services } from "../../domain/services.ts";
import { html, type Html } from "./html.ts";
import { callOf, type Person } from "./person.ts";
import { showTime } from "./times.ts";

/** What accounts are called, by their ids. */
export type AccountNames = ReadonlyMap<string, string>;

export async function readAccountNames(services: Pick<Services, "pool">, person: Person, mode: Mode, request: FastifyRequest): Promise<AccountNames> {
  const { accounts } = (await listAccounts(services, callOf(person, mode, request), {})).body;
  return new Map(accounts.map(({ id, username, displayName, platformAccountId }) => [id, withoutTurns(username === null ? (displayName ?? platformAccountId) : `@${username}`)]));
}

/** All of a post that would go out, and by which accounts, to be judged by a person: nothing that is read backwards passes for something else. */
export function shownPost(post: Post, names: AccountNames, timeZone: string): Html {
  const { linkUrl, media, platformOverrides } = post.content;
  const text = withoutTurns(post.content.text);
  const all = JSON.stringify(post.content);
  const turned = withoutTurns(all) === all ? null : html`<p class="notice warn">The post has characters that turn the direction of text. They are left out here, and would go out with it.</p>`;
  const overrides = Object.keys(platformOverrides).length === 0 ? null : html`<h3>What single platforms get differently</h3><pre>${withoutTurns(JSON.stringify(platformOverrides, null, 2))}</pre>`;
  return html`${turned}<p class="text">${text === "" ? html`<span class="dim">No text</span>` : text}</p>
<dl><dt>Goes to</dt><dd>${post.platformPosts.map((platformPost) => html`${goesTo(platformPost, names)}<br>`)}</dd><dt>Mode</dt><dd>${post.mode}</dd><dt>Status</dt><dd>${post.status}</dd>
${post.scheduledFor === null ? null : html`<dt>Scheduled for</dt><dd>${showTime(post.scheduledFor, timeZone)}</dd>`}${linkUrl === null ? null : html`<dt>Link</dt><dd>${withoutTurns(linkUrl)}</dd>`}</dl>
${media.length === 0 ? null : html`<h3>Media</h3><ul>${media.map(mediaItem)}</ul>`}${overrides}`;
}

/** "Threads, LinkedIn" */
export function platformsOf({ platformPosts }: Post): string {
  return platformPosts.map(({ platform }) => catalog[platform].capabilities.label).join(", ");
}

/** "Threads, @ampost": whoever has several brands has to see which one it is. */
function goesTo({ platform, accountId }: Post["platformPosts"][number], names: AccountNames): Html {
  const { label } = catalog[platform].capabilities;
  const name = accountId === null ? undefined : names.get(accountId);
  return html`${label}, ${name ?? html`<span class="tag bad">no account connected</span>`}`;
}

function mediaItem({ type, url, filename, altText }: Record<string, unknown>): Html {
  const texts = [type, filename, altText].filter((value) => typeof value === "string");
  // Other addresses than those of the web are shown as text alone.
  const link = typeof url === "string" && /^https?:\/\//.test(url) ? html` <a href="${url}" rel="noreferrer">Look at it</a>` : null;
  return html`<li>${withoutTurns(texts.join(" · "))}${link}</li>`;
}
