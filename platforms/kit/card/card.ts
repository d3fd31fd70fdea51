import { html, type Markup, type Word } from "./markup.ts";

/** A medium's appearance: pixels as displayed, seconds. */
export interface Picture {
  /** What `CardOptions.picture` finds it by; null for a box with the duration. */
  thumbnail: string | null;
  width: number | null;
  height: number | null;
  durationSeconds: number | null;
}

export interface ShownMedia extends Picture {
  type: "image" | "video" | "gif";
  /** Covered until somebody looks at it. */
  hidden: boolean;
  /** The address of a video that can be played. */
  video?: string;
}

/** What an audience sees of a post besides its text. */
export interface Look {
  author: { username: string; name: string; url: string; avatar?: string | undefined };
  media: readonly ShownMedia[];
  link: { url: string; title: string | null } | null;
  poll: readonly string[];
  /** A longer text that expands on click. */
  attachment: string | null;
  topic: string | null;
  replyToId: string | null;
  quotedId: string | null;
  /** Small print, such as who can reply. */
  notes: readonly string[];
}

/** A post as its audience sees it. A chain is several. */
export interface ShownPost {
  post: {
    id: string;
    url: string;
    text: string;
    media: readonly { altText: string | null }[];
    kind: string;
    visibility: string;
    settings: Readonly<Record<string, unknown>>;
    /** ISO 8601; null if it is not published. */
    createdAt: string | null;
    /** Above 1, it is shown. */
    publishCalls: number;
    comments?: unknown;
  };
  /** The first post of its chain; its own ID if it is the first. */
  rootId: string;
  look: Look;
}

export interface CardOptions {
  /** The address of a post or a profile where it is shown; null if it has none. */
  href: (url: string) => string | null;
  /** The address of a thumbnail. */
  picture: (thumbnail: string) => string;
  /** In milliseconds since 1970. */
  now: number;
  /** The platform's label. */
  label: string;
  /** The ID of the post that the page is about. */
  focus: string | null;
}

/** How a platform shows posts. */
export interface PlatformCard {
  /** CSS rules, each scoped to the class `on-NAME`, the platform's name. */
  style: string;
  /** A chain with its replies, oldest first, inside that class. */
  draw: (posts: readonly ShownPost[], options: CardOptions) => Markup;
}

/** A face, as large as the style says: the picture, or a letter on a color. */
export function face({ username, name, avatar }: Look["author"], more: Markup = ""): Markup {
  const inner =
    avatar === undefined ? (name || username).slice(0, 1).toUpperCase() : html`<img src="${avatar}" alt="" />`;
  return html`<span class="face" style="--hue:${String(hueOf(username))}" aria-hidden="true">${inner}${more}</span>`;
}

/** A color for a name, in degrees. */
export function hueOf(name: string): number {
  return [...name].reduce((hue, sign) => (hue * 31 + (sign.codePointAt(0) ?? 0)) % 360, 7);
}

/** When it was published, as a link to the post. */
export function timeLink({ post }: ShownPost, { href, now }: CardOptions, className: string | null = null): Markup {
  const { createdAt } = post;
  if (createdAt === null) return html`<span class="${className}">now</span>`;
  const at = new Date(createdAt);
  return html`<a class="${className}" href="${href(post.url)}"
    ><time datetime="${createdAt}" title="${at.toUTCString()}">${{ word: age(at.getTime(), now) }}</time></a
  >`;
}

/** Several calls for one post are a fault of whoever published it. */
export function callsNote({ post: { publishCalls } }: ShownPost): Markup {
  return publishCalls > 1
    ? html`<span class="warn" title="Calls that published or tried to publish this very post"
        >${String(publishCalls)} publish calls</span
      >`
    : "";
}

/** The small print below a post. */
export function notesOf(seen: ShownPost, className = "small notes"): Markup {
  const calls = callsNote(seen);
  if (seen.look.notes.length === 0 && calls === "") return "";
  return html`<p class="${className}">
    ${seen.look.notes.map((note) => html`<span>${{ word: note }}</span>`)}${calls}
  </p>`;
}

