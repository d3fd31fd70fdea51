import { hueOf } from "../../../sandbox/authorize.ts";
import { age, commentsHtml, here, mediaItem, outward, richText, type CardOptions } from "../../../sandbox/card.ts";
import { escapeHtml } from "../../../sandbox/html.ts";
import type { SeenPost } from "../../../sandbox/ledger.ts";
import type { PlatformCard } from "../../../sandbox/platform.ts";

/** The look of a post in the feed: author and audience, text, media edge to edge, and the reader's actions. */
export const LINKEDIN_CARD: PlatformCard = {
  style: `
.on-linkedin{--blue:#0a66c2}@media(prefers-color-scheme:dark){.on-linkedin{--blue:#71b7fb}}
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
.on-linkedin .more{position:absolute;inset:0;display:grid;place-items:center;background:#0009;color:#fff;font-size:26px}
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
@media(max-width:480px){.on-linkedin .deeds span b{display:none}.on-linkedin .of3,.on-linkedin .of4{height:300px}
  .on-linkedin .of5{grid-template-rows:170px 110px}}
.on-linkedin .deeds b{font-weight:600}`,
  html: (posts, options) => posts.map((seen) => postHtml(seen, options)).join(""),
};

const ICONS = {
  globe: '<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c5 5 5 13 0 18c-5-5-5-13 0-18"/>',
  people: '<circle cx="9" cy="8" r="4"/><path d="M2 20c0-5 14-5 14 0M16 5a4 4 0 0 1 0 7M18 15c3 1 4 2 4 5"/>',
  like: '<path d="M3 11h4v9H3zM7 11l4-8c3 0 3 3 2 6h6c2 0 2 2 1 4l-2 6c-1 1-2 1-3 1H7"/>',
  comment: '<path d="M4 5h16v11h-8l-5 4v-4H4zM8 9h8M8 12h5"/>',
  repost: '<path d="M7 4L3 8l4 4M3 8h13a4 4 0 0 1 4 4M17 20l4-4-4-4M21 16H8a4 4 0 0 1-4-4"/>',
  send: '<path d="M21 3L3 10l7 3zM21 3l-6 17-5-7"/>',
} as const;

function postHtml({ post, look }: SeenPost, options: CardOptions): string {
  const { username, name, url } = look.author;
  const calls =
    post.publishCalls > 1
      ? `<span class="warn"
        title="Calls that published or tried to publish this very post">${post.publishCalls} publish calls</span>`
      : "";
  const notes = look.notes.map((note) => `<span>${escapeHtml(note)}</span>`).join("") + calls;
  const audience = post.visibility === "PUBLIC" ? icon("globe") : icon("people");
  const deeds = (
    [
      ["like", "Like"],
      ["comment", "Comment"],
      ["repost", "Repost"],
      ["send", "Send"],
    ] as const
  )
    .filter(([deed]) => deed !== "repost" || post.settings["isReshareDisabledByAuthor"] !== true)
    .map(([deed, label]) => `<span>${icon(deed)}<b>${label}</b></span>`);
  return `<article class="${options.focus === post.id ? "focus" : ""}" id="post-${escapeHtml(post.id)}">
<div class="head"><span class="face" style="--hue:${hueOf(username)}"
  aria-hidden="true">${escapeHtml(name.slice(0, 1).toUpperCase())}</span>
<div class="who"><a class="author"
  href="${here(url, options)}">${escapeHtml(name)}</a><small>A member of the sandbox</small>
<small class="when"><a href="${here(post.url, options)}"><time datetime="${post.createdAt}"
  title="${new Date(post.createdAt).toUTCString()}">${age(Date.parse(post.createdAt), options.now)}</time></a> • <span
  title="${escapeHtml(post.visibility)}">${audience}</span></small></div>
<span class="mark" title="LinkedIn" aria-label="LinkedIn">in</span></div>
${post.text === "" ? "" : `<p class="text">${richText(post.text)}</p>`}${
    post.kind === "article" ? articleHtml({ post, look }, options) : gridHtml({ post, look }, options)
  }
${
  notes === "" ? "" : `<p class="small notes">${notes}</p>`
}<div class="deeds" aria-hidden="true">${deeds.join("")}</div>${commentsHtml({ post, look })}</article>`;
}

const SHOWN = 5;

/** Up to five pictures; the number of remaining ones is shown on the last. */
function gridHtml({ post, look }: Pick<SeenPost, "post" | "look">, options: CardOptions): string {
  if (look.media.length === 0) return "";
  const shown = look.media.slice(0, SHOWN);
  const figures = shown.map((media, place) => {
    const figure = mediaItem(media, post.media[place]?.altText ?? null, options, false);
    const rest = place === SHOWN - 1 ? look.media.length - SHOWN : 0;
    return rest > 0 ? figure.replace("</figure>", `<span class="more">+${rest}</span></figure>`) : figure;
  });
  const title = post.settings["title"];
  return `<div class="grid of${shown.length}">${figures.join("")}</div>${
    typeof title === "string" ? `<p class="title">${escapeHtml(title)}</p>` : ""
  }`;
}

function articleHtml({ post, look }: Pick<SeenPost, "post" | "look">, options: CardOptions): string {
  const url = look.link?.url ?? "";
  const host = URL.canParse(url) ? new URL(url).hostname.replace(/^www\./, "") : url;
  const [picture] = look.media;
  const figure = picture ? mediaItem(picture, post.media[0]?.altText ?? null, options, false) : "";
  return outward(
    url,
    `${figure}<span class="about"><b>${escapeHtml(look.link?.title ?? host)}</b>` +
      `<small>${escapeHtml(host)}</small></span>`,
    picture ? "article" : "article bare",
  );
}

function icon(name: keyof typeof ICONS): string {
  return `<svg viewBox="0 0 24 24" aria-hidden="true">${ICONS[name]}</svg>`;
}
