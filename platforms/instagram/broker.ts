import { awaitContainer, createContainer, publishContainer, readPermalink, readQuota } from "../kit/meta/containers.ts";
import { codeOf, created, getGraph, postGraph } from "../kit/meta/graph.ts";
import { paced } from "../kit/meta/usage.ts";
import { refuseSetting } from "../kit/scopes.ts";
import { BrokerError, type Broker, type QuietStep, type StepContext, type StepOutcome } from "../platform.ts";
import { containers, containerFields, firstStep, graphOf, kindOf, settingsOf, stepNames } from "./content.ts";
import { NOT_THERE } from "./errors.ts";
import { reconcile } from "./reconcile.ts";
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
      publishContainer(containers, publish, container, (id) => ({
        done: { [publish]: id },
        remoteId: id,
        platformPostId: id,
      })),
      addPermalink(),
      ...(content.settings.firstComment === undefined ? [] : [addFirstComment()]),
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
    run: (context) =>
      retryUntilVisible(context, "Instagram did not return the post's link.", (media) =>
        readPermalink(graphOf(context), context, media),
      ),
  };
}

/** This may be a repeat whose first response was lost, so an existing comment is not added again. */
function addFirstComment(): QuietStep {
  return {
    name: "first-comment",
    effect: "hidden",
    cosmetic: true,
    async run(context) {
      const refused = refuseSetting("Instagram", scopes, "firstComment", context.account.scopes);
      if (refused !== null) throw new BrokerError("CONTENT_REJECTED", refused);
      return await retryUntilVisible(context, "The first comment could not be added.", async (media) => {
        const graph = graphOf(context);
        const path = `${media}/comments`;
        const message = settingsOf(context).firstComment ?? "";
        const comments = await getGraph(graph, context, commentList, path, { fields: "id,text" });
        if (comments.data.every(({ text }) => text !== message))
          await postGraph(graph, context, created, path, { message });
        return { done: {} };
      });
    },
  };
}

/** After 1, 5 and 15 minutes: fresh media cannot always be read. */
const FRESH_MEDIA_WAITS = [60, 240, 600];

async function retryUntilVisible(
  context: StepContext,
  unseen: string,
  work: (media: string) => Promise<StepOutcome>,
): Promise<StepOutcome> {
  const media = context.checkpoint[stepNames.publish];
  if (typeof media !== "string") return { done: {} };
  try {
    return await work(media);
  } catch (error) {
    if (codeOf(error, (code) => NOT_THERE.has(code)) === null) throw error;
    const waitSeconds = FRESH_MEDIA_WAITS[context.polls];
    if (waitSeconds !== undefined) return { waitSeconds };
    throw new BrokerError("PLATFORM_UNAVAILABLE", unseen, { retryable: false, cause: error });
  }
}