/** The comments under a post, oldest first, in a box of their own. */
export function commentsBox({ post, look }: ShownPost): Markup {
  const comments = commentsOf(post);
  if (comments.length === 0) return "";
  return html`<div class="comments">
    ${comments.map((words) => html`<p><b>${look.author.name}</b> ${richText(words)}</p>`)}
  </div>`;
}

export function commentsOf({ comments }: Pick<ShownPost["post"], "comments">): string[] {
  return Array.isArray(comments) ? comments.map(String) : [];
}

/** With links, mentions and tags. */
export function richText(text: string): Markup {
  return text.split(/(https?:\/\/[^\s<>"']+|(?<![\w@])@[\w.]+|(?<![\w#])#[\p{L}\p{N}_]+)/u).map((part, place) => {
    if (place % 2 === 0) return part;
    return part.startsWith("http") ? outward(part, part) : html`<span class="tag">${part}</span>`;
  });
}

/**
 * A text of which a feed shows the beginning, and the rest on click. Platforms cut by lines on the screen; so many
 * characters are the usual width of them.
 */
export function folded(text: string, fold: { characters: number; more: string }): Markup {
  const shown = beginning(text, fold.characters);
  if (shown === text) return richText(text);
  return [
    richText(shown),
    html`<details class="fold">
      <summary>… <span>${{ word: fold.more }}</span></summary>
      ${richText(text.slice(shown.length))}
    </details>`,
  ];
}

/** Up to a space, and never through a character. */
function beginning(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max + 1);
  const space = cut.search(/\s\S*$/);
  if (space > max / 2) return text.slice(0, space);
  return cut.slice(0, -1).replace(/[\uD800-\uDBFF]$/, "");
}

export function outward(url: string, inner: Markup, className = "tag"): Markup {
  if (!/^https?:\/\//i.test(url)) return inner;
  return html`<a class="${className}" href="${url}" target="_blank" rel="noopener noreferrer nofollow">${inner}</a>`;
}

export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^www\./, "") : url;
}

/** One picture, or a box with a video's duration. `many`: it is one of several. */
export function mediaItem(media: ShownMedia, altText: string | null, { picture }: CardOptions, many: boolean): Markup {
  const { width, height, thumbnail, video, type, durationSeconds, hidden } = media;
  const ratio = width && height ? Math.min(Math.max(width / height, 0.5), many ? 1.9 : 3) : 4 / 5;
  const label: string | Word = altText ?? { word: type === "video" ? "Video" : type === "gif" ? "GIF" : "Image" };
  const poster = thumbnail === null ? null : picture(thumbnail);
  const inner =
    video !== undefined
      ? html`<video
          src="${video}"
          poster="${poster}"
          aria-label="${label}"
          preload="metadata"
          controls=""
          playsinline=""
        ></video>`
      : poster !== null
        ? html`<img src="${poster}" alt="${label}" loading="lazy" />`
        : html`<span class="film" role="img" aria-label="${label}"
            >${type === "gif" ? html`<b>GIF</b>` : html`<i class="play"></i>`}</span
          >`;
  return html`<figure class="${hidden ? "hidden" : ""}" style="--ratio:${ratio.toFixed(4)}">
    ${inner}${
      durationSeconds === null ? "" : html`<span class="length">${clockTime(durationSeconds)}</span>`
    }${altText === null ? "" : html`<span class="alt" title="${altText}">ALT</span>`}${
      hidden ? html`<span class="spoiler">Spoiler</span>` : ""
    }
  </figure>`;
}

/** All media of a post. */
export function mediaItems({ post, look }: ShownPost, options: CardOptions, many = look.media.length > 1): Markup[] {
  return look.media.map((media, place) => mediaItem(media, post.media[place]?.altText ?? null, options, many));
}

/** A scrollable row must be reachable by keyboard. */
export function carousel(className: string, items: readonly Markup[], label = "Carousel"): Markup {
  return items.length > 1
    ? html`<div class="${className}" tabindex="0" role="group" aria-label="${{ word: label }}">${items}</div>`
    : html`<div class="${className}">${items}</div>`;
}

function age(at: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 60) return "now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return seconds < 7 * 86_400 ? `${Math.floor(seconds / 86_400)}d` : new Date(at).toISOString().slice(0, 10);
}

function clockTime(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
