import { z } from "zod";

import type { Call } from "../../../sandbox/platform.ts";
import { ERRORS, Refusal } from "./errors.ts";
import { findPlace } from "./places.ts";
import { codePoints, countText, linksIn } from "./text.ts";
import { needScopes, type Viewer } from "./viewer.ts";

/**
 * Validates the parameters of `POST /{user}/threads`, except for the media's bytes.
 * Source: Threads docs, reference publishing and create-posts, 2026.
 */
export interface NewContainer {
  kind: "TEXT" | "IMAGE" | "VIDEO" | "CAROUSEL";
  text: string;
  /** A carousel child. */
  item: boolean;
  children: string[];
  mediaUrl: string | null;
  altText: string | null;
  replyToId: string | null;
  quoteId: string | null;
  ghost: boolean;
  autoPublish: boolean;
  /** All other fields sent, as shown in the ledger. */
  settings: Record<string, unknown>;
}

const KINDS = ["TEXT", "IMAGE", "VIDEO", "CAROUSEL"] as const;
const TEXT_ONLY = [
  "poll_attachment",
  "link_attachment",
  "gif_attachment",
  "text_attachment",
  "is_ghost_post",
  "auto_publish_text",
] as const;
const NO_SETTINGS = new Set([
  "access_token",
  "media_type",
  "text",
  "image_url",
  "video_url",
  "alt_text",
  "is_carousel_item",
  "children",
  "auto_publish_text",
  "fields",
  "appsecret_proof",
]);
const JSON_PARAMETERS = new Set(["poll_attachment", "text_attachment", "gif_attachment", "text_entities"]);
const REPLY_CONTROLS = [
  "everyone",
  "accounts_you_follow",
  "mentioned_only",
  "parent_post_author_only",
  "followers_only",
];

const invalid = (message: string) => new Refusal(ERRORS.invalid(message));

export function validateCreate(call: Call, viewer: Viewer): NewContainer {
  const { params } = call;
  const kind = KINDS.find((one) => one === params["media_type"]);
  if (!kind)
    throw new Refusal(
      params["media_type"] === undefined
        ? ERRORS.missing("media_type")
        : ERRORS.invalid(`Param media_type must be one of ${KINDS.join(", ")}.`),
    );
  const text = params["text"] ?? "";
  if (kind === "TEXT" && text.trim() === "") throw new Refusal(ERRORS.missing("text"));
  if (countText(text) > 500) throw new Refusal(ERRORS.textTooLong);
  const present = TEXT_ONLY.find((name) => isSet(params, name));
  if (kind !== "TEXT" && present !== undefined) throw invalid(`Param ${present} is allowed with media_type TEXT only.`);
  const item = isTrue(params, "is_carousel_item");
  if (item && kind !== "IMAGE" && kind !== "VIDEO")
    throw invalid("Param is_carousel_item is allowed with media_type IMAGE and VIDEO only.");

  validateAltText(params, kind);
  validateTopic(params);
  validateLinks(params, text);
  validatePoll(params);
  validateTextAttachment(params);
  validateGif(params);
  validateEntities(params);
  validateGhost(params);
  validateAudience(params, viewer);
  return {
    kind,
    text,
    item,
    mediaUrl: mediaUrl(params, kind),
    children:
      kind === "CAROUSEL"
        ? (params["children"] ?? "")
            .split(",")
            .map((id) => id.trim())
            .filter(Boolean)
        : [],
    altText: params["alt_text"] ?? null,
    replyToId: params["reply_to_id"] ?? null,
    quoteId: params["quote_post_id"] ?? null,
    ghost: isTrue(params, "is_ghost_post"),
    autoPublish: isTrue(params, "auto_publish_text"),
    settings: settingsOf(params),
  };
}

function settingsOf(params: Call["params"]): Record<string, unknown> {
  const settings = Object.entries(params).filter(([name]) => !NO_SETTINGS.has(name));
  return Object.fromEntries(
    settings.map(([name, value]) => [name, JSON_PARAMETERS.has(name) ? parseJson(name, value) : value]),
  );
}

function mediaUrl(params: Call["params"], kind: NewContainer["kind"]): string | null {
  if (kind !== "IMAGE" && kind !== "VIDEO") return null;
  const name = kind === "IMAGE" ? "image_url" : "video_url";
  const url = params[name];
  if (!url) throw new Refusal(ERRORS.missing(name));
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new Refusal(ERRORS.notFetched);
  return url;
}

function validateAltText(params: Call["params"], kind: NewContainer["kind"]): void {
  if (kind === "TEXT" && isSet(params, "alt_text"))
    throw invalid("Param alt_text is not allowed with media_type TEXT.");
  if (kind === "TEXT" && isTrue(params, "is_spoiler_media"))
    throw invalid("Param is_spoiler_media is not allowed with media_type TEXT.");
  if (codePoints(params["alt_text"] ?? "") > 1000)
    throw invalid("Param alt_text must be at most 1000 characters long.");
}

function validateTopic(params: Call["params"]): void {
  const topic = params["topic_tag"];
  if (topic === undefined) return;
  if (topic.trim() === "" || codePoints(topic) > 50) throw invalid("Param topic_tag must be 1 to 50 characters long.");
  if (/[.&]/.test(topic)) throw invalid("Param topic_tag must not hold a period or an ampersand.");
}

