import type { PlatformContent } from "../../model/post.ts";
import type { RequestParameters } from "../kit/http.ts";
import type { Containers } from "../kit/meta/containers.ts";
import { graphError } from "../kit/meta/graph.ts";
import { renditionFor, ruleFor } from "../kit/rendition.ts";
import { settingsReader } from "../kit/settings.ts";
import { BrokerError, type PublishMedia, type StepContext, type StepDone } from "../platform.ts";
import { capabilities } from "./capabilities.ts";
import { containerErrors, graph, NOT_THERE, unknownContainerError } from "./errors.ts";
import { settings } from "./settings.ts";
import { containerState } from "./wire.ts";

const settingsOf = settingsReader(settings);

/** One post of a chain; the first is the post itself. */
export interface Part {
  index: number;
  text: string;
  media: PublishMedia[];
}

export function partsOf({ text, media, thread }: PlatformContent<PublishMedia>): [Part, ...Part[]] {
  return [{ index: 0, text, media }, ...thread.map((part, index) => ({ ...part, index: index + 1 }))];
}

/** Steps are numbered from 1, as people count the parts; a step stores its ID under its own name. */
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
    /** Where the part's preparation starts. */
    first: media.length > 1 ? child(0) : container,
  };
}

/** `media_type` of a part's container. */
export function kindOf(part: Part): "TEXT" | "IMAGE" | "VIDEO" | "CAROUSEL" {
  if (part.media.length > 1) return "CAROUSEL";
  const type = part.media[0]?.type;
  return type === undefined ? "TEXT" : type === "video" ? "VIDEO" : "IMAGE";
}

/** The media ID that the part replies to; null if it is a post of its own. */
export function repliesTo(context: StepContext, part: Part): string | null {
  if (part.index === 0) return settingsOf(context).replyTo ?? null;
  const before = context.checkpoint[stepNames({ ...part, index: part.index - 1 }).publish];
  if (typeof before === "string") return before;
  throw new BrokerError(
    "OUTCOME_UNKNOWN",
    "The previous part is live on Threads, but its ID is unknown, so the next part cannot reply to it.",
  );
}

/** The parameters of `POST /threads`. Source: Threads docs, reference/publishing, 2026. */
export async function containerFields(
  context: StepContext,
  part: Part,
  child: number | null,
): Promise<RequestParameters> {
  if (child !== null) return { ...(await mediaFields(context, part.media[child])), is_carousel_item: "true" };
  const names = stepNames(part);
  const kind = kindOf(part);
  const replyTo = repliesTo(context, part);
  return {
    ...(kind === "TEXT" && { media_type: kind }),
    ...((kind === "IMAGE" || kind === "VIDEO") && (await mediaFields(context, part.media[0]))),
    ...(kind === "CAROUSEL" && {
      media_type: kind,
      children: part.media.map((_, item) => String(context.checkpoint[names.child(item)])).join(","),
    }),
    text: part.text || undefined,
    reply_to_id: replyTo ?? undefined,
    ...(part.index === 0 && firstPartFields(context, kind === "TEXT")),
  };
}

/** Source: Threads docs, reference/publishing and troubleshooting, 2026. */
export const containers: Containers = {
  graphOf: () => graph,
  edges: { create: "threads", publish: "threads_publish", limit: "threads_publishing_limit" },
  state: { fields: "status,error_message", schema: containerState },
  notThere: NOT_THERE,
  notReady: "24/4279009",
  // What a container refers to: its parent, the quoted post, its children.
  mayAppear: (code) => NOT_THERE.has(code),
  // Meta says to poll once a minute and gives up after 5.
  patience: {
    image: { waits: [2, 4, 8, 15, 30, 60], giveUpSeconds: 900 },
    video: { waits: [10, 20, 40, 60], giveUpSeconds: 900 },
  },
  givenUpAfter: "15 minutes",
  failure(reason, redoFrom) {
    const detail = { status: 200, code: reason === "" ? null : reason, message: null, requestId: null };
    return graphError(graph, containerErrors[reason] ?? unknownContainerError, detail, { redoFrom });
  },
};

/** What a part's post stores once it is known to be live. */
export function doneOf(context: StepContext, part: Part, id: string, link?: string | null): StepDone {
  const done = { [stepNames(part).publish]: id };
  if (part.index === 0) return { done, remoteId: id, platformPostId: id, publishedUrl: link ?? undefined };
  const parts = liveParts({ ...context, checkpoint: { ...context.checkpoint, ...done } });
  return { done, remoteId: id, parts: parts.map((each) => ({ ...each, publishedUrl: null })) };
}

/** The parts after the first that are live, in order. */
export function liveParts({
  content,
  checkpoint,
}: Pick<StepContext, "content" | "checkpoint">): { platformPostId: string }[] {
  return partsOf(content)
    .slice(1)
    .map((part) => checkpoint[stepNames(part).publish])
    .filter((id) => typeof id === "string")
    .map((platformPostId) => ({ platformPostId }));
}

function firstPartFields(context: StepContext, isText: boolean): RequestParameters {
  const { replyControl, topicTag, quotePostId, poll } = settingsOf(context);
  return {
    ...(isText && {
      link_attachment: context.content.linkUrl ?? undefined,
      poll_attachment: poll && JSON.stringify(pollOptions(poll.options)),
    }),
    reply_control: replyControl,
    topic_tag: topicTag,
    quote_post_id: quotePostId,
  };
}

function pollOptions(options: readonly string[]): Record<string, string> {
  const names = ["option_a", "option_b", "option_c", "option_d"];
  return Object.fromEntries(options.map((option, index) => [names[index] ?? "", option]));
}

async function mediaFields(context: StepContext, media: PublishMedia | undefined): Promise<RequestParameters> {
  if (media === undefined) return {};
  const url = await context.media.publicUrl(media, renditionFor(media, ruleFor(capabilities, media.type)));
  const alt_text = media.altText || undefined;
  return media.type === "video"
    ? { media_type: "VIDEO", video_url: url, alt_text }
    : { media_type: "IMAGE", image_url: url, alt_text };
}
