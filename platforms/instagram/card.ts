import {
  callsNote,
  carousel,
  commentsOf,
  face,
  folded,
  mediaItem,
  richText,
  timeLink,
  type CardOptions,
  type PlatformCard,
  type ShownMedia,
  type ShownPost,
} from "../kit/card/card.ts";
import { html, type Markup } from "../kit/card/markup.ts";

/** Source: posttruncate.com, platform limits, 2026. */
const FOLD = { characters: 125, more: "more" };

/** Instagram's look of a post: the picture first, the caption below; reels and stories vertical and dark. */
export const card: PlatformCard = {
  draw: (posts, options) =>
    posts.map((seen) =>
      seen.post.kind === "reel" || seen.post.kind === "story" ? upright(seen, options) : feedPost(seen, options),
    ),
  style: `
.on-instagram{padding:14px 0 18px}.on-instagram article{display:block;padding:0;max-width:470px;margin:0 auto}
.on-instagram .ig-head{display:flex;align-items:center;gap:10px;padding:0 12px 10px}
.on-instagram .ig-head>div{min-width:0;line-height:1.25}
.on-instagram .ring{padding:2px;border-radius:50%;
  background:conic-gradient(from 210deg,#feda75,#fa7e1e,#d62976,#962fbf,#4f5bd5,#d62976,#feda75);flex:none}
.on-instagram .face{width:34px;height:34px;border:2px solid var(--card);font-size:14px}
.on-instagram .author{display:block;font-size:14px}.on-instagram .ig-place{display:block;font-size:12px;color:var(--dim)}
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
.on-instagram .tag{color:light-dark(#00376b,#e0f1ff)}
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
.on-instagram .ig-below{max-width:320px;margin:0 auto}`,
};

const ICONS = {
  heart: icon(
    "M12 20.5S3.5 15.6 3.5 9.3A4.7 4.7 0 0 1 12 6.600 4.700 4.700 0 0 1 20.500 9.300C20.500 15.600 12 20.500 12 20.500Z",
  ),
  comment: icon("M20.500 17.200 21 21l-3.700-.9A8.900 8.900 0 1 1 20.500 17.200Z"),
  send: icon("M21 3.500 10.500 14M21 3.500l-6.500 17-4-6.500L4 10Z"),
  keep: icon("M18.500 20.500 12 14.500l-6.500 6v-17h13Z"),
};

function icon(path: string): Markup {
  return html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"></svg>`;
}

function feedPost(seen: ShownPost, options: CardOptions): Markup {
  const { post, look } = seen;
  const { author, media } = look;
  const many = media.length > 1;
  const slides = media.map((each, place) =>
    mediaItem(withinFeed(each), post.media[place]?.altText ?? null, options, many),
  );
  return html`<article id="post-${post.id}">
    <div class="ig-head">
      <span class="ring">${face(author)}</span>
      <div>
        <a class="author" href="${options.href(author.url)}">${author.username}</a>
        ${look.topic === null ? "" : html`<span class="ig-place">${{ word: look.topic }}</span>`}
      </div>
      <span class="platform">${options.label}</span>
    </div>
    <div class="ig-slides">
      ${carousel("ig-media", slides)}${many ? html`<span class="ig-count">1/${String(media.length)}</span>` : ""}
    </div>
    ${many ? html`<div class="ig-dots" aria-hidden="true">${media.map(() => html`<i></i>`)}</div>` : ""}
    <div class="ig-actions">${ICONS.heart}${ICONS.comment}${ICONS.send}${ICONS.keep}</div>
    ${
      post.text === "" ? "" : html`<div class="ig-text"><b>${author.username}</b>${folded(post.text, FOLD)}</div>`
    }${comments(seen)}${small(seen, options)}
  </article>`;
}

/** Feed posts are 4:5 to 1.91:1, whatever the file's ratio. */
function withinFeed(media: ShownMedia): ShownMedia {
  const ratio = media.width && media.height ? media.width / media.height : 0.8;
  return { ...media, width: Math.min(Math.max(ratio, 0.8), 1.91), height: 1 };
}

function upright(seen: ShownPost, options: CardOptions): Markup {
  const { post, look } = seen;
  const { author } = look;
  const isStory = post.kind === "story";
  const [first] = look.media;
  const media = first === undefined ? "" : mediaItem(first, post.media[0]?.altText ?? null, options, false);
  const who = html`<div class="ig-who">
    ${face(author)}<a href="${options.href(author.url)}">${author.username}</a>${isStory ? timeLink(seen, options) : ""}
  </div>`;
  const inner = isStory
    ? html`<div class="ig-top">
        <div class="ig-bar"></div>
        ${who}
      </div>`
    : html`<div class="ig-bottom">${who}${post.text === "" ? "" : html`<p>${richText(post.text)}</p>`}</div>
        <div class="ig-side">${ICONS.heart}${ICONS.comment}${ICONS.send}</div>`;
  return html`<article id="post-${post.id}">
    <div class="ig-upright${isStory ? " ig-story" : ""}">${media}${inner}</div>
    <div class="ig-below">${comments(seen)}${small(seen, options, isStory ? "Story" : "Reel")}</div>
  </article>`;
}

function comments({ post, look }: ShownPost): Markup {
  return commentsOf(post).map((text) => html`<p class="ig-text"><b>${look.author.username}</b>${richText(text)}</p>`);
}

function small(seen: ShownPost, options: CardOptions, kind?: string): Markup {
  const label = kind === undefined ? "" : html`<span>${{ word: `${kind} on ${options.label}` }}</span>`;
  const notes = seen.look.notes.map((note) => html`<span>${{ word: note }}</span>`);
  return html`<p class="ig-small">${timeLink(seen, options)}${label}${notes}${callsNote(seen)}</p>`;
}
