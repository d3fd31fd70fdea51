import {
  commentsBox,
  face,
  folded,
  hostOf,
  mediaItem,
  mediaItems,
  notesOf,
  outward,
  timeLink,
  type CardOptions,
  type PlatformCard,
  type ShownPost,
} from "../kit/card/card.ts";
import { html, type Markup } from "../kit/card/markup.ts";

/** On a desktop; a phone shows fewer. Source: posttruncate.com, platform limits, 2026. */
const FOLD = { characters: 210, more: "more" };

/** The look of a post in the feed: author and audience, text, media edge to edge, and the reader's actions. */
export const card: PlatformCard = {
  style: `
.on-linkedin{--blue:light-dark(#0a66c2,#71b7fb)}
.on-linkedin article{display:block;padding:12px 0 4px}
.on-linkedin .head{display:grid;grid-template-columns:48px minmax(0,1fr) auto;gap:0 10px;align-items:center;
  padding:0 16px}
.on-linkedin .face{width:48px;height:48px;font-size:19px}
.on-linkedin .who{line-height:1.3;min-width:0}
.on-linkedin .who small{display:block;color:var(--dim);font-size:12px;overflow:hidden;text-overflow:ellipsis;
  white-space:nowrap}
.on-linkedin .mark{width:26px;height:26px;border-radius:5px;background:var(--blue);color:var(--card);
  font:700 16px/26px Georgia,serif;text-align:center}
.on-linkedin .when svg{width:13px;height:13px;vertical-align:-2px;margin-left:2px}
.on-linkedin .text{padding:8px 16px 0;font-size:14px}
.on-linkedin .tag{color:var(--blue);font-weight:600}
.on-linkedin .grid{display:grid;gap:2px;margin-top:10px;background:var(--card)}
.on-linkedin figure{margin:0;position:relative;overflow:hidden;background:var(--tint);min-height:0}
.on-linkedin figure img{width:100%;height:100%;object-fit:cover;display:block}
.on-linkedin .of1{background:var(--tint)}
.on-linkedin .of1 figure{aspect-ratio:var(--ratio);width:min(100%,calc(620px*var(--ratio)));margin-inline:auto}
.on-linkedin .of1 figure img{object-fit:contain}
.on-linkedin .of2{grid-template-columns:1fr 1fr}.on-linkedin .of2 figure{aspect-ratio:1}
.on-linkedin .of3,.on-linkedin .of4{grid-template-columns:2fr 1fr;height:440px}
.on-linkedin .of3 figure:first-child{grid-row:span 2}
.on-linkedin .of4 figure:first-child{grid-row:span 3}
.on-linkedin .of5{grid-template-columns:repeat(6,1fr);grid-template-rows:260px 170px}
.on-linkedin .of5 figure{grid-column:span 2}
.on-linkedin .of5 figure:nth-child(-n+2){grid-column:span 3}
.on-linkedin .of5 figure:nth-child(5),.on-linkedin .more{grid-column:5/-1;grid-row:2}
.on-linkedin .more{position:relative;display:grid;place-items:center;background:#0009;color:#fff;font-size:26px}
.on-linkedin .article{display:block;margin-top:10px;background:var(--tint)}
.on-linkedin .article figure{aspect-ratio:1.91}
.on-linkedin .article span.about{display:block;padding:10px 16px 12px;line-height:1.35}
.on-linkedin .article b{display:block;font-weight:600;overflow-wrap:anywhere}
.on-linkedin .article small{color:var(--dim);font-size:12px}
.on-linkedin .article.bare{display:grid;grid-template-columns:4px 1fr}
.on-linkedin .article.bare:before{content:"";background:var(--blue)}
.on-linkedin .title{margin:0;padding:8px 16px;background:var(--tint);font-size:14px;font-weight:600}
.on-linkedin .notes,.on-linkedin .comments{padding:0 16px}
.on-linkedin .deeds{display:flex;justify-content:space-around;margin:8px 12px 0;padding:6px 0;
  border-top:1px solid var(--line);color:var(--dim);font-size:14px;font-weight:600}
.on-linkedin .deeds span{display:flex;align-items:center;gap:6px}
.on-linkedin .deeds svg{width:20px;height:20px}
.on-linkedin svg{fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
@container(max-width:480px){.on-linkedin .deeds span b{display:none}.on-linkedin .of3,.on-linkedin .of4{height:300px}
  .on-linkedin .of5{grid-template-rows:170px 110px}}
.on-linkedin .deeds b{font-weight:600}`,
  draw: (posts, options) => posts.map((seen) => feedPost(seen, options)),
};

