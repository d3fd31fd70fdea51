import { callGraph, graphRequest, readGraphAnswer } from "../kit/meta-graph.ts";
import { uploadUrl, uploadVideo } from "../kit/meta-upload.ts";
import { paced } from "../kit/meta-usage.ts";
import {
  BrokerError,
  type Broker,
  type QuietStep,
  type StepContext,
  type StepOutcome,
  type VisibleStep,
} from "../platform.ts";
import {
  cannotSeeYet,
  containerError,
  containerFields,
  firstStep,
  graphOf,
  kindOf,
  settingsOf,
  stepNames,
  takesBytes,
  videoRendition,
} from "./container.ts";
import { graphs } from "./errors.ts";
import { reconcile } from "./reconcile.ts";
import { commentList, containerStatus, created, mediaLink, published, publishingLimit } from "./wire.ts";

/**
 * Instagram publishes in two calls: a container is made and processed, then published. The container's id is known
 * before the post is live, and its state says afterwards what became of it.
 */
export const broker: Broker = {
  steps(content) {
    const isCarousel = kindOf(content) === "carousel";
    const isVideo = content.media.some(({ type }) => type === "video");
    const children = content.media.map((media, item) => ({
      name: stepNames.child(item),
      item,
      isVideo: media.type === "video",
    }));
    const first = firstStep(content);
    return paced([
      ...(isCarousel
        ? children.flatMap(({ name, item, isVideo }) => [
            createContainer(name, item),
            ...(isVideo ? [upload(name, item)] : []),
          ])
        : []),
      ...(isCarousel ? children.map(({ name, isVideo }) => awaitContainer(`${name}-ready`, name, name, isVideo)) : []),
      createContainer(stepNames.container, null),
      ...(isVideo && !isCarousel ? [upload(stepNames.container, 0)] : []),
      awaitContainer(stepNames.ready, stepNames.container, first, isVideo),
      readQuota(),
      publish(),
      readPermalink(),
      ...(content.settings.firstComment === undefined ? [] : [addFirstComment()]),
    ]);
  },
  reconcile,
  // Meta names no number; a container that still reads FINISHED is believed after a minute.
  indexingLagSeconds: 60,
};

/** Makes a container: of one carousel item where `child` is given, else of the post itself. */
function createContainer(name: string, child: number | null): QuietStep {
  return {
    name,
    effect: "hidden",
    async run(context) {
      const graph = graphOf(context);
      const fields = await containerFields(context, child);
      const request = graphRequest(
        graph,
        context.accessToken,
        "POST",
        `${context.account.platformAccountId}/media`,
        fields,
      );
      try {
        const { id, uri } = await callGraph(graph, context.http, created, { ...request, timeoutSeconds: 60 });
        return { done: { [name]: id, [uriOf(name)]: uri ?? null } };
      } catch (error) {
        return waitUntilVisible(error, context.polls);
      }
    },
  };
}

function uriOf(container: string): string {
  return `${container}-uri`;
}

/** A carousel's children may take a moment to be seen. */
const VISIBILITY_WAITS = [5, 15, 30];

/** The account itself does not come into sight by waiting: of that Meta says 100/33. */
function waitUntilVisible(error: unknown, polls: number): StepOutcome {
  const waitSeconds = VISIBILITY_WAITS[polls];
  const isAccount = error instanceof BrokerError && error.platformError?.code === "100/33";
  if (cannotSeeYet(error) && !isAccount && waitSeconds !== undefined) return { waitSeconds };
  throw error;
}

/** Bytes for a container that waits for them; where Instagram fetches the video itself there is nothing to do. */
function upload(container: string, item: number): QuietStep {
  return {
    name: `${container}-upload`,
    effect: "hidden",
    async run(context) {
      const media = context.content.media[item];
      if (media === undefined || !takesBytes(context, media)) return { done: {} };
      const address = uploadUrl.safeParse(context.checkpoint[uriOf(container)]);
      if (!address.success)
        throw new BrokerError("UNEXPECTED_RESPONSE", "Instagram named no address for the video's bytes.", {
          redoFrom: container,
        });
      await uploadVideo(graphs.facebook, context, {
        url: address.data,
        media,
        rendition: videoRendition(media),
        offset: 0,
        redoFrom: container,
      });
      return { done: {} };
    },
  };
}

/** Meta asks once a minute; a container that takes longer than half an hour is made anew, once. */
const GIVE_UP_SECONDS = 1800;
const WAITS = { image: [2, 3, 5, 10, 20, 40], video: [10, 10, 20, 60] };

