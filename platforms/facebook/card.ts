import {
  commentsOf,
  face,
  folded,
  hostOf,
  mediaItem,
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

/** On a desktop; a phone shows fewer. Source: posttruncate.com, platform limits, 2026. */
const FOLD = { characters: 477, more: "See more" };

/** Facebook's look of a Page's post: name and globe, the text, pictures as a mosaic, the row of buttons. */
export const card: PlatformCard = {
  draw: (posts, options) =>
    posts.map((seen) => (seen.post.kind === "story" ? story(seen, options) : pagePost(seen, options))),
  style: `
.on-facebook{padding:16px 0 6px;--blue:#0866ff}.on-facebook article{display:block;padding:0}
.on-facebook .fb-head{display:flex;gap:10px;align-items:center;padding:0 18px 8px}
.on-facebook .fb-head>div{min-width:0;line-height:1.25}
.on-facebook .author{font-weight:600;display:block}
.on-facebook .fb-when{color:var(--dim);font-size:13px;display:flex;gap:5px;align-items:center}
.on-facebook svg{width:20px;height:20px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;
  stroke-linejoin:round;display:block}
.on-facebook .fb-when svg{width:13px;height:13px}
.on-facebook .face{background:var(--blue)}
.on-facebook .fb-text{margin:0;padding:0 18px 10px;white-space:pre-wrap;overflow-wrap:anywhere}
.on-facebook .fb-short{font-size:22px;line-height:1.3}
.on-facebook .tag{color:light-dark(#0056b8,#5aa7ff)}
.on-facebook figure{margin:0;position:relative;overflow:hidden;background:var(--tint);min-width:0}
.on-facebook figure img{width:100%;height:100%;object-fit:cover;display:block}
.on-facebook .fb-media{display:grid;gap:2px;position:relative}
.on-facebook .fb-1 figure{aspect-ratio:var(--ratio);max-height:640px;width:100%}
.on-facebook .fb-2{grid-template-columns:1fr 1fr}
.on-facebook .fb-2 figure,.on-facebook .fb-3 figure,.on-facebook .fb-4 figure,.on-facebook .fb-5 figure{aspect-ratio:1}
.on-facebook .fb-3{grid-template-columns:1fr 1fr}
.on-facebook .fb-3 figure:first-child{grid-column:1/-1;aspect-ratio:2}
.on-facebook .fb-4{grid-template-columns:1fr 1fr}
.on-facebook .fb-5{grid-template-columns:repeat(6,1fr)}
.on-facebook .fb-5 figure{grid-column:span 2}
.on-facebook .fb-5 figure:nth-child(-n+2){grid-column:span 3}
.on-facebook .fb-more{position:absolute;right:0;bottom:0;width:calc(33.33% - 1px);aspect-ratio:1;background:#0008;
  color:#fff;font-size:28px;font-weight:600;display:grid;place-items:center}
.on-facebook .fb-reel{background:#000}
.on-facebook .fb-reel figure{aspect-ratio:9/16;width:min(315px,100%);margin:0 auto}
.on-facebook .fb-badge{position:absolute;left:14px;top:14px;background:#000a;color:#fff;border-radius:6px;
  padding:2px 9px;font-size:13px;font-weight:600}
.on-facebook .fb-link{display:block;background:var(--tint);border-block:1px solid var(--line);padding:12px 18px;
  overflow:hidden}
.on-facebook .fb-link .host{text-transform:uppercase;font-size:12px}
.on-facebook .fb-link b{display:block;font-weight:600;overflow-wrap:anywhere}
.on-facebook .fb-title{display:block;font-weight:600;padding:8px 18px 0}
.on-facebook .fb-row{display:flex;margin:8px 18px 0;border-top:1px solid var(--line);color:var(--dim);font-weight:600;
  font-size:13px;white-space:nowrap}
.on-facebook .fb-row span{flex:1;display:flex;gap:7px;align-items:center;justify-content:center;padding:9px 0}
.on-facebook .fb-comment{margin:2px 18px 8px;display:flex;gap:8px;align-items:flex-start;font-size:14px}
.on-facebook .fb-comment .face{width:30px;height:30px;font-size:13px}
.on-facebook .fb-comment p{margin:0;background:var(--tint);border-radius:16px;padding:7px 13px;overflow-wrap:anywhere}
.on-facebook .fb-comment b{display:block;font-size:13px}
.on-facebook .fb-story{position:relative;width:min(250px,70%);margin:0 auto;border-radius:14px;overflow:hidden;
  aspect-ratio:9/16;background:#18191a;border:3px solid var(--blue)}
.on-facebook .fb-story figure{position:absolute;inset:0}
.on-facebook .fb-story .face{position:absolute;left:12px;top:12px;border:3px solid var(--blue);width:44px;height:44px}
.on-facebook .fb-story b{position:absolute;left:12px;right:12px;bottom:12px;color:#fff;text-shadow:0 1px 3px #000c}
.on-facebook .fb-story .length{top:14px;bottom:auto}
.on-facebook .fb-story .alt{display:none}
.on-facebook .small{padding:0 18px;margin:6px 0}`,
};

const ICONS = {
  globe: html`<svg viewBox="0 0 24 24" role="img" aria-label="Public"><circle cx="12" cy="12" r="9"><path d="M3 12h18M12 3c3.500 3 3.500 15 0 18M12 3c-3.500 3-3.500 15 0 18"></svg>`,
  like: icon(
    "M7.500 10.500 11 3.500c1.700 0 2.700 1.200 2.400 2.800L12.800 9.500h5.700c1.200 0 2 1.100 1.700 " +
      "2.200l-1.700 6.600c-.3 1-1.100 1.700-2.100 1.700H7.500m0-9.500v9.500m0-9.500H4v9.500h3.500",
  ),
  comment: icon("M4 5h16v11.500h-8L7.500 20v-3.500H4Z"),
  share: icon("M13.500 5 20 11.500l-6.500 6.500v-4C8.500 14 6 15.500 4 19c.5-5.500 3-9 9.500-9.700Z"),
};

function icon(path: string): Markup {
  return html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"></svg>`;
}

function pagePost(seen: ShownPost, options: CardOptions): Markup {
  const { post, look } = seen;
  const short = post.kind === "text" && [...post.text].length <= 85 ? " fb-short" : "";
  return html`<article id="post-${post.id}">
    ${head(seen, options)}
    ${post.text === "" ? "" : html`<div class="fb-text${short}">${folded(post.text, FOLD)}</div>`}${mosaic(seen, options)}${
      look.topic === null ? "" : html`<span class="fb-title">${look.topic}</span>`
    }${link(seen)}${notesOf(seen)}
    <div class="fb-row">
      <span>${ICONS.like}Like</span><span>${ICONS.comment}Comment</span><span>${ICONS.share}Share</span>
    </div>
    ${comments(seen)}
  </article>`;
}

function head(seen: ShownPost, options: CardOptions): Markup {
  const { author } = seen.look;
  return html`<div class="fb-head">
    ${face(author)}
    <div>
      <a class="author" href="${options.href(author.url)}">${author.name}</a
      ><span class="fb-when">${timeLink(seen, options)} · ${ICONS.globe}</span>
    </div>
    <span class="platform">${options.label}</span>
  </div>`;
}

/** At most five pictures, with the number of remaining ones on the last. */
function mosaic(seen: ShownPost, options: CardOptions): Markup {
  const count = seen.look.media.length;
  if (count === 0) return "";
  const shown = mediaItems(seen, options).slice(0, 5);
  if (seen.post.kind === "reel")
    return html`<div class="fb-media fb-reel">${shown}<span class="fb-badge">Reel</span></div>`;
  return html`<div class="fb-media fb-${String(shown.length)}">
    ${shown}${count > 5 ? html`<span class="fb-more">+${String(count - 5)}</span>` : ""}
  </div>`;
}

function link({ look }: ShownPost): Markup {
  if (!look.link) return "";
  const { url, title } = look.link;
  return outward(
    url,
    html`<span class="host">${hostOf(url)}</span><b>${title ?? url.replace(/^https?:\/\//, "")}</b>`,
    "fb-link",
  );
}

function comments({ post, look }: ShownPost): Markup {
  return commentsOf(post).map(
    (text) =>
      html`<div class="fb-comment">
        ${face(look.author)}
        <p><b>${look.author.name}</b>${richText(text)}</p>
      </div>`,
  );
}

function story(seen: ShownPost, options: CardOptions): Markup {
  const { post, look } = seen;
  const [first] = look.media;
  const media = first === undefined ? "" : mediaItem(first, post.media[0]?.altText ?? null, options, false);
  return html`<article id="post-${post.id}">
    ${head(seen, options)}
    <div class="fb-story">${media}${face(look.author)}<b>${look.author.name}</b></div>
    ${notesOf(seen)}
    <p class="small">Story: gone after 24 hours</p>
  </article>`;
}