const ICONS = {
  globe: html`<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="9"><path d="M3 12h18M12 3c5 5 5 13 0 18c-5-5-5-13 0-18"></svg>`,
  people: html`<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="9" cy="8" r="4"><path d="M2 20c0-5 14-5 14 0M16 5a4 4 0 0 1 0 7M18 15c3 1 4 2 4 5"></svg>`,
  like: html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 11h4v9H3zM7 11l4-8c3 0 3 3 2 6h6c2 0 2 2 1 4l-2 6c-1 1-2 1-3 1H7"></svg>`,
  comment: html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 5h16v11h-8l-5 4v-4H4zM8 9h8M8 12h5"></svg>`,
  repost: html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 4L3 8l4 4M3 8h13a4 4 0 0 1 4 4M17 20l4-4-4-4M21 16H8a4 4 0 0 1-4-4"></svg>`,
  send: html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M21 3L3 10l7 3zM21 3l-6 17-5-7"></svg>`,
};

const DEEDS = [
  ["like", "Like"],
  ["comment", "Comment"],
  ["repost", "Repost"],
  ["send", "Send"],
] as const;

function feedPost(seen: ShownPost, options: CardOptions): Markup {
  const { post, look } = seen;
  const { author } = look;
  const deeds = DEEDS.filter(([deed]) => deed !== "repost" || post.settings["isReshareDisabledByAuthor"] !== true).map(
    ([deed, label]) => html`<span>${ICONS[deed]}<b>${{ word: label }}</b></span>`,
  );
  return html`<article class="${options.focus === post.id ? "focus" : ""}" id="post-${post.id}">
    <div class="head">
      ${face(author)}
      <div class="who">
        <a class="author" href="${options.href(author.url)}">${author.name}</a>
        <small class="when"
          >${timeLink(seen, options)} •
          <span title="${post.visibility}">${post.visibility === "PUBLIC" ? ICONS.globe : ICONS.people}</span></small
        >
      </div>
      <span class="mark" title="${options.label}" aria-hidden="true">in</span>
    </div>
    ${post.text === "" ? "" : html`<div class="text">${folded(post.text, FOLD)}</div>`}${
      post.kind === "article" ? article(seen, options) : grid(seen, options)
    }
    ${notesOf(seen)}
    <div class="deeds" aria-hidden="true">${deeds}</div>
    ${commentsBox(seen)}
  </article>`;
}

const SHOWN = 5;

/** Up to five pictures; the number of remaining ones is shown on the last. */
function grid(seen: ShownPost, options: CardOptions): Markup {
  const { post, look } = seen;
  if (look.media.length === 0) return "";
  const figures = mediaItems(seen, options, false).slice(0, SHOWN);
  const rest = look.media.length - SHOWN;
  const title = post.settings["title"];
  return html`<div class="grid of${String(figures.length)}">
      ${figures}${rest > 0 ? html`<span class="more">+${String(rest)}</span>` : ""}
    </div>
    ${typeof title === "string" ? html`<p class="title">${title}</p>` : ""}`;
}

function article({ post, look }: ShownPost, options: CardOptions): Markup {
  const url = look.link?.url ?? "";
  const [picture] = look.media;
  const figure = picture ? mediaItem(picture, post.media[0]?.altText ?? null, options, false) : "";
  return outward(
    url,
    html`${figure}<span class="about"><b>${look.link?.title ?? hostOf(url)}</b><small>${hostOf(url)}</small></span>`,
    picture ? "article" : "article bare",
  );
}
