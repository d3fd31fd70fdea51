import type { NewPost as LedgerPost } from "../../../sandbox/ledger.ts";
import type { Call } from "../../../sandbox/platform.ts";
import { actOut, findAsset, type Asset } from "./assets.ts";
import { badValue, ERRORS, Refusal, type RestError } from "./errors.ts";
import { bodyOf, checkFields, textOf, type Fields, type Schema } from "./fields.ts";
import { renderLittleText } from "./little-text.ts";
import type { Viewer } from "./viewer.ts";

/** Validates the body of `POST /rest/posts`. Source: LinkedIn docs, posts-api and post-api-schema, 2026-05. */
export interface NewPost {
  commentary: string;
  visibility: string;
  kind: LedgerPost["kind"];
  media: PostMedium[];
  link: { url: string; title: string | null } | null;
  /** As sent. */
  content: unknown;
  /** All other fields sent, as shown in the ledger. */
  settings: Record<string, unknown>;
}

export interface PostMedium {
  asset: Asset & { kind: "image" | "video" };
  altText: string | null;
}

const TEXT_MAX = 3000;
const ALT_TEXT_MAX = 4086;
const TITLE_MAX = 400;
const IMAGES = { min: 2, max: 20 };

const POST: Schema = {
  author: { kind: "string", required: true },
  commentary: { kind: "string", required: true },
  visibility: { kind: "string", required: true },
  distribution: { kind: "object", required: true },
  lifecycleState: { kind: "string", required: true },
  isReshareDisabledByAuthor: { kind: "boolean" },
  content: { kind: "object" },
  contentCallToActionLabel: { kind: "string" },
  contentLandingPage: { kind: "string" },
  reshareContext: { kind: "object" },
  adContext: { kind: "object" },
};
const DISTRIBUTION: Schema = {
  feedDistribution: { kind: "string", required: true },
  targetEntities: { kind: "array" },
  thirdPartyDistributionChannels: { kind: "array" },
};
const MEDIA: Schema = {
  id: { kind: "string", required: true },
  altText: { kind: "string" },
  title: { kind: "string" },
};
const ARTICLE: Schema = {
  source: { kind: "string" },
  title: { kind: "string" },
  description: { kind: "string" },
  thumbnail: { kind: "string" },
  thumbnailAltText: { kind: "string" },
};
const KINDS = ["media", "multiImage", "article", "poll", "celebration", "reference", "carousel"];

export function validatePost(call: Call, viewer: Viewer): NewPost {
  const body = checkFields(bodyOf(call), "", POST);
  const distribution = checkFields(body["distribution"], "/distribution", DISTRIBUTION);
  const visibility = oneOf(body, "visibility", ["PUBLIC", "CONNECTIONS", "LOGGED_IN", "CONTAINER"]);
  oneOf(distribution, "feedDistribution", ["MAIN_FEED", "NONE"]);
  validateAuthor(textOf(body, "author") ?? "", viewer);
  if (textOf(distribution, "feedDistribution") === "NONE")
    throw new Refusal(badValue("feedDistribution NONE is for organizations only"));
  if (oneOf(body, "lifecycleState", ["DRAFT", "PUBLISHED", "PUBLISH_REQUESTED", "PUBLISH_FAILED"]) !== "PUBLISHED") {
    throw new Refusal(badValue("lifecycleState has to be PUBLISHED when a post is created"));
  }
  const commentary = textOf(body, "commentary") ?? "";
  if (commentary.trim() === "") throw new Refusal(ERRORS.blank);
  if (renderLittleText(commentary).length > TEXT_MAX) throw new Refusal(ERRORS.tooLong);
  const { author: _author, commentary: _commentary, visibility: _visibility, content, ...settings } = body;
  return {
    commentary,
    visibility,
    content: content ?? null,
    ...validateContent(call, viewer, content, { ...settings, commentary }),
  };
}

function validateAuthor(author: string, viewer: Viewer): void {
  if (author === viewer.urn) return;
  if (!/^urn:li:[a-zA-Z]+:/.test(author))
    throw new Refusal({ status: 400, code: "INVALID_URN_TYPE", message: `${author} is no URN` });
  throw new Refusal(ERRORS.notAuthor);
}

type Content = Pick<NewPost, "kind" | "media" | "link" | "settings">;

function validateContent(call: Call, viewer: Viewer, content: unknown, settings: Record<string, unknown>): Content {
  if (content === undefined || content === null) return { kind: "text", media: [], link: null, settings };
  const fields = checkFields(content, "/content", Object.fromEntries(KINDS.map((kind) => [kind, { kind: "object" }])));
  const kinds = Object.keys(fields).filter((kind) => (fields[kind] ?? null) !== null);
  if (kinds.length !== 1) throw new Refusal(badValue("content has to hold exactly one kind"));
  switch (kinds[0]) {
    case "media":
      return validateMedia(call, viewer, fields["media"], settings);
    case "multiImage":
      return validateImages(call, viewer, fields["multiImage"], settings);
    case "article":
      return validateArticle(call, viewer, fields["article"], settings);
    default:
      throw new Refusal(badValue(`content.${kinds[0]} is not available to this application`));
  }
}

