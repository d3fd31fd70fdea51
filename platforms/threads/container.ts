import type { MediaRule } from "../../model/capabilities.ts";
import type { MediaType, PlatformContent } from "../../model/post.ts";
import { renditionFor } from "../kit/rendition.ts";
import { BrokerError, type PublishMedia, type StepContext } from "../platform.ts";
import { capabilities } from "./capabilities.ts";
import { NOT_THERE } from "./errors.ts";
import { settings, type ThreadsSettings } from "./settings.ts";

/** One post of a chain; the first is the post itself. */
export interface Part {
  index: number;
  text: string;
  media: PublishMedia[];
}

export function partsOf(content: PlatformContent<PublishMedia>): Part[] {
  return [content, ...content.thread].map(({ text, media }, index) => ({ index, text, media }));
}

/** Steps are numbered from 1, as people count the parts; a step leaves the id it got under its own name. */
export function stepNames({ index, media }: Part) {
  const part = index + 1;
  const child = (item: number): string => `child-${part}-${item + 1}`;
  const container = `container-${part}`;
  return {
    child,
    childReady: (item: number): string => `child-ready-${part}-${item + 1}`,
    container,
    ready: `ready-${part}`,
    publish: `publish-${part}`,
    /** Where the part's preparation begins. */
    first: media.length > 1 ? child(0) : container,
  };
}

/** `media_type` of a part's container. */
export function kindOf(part: Part): "TEXT" | "IMAGE" | "VIDEO" | "CAROUSEL" {
  if (part.media.length > 1) return "CAROUSEL";
  const type = part.media[0]?.type;
  return type === undefined ? "TEXT" : type === "video" ? "VIDEO" : "IMAGE";
}

/** The media id that the part replies to; null where it is a post of its own. */
export function repliesTo(context: StepContext, part: Part): string | null {
  if (part.index === 0) return settingsOf(context).replyTo ?? null;
  const before = context.checkpoint[stepNames({ ...part, index: part.index - 1 }).publish];
  if (typeof before === "string") return before;
  throw new BrokerError(
    "OUTCOME_UNKNOWN",
    "The part before is live on Threads, but not which post it is, so nothing can reply to it.",
  );
}

/** The parameters of `POST /threads`. Source: Threads docs, reference/publishing, 2026. */
export async function containerFields(
  context: StepContext,
  part: Part,
  child: number | null,
): Promise<Record<string, string>> {
  if (child !== null) return { ...(await mediaFields(context, part.media[child])), is_carousel_item: "true" };
  const names = stepNames(part);
  const kind = kindOf(part);
  const replyTo = repliesTo(context, part);
  return {
    ...(kind === "TEXT" ? { media_type: kind } : {}),
    ...(kind === "IMAGE" || kind === "VIDEO" ? await mediaFields(context, part.media[0]) : {}),
    ...(kind === "CAROUSEL"
      ? {
          media_type: kind,
          children: part.media.map((_, item) => String(context.checkpoint[names.child(item)])).join(","),
        }
      : {}),
    ...(part.text === "" ? {} : { text: part.text }),
    ...(replyTo === null ? {} : { reply_to_id: replyTo }),
    ...(part.index === 0 ? firstPartFields(context, kind === "TEXT") : {}),
  };
}

/** Whether the platform says no more than that something is not there. */
export function cannotSeeYet(error: unknown): boolean {
  return error instanceof BrokerError && NOT_THERE.has(error.platformError?.code ?? "");
}

function firstPartFields(context: StepContext, isText: boolean): Record<string, string> {
  const { replyControl, topicTag, quotePostId, poll } = settingsOf(context);
  return {
    ...(isText && context.content.linkUrl !== null ? { link_attachment: context.content.linkUrl } : {}),
    ...(replyControl === undefined ? {} : { reply_control: replyControl }),
    ...(topicTag === undefined ? {} : { topic_tag: topicTag }),
    ...(quotePostId === undefined ? {} : { quote_post_id: quotePostId }),
    ...(isText && poll !== undefined ? { poll_attachment: JSON.stringify(pollOptions(poll.options)) } : {}),
  };
}

function pollOptions(options: readonly string[]): Record<string, string> {
  const names = ["option_a", "option_b", "option_c", "option_d"];
  return Object.fromEntries(options.map((option, index) => [names[index] ?? "", option]));
}

async function mediaFields(context: StepContext, media: PublishMedia | undefined): Promise<Record<string, string>> {
  if (media === undefined) return {};
  const fields: Record<string, string> =
    media.type === "video"
      ? { media_type: "VIDEO", video_url: await context.media.publicUrl(media, renditionFor(media, ruleOf("video"))) }
      : { media_type: "IMAGE", image_url: await context.media.publicUrl(media, renditionFor(media, ruleOf("image"))) };
  return media.altText === null || media.altText === "" ? fields : { ...fields, alt_text: media.altText };
}

/** Every shape asks the same of a file. */
function ruleOf(kind: MediaType): MediaRule {
  const rule = capabilities.placements[0].shapes.find((shape) => shape[kind] !== undefined)?.[kind];
  if (rule === undefined) throw new Error(`Threads declares no shape with ${kind}`);
  return rule;
}

/** The judge has accepted them at create; the placement and the chain have members of their own in the content. */
function settingsOf(context: StepContext): ThreadsSettings {
  return settings.parse(context.content.settings);
}
