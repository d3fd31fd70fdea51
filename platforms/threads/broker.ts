import {
  awaitContainer,
  createContainer,
  publishContainer,
  readPermalink as readLink,
  readQuota,
} from "../kit/meta/containers.ts";
import { paced } from "../kit/meta/usage.ts";
import type { Broker, LivePart, QuietStep, Step, StepOutcome } from "../platform.ts";
import { containerFields, containers, doneOf, liveParts, partsOf, stepNames, type Part } from "./content.ts";
import { graph } from "./errors.ts";
import { lookOf, reconcile } from "./reconcile.ts";

/**
 * One container for a part, and one for each item of a carousel before it. A chain is the same again for each part, as
 * a reply to the part before.
 */
export const broker: Broker = {
  steps(content) {
    const isReply = content.settings.replyTo !== undefined;
    const [first, ...others] = partsOf(content);
    const quota = { posts: isReply ? 0 : 1, replies: others.length + (isReply ? 1 : 0) };
    return paced([
      ...prepare(first),
      readQuota(containers, quota),
      publish(first),
      readPermalink("permalink", first),
      ...others.flatMap((part) => [...prepare(part), publish(part)]),
      // A thread's link is read right after its first part, and again at the end if that failed.
      ...(others.length > 0 ? [readPermalink("permalink-again", first), readPartLinks()] : []),
    ]);
  },
  reconcile,
  // Meta names no number; a container that still reads FINISHED is believed after a minute.
  indexingLagSeconds: 60,
};

function prepare(part: Part): Step[] {
  const { child, childReady, container, ready, first } = stepNames(part);
  const items = part.media.length > 1 ? part.media : [];
  const hasVideo = part.media.some(({ type }) => type === "video");
  return [
    ...items.map((_, item) =>
      createContainer(containers, child(item), (context) => containerFields(context, part, item)),
    ),
    ...items.map(({ type }, item) =>
      awaitContainer(containers, {
        name: childReady(item),
        container: child(item),
        redoFrom: child(item),
        hasVideo: type === "video",
      }),
    ),
    createContainer(containers, container, (context) => containerFields(context, part, null)),
    awaitContainer(containers, { name: ready, container, redoFrom: first, hasVideo }),
  ];
}

function publish(part: Part): Step {
  const { publish: name, container } = stepNames(part);
  return publishContainer(
    containers,
    name,
    container,
    (context) => lookOf(context, part),
    (id, context) => doneOf(context, part, id),
  );
}

/** The link is missing if the media is flagged for copyright. */
function readPermalink(name: string, part: Part): QuietStep {
  return {
    name,
    effect: "read",
    cosmetic: true,
    async run(context): Promise<StepOutcome> {
      const id = context.checkpoint[stepNames(part).publish];
      if (typeof id !== "string" || context.checkpoint.permalink === true) return { done: {} };
      const { publishedUrl } = await readLink(graph, context, id);
      return publishedUrl === undefined ? { done: {} } : { done: { permalink: true }, publishedUrl };
    },
  };
}

/** The links of the parts after the first. */
function readPartLinks(): QuietStep {
  return {
    name: "part-permalinks",
    effect: "read",
    cosmetic: true,
    async run(context): Promise<StepOutcome> {
      const parts: LivePart[] = [];
      for (const { platformPostId } of liveParts(context)) {
        const { publishedUrl = null } = await readLink(graph, context, platformPostId);
        parts.push({ platformPostId, publishedUrl });
      }
      return { done: {}, parts };
    },
  };
}