const TextAttachment = z.object({
  plaintext: z.string().min(1),
  link_attachment_url: z.string().optional(),
  text_with_styling_info: z
    .array(
      z.object({
        offset: z.number().int().min(0),
        length: z.number().int().min(1),
        styling_info: z.array(z.enum(["bold", "italic", "highlight", "underline", "strikethrough"])),
      }),
    )
    .optional(),
});

/** The notes' limit: 5 different links across the text, the link attachment and the text attachment. */
function validateLinks(params: Call["params"], text: string): void {
  const attached = params["link_attachment"];
  if (attached !== undefined && !isWebAddress(attached))
    throw invalid("Param link_attachment must be a valid public URL.");
  const links = new Set(linksIn(text));
  if (attached !== undefined) links.add(attached);
  const inAttachment = isSet(params, "text_attachment")
    ? parseAs(TextAttachment, params, "text_attachment").link_attachment_url
    : undefined;
  if (inAttachment !== undefined) links.add(inAttachment);
  if (links.size > 5) throw new Refusal(ERRORS.linkLimit);
}

const Poll = z.strictObject({
  option_a: z.string(),
  option_b: z.string(),
  option_c: z.string().optional(),
  option_d: z.string().optional(),
});

function validatePoll(params: Call["params"]): void {
  if (!isSet(params, "poll_attachment")) return;
  const poll = parseAs(Poll, params, "poll_attachment");
  if (poll.option_d !== undefined && poll.option_c === undefined)
    throw invalid("Param poll_attachment leaves out option_c.");
  const wrong = Object.values(poll).some((option) => option.trim() === "" || codePoints(option) > 25);
  if (wrong) throw invalid("Param poll_attachment: options must be 1 to 25 characters long.");
}

function validateTextAttachment(params: Call["params"]): void {
  if (!isSet(params, "text_attachment")) return;
  const { plaintext, link_attachment_url: link } = parseAs(TextAttachment, params, "text_attachment");
  if (codePoints(plaintext) > 10_000)
    throw invalid("Param text_attachment: plaintext must be at most 10000 characters long.");
  if (isSet(params, "poll_attachment"))
    throw invalid("Param text_attachment is not allowed together with poll_attachment.");
  if (link !== undefined && isSet(params, "link_attachment"))
    throw invalid("Param text_attachment: link_attachment_url is not allowed together with link_attachment.");
  if (link !== undefined && !isWebAddress(link))
    throw invalid("Param text_attachment: link_attachment_url must be a valid public URL.");
}

function validateGif(params: Call["params"]): void {
  if (!isSet(params, "gif_attachment")) return;
  const { provider } = parseAs(z.object({ gif_id: z.string().min(1), provider: z.string() }), params, "gif_attachment");
  if (provider !== "GIPHY") throw invalid("Param gif_attachment: provider must be GIPHY.");
}

function validateEntities(params: Call["params"]): void {
  if (!isSet(params, "text_entities")) return;
  const Entity = z.object({
    entity_type: z.literal("SPOILER"),
    offset: z.number().int().min(0),
    length: z.number().int().min(1),
  });
  if (parseAs(z.array(Entity), params, "text_entities").length > 10)
    throw invalid("Param text_entities must hold at most 10 entries.");
}

function validateGhost(params: Call["params"]): void {
  if (!isTrue(params, "is_ghost_post")) return;
  if (isSet(params, "reply_to_id")) throw invalid("Param is_ghost_post is not allowed on a reply.");
  const extra = [
    "poll_attachment",
    "link_attachment",
    "gif_attachment",
    "text_attachment",
    "quote_post_id",
    "topic_tag",
    "location_id",
  ].find((name) => isSet(params, name));
  if (extra !== undefined) throw invalid(`Param ${extra} is not allowed on a ghost post.`);
}

function validateAudience(params: Call["params"], viewer: Viewer): void {
  const control = params["reply_control"];
  if (control !== undefined && !REPLY_CONTROLS.includes(control))
    throw invalid(`Param reply_control must be one of ${REPLY_CONTROLS.join(", ")}.`);
  const place = params["location_id"];
  if (place !== undefined) {
    needScopes(viewer, ["threads_location_tagging"]);
    if (!findPlace(place)) throw invalid("Param location_id names no place.");
  }
  const countries = params["allowlisted_country_codes"];
  if (countries !== undefined) {
    if (!viewer.facts.geoGating) throw new Refusal(ERRORS.noFeature);
    if (!countries.split(",").every((code) => isCountry(code.trim()))) throw new Refusal(ERRORS.badCountry);
  }
}

const regions = new Intl.DisplayNames("en", { type: "region", fallback: "none" });

function isCountry(code: string): boolean {
  return /^[A-Z]{2}$/.test(code) && !["ZZ", "EU", "UN", "XA", "XB"].includes(code) && regions.of(code) !== undefined;
}

function isWebAddress(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) && new URL(url).hostname.includes(".");
}

function isSet(params: Call["params"], name: string): boolean {
  const value = params[name];
  return value !== undefined && value !== "" && value !== "false";
}

function isTrue(params: Call["params"], name: string): boolean {
  return params[name] === "true" || params[name] === "1";
}

function parseAs<T>(schema: z.ZodType<T>, params: Call["params"], name: string): T {
  const result = schema.safeParse(parseJson(name, params[name] ?? ""));
  if (!result.success)
    throw invalid(`Param ${name} is not valid: ${result.error.issues.map((issue) => issue.message).join("; ")}.`);
  return result.data;
}

function parseJson(name: string, value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw invalid(`Param ${name} must be JSON.`);
  }
}
