import type { FastifyRequest } from "fastify";
import { z } from "zod";

import type { Approval, ShownMedia } from "../../../contract/operations/approvals.ts";
import type { Post } from "../../../contract/operations/posts.ts";
import type { Mode } from "../../../model/platform-names.ts";
import { withoutTurns } from "../../../model/text-direction.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { listAccounts } from "../../domain/accounts/accounts.ts";
import type { Services } from "../../domain/services.ts";
import { html, type Html } from "../html.ts";
import { callOf, type Person } from "./person.ts";
import { mediaBelow, mediaFigure } from "./shown-media.ts";
import { showTime } from "./times.ts";

/** Names of accounts, by ID. */
export type AccountNames = ReadonlyMap<string, string>;

export async function readAccountNames(
  services: Pick<Services, "pool" | "oauth">,
  person: Person,
  mode: Mode,
  request: FastifyRequest,
): Promise<AccountNames> {
  const { accounts } = (await listAccounts(services, callOf(person, mode, request), {})).body;
  return new Map(
    accounts.map(({ id, username, displayName, platformAccountId }) => [
      id,
      withoutTurns(username === null ? (displayName ?? platformAccountId) : `@${username}`),
    ]),
  );
}

/**
 * Everything of a post that would be published, and by which accounts, for review: text that reads backwards cannot
 * disguise anything.
 */
export function shownPost(post: Post, { media }: Pick<Approval, "media">, names: AccountNames, timeZone: string): Html {
  const { linkUrl, platformOverrides } = post.content;
  const text = withoutTurns(post.content.text);
  const all = JSON.stringify(post.content);
  const turned =
    withoutTurns(all) === all
      ? null
      : html`<p class="notice warn">
          This post contains characters that change the direction of text. They are hidden here but would be published.
        </p>`;
  const overrides = Object.entries(platformOverrides).map(([platform, override]) =>
    shownOverride(platform, override, media),
  );
  return html`${turned}
    <p class="text">${text === "" ? html`<span class="dim">No text</span>` : text}</p>
    <dl>
      <dt>Accounts</dt>
      <dd>${post.platformPosts.map((platformPost) => html`${goesTo(platformPost, names)}<br />`)}</dd>
      <dt>Mode</dt>
      <dd>${post.mode}</dd>
      <dt>Status</dt>
      <dd>${post.status}</dd>
      ${
        post.scheduledFor === null
          ? null
          : html`<dt>Scheduled for</dt>
              <dd>${showTime(post.scheduledFor, timeZone)}</dd>`
      }${
        linkUrl === null
          ? null
          : html`<dt>Link</dt>
              <dd>${withoutTurns(linkUrl)}</dd>`
      }
    </dl>
    ${
      post.content.media.length === 0
        ? null
        : html`<h3>Media</h3>
            ${mediaBelow(media, "/content/media", post.content.media)}`
    }${
      overrides.length === 0
        ? null
        : html`<h3>Platform overrides</h3>
            ${overrides}`
    }`;
}

/** "Threads, LinkedIn" */
export function platformsOf({ platformPosts }: Post): string {
  return platformPosts.map(({ platform }) => catalog[platform].capabilities.label).join(", ");
}

/** "Threads, @ampost": with several brands, people must see which one it is. */
function goesTo({ platform, accountId }: Post["platformPosts"][number], names: AccountNames): Html {
  const { label } = catalog[platform].capabilities;
  const name = accountId === null ? undefined : names.get(accountId);
  return html`${label}, ${name ?? html`<span class="tag bad">no account connected</span>`}`;
}

const chain = z.array(z.strictObject({ text: z.string(), media: z.array(z.looseObject({})).nullish() }));

const entries = z.array(z.looseObject({}));

/** Media, the parts of a thread and the images in settings as they would be seen, everything else as sent. */
function shownOverride(platform: string, override: unknown, media: readonly ShownMedia[]): Html {
  const { media: sent, settings: given, ...plain } = Object(override);
  const own = entries.safeParse(sent).data;
  const place = `/content/platformOverrides/${platform}/settings`;
  const settings: Record<string, unknown> = { ...Object(given) };
  const pictures = media.filter(
    ({ path }) => path.startsWith(`${place}/`) && Object.hasOwn(settings, path.slice(place.length + 1)),
  );
  const parts = chain.safeParse(settings.thread).data ?? [];
  const others = Object.entries(settings).filter(
    ([name]) => !pictures.some(({ path }) => path === `${place}/${name}`) && (name !== "thread" || parts.length === 0),
  );
  const rest = {
    [platform]: { ...plain, settings: others.length === 0 ? undefined : Object.fromEntries(others) },
  };
  return html`<pre>${withoutTurns(JSON.stringify(rest, null, 2))}</pre>
    ${
      own === undefined
        ? null
        : html`<p class="small dim">Media on ${platform}</p>
            ${
              own.length === 0
                ? html`<p class="dim">No media</p>`
                : mediaBelow(media, `/content/platformOverrides/${platform}/media`, own)
            }`
    }
    ${pictures.map(
      (picture) =>
        html`<p class="small dim">${picture.path.slice(place.length + 1)} on ${platform}</p>
          ${mediaFigure(picture)}`,
    )}
    ${parts.map(
      (part, index) =>
        html`<p class="small dim">Part ${index + 2} on ${platform}</p>
          <p class="text">${withoutTurns(part.text)}</p>
          ${mediaBelow(media, `${place}/thread/${index}/media`, part.media ?? [])}`,
    )}`;
}
