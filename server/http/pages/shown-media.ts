import type { Approval, ShownMedia } from "../../../contract/operations/approvals.ts";
import { withoutTurns } from "../../../model/text-direction.ts";
import { html, type Html } from "../html.ts";

/** Why a post cannot be approved while part of it is not visible; null if all of it is. */
export function whyNotYet({ media }: Pick<Approval, "media">): Html | null {
  if (media.every(({ status }) => status === "ready")) return null;
  const isLost = media.some(({ status }) => status === "failed");
  const text = isLost
    ? "This post cannot be approved because some of its media could not be fetched. Replace the media in the post."
    : "This post can be approved once all its media has been fetched. Reload the page in a moment.";
  return html`<p class="notice warn">${text}</p>`;
}

/** The media at a place of the post, each with its thumbnail. */
export function mediaBelow(
  media: readonly ShownMedia[],
  place: string,
  entries: readonly { altText?: unknown }[],
): Html[] {
  const at = (path: string) => media.find((each) => each.path === path);
  return entries.map(({ altText }, index) => {
    const thumbnail = at(`${place}/${index}/thumbnailUrl`) ?? at(`${place}/${index}/thumbnailMediaId`);
    const words = typeof altText === "string" ? altText : "";
    return html`${mediaFigure(at(`${place}/${index}`), words)}${
      thumbnail === undefined
        ? null
        : html`<p class="small dim">Thumbnail</p>
            ${mediaFigure(thumbnail)}`
    }`;
  });
}

/**
 * One file as it is stored and would be published, only from our own origin: nothing is requested from the server it
 * came from.
 */
export function mediaFigure(media: ShownMedia | undefined, altText = ""): Html {
  if (media === undefined) return html`<p class="notice warn">The file is missing.</p>`;
  if (media.url === null) {
    const state = media.status === "failed" ? "could not be fetched." : "has not been fetched yet.";
    return html`<p class="notice warn">
      ${withoutTurns(media.filename)} ${state}${media.error === null ? null : ` ${withoutTurns(media.error)}`}
    </p>`;
  }
  const { pathname, search } = new URL(media.url);
  const address = pathname + search;
  const shown =
    media.type === "video"
      ? html`<video src="${address}" controls preload="metadata"></video>`
      : html`<img src="${address}" alt="${withoutTurns(altText)}" loading="lazy" />`;
  const words = withoutTurns(
    [media.type, media.filename, altText].filter((text) => text !== null && text !== "").join(" · "),
  );
  return html`<figure>
    ${shown}
    <figcaption>${words} · <a href="${address}">Open</a></figcaption>
  </figure>`;
}
