import {
  callsNote,
  carousel,
  face,
  hostOf,
  mediaItems,
  outward,
  richText,
  timeLink,
  type CardOptions,
  type Look,
  type PlatformCard,
  type ShownPost,
} from "./card.ts";
import { html, type Markup } from "./markup.ts";

/** Posts as notes: a chain with its replies, connected by a line. */
export const PLAIN_CARD: PlatformCard = {
  style: "",
  draw: (posts, options) =>
    html`<section class="chain">${posts.map((seen, place) => note(seen, options, posts, place))}</section>`,
};

function note(seen: ShownPost, options: CardOptions, chain: readonly ShownPost[], place: number): Markup {
  const { post, look } = seen;
  const { username, name, url } = look.author;
  const parent = chain.find((one) => one.post.id === look.replyToId);
  const isJoined = place < chain.length - 1;
  const notes = [...look.notes.map((each) => html`<span>${{ word: each }}</span>`), callsNote(seen)].filter(
    (each) => each !== "",
  );
  return html`<article class="${options.focus === post.id ? "focus" : ""}" id="post-${post.id}">
    <div class="side">${face(look.author)}${isJoined ? html`<span class="thread"></span>` : ""}</div>
    <div class="body">
      <div class="head">
        <a class="author" href="${options.href(url)}" title="${name}">${username}</a>${
          look.topic === null ? "" : html`<span class="topic">${look.topic}</span>`
        }
        ${timeLink(seen, options, "time")} ${place === 0 ? html`<span class="platform">${options.label}</span>` : ""}
      </div>
      ${
        parent && parent.look.author.username !== username
          ? html`<p class="small">Replying to @${parent.look.author.username}</p>`
          : ""
      }${post.text === "" ? "" : html`<p class="text">${richText(post.text)}</p>`}${attachment(look)}${
        look.media.length === 0
          ? ""
          : carousel(`media ${look.media.length > 1 ? "many" : "one"}`, mediaItems(seen, options))
      }${poll(look)}${link(look)}${
        look.quotedId === null ? "" : html`<p class="quote">Quotes post <code>${look.quotedId}</code></p>`
      }
      ${notes.length === 0 ? "" : html`<p class="small notes">${notes}</p>`}
    </div>
  </article>`;
}

function link({ link: given, media }: Look): Markup {
  if (!given || media.length > 0) return "";
  const title = given.title ?? given.url.replace(/^https?:\/\//, "");
  return outward(given.url, html`<span class="host">${hostOf(given.url)}</span><b>${title}</b>`, "link");
}

function poll({ poll: options }: Look): Markup {
  return options.length === 0
    ? ""
    : html`<ul class="poll" aria-label="Poll">
        ${options.map((option) => html`<li>${option}</li>`)}
      </ul>`;
}

function attachment({ attachment: text }: Look): Markup {
  if (text === null) return "";
  const start = `${text.slice(0, 140)}${text.length > 140 ? " …" : ""}`;
  return html`<details class="long">
    <summary>${start}</summary>
    <p>${text}</p>
  </details>`;
}
