import {
  callsNote,
  carousel,
  face,
  folded,
  mediaItems,
  timeLink,
  type CardOptions,
  type PlatformCard,
  type ShownPost,
} from "../kit/card/card.ts";
import { html, type Markup } from "../kit/card/markup.ts";

/** Source: toolshake.xyz, caption cut-offs, 2026-04. */
const FOLD = { characters: 150, more: "more" };

/**
 * TikTok's feed: a vertical black stage, actions down the right side, name and caption over the picture. All artwork is
 * our own.
 */
export const card: PlatformCard = {
  style: style(),
  draw: (posts, options) => posts.map((seen) => stage(seen, options)),
};

function stage(seen: ShownPost, options: CardOptions): Markup {
  const { post, look, rootId } = seen;
  const { author, media, notes } = look;
  const isPhotos = post.kind !== "video";
  const calls = callsNote(seen);
  // Its own ID and link are known only after moderation.
  const linked = { ...seen, post: { ...post, url: `${author.url}/${isPhotos ? "photo" : "video"}/${rootId}` } };
  return html`<article class="tt-post" id="post-${rootId}">
    <div class="tt-stage ${isPhotos ? "tt-photos" : ""}">
      <span class="tt-mark" title="${options.label}">${MARK}</span>${
        isPhotos ? "" : html`<span class="tt-tabs" aria-hidden="true">Following <b>For You</b></span>`
      }
      ${carousel("tt-media", mediaItems(seen, options), "Photos")}
      ${media.length > 1 ? html`<span class="tt-dots" aria-hidden="true">${media.map(() => html`<i></i>`)}</span>` : ""}
      <div class="tt-rail" aria-hidden="true">
        ${face(author, html`<i>+</i>`)}${RAIL.map(
          ([path, label]) => html`<span>${icon(path)}<small>${{ word: label }}</small></span>`,
        )}<span class="tt-disc"></span>
      </div>
      <div class="tt-words">
        <p class="tt-who">
          <a href="${options.href(author.url)}">@${author.username}</a> ${timeLink(linked, options, "tt-time")}
        </p>
        ${look.attachment === null ? "" : html`<p class="tt-title">${look.attachment}</p>`}${
          post.text === "" ? "" : html`<div class="tt-text">${folded(post.text, FOLD)}</div>`
        }
        ${notes.length === 0 ? "" : html`<p class="tt-notes">${notes.map((note) => html`<span>${{ word: note }}</span>`)}</p>`}
        <p class="tt-music">${icon(NOTE)} original sound · ${author.name}</p>
      </div>
    </div>
    ${calls === "" ? "" : html`<p class="small notes">${calls}</p>`}
  </article>`;
}

function icon(path: string): Markup {
  return html`<svg viewBox="0 0 24 24" width="28" height="28" fill="currentColor"><path d="${path}"></svg>`;
}

const RAIL = [
  [
    "M12 21s-8.500-5.200-8.500-11.500A4.700 4.700 0 0 1 12 6.800a4.700 4.700 0 0 1 8.500 2.700C20.500 " +
      "15.800 12 21 12 21z",
    "0",
  ],
  [
    "M12 3.500c-5.200 0-9.500 3.400-9.500 7.800 0 4.200 4 7.500 9 7.700V22c4.500-2 10-5.800 10-10.700 " +
      "0-4.400-4.300-7.800-9.500-7.800zM8 12.500a1.300 1.300 0 1 1 0-2.600 1.300 1.300 0 0 1 0 2.600zm4 0a1.300 " +
      "1.300 0 1 1 0-2.600 1.300 1.300 0 0 1 0 2.600zm4 0a1.300 1.300 0 1 1 0-2.600 1.300 1.300 0 0 1 0 2.600z",
    "0",
  ],
  ["M6 3h12v18l-6-4.500L6 21z", "0"],
  ["M13.500 4l8 7.500-8 7.500v-4.500C8 14.500 4.500 16 2.500 19.500c0-6 3.500-10.800 11-11z", "Share"],
] as const;

