import { hueOf } from "../../../sandbox/authorize.ts";
import { age, here, mediaItem, outward, richText, type CardOptions } from "../../../sandbox/card.ts";
import { escapeHtml } from "../../../sandbox/html.ts";
import type { SeenPost } from "../../../sandbox/ledger.ts";
import type { PlatformCard } from "../../../sandbox/platform.ts";

/**
 * X's timeline: round avatar, bold name and gray handle, media in a rounded grid, a row of actions. All artwork is our
 * own.
 */
export const card: PlatformCard = { style: style(), html };

function html(posts: SeenPost[], options: CardOptions): string {
  return `<section class="x-chain">${posts
    .map((seen, place) => postHtml(seen, options, posts, place))
    .join("")}</section>`;
}

function postHtml(seen: SeenPost, options: CardOptions, chain: SeenPost[], place: number): string {
  const { post, look } = seen;
  const { username, name, url } = look.author;
  const parent = chain.find((one) => one.post.id === look.replyToId);
  const isThread = chain[place + 1]?.look.author.username === username;
  const answers =
    parent && parent.look.author.username !== username
      ? `<p class="x-dim">Replying to <span class="tag">@${escapeHtml(parent.look.author.username)}</span></p>`
      : "";
  const calls =
    post.publishCalls > 1
      ? `<span class="warn"
        title="Calls that published or tried to publish this very post">${post.publishCalls} publish calls</span>`
      : "";
  const replies = chain.filter((one) => one.look.replyToId === post.id).length;
  return `<article class="x-post ${options.focus === post.id ? "focus" : ""}" id="post-${escapeHtml(post.id)}">
<div class="x-side"><span class="face" style="--hue:${hueOf(username)}"
  aria-hidden="true">${escapeHtml((name || username).slice(0, 1).toUpperCase())}</span>${
    isThread ? '<span class="x-line"></span>' : ""
  }</div>
<div class="x-body"><div class="x-head"><a class="x-name"
  href="${here(url, options)}">${escapeHtml(name)}</a>${look.topic === "verified" ? BADGE : ""}
<span class="x-dim x-handle">@${escapeHtml(username)}</span><span class="x-dim">·</span><a class="x-dim"
  href="${here(post.url, options)}"><time datetime="${post.createdAt}"
  title="${new Date(post.createdAt).toUTCString()}">${age(Date.parse(post.createdAt), options.now)}</time></a>
${place === 0 ? `<span class="x-mark" title="${escapeHtml(options.label)}">${MARK}</span>` : ""}</div>
${answers}${
    post.text === "" ? "" : `<p class="x-text">${richText(post.text)}</p>`
  }${mediaHtml(seen, options)}${pollHtml(seen)}${linkHtml(seen)}
${notesHtml(seen, calls)}<div class="x-actions" aria-hidden="true">${ACTIONS.map(
    ([path, label]) => `<span>${icon(path)}${label === "reply" && replies > 0 ? replies : ""}</span>`,
  ).join("")}</div></div></article>`;
}

function mediaHtml({ look, post }: SeenPost, options: CardOptions): string {
  const { media } = look;
  if (media.length === 0) return "";
  const items = media.map((one, place) =>
    mediaItem(one, post.media[place]?.altText ?? null, options, media.length > 1),
  );
  const gif = media[0]?.type === "gif" ? '<span class="x-gif">GIF</span>' : "";
  return `<div class="x-media x-of-${media.length}">${items.join("")}${gif}</div>`;
}

function pollHtml({ look }: SeenPost): string {
  return look.poll.length === 0
    ? ""
    : `<ul class="x-poll" aria-label="Poll">${look.poll
        .map((option) => `<li>${escapeHtml(option)}</li>`)
        .join("")}</ul>`;
}

/** As for a page without a picture: a box with the host's name. */
function linkHtml({ look }: SeenPost): string {
  if (!look.link) return "";
  const { url } = look.link;
  const host = URL.canParse(url) ? new URL(url).hostname.replace(/^www\./, "") : url;
  return outward(
    url,
    `<span class="x-sheet">${icon(SHEET)}</span><span class="x-where"><span
      class="x-dim">${escapeHtml(host)}</span><b>${escapeHtml(url.replace(/^https?:\/\//, ""))}</b></span>`,
    "x-link",
  );
}

function notesHtml({ look }: SeenPost, calls: string): string {
  const notes = look.notes.map((note) => `<span>${escapeHtml(note)}</span>`).join("") + calls;
  return notes === "" ? "" : `<p class="x-dim x-notes">${notes}</p>`;
}

function icon(path: string): string {
  return `<svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="1.7"
    stroke-linecap="round" stroke-linejoin="round"><path d="${path}"/></svg>`;
}

const ACTIONS = [
  ["M12 4a8 8 0 0 0-8 7.6A7.8 7.8 0 0 0 11 19v2.6c5-2.300 9-5.600 9-10A8 8 0 0 0 12 4z", "reply"],
  ["M4 10l3-3 3 3M7 7v8a2 2 0 0 0 2 2h4M20 14l-3 3-3-3M17 17V9a2 2 0 0 0-2-2h-4", "repost"],
  [
    "M12 20s-7.500-4.600-7.500-10A4.200 4.200 0 0 1 12 7.400 4.200 4.200 0 0 1 19.500 10c0 5.400-7.500 10-7.500 10z",
    "like",
  ],
  ["M5 20v-6M10 20V9M15 20v-9M20 20V4", "views"],
  ["M7 4h10v16l-5-4-5 4z", "save"],
] as const;

