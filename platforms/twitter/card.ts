import {
  face,
  folded,
  hostOf,
  mediaItems,
  notesOf,
  outward,
  richText,
  timeLink,
  type CardOptions,
  type PlatformCard,
  type ShownPost,
} from "../kit/card/card.ts";
import { html, type Markup } from "../kit/card/markup.ts";
import { countText } from "../kit/text.ts";

/**
 * A post that only subscribers can write is cut where the text of any other ends. Source: X docs, `note_tweet`; that
 * feeds cut there is what X's help says, and was not measured.
 */
const FOLD = { characters: 280, more: "Show more" };

/**
 * X's timeline: round avatar, bold name and gray handle, media in a rounded grid, a row of actions. All artwork is our
 * own.
 */
export const card: PlatformCard = {
  style: style(),
  draw: (posts, options) =>
    html`<section class="x-chain">${posts.map((seen, place) => tweet(seen, options, posts, place))}</section>`,
};

function tweet(seen: ShownPost, options: CardOptions, chain: readonly ShownPost[], place: number): Markup {
  const { post, look } = seen;
  const { username, name, url } = look.author;
  const parent = chain.find((one) => one.post.id === look.replyToId);
  const isThread = chain[place + 1]?.look.author.username === username;
  const replies = chain.filter((one) => one.look.replyToId === post.id).length;
  return html`<article class="x-post ${options.focus === post.id ? "focus" : ""}" id="post-${post.id}">
    <div class="x-side">${face(look.author)}${isThread ? html`<span class="x-line"></span>` : ""}</div>
    <div class="x-body">
      <div class="x-head">
        <a class="x-name" href="${options.href(url)}">${name}</a>${look.topic === "verified" ? BADGE : ""}
        <span class="x-dim x-handle">@${username}</span><span class="x-dim">·</span>${timeLink(seen, options, "x-dim")}
        ${place === 0 ? html`<span class="x-mark" title="${options.label}">${MARK}</span>` : ""}
      </div>
      ${
        parent && parent.look.author.username !== username
          ? html`<p class="x-dim">Replying to <span class="tag">@${parent.look.author.username}</span></p>`
          : ""
      }${post.text === "" ? "" : html`<div class="x-text">${textOf(post.text)}</div>`}${mediaGrid(seen, options)}${poll(seen)}${sheet(seen)}
      ${notesOf(seen, "x-dim x-notes")}
      <div class="x-actions" aria-hidden="true">
        ${ACTIONS.map(
          ([path, label]) => html`<span>${icon(path)}${label === "reply" && replies > 0 ? String(replies) : ""}</span>`,
        )}
      </div>
    </div>
  </article>`;
}

function textOf(text: string): Markup {
  return countText(text, "weighted") > FOLD.characters ? folded(text, FOLD) : richText(text);
}

function mediaGrid(seen: ShownPost, options: CardOptions): Markup {
  const { media } = seen.look;
  if (media.length === 0) return "";
  return html`<div class="x-media x-of-${String(media.length)}">
    ${mediaItems(seen, options)}${media[0]?.type === "gif" ? html`<span class="x-gif">GIF</span>` : ""}
  </div>`;
}

function poll({ look }: ShownPost): Markup {
  return look.poll.length === 0
    ? ""
    : html`<ul class="x-poll" aria-label="Poll">
        ${look.poll.map((option) => html`<li>${option}</li>`)}
      </ul>`;
}

/** As for a page without a picture: a box with the host's name. */
function sheet({ look }: ShownPost): Markup {
  if (!look.link) return "";
  const { url } = look.link;
  return outward(
    url,
    html`<span class="x-sheet">${icon(SHEET)}</span
      ><span class="x-where"><span class="x-dim">${hostOf(url)}</span><b>${url.replace(/^https?:\/\//, "")}</b></span>`,
    "x-link",
  );
}

function icon(path: string): Markup {
  return html`<svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"><path d="${path}"></svg>`;
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
const MARK = html`<svg viewBox="0 0 24 24" width="16" height="16" fill="none" stroke="currentColor" aria-label="X"><path stroke-width="4" d="M4.500 4l15 16"><path stroke-width="1.600" d="M19 4L5 20"></svg>`;
const BADGE = html`<svg class="x-badge" viewBox="0 0 24 24" width="17" height="17" role="img" aria-label="Verified"><path fill="#1d9bf0" d="M12 1.500l2.700 2.200 3.500-.3 1.100 3.300 3 1.800-.9 3.500.9 3.400-3 1.900-1.100 3.300-3.500-.3L12 22.500l-2.700-2.200-3.500.3-1.100-3.300-3-1.900.9-3.400-.9-3.500 3-1.800 1.100-3.300 3.500.3z"><path fill="none" stroke="#fff" stroke-width="2.200" stroke-linecap="round" stroke-linejoin="round" d="M8 12.300l2.700 2.700 5.300-5.500"></svg>`;

function style(): string {
  const rules = `
.x-chain{--x-dim:light-dark(#536471,#8b98a5);--x-line:light-dark(#cfd9de,#2f3336);--x-blue:#1d9bf0;--x-link:light-dark(#006fb3,#1d9bf0);
  font-family:-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;background:light-dark(#fff,#000);color:light-dark(#0f1419,#e7e9ea)}
.x-post{grid-template-columns:40px minmax(0,1fr);padding:12px 16px 4px;gap:0 12px;border-bottom:0}
.x-post.focus:not(:only-child){background:light-dark(#f7f9f9,#080808)}
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
.x-chain .tag{color:var(--x-link)}
.x-media{position:relative;margin-top:12px;display:grid;gap:2px;border-radius:16px;overflow:hidden;
  border:1px solid var(--x-line)}
.x-media figure{margin:0;position:relative;overflow:hidden;background:light-dark(#e6ecf0,#16181c);aspect-ratio:var(--ratio);
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
.x-poll li{border:1px solid var(--x-blue);color:var(--x-link);border-radius:999px;padding:6px 16px;text-align:center;
  font-weight:700;overflow-wrap:anywhere}
.x-link{margin-top:12px;display:flex;border:1px solid var(--x-line);border-radius:16px;overflow:hidden}
.x-sheet{flex:none;width:88px;min-height:88px;display:grid;place-items:center;background:light-dark(#f7f9f9,#16181c);color:var(--x-dim);
  border-right:1px solid var(--x-line)}
.x-where{padding:12px;display:flex;flex-direction:column;justify-content:center;min-width:0}
.x-where b{font-weight:400;overflow-wrap:anywhere}
.x-notes{display:flex;flex-wrap:wrap;gap:4px 14px;margin-top:8px!important;font-size:13px}
.x-actions{display:flex;justify-content:space-between;max-width:425px;color:var(--x-dim);padding:10px 0 8px;
  font-size:13px}
.x-actions span{display:flex;align-items:center;gap:6px}
`;
  return rules.replace(/(^|[},\n])(?=\.x-)/g, "$1.on-twitter ");
}
