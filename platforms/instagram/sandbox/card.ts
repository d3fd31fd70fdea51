import { hueOf } from "../../../sandbox/authorize.ts";
import { age, here, mediaItem, richText, type CardOptions } from "../../../sandbox/card.ts";
import { escapeHtml } from "../../../sandbox/html.ts";
import type { SeenPost } from "../../../sandbox/ledger.ts";
import type { PlatformCard } from "../../../sandbox/platform.ts";

/** Instagram's look of a post: the picture first, the caption below; reels and stories vertical and dark. */
export const CARD: PlatformCard = {
  html: (posts, options) =>
    posts
      .map((post) =>
        post.post.kind === "reel" || post.post.kind === "story" ? upright(post, options) : feedPost(post, options),
      )
      .join(""),
  style: `
.on-instagram{padding:14px 0 18px}.on-instagram article{display:block;padding:0;max-width:470px;margin:0 auto}
.on-instagram .ig-head{display:flex;align-items:center;gap:10px;padding:0 12px 10px}
.on-instagram .ig-head>div{min-width:0;line-height:1.25}
.on-instagram .ring{padding:2px;border-radius:50%;
  background:conic-gradient(from 210deg,#feda75,#fa7e1e,#d62976,#962fbf,#4f5bd5,#d62976,#feda75);flex:none}
.on-instagram .face{width:34px;height:34px;border:2px solid var(--card);font-size:14px}
.on-instagram .author{font-size:14px}.on-instagram .ig-place{display:block;font-size:12px;color:var(--dim)}
.on-instagram figure{margin:0;position:relative;overflow:hidden;background:var(--tint);flex:none;width:100%;
  aspect-ratio:var(--ratio);max-height:590px}
.on-instagram figure img{width:100%;height:100%;object-fit:cover;display:block}
.on-instagram .ig-media{display:flex;overflow-x:auto;scroll-snap-type:x mandatory;scrollbar-width:none}
.on-instagram .ig-media figure{scroll-snap-align:center}
.on-instagram .ig-slides{position:relative}
.on-instagram .ig-count{position:absolute;top:12px;right:12px;background:#000a;color:#fff;font-size:12px;
  border-radius:999px;padding:3px 9px}
.on-instagram .ig-dots{display:flex;gap:4px;justify-content:center;padding-top:10px}
.on-instagram .ig-dots i{width:6px;height:6px;border-radius:50%;background:var(--line)}
.on-instagram .ig-dots i:first-child{background:#0095f6}
.on-instagram .ig-actions{display:flex;gap:16px;padding:10px 12px 6px;align-items:center}
.on-instagram svg{width:24px;height:24px;fill:none;stroke:currentColor;stroke-width:1.9;stroke-linecap:round;
  stroke-linejoin:round;display:block}
.on-instagram .ig-actions :last-child{margin-left:auto}
.on-instagram .ig-text{padding:0 12px;margin:2px 0 0;white-space:pre-wrap;overflow-wrap:anywhere;font-size:14px}
.on-instagram .ig-text b{font-weight:600;margin-right:6px}
.on-instagram .tag{color:#00376b}
.on-instagram .ig-small{padding:0 12px;margin:5px 0 0;color:var(--dim);font-size:12px;display:flex;flex-wrap:wrap;
  gap:2px 12px}
.on-instagram .ig-upright{position:relative;max-width:320px;margin:0 auto;border-radius:16px;overflow:hidden;
  background:#111;color:#fff;aspect-ratio:9/16}
.on-instagram .ig-upright figure{position:absolute;inset:0;height:100%;max-height:none;aspect-ratio:auto;
  background:#111}
.on-instagram .ig-upright figure img{object-fit:cover}
.on-instagram .ig-top,.on-instagram .ig-bottom{position:absolute;left:0;right:0;padding:14px;
  background:linear-gradient(#000a,#0000);text-shadow:0 1px 3px #0009}
.on-instagram .ig-top{top:0}
.on-instagram .ig-bottom{bottom:0;background:linear-gradient(#0000,#000c);padding:46px 60px 16px 14px}
.on-instagram .ig-bar{height:3px;border-radius:3px;background:#fff6;margin-bottom:12px}
.on-instagram .ig-bar:after{content:"";display:block;height:3px;width:38%;border-radius:3px;background:#fff}
.on-instagram .ig-who{display:flex;gap:9px;align-items:center;font-weight:600;font-size:14px}
.on-instagram .ig-who .face{width:32px;height:32px;border:2px solid #fff;flex:none}
.on-instagram .ig-who time{opacity:.75;font-weight:400}
.on-instagram .ig-bottom p{margin:8px 0 0;font-size:14px;white-space:pre-wrap;overflow-wrap:anywhere;max-height:7.2em;
  overflow:auto}
.on-instagram .ig-upright .tag{color:#fff;font-weight:600}
.on-instagram .ig-upright .length{top:14px;bottom:auto;right:14px}
.on-instagram .ig-story .length{top:30px}
.on-instagram .ig-side{position:absolute;right:14px;bottom:20px;display:grid;gap:18px}
.on-instagram .ig-upright .alt{display:none}
.on-instagram .ig-below{max-width:320px;margin:0 auto}
@media(prefers-color-scheme:dark){.on-instagram .tag{color:#e0f1ff}}`,
};