function validateMedia(call: Call, viewer: Viewer, value: unknown, settings: Record<string, unknown>): Content {
  const media = checkFields(value, "/content/media", MEDIA);
  const asset = usable(call, viewer, textOf(media, "id") ?? "", ["image", "video", "document"]);
  const title = textOf(media, "title");
  if (asset.kind === "document") {
    if ((title ?? "") === "")
      throw new Refusal({ status: 400, code: "MISSING_FIELD", message: "content.media.title is required" });
    return { kind: "carousel", media: [], link: null, settings: { ...settings, title, document: asset.urn } };
  }
  const { kind } = asset;
  // LinkedIn has no alt text for videos.
  const medium = { asset: { ...asset, kind }, altText: kind === "video" ? null : altTextOf(media, "altText") };
  return {
    kind,
    media: [medium],
    link: null,
    settings: { ...settings, ...(title !== undefined && { title }) },
  };
}

function validateImages(call: Call, viewer: Viewer, value: unknown, settings: Record<string, unknown>): Content {
  const { images } = checkFields(value, "/content/multiImage", {
    images: { kind: "array", required: true },
    altText: { kind: "string" },
  });
  const list = Array.isArray(images) ? images : [];
  if (list.length < IMAGES.min || list.length > IMAGES.max)
    throw new Refusal(badValue(`multiImage takes ${IMAGES.min} to ${IMAGES.max} images`));
  const media = list.map((entry: unknown, place) => {
    const image = checkFields(entry, `/content/multiImage/images/${place}`, {
      id: { kind: "string", required: true },
      altText: { kind: "string" },
    });
    return { asset: usableImage(call, viewer, textOf(image, "id") ?? ""), altText: altTextOf(image, "altText") };
  });
  return { kind: "carousel", media, link: null, settings };
}

/** LinkedIn does not fetch the page: only what is sent is shown. */
function validateArticle(call: Call, viewer: Viewer, value: unknown, settings: Record<string, unknown>): Content {
  const article = checkFields(value, "/content/article", ARTICLE);
  const source = textOf(article, "source");
  if (source === undefined)
    throw new Refusal({ status: 400, code: "MISSING_FIELD", message: "content.article.source is required" });
  if (!URL.canParse(source) || !/^https?:$/.test(new URL(source).protocol))
    throw new Refusal(badValue("content.article.source is no web address"));
  const title = textOf(article, "title");
  if ((title ?? "").length > TITLE_MAX) throw new Refusal(ERRORS.tooLong);
  const thumbnail = textOf(article, "thumbnail");
  const altText = altTextOf(article, "thumbnailAltText");
  const media = thumbnail === undefined ? [] : [{ asset: usableImage(call, viewer, thumbnail), altText }];
  return { kind: "article", media, link: { url: source, title: title ?? null }, settings: { ...settings, article } };
}

function altTextOf(fields: Fields, name: string): string | null {
  const altText = textOf(fields, name);
  if ((altText ?? "").length > ALT_TEXT_MAX) throw new Refusal(ERRORS.tooLong);
  return altText ?? null;
}

function usableImage(call: Call, viewer: Viewer, urn: string): PostMedium["asset"] {
  return { ...usable(call, viewer, urn, ["image"]), kind: "image" };
}

/** The member's own media, ready for use. */
function usable(call: Call, viewer: Viewer, urn: string, kinds: readonly Asset["kind"][]): Asset {
  const kind = kinds.find((one) => urn.startsWith(`urn:li:${one}:`));
  if (kind === undefined)
    throw new Refusal({ status: 400, code: "INVALID_URN_TYPE", message: `${urn} is not of a type that is taken here` });
  if (call.behaviour?.name === "process_forever") actOut(call, urn);
  const asset = findAsset(call, urn);
  if (!asset || asset.owner !== viewer.urn)
    throw new Refusal({ image: ERRORS.badImage, video: ERRORS.badVideo, document: ERRORS.badDocument }[kind]);
  const refusals: Partial<Record<Asset["state"], RestError>> = {
    WAITING_UPLOAD: ERRORS.waitingUpload,
    PROCESSING: ERRORS.waitingUpload,
    PROCESSING_FAILED: ERRORS.processingFailed,
  };
  const refusal = refusals[asset.state];
  if (refusal) throw new Refusal(refusal);
  return asset;
}

function oneOf(fields: Fields, name: string, values: readonly string[]): string {
  const value = textOf(fields, name) ?? "";
  if (!values.includes(value)) throw new Refusal(badValue(`${name} has to be one of ${values.join(", ")}`));
  return value;
}
