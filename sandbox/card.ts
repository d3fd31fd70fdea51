import { hueOf } from "./authorize.ts";
import { escapeHtml } from "./html.ts";
import type { Look, SeenPost } from "./ledger.ts";

export interface CardOptions {
  /** The relative URL of the front page. */
  base: string;
  /** The sandbox's time, in milliseconds since 1970. */
  now: number;
  /** The platform's label. */
  label: string;
  /** The ID of the post that the page shows. */
  focus: string | null;
}

/** A chain with its replies as one card, connected by a line. */
export function chainCard(posts: SeenPost[], options: CardOptions): string {
  const byId = new Map(posts.map((one) => [one.post.id, one]));
  return `<section class="chain">${posts
    .map((one, place) => postHtml(one, options, byId, { first: place === 0, joined: place < posts.length - 1 }))
    .join("")}</section>`;
}

function postHtml(
  seen: SeenPost,
  options: CardOptions,
  chain: Map<string, SeenPost>,
  place: { first: boolean; joined: boolean },
): string {
  const { post, look } = seen;
  const { username, name, url } = look.author;
  const parent = look.replyToId === null ? undefined : chain.get(look.replyToId);
  const answers =
    parent && parent.look.author.username !== username
      ? `<p class="small">Replying to @${escapeHtml(parent.look.author.username)}</p>`
      : "";
  const topic = look.topic === null ? "" : `<span class="topic">${escapeHtml(look.topic)}</span>`;
  const calls =
    post.publishCalls > 1
      ? `<span class="warn"
        title="Calls that published or tried to publish this very post">${post.publishCalls} publish calls</span>`
      : "";
  const notes = look.notes.map((note) => `<span>${escapeHtml(note)}</span>`).join("") + calls;
  return `<article class="${options.focus === post.id ? "focus" : ""}" id="post-${escapeHtml(post.id)}">
<div class="side"><span class="face" style="--hue:${hueOf(username)}"
  aria-hidden="true">${escapeHtml((name || username).slice(0, 1).toUpperCase())}</span>${
    place.joined ? '<span class="thread"></span>' : ""
  }</div>
<div class="body"><div class="head"><a class="author" href="${here(url, options)}"
  title="${escapeHtml(name)}">${escapeHtml(username)}</a>${topic}
<a class="time" href="${here(post.url, options)}"><time datetime="${post.createdAt}"
  title="${new Date(post.createdAt).toUTCString()}">${age(Date.parse(post.createdAt), options.now)}</time></a>
${place.first ? `<span class="platform">${escapeHtml(options.label)}</span>` : ""}</div>
${answers}${
    post.text === "" ? "" : `<p class="text">${richText(post.text)}</p>`
  }${attachmentHtml(look)}${mediaHtml(seen, options)}${pollHtml(look)}${linkHtml(look)}${quoteHtml(look)}
${notes === "" ? "" : `<p class="small notes">${notes}</p>`}</div></article>`;
}

/** The comments under a post, oldest first, in a box of their own. */
export function commentsHtml({ post, look }: Pick<SeenPost, "post" | "look">): string {
  const { comments } = post;
  if (!Array.isArray(comments) || comments.length === 0) return "";
  const items = comments.map((words) => `<p><b>${escapeHtml(look.author.name)}</b> ${richText(String(words))}</p>`);
  return `<div class="comments">${items.join("")}</div>`;
}

/** The sandbox URL for a URL on a platform's host. */
export function here(url: string, { base }: CardOptions): string {
  return escapeHtml(base + url.replace(/^https:\/\//, ""));
}

/** Highlights links, mentions and tags; escapes all of the text. */
export function richText(text: string): string {
  return text
    .split(/(https?:\/\/[^\s<>"']+|(?<![\w@])@[\w.]+|(?<![\w#])#[\p{L}\p{N}_]+)/u)
    .map((part, place) => {
      if (place % 2 === 0) return escapeHtml(part);
      return part.startsWith("http") ? outward(part, escapeHtml(part)) : `<span class="tag">${escapeHtml(part)}</span>`;
    })
    .join("");
}

export function outward(url: string, inner: string, className = "tag"): string {
  if (!/^https?:\/\//i.test(url)) return inner;
  return `<a class="${className}" href="${escapeHtml(url)}" target="_blank"
    rel="noopener noreferrer nofollow">${inner}</a>`;
}

function mediaHtml({ look, post }: SeenPost, options: CardOptions): string {
  if (look.media.length === 0) return "";
  const items = look.media.map((media, place) =>
    mediaItem(media, post.media[place]?.altText ?? null, options, look.media.length > 1),
  );
  return `<div class="media ${look.media.length > 1 ? "many" : "one"}" ${
    look.media.length > 1 ? 'tabindex="0" role="group" aria-label="Carousel"' : ""
  }>${items.join("")}</div>`;
}

/** One picture, or a box with a video's duration. `many`: it is one of several. */
export function mediaItem(
  media: Look["media"][number],
  altText: string | null,
  { base }: CardOptions,
  many: boolean,
): string {
  const ratio =
    media.width && media.height ? Math.min(Math.max(media.width / media.height, 0.5), many ? 1.9 : 3) : 4 / 5;
  const alt = altText === null ? "" : `<span class="alt" title="${escapeHtml(altText)}">ALT</span>`;
  const label = altText ?? (media.type === "video" ? "Video" : media.type === "gif" ? "GIF" : "Image");
  const inner = media.thumbnail
    ? `<img src="${escapeHtml(base)}_sandbox/media/${escapeHtml(media.thumbnail)}" alt="${escapeHtml(label)}"
      loading="lazy">`
    : `<span class="film" role="img" aria-label="${escapeHtml(label)}">${
        media.type === "gif" ? "<b>GIF</b>" : '<i class="play"></i>'
      }</span>`;
  const length =
    media.durationSeconds === null ? "" : `<span class="length">${clockTime(media.durationSeconds)}</span>`;
  return `<figure class="${media.hidden ? "hidden" : ""}" style="--ratio:${ratio.toFixed(4)}">${inner}${length}${alt}${
    media.hidden ? '<span class="spoiler">Spoiler</span>' : ""
  }</figure>`;
}

function linkHtml({ link, media }: Look): string {
  if (!link || media.length > 0) return "";
  const host = URL.canParse(link.url) ? new URL(link.url).hostname.replace(/^www\./, "") : link.url;
  return outward(
    link.url,
    `<span class="host">${escapeHtml(host)}</span>` +
      `<b>${escapeHtml(link.title ?? link.url.replace(/^https?:\/\//, ""))}</b>`,
    "link",
  );
}

function pollHtml({ poll }: Look): string {
  return poll.length === 0
    ? ""
    : `<ul class="poll" aria-label="Poll">${poll.map((option) => `<li>${escapeHtml(option)}</li>`).join("")}</ul>`;
}

function attachmentHtml({ attachment }: Look): string {
  if (attachment === null) return "";
  return (
    '<details class="long">' +
    `<summary>${escapeHtml(attachment.slice(0, 140))}${attachment.length > 140 ? " …" : ""}</summary>` +
    `<p>${escapeHtml(attachment)}</p></details>`
  );
}

function quoteHtml({ quotedId }: Look): string {
  return quotedId === null ? "" : `<p class="quote">Quotes post <code>${escapeHtml(quotedId)}</code></p>`;
}

export function age(at: number, now: number): string {
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