const NOTE = "M9 4v10.300A3.500 3.500 0 1 0 11 17.500V8h6V4z";
/** A note with a cyan and a red shadow. */
const MARK = html`<svg viewBox="0 0 24 24" width="26" height="26" role="img" aria-label="TikTok"><g fill="none" stroke-width="3.200" stroke-linecap="round"><path stroke="#25f4ee" d="M12.200 4.500v10.800a3.600 3.600 0 1 1-3-3.500M12.200 5c.6 2.600 2.200 4 4.800 4.300"><path stroke="#fe2c55" d="M13.800 5.500v10.800a3.600 3.600 0 1 1-3-3.500M13.800 6c.6 2.600 2.200 4 4.800 4.300"><path stroke="#fff" d="M13 5v10.800a3.600 3.600 0 1 1-3-3.500M13 5.500c.6 2.600 2.200 4 4.800 4.300"></g></svg>`;

function style(): string {
  const rules = `
.tt-post{display:block;padding:16px;background:#000;color:#fff}
.tt-stage{position:relative;width:min(100%,360px);aspect-ratio:9/16;margin:0 auto;border-radius:16px;overflow:hidden;
  background:#121212;font-family:"Helvetica Neue",Arial,sans-serif}
.tt-stage:after{content:"";position:absolute;inset:55% 0 0;background:linear-gradient(transparent,#000c);
  pointer-events:none}
.tt-media{position:absolute;inset:0;display:flex;align-items:center;overflow-x:auto;scroll-snap-type:x mandatory;
  scrollbar-width:none}
.tt-media figure{margin:0;position:relative;flex:0 0 100%;aspect-ratio:var(--ratio);max-height:100%;
  scroll-snap-align:center}
.tt-media img,.tt-media .film{width:100%;height:100%;object-fit:contain;display:grid}
.tt-media .play{width:72px;height:72px;background:#0005}
.tt-media .length{right:auto;left:12px;top:12px;bottom:auto;z-index:2}
.tt-mark{position:absolute;top:12px;right:12px;z-index:3}
.tt-tabs{position:absolute;top:14px;left:0;right:0;text-align:center;z-index:2;color:#fffb;font-size:15px;
  font-weight:600;pointer-events:none}
.tt-tabs b{color:#fff;border-bottom:2px solid #fff;margin-left:10px;padding-bottom:4px}
.tt-dots{position:absolute;left:14px;right:14px;bottom:12px;z-index:3;display:flex;align-items:center;
  justify-content:center;gap:4px}
.tt-dots i{flex:0 1 6px;aspect-ratio:1;border-radius:50%;background:#fff6}
.tt-dots i:first-child{background:#fff}
.tt-photos .tt-words{bottom:24px}
.tt-rail{position:absolute;right:10px;bottom:20px;z-index:3;display:grid;gap:14px;justify-items:center;
  filter:drop-shadow(0 1px 3px #0008)}
.tt-rail span{display:grid;justify-items:center;gap:2px}.tt-rail small{font-size:12px;font-weight:600}
.tt-rail .face{position:relative;width:44px;height:44px;place-items:center;border-radius:50%;border:2px solid #fff;
  font-weight:700;background:linear-gradient(135deg,hsl(var(--hue) 68% 58%),hsl(calc(var(--hue) + 48) 62% 42%))}
.tt-rail .face i{position:absolute;bottom:-9px;width:18px;height:18px;border-radius:50%;background:#fe2c55;
  font:700 14px/18px Arial,sans-serif;text-align:center}
.tt-rail .tt-disc{width:38px;height:38px;border-radius:50%;
  background:radial-gradient(circle,#fe2c55 0 8px,#161823 9px 13px,#333 14px)}
.tt-words{position:absolute;left:14px;right:72px;bottom:16px;z-index:3;text-shadow:0 1px 3px #0009;line-height:1.35}
.tt-words p{margin:0 0 6px}
.tt-who{font-weight:700;font-size:16px}.tt-time{margin-left:6px;font-weight:400;font-size:13px;opacity:.8}
.tt-title{font-weight:700}
.tt-text{white-space:pre-wrap;overflow-wrap:anywhere;max-height:8.100em;overflow-y:auto;scrollbar-width:thin}
.tt-text .tag{color:#fff;font-weight:700}
.tt-notes{display:flex;flex-wrap:wrap;gap:4px}
.tt-notes span{background:#fff3;border-radius:4px;padding:1px 7px;font-size:12px;backdrop-filter:blur(4px)}
.tt-words .tt-music{margin:0;font-size:13px;display:flex;align-items:center;gap:4px;white-space:nowrap;overflow:hidden}
.tt-music svg{width:15px;height:15px;flex:none}
.tt-post .notes{justify-content:center}
`;
  return rules.replace(/(^|[},\n])(?=\.tt-)/g, "$1.on-tiktok ");
}
