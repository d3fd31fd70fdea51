import { randomBytes } from "node:crypto";

import { z } from "zod";

import {
  redirectAnswer,
  htmlAnswer,
  type Call,
  type PlatformAnswer,
  type SandboxRoute,
} from "../../../sandbox/platform.ts";
import { textOrNull } from "../../../sandbox/store.ts";
import { cashtagsIn, escapeText, hashtagsIn, linksIn, mentionsIn, weightOf } from "./text.ts";

/**
 * How X returns a text: `& < >` escaped, each link replaced by its own short link, another one for attachments, and
 * long texts truncated. Source: field reports; X OpenAPI 2.167 for the entities.
 */
const UrlEntity = z.object({
  start: z.number(),
  end: z.number(),
  url: z.string(),
  expanded_url: z.string(),
  display_url: z.string(),
  media_key: z.string().optional(),
});

const TextSchema = z.object({ text: z.string(), urls: z.array(UrlEntity) });

export const RenderedSchema = z.object({
  /** As in `text`: truncated for long posts. */
  short: z.string(),
  shortUrls: z.array(UrlEntity),
  /** The full text of a long post; null if `short` is complete. */
  note: TextSchema.nullable(),
});

export type Rendered = z.infer<typeof RenderedSchema>;

export const LINKS_SCHEMA = `
CREATE TABLE IF NOT EXISTS twitter_links (code TEXT PRIMARY KEY, url TEXT NOT NULL) WITHOUT ROWID;`;

export const LINK_ROUTES: readonly SandboxRoute[] = [
  { method: "GET", host: "t.co", path: "/{code}", operation: "read", run: followLink },
];

export function renderText(
  call: Call,
  written: string,
  { postUrl, mediaKind }: { postUrl: string; mediaKind: string | undefined },
): Rendered {
  const whole = wrapLinks(call, written);
  const isLong = weightOf(written) > 280;
  const body = isLong ? cut(call, whole, postUrl) : whole;
  const media =
    mediaKind === undefined
      ? undefined
      : { target: `${postUrl}/${mediaKind === "image" ? "photo" : "video"}/1`, shown: "pic.x.com" };
  const { text, urls } = media ? append(call, body, media) : body;
  return { short: text, shortUrls: urls, note: isLong ? whole : null };
}

/** Positions count code points of the returned text. */
export function entitiesOf(text: string, urls: readonly z.infer<typeof UrlEntity>[]): Record<string, unknown> {
  const places = (sign: string, tag: string) => {
    const start = [...text.slice(0, text.indexOf(sign + tag))].length;
    return { start, end: start + [...tag].length + 1, tag };
  };
  const lists = {
    urls,
    hashtags: hashtagsIn(text).map((tag) => places("#", tag)),
    cashtags: cashtagsIn(text).map((tag) => places("$", tag)),
    mentions: mentionsIn(text).map((tag) => {
      const { start, end } = places("@", tag);
      return { start, end, username: tag };
    }),
  };
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
}

type Text = z.infer<typeof TextSchema>;

function wrapLinks(call: Call, written: string): Text {
  let text = "";
  let from = 0;
  const urls: Text["urls"] = [];
  for (const link of linksIn(written)) {
    text += escapeText(written.slice(from, link.start));
    const expanded = /^https?:\/\//i.test(link.written) ? link.written : `http://${link.written}`;
    const start = [...text].length;
    const url = shorten(call, expanded);
    text += url;
    urls.push({ start, end: start + url.length, url, expanded_url: expanded, display_url: shown(expanded) });
    from = link.end;
  }
  return { text: text + escapeText(written.slice(from)), urls };
}

function append(call: Call, { text, urls }: Text, { target, shown: label }: { target: string; shown: string }): Text {
  const url = shorten(call, target);
  const begun = text === "" ? "" : `${text} `;
  const start = [...begun].length;
  const entity = {
    start,
    end: start + url.length,
    url,
    expanded_url: target,
    display_url: `${label}/${url.slice(-10)}`,
  };
  return { text: begun + url, urls: [...urls, entity] };
}

/** The beginning of a long post, with a link to the rest. */
function cut(call: Call, { text, urls }: Text, postUrl: string): Text {
  const signs = [...text];
  const kept = urls.filter(({ end }) => end <= 250);
  const broken = urls.find(({ start, end }) => start < 250 && end > 250);
  return append(
    call,
    {
      text: `${signs
        .slice(0, broken?.start ?? 250)
        .join("")
        .trimEnd()}…`,
      urls: kept,
    },
    { target: postUrl, shown: "x.com" },
  );
}

function shorten(call: Call, url: string): string {
  const code = randomBytes(8).toString("base64url").replace(/[-_]/g, "x").slice(0, 10);
  call.world.store.run("INSERT INTO twitter_links VALUES (?, ?)", code, url);
  return `https://t.co/${code}`;
}

function shown(url: string): string {
  const bare = url.replace(/^https?:\/\/(www\.)?/i, "");
  return bare.length > 27 ? `${bare.slice(0, 26)}…` : bare;
}

function followLink(call: Call): PlatformAnswer {
  const url = textOrNull(
    call.world.store.get("SELECT url FROM twitter_links WHERE code = ?", call.segments["code"] ?? ""),
    "url",
  );
  return url === null ? htmlAnswer("This page doesn't exist.", 404) : { ...redirectAnswer(url), status: 301 };
}