const ICONS = {
  heart:
    '<svg viewBox="0 0 24 24" aria-hidden="true">' +
    '<path d="M12 20.5S3.5 15.6 3.5 9.3A4.7 4.7 0 0 1 12 6.600 4.700 4.700 0 0 1 20.500 9.300C20.500 15.600 12 ' +
    '20.500 12 20.500Z"/></svg>',
  comment:
    '<svg viewBox="0 0 24 24" aria-hidden="true">' +
    '<path d="M20.500 17.200 21 21l-3.700-.9A8.900 8.900 0 1 1 20.500 17.200Z"/></svg>',
  send:
    '<svg viewBox="0 0 24 24" aria-hidden="true">' +
    '<path d="M21 3.500 10.500 14M21 3.500l-6.500 17-4-6.500L4 10Z"/></svg>',
  keep: '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M18.500 20.500 12 14.500l-6.500 6v-17h13Z"/></svg>',
};

function feedPost(seen: SeenPost, options: CardOptions): string {
  const { post, look } = seen;
  const many = look.media.length > 1;
  const slides = look.media
    .map((media, place) => mediaItem(withinFeed(media), post.media[place]?.altText ?? null, options, many))
    .join("");
  return `<article id="post-${escapeHtml(post.id)}"><div class="ig-head"><span class="ring">${face(seen)}</span><div><a
    class="author" href="${here(look.author.url, options)}">${escapeHtml(look.author.username)}</a>
${
  look.topic === null ? "" : `<span class="ig-place">${escapeHtml(look.topic)}</span>`
}</div>${platformLabel(options)}</div>
<div class="ig-slides"><div class="ig-media"${
    many ? ' tabindex="0" role="group" aria-label="Carousel"' : ""
  }>${slides}</div>${many ? `<span class="ig-count">1/${look.media.length}</span>` : ""}</div>
${many ? `<div class="ig-dots" aria-hidden="true">${"<i></i>".repeat(look.media.length)}</div>` : ""}
<div class="ig-actions">${ICONS.heart}${ICONS.comment}${ICONS.send}${ICONS.keep}</div>
${
  post.text === "" ? "" : `<p class="ig-text"><b>${escapeHtml(look.author.username)}</b>${richText(post.text)}</p>`
}${comments(seen)}${small(seen, options)}</article>`;
}

/** Feed posts are 4:5 to 1.91:1, whatever the file's ratio. */
function withinFeed(media: SeenPost["look"]["media"][number]): SeenPost["look"]["media"][number] {
  const ratio = media.width && media.height ? media.width / media.height : 0.8;
  return { ...media, width: Math.min(Math.max(ratio, 0.8), 1.91), height: 1 };
}

function upright(seen: SeenPost, options: CardOptions): string {
  const { post, look } = seen;
  const story = post.kind === "story";
  const media = look.media
    .slice(0, 1)
    .map((one) => mediaItem(one, post.media[0]?.altText ?? null, options, false))
    .join("");
  const who = `<div class="ig-who">${face(seen)}<a
    href="${here(look.author.url, options)}">${escapeHtml(look.author.username)}</a>${story ? time(seen, options) : ""}</div>`;
  const inner = story
    ? `<div class="ig-top"><div class="ig-bar"></div>${who}</div>`
    : `<div class="ig-bottom">${who}${
        post.text === "" ? "" : `<p>${richText(post.text)}</p>`
      }</div><div class="ig-side">${ICONS.heart}${ICONS.comment}${ICONS.send}</div>`;
  return `<article id="post-${escapeHtml(post.id)}"><div
    class="ig-upright${story ? " ig-story" : ""}">${media}${inner}</div>
<div class="ig-below">${comments(seen)}${small(seen, options, story ? "Story" : "Reel")}</div></article>`;
}

function face({ look }: SeenPost): string {
  return `<span class="face" style="--hue:${hueOf(look.author.username)}"
    aria-hidden="true">${escapeHtml(look.author.username.slice(0, 1).toUpperCase())}</span>`;
}

function platformLabel({ label }: CardOptions): string {
  return `<span class="platform">${escapeHtml(label)}</span>`;
}

function time({ post }: SeenPost, options: CardOptions): string {
  return `<a href="${here(post.url, options)}"><time datetime="${post.createdAt}"
    title="${new Date(post.createdAt).toUTCString()}">${age(Date.parse(post.createdAt), options.now)}</time></a>`;
}

function comments({ post, look }: SeenPost): string {
  const list = Array.isArray(post["comments"]) ? post["comments"] : [];
  return list
    .map((text) => `<p class="ig-text"><b>${escapeHtml(look.author.username)}</b>${richText(String(text))}</p>`)
    .join("");
}

function small(seen: SeenPost, options: CardOptions, kind?: string): string {
  const { post, look } = seen;
  const calls = post.publishCalls > 1 ? `<span class="warn">${post.publishCalls} publish calls</span>` : "";
  const label = kind === undefined ? "" : `<span>${kind} on ${escapeHtml(options.label)}</span>`;
  return `<p class="ig-small">${time(seen, options)}${label}${look.notes
    .map((note) => `<span>${escapeHtml(note)}</span>`)
    .join("")}${calls}</p>`;
}
