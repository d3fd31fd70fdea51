import { firstComment, type Comments } from "../kit/first-comment.ts";
import { awaitContainer, createContainer, publishContainer, readPermalink, readQuota } from "../kit/meta/containers.ts";
import { codeOf, created, getGraph, postGraph } from "../kit/meta/graph.ts";
import { paced } from "../kit/meta/usage.ts";
import { BrokerError, type Broker, type QuietStep, type StepContext, type StepOutcome } from "../platform.ts";
import { containers, containerFields, firstStep, graphOf, kindOf, stepNames } from "./content.ts";
import { NOT_THERE } from "./errors.ts";
import { lookOf, reconcile } from "./reconcile.ts";
import { scopes } from "./scopes.ts";
import { uploadVideo } from "./upload.ts";
import { commentList } from "./wire.ts";

/** One container for the post, and one for each item of a carousel before it. */
export const broker: Broker = {
  steps(content) {
    const isCarousel = kindOf(content) === "carousel";
    const hasVideo = content.media.some(({ type }) => type === "video");
    const { container, ready, publish } = stepNames;
    const children = isCarousel
      ? content.media.map(({ type }, item) => ({ name: stepNames.child(item), item, hasVideo: type === "video" }))
      : [];
    return paced([
      ...children.flatMap(({ name, item, hasVideo: isVideo }) => [
        createContainer(containers, name, (context) => containerFields(context, item)),
        ...(isVideo ? [uploadVideo(name, item)] : []),
      ]),
      ...children.map(({ name, hasVideo: isVideo }) =>
        awaitContainer(containers, { name: `${name}-ready`, container: name, redoFrom: name, hasVideo: isVideo }),
      ),
      createContainer(containers, container, (context) => containerFields(context, null)),
      ...(hasVideo && !isCarousel ? [uploadVideo(container, 0)] : []),
      awaitContainer(containers, { name: ready, container, redoFrom: firstStep(content), hasVideo }),
      readQuota(containers, { posts: 1 }),
      publishContainer(containers, publish, container, lookOf, (id) => ({
        done: { [publish]: id },
        remoteId: id,
        platformPostId: id,
      })),
      addPermalink(),
      ...firstComment(content, { label: "Instagram", scopes }, comments),
    ]);
  },
  reconcile,
  // Meta names no number; a container that still reads FINISHED is believed after a minute.
  indexingLagSeconds: 60,
};

function addPermalink(): QuietStep {
  return {
    name: "permalink",
    effect: "read",
    cosmetic: true,
    async run(context) {
      const media = mediaOf(context);
      if (media === null) return { done: {} };
      try {
        return await readPermalink(graphOf(context), context, media);
      } catch (error) {
        return waitUntilVisible(error, context, "Instagram did not return the post's link.");
      }
    },
  };
}

const comments: Comments = {
  postOf: mediaOf,
  list: async (context, media) => {
    const { data } = await getGraph(graphOf(context), context, commentList, `${media}/comments`, { fields: "id,text" });
    return data.map(({ text }) => text ?? "");
  },
  add: (context, media, message) => postGraph(graphOf(context), context, created, `${media}/comments`, { message }),
  waitFor: (error, context) => waitUntilVisible(error, context, "Instagram did not find the post."),
};

function mediaOf({ checkpoint }: StepContext): string | null {
  const media = checkpoint[stepNames.publish];
  return typeof media === "string" ? media : null;
}

/** After 1, 5 and 15 minutes: fresh media cannot always be read. */
const FRESH_MEDIA_WAITS = [60, 240, 600];

/** Rethrows any other error. */
function waitUntilVisible(error: unknown, { polls }: StepContext, unseen: string): StepOutcome {
  if (codeOf(error, (code) => NOT_THERE.has(code)) === null) throw error;
  const waitSeconds = FRESH_MEDIA_WAITS[polls];
  if (waitSeconds !== undefined) return { waitSeconds };
  throw new BrokerError("PLATFORM_UNAVAILABLE", unseen, { retryable: false, cause: error });
}
