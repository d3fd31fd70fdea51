import {
  commentsBox,
  face,
  mediaItem,
  richText,
  timeLink,
  type CardOptions,
  type PlatformCard,
  type ShownPost,
} from "../kit/card/card.ts";
import { html, type Markup } from "../kit/card/markup.ts";

/**
 * The look of a video on its channel: the thumbnail with its length, the title, and the collapsed description; Shorts
 * are vertical.
 */
export const card: PlatformCard = {
  style: `
.on-youtube article{display:block;padding:14px 16px 16px}
.on-youtube figure{margin:0;position:relative;overflow:hidden;border-radius:12px;background:#000;aspect-ratio:16/9;
  max-width:100%}
.on-youtube figure img,.on-youtube .film{width:100%;height:100%;object-fit:contain;display:grid}
.on-youtube .film{background:linear-gradient(160deg,#33302f,#0d0d0d 70%)}
.on-youtube .play{width:68px;height:48px;border-radius:14px;background:#f03}
.on-youtube .length{border-radius:4px;background:#000c;padding:1px 4px}
.on-youtube .short{display:grid;grid-template-columns:210px minmax(0,1fr);gap:0 16px}
.on-youtube .short figure{aspect-ratio:9/16;width:210px}
.on-youtube .short .row{margin-top:4px}
@container(max-width:520px){.on-youtube .short{grid-template-columns:130px minmax(0,1fr)}
  .on-youtube .short figure{width:130px}}
.on-youtube .row{display:grid;grid-template-columns:36px minmax(0,1fr) 24px;gap:0 12px;margin-top:12px}
.on-youtube .face{width:36px;height:36px}
.on-youtube h3{margin:0;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden;
  font-size:16px;line-height:1.35;font-weight:600;overflow-wrap:anywhere}
.on-youtube .about{color:var(--dim);font-size:13px;line-height:1.5}
.on-youtube .mark{width:24px;height:17px;border-radius:5px;background:#f03;display:grid;place-items:center}
.on-youtube .mark:after{content:"";border-left:7px solid #fff;border-top:4px solid transparent;
  border-bottom:4px solid transparent}
.on-youtube .chips{display:flex;flex-wrap:wrap;gap:6px;margin-top:8px}
.on-youtube .chip{display:inline-flex;align-items:center;gap:4px;font-size:12px;border-radius:8px;padding:2px 8px;
  background:var(--tint)}
.on-youtube .chip svg{width:12px;height:12px;fill:none;stroke:currentColor;stroke-width:2}
.on-youtube details{margin-top:10px;border-radius:12px;background:var(--tint);padding:10px 12px;font-size:14px}
.on-youtube summary{cursor:pointer;font-weight:600}
.on-youtube details p{margin:6px 0 0;white-space:pre-wrap;overflow-wrap:anywhere}
`,
  draw: (posts, options) => posts.map((seen) => videoBox(seen, options)),
};

const LOCK = html`<svg viewBox="0 0 24 24" aria-hidden="true"><rect x="5" y="11" width="14" height="9" rx="2"><path d="M8 11V8a4 4 0 0 1 8 0v3"></svg>`;
const LINK = html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1"></svg>`;

function videoBox(seen: ShownPost, options: CardOptions): Markup {
  const { post, look } = seen;
  const { author } = look;
  const short = look.notes.includes("Short");
  return html`<article class="${short ? "short" : ""} ${options.focus === post.id ? "focus" : ""}" id="post-${post.id}">
    ${figure(seen, options)}
    <div>
      <div class="row">
        ${face(author)}
        <div>
          ${post.text.trim() === "" ? "" : html`<h3><a href="${options.href(post.url)}">${post.text}</a></h3>`}
          <div class="about">
            <a href="${options.href(author.url)}">${author.name}</a> • No views • ${timeLink(seen, options)}
          </div>
          <div class="chips">${chips(seen, short)}</div>
        </div>
        <span class="mark" title="YouTube" aria-hidden="true"></span>
      </div>
      ${description(post)}${commentsBox(seen)}
    </div>
  </article>`;
}

/** A video that plays here is no link. */
function figure({ post, look }: ShownPost, options: CardOptions): Markup {
  const [video] = look.media;
  if (video === undefined) return "";
  const item = mediaItem(video, null, options, false);
  return video.video !== undefined ? item : html`<a href="${options.href(post.url)}">${item}</a>`;
}

function chips({ post }: ShownPost, short: boolean): Markup {
  const { visibility, settings, publishCalls } = post;
  const chip = (text: string, icon: Markup = "") => html`<span class="chip">${icon}${{ word: text }}</span>`;
  const publishAt = settings["publishAt"];
  return [
    short ? chip("Shorts") : "",
    visibility === "private" ? chip("Private", LOCK) : visibility === "unlisted" ? chip("Unlisted", LINK) : "",
    typeof publishAt === "string" && visibility === "private"
      ? chip(`Scheduled for ${publishAt.replace("T", " ").replace(/(:\d\d)?(\.\d+)?Z$/, " UTC")}`)
      : "",
    settings["selfDeclaredMadeForKids"] === true ? chip("Made for kids") : "",
    settings["containsSyntheticMedia"] === true ? chip("Altered or synthetic content") : "",
    publishCalls > 1
      ? html`<span class="chip warn" title="Calls that carried the last bytes of this very video"
          >${String(publishCalls)} publish calls</span
        >`
      : "",
  ];
}

function description({ settings }: ShownPost["post"]): Markup {
  const text = typeof settings["description"] === "string" ? settings["description"] : "";
  const tags = Array.isArray(settings["tags"]) ? settings["tags"].map(String) : [];
  if (text === "" && tags.length === 0) return "";
  return html`<details open="">
    <summary>Description</summary>
    ${text === "" ? "" : html`<p>${richText(text)}</p>`}${
      tags.length === 0 ? "" : html`<p class="about">Tags: ${tags.join(", ")}</p>`
    }
  </details>`;
}