function awaitContainer(name: string, container: string, redoFrom: string, hasVideo: boolean): QuietStep {
  const waits = hasVideo ? WAITS.video : WAITS.image;
  return {
    name,
    effect: "read",
    async run(context) {
      const { status_code: state, status } = await readContainer(context, container);
      if (state === "FINISHED") return { done: {} };
      if (state === "ERROR") throw containerError(status ?? "", redoFrom);
      if (state === "EXPIRED")
        throw new BrokerError("MEDIA_FAILED", "The post was prepared more than a day ago.", {
          redoFrom,
          maxAttempts: 2,
        });
      if (state === "PUBLISHED")
        throw new BrokerError("OUTCOME_UNKNOWN", "Instagram says that this post is live already.");
      if (context.waitedSeconds < GIVE_UP_SECONDS) return { waitSeconds: waits[context.polls] ?? 60 };
      throw new BrokerError("MEDIA_FAILED", "Instagram did not finish processing the post within half an hour.", {
        redoFrom,
        maxAttempts: 2,
      });
    },
  };
}

/** A container that was made a moment ago may not be there for reading yet, and with a Page's token now and then. */
async function readContainer(
  context: StepContext,
  container: string,
): Promise<{ status_code: string; status?: string | null | undefined }> {
  const graph = graphOf(context);
  try {
    const request = graphRequest(graph, context.accessToken, "GET", String(context.checkpoint[container]), {
      fields: "status_code,status",
    });
    return await callGraph(graph, context.http, containerStatus, request);
  } catch (error) {
    if (cannotSeeYet(error)) return { status_code: "IN_PROGRESS" };
    throw error;
  }
}

/** What is left of the day's posts: the number differs between accounts, so it is asked for. */
function readQuota(): QuietStep {
  return {
    name: "quota",
    effect: "read",
    async run(context) {
      const graph = graphOf(context);
      const path = `${context.account.platformAccountId}/content_publishing_limit`;
      const request = graphRequest(graph, context.accessToken, "GET", path, { fields: "quota_usage,config" });
      const limit = (await callGraph(graph, context.http, publishingLimit, request)).data[0];
      const total = limit?.config?.quota_total ?? Infinity;
      if ((limit?.quota_usage ?? 0) < total) return { done: {} };
      throw new BrokerError(
        "QUOTA_EXCEEDED",
        `Instagram allows ${total} posts in 24 hours, and the account has used them up.`,
        { notPublished: true },
      );
    },
  };
}

function publish(): VisibleStep {
  return {
    name: stepNames.publish,
    effect: "visible",
    request(context) {
      const path = `${context.account.platformAccountId}/media_publish`;
      const fields = { creation_id: String(context.checkpoint[stepNames.container]) };
      return { ...graphRequest(graphOf(context), context.accessToken, "POST", path, fields), timeoutSeconds: 60 };
    },
    accept(answer, context) {
      const { id } = readGraphAnswer(graphOf(context), published, answer);
      return { done: { [stepNames.publish]: id }, remoteId: id, platformPostId: id };
    },
  };
}

/** After 1, 5 and 15 minutes: fresh media cannot always be read. */
const FRESH_MEDIA_WAITS = [60, 240, 600];

function readPermalink(): QuietStep {
  return {
    name: "permalink",
    effect: "read",
    cosmetic: true,
    run: (context) =>
      ofFreshMedia(context, "Instagram does not give the post's link.", async (media) => {
        const graph = graphOf(context);
        const { permalink } = await callGraph(
          graph,
          context.http,
          mediaLink,
          graphRequest(graph, context.accessToken, "GET", media, { fields: "id,permalink" }),
        );
        return typeof permalink === "string" ? { done: {}, publishedUrl: permalink } : { done: {} };
      }),
  };
}

/** It may be a repeat whose first answer was lost, so what is there already is not said again. */
function addFirstComment(): QuietStep {
  return {
    name: "first-comment",
    effect: "hidden",
    cosmetic: true,
    run: (context) =>
      ofFreshMedia(context, "The first comment could not be added.", async (media) => {
        const graph = graphOf(context);
        const message = settingsOf(context).firstComment ?? "";
        const comments = await callGraph(
          graph,
          context.http,
          commentList,
          graphRequest(graph, context.accessToken, "GET", `${media}/comments`, { fields: "id,text" }),
        );
        if (comments.data.some(({ text }) => text === message)) return { done: {} };
        await callGraph(
          graph,
          context.http,
          published,
          graphRequest(graph, context.accessToken, "POST", `${media}/comments`, { message }),
        );
        return { done: {} };
      }),
  };
}

async function ofFreshMedia(
  context: StepContext,
  unseen: string,
  work: (media: string) => Promise<StepOutcome>,
): Promise<StepOutcome> {
  const media = context.checkpoint[stepNames.publish];
  if (typeof media !== "string") return { done: {} };
  try {
    return await work(media);
  } catch (error) {
    if (!cannotSeeYet(error)) throw error;
    const waitSeconds = FRESH_MEDIA_WAITS[context.polls];
    if (waitSeconds !== undefined) return { waitSeconds };
    throw new BrokerError("PLATFORM_UNAVAILABLE", unseen, { retryable: false, cause: error });
  }
}