const SHEET = "M6 3h8l4 4v14H6zM9 12h6M9 16h6";
const MARK = `<svg viewBox="0 0 24 24" width="16" height="16" fill="none" stroke="currentColor" aria-label="X"><path
  stroke-width="4" d="M4.500 4l15 16"/><path stroke-width="1.600" d="M19 4L5 20"/></svg>`;
const BADGE = `<svg class="x-badge" viewBox="0 0 24 24" width="17" height="17" role="img" aria-label="Verified"><path
  fill="#1d9bf0" d="M12 1.500l2.700 2.200 3.500-.3 1.100 3.300 3 1.800-.9 3.500.9 3.400-3 1.900-1.100 3.300-3.500-.3L12 22.500l-2.700-2.200-3.500.3-1.100-3.300-3-1.900.9-3.400-.9-3.500 3-1.800 1.100-3.300 3.500.3z"/><path fill="none" stroke="#fff" stroke-width="2.200" stroke-linecap="round" stroke-linejoin="round" d="M8 12.300l2.700 2.700 5.300-5.500"/></svg>`;

function style(): string {
  const rules = `
.x-chain{--x-dim:#536471;--x-line:#cfd9de;--x-edge:#eff3f4;--x-blue:#1d9bf0;
  font-family:-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;background:#fff;color:#0f1419}
.x-post{grid-template-columns:40px minmax(0,1fr);padding:12px 16px 4px;gap:0 12px;border-bottom:0}
.x-post.focus:not(:only-child){background:#f7f9f9}
.x-side{display:flex;flex-direction:column;align-items:center}
.x-line{width:2px;flex:1;margin:4px 0 -12px;background:var(--x-line)}
.x-head{display:flex;align-items:center;gap:4px;min-width:0;line-height:20px}
.x-name{font-weight:700;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.x-badge{flex:none}
.x-dim{color:var(--x-dim)}
.x-head .x-dim{flex:none}.x-head .x-handle{flex:0 1 auto;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.x-mark{margin-left:auto;display:flex;flex:none}
.x-chain p{margin:0}
.x-text{white-space:pre-wrap;overflow-wrap:anywhere;line-height:20px}
.x-chain .tag{color:var(--x-blue)}
.x-media{position:relative;margin-top:12px;display:grid;gap:2px;border-radius:16px;overflow:hidden;
  border:1px solid var(--x-line)}
.x-media figure{margin:0;position:relative;overflow:hidden;background:#e6ecf0;aspect-ratio:var(--ratio);
  max-height:510px;width:100%}
.x-media img{width:100%;height:100%;object-fit:cover;display:block}
.x-of-2,.x-of-3,.x-of-4{grid-template-columns:1fr 1fr;aspect-ratio:16/9}
.x-of-3,.x-of-4{grid-template-rows:1fr 1fr}
.x-of-2 figure,.x-of-3 figure,.x-of-4 figure{aspect-ratio:auto;height:100%;min-height:0}
.x-of-3 figure:first-child{grid-row:span 2}
.x-media .play{width:64px;height:64px;background:var(--x-blue);border:4px solid #fff}
.x-media .length{left:12px;right:auto;bottom:12px;border-radius:4px}
.x-media .alt,.x-gif{left:12px;bottom:12px;border-radius:4px}
.x-media .length~.alt{left:auto;right:12px}
.x-gif{position:absolute;left:12px;bottom:12px;background:#000c;color:#fff;font-size:12px;font-weight:700;
  padding:1px 6px}
.x-gif~.alt,.x-media:has(.x-gif) .alt{left:54px}
.x-poll{list-style:none;margin:12px 0 0;padding:0;display:grid;gap:8px}
.x-poll li{border:1px solid var(--x-blue);color:var(--x-blue);border-radius:999px;padding:6px 16px;text-align:center;
  font-weight:700;overflow-wrap:anywhere}
.x-link{margin-top:12px;display:flex;border:1px solid var(--x-line);border-radius:16px;overflow:hidden}
.x-sheet{flex:none;width:88px;min-height:88px;display:grid;place-items:center;background:#f7f9f9;color:var(--x-dim);
  border-right:1px solid var(--x-line)}
.x-where{padding:12px;display:flex;flex-direction:column;justify-content:center;min-width:0}
.x-where b{font-weight:400;overflow-wrap:anywhere}
.x-notes{display:flex;flex-wrap:wrap;gap:4px 14px;margin-top:8px!important;font-size:13px}
.x-actions{display:flex;justify-content:space-between;max-width:425px;color:var(--x-dim);padding:10px 0 8px;
  font-size:13px}
.x-actions span{display:flex;align-items:center;gap:6px}
`;
  const dark =
    ".x-chain{--x-dim:#71767b;--x-line:#2f3336;--x-edge:#2f3336;background:#000;color:#e7e9ea}.x-post.focus:not(:only-child){background:#080808}.x-media figure,.x-sheet{background:#16181c}";
  const below = (css: string) => css.replace(/(^|[},\n])(?=\.x-)/g, "$1.on-twitter ");
  return `${below(rules)}@media(prefers-color-scheme:dark){${below(dark)}}`;
}
