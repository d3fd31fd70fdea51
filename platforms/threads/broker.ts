import { callGraph, graphError, graphRequest, readGraphAnswer } from "../kit/meta-graph.ts";
import { paced } from "../kit/meta-usage.ts";
import {
  BrokerError,
  type Broker,
  type QuietStep,
  type StepContext,
  type StepOutcome,
  type VisibleStep,
} from "../platform.ts";
import { cannotSeeYet, containerFields, partsOf, stepNames, type Part } from "./container.ts";
import { containerErrors, graph, unknownContainerError } from "./errors.ts";
import { reconcile } from "./reconcile.ts";
import { containerStatus, created, mediaLink, publishingLimit } from "./wire.ts";

/**
 * Threads publishes in two calls: a container is made and processed, then published. The container's id is known before
 * the post is live, and its state says afterwards what became of it. A chain is the same again for each part, as a
 * reply to the part before.
 */
export const broker: Broker = {
  steps(content) {
    const parts = partsOf(content);
    const steps = parts.flatMap((part) => stepsOf(part, content.thread.length, isReply(content.settings)));
    // The link of a chain is read right after its first part, and once more at the end where that failed.
    const again = parts.slice(0, parts.length > 1 ? 1 : 0).map((part) => readPermalink("permalink-again", part));
    return paced([...steps, ...again]);
  },
  reconcile,
  // Meta names no number; a container that still reads FINISHED is believed after a minute.
  indexingLagSeconds: 60,
};

function stepsOf(part: Part, partsAfter: number, firstIsReply: boolean): (QuietStep | VisibleStep)[] {
  const names = stepNames(part);
  const carousel = part.media.length > 1;
  const children = carousel ? part.media.map((_, index) => createContainer(names.child(index), part, index)) : [];
  const waits = carousel
    ? part.media.map((media, index) =>
        awaitContainer(names.childReady(index), names.child(index), names.child(index), media.type === "video"),
      )
    : [];
  const hasVideo = part.media.some((media) => media.type === "video");
  const first = part.index === 0;
  return [
    ...children,
    ...waits,
    createContainer(names.container, part, null),
    awaitContainer(names.ready, names.container, names.first, hasVideo),
    ...(first ? [readQuota(firstIsReply ? 0 : 1, partsAfter + (firstIsReply ? 1 : 0))] : []),
    publish(part),
    ...(first ? [readPermalink("permalink", part)] : []),
  ];
}

/** Makes a container: of one carousel item where `child` is given, else of the part itself. */
function createContainer(name: string, part: Part, child: number | null): QuietStep {
  return {
    name,
    effect: "hidden",
    async run(context) {
      const fields = await containerFields(context, part, child);
      try {
        const request = graphRequest(
          graph,
          context.accessToken,
          "POST",
          `${context.account.platformAccountId}/threads`,
          fields,
        );
        const { id } = await callGraph(graph, context.http, created, { ...request, timeoutSeconds: 60 });
        return { done: { [name]: id } };
      } catch (error) {
        return waitUntilVisible(error, context.polls);
      }
    },
  };
}

/** What a container refers to (parent, quoted post, children) may take a moment to be seen. */
const VISIBILITY_WAITS = [5, 15, 30];

function waitUntilVisible(error: unknown, polls: number): StepOutcome {
  const waitSeconds = VISIBILITY_WAITS[polls];
  if (cannotSeeYet(error) && waitSeconds !== undefined) return { waitSeconds };
  throw error;
}

/** Meta asks once a minute and gives up after 5; a container that takes longer than 15 minutes is made anew, once. */
const GIVE_UP_SECONDS = 900;
const WAITS = { plain: [2, 4, 8, 15, 30, 60], video: [10, 20, 40, 60] };

function awaitContainer(name: string, container: string, redoFrom: string, hasVideo: boolean): QuietStep {
  const waits = hasVideo ? WAITS.video : WAITS.plain;
  return {
    name,
    effect: "read",
    async run(context) {
      const { status, error_message } = await readContainer(context, container);
      if (status === "FINISHED") return { done: {} };
      if (status === "ERROR") throw containerError(error_message ?? "", redoFrom);
      if (status === "EXPIRED")
        throw new BrokerError("MEDIA_FAILED", "The post was prepared more than a day ago.", {
          redoFrom,
          maxAttempts: 2,
        });
      if (status === "PUBLISHED")
        throw new BrokerError("OUTCOME_UNKNOWN", "Threads says that this post is live already.");
      if (context.waitedSeconds < GIVE_UP_SECONDS) return { waitSeconds: waits[context.polls] ?? 60 };
      throw new BrokerError("MEDIA_FAILED", "Threads did not finish processing the post within 15 minutes.", {
        redoFrom,
        maxAttempts: 2,
      });
    },
  };
}

/** A container that was made a moment ago may not be there for reading yet. */
async function readContainer(
  context: StepContext,
  container: string,
): Promise<{ status: string; error_message?: string | null | undefined }> {
  try {
    const id = String(context.checkpoint[container]);
    const request = graphRequest(graph, context.accessToken, "GET", id, { fields: "status,error_message" });
    return await callGraph(graph, context.http, containerStatus, request);
  } catch (error) {
    if (cannotSeeYet(error)) return { status: "IN_PROGRESS" };
    throw error;
  }
}

function containerError(message: string, redoFrom: string): BrokerError {
  const row = containerErrors[message] ?? unknownContainerError;
  const detail = { status: 200, code: message === "" ? null : message, message: null, requestId: null };
  return graphError(graph, row, detail, { redoFrom });
}

/** Reads what is left of the day's posts and replies: the error that Threads raises beyond it is not documented. */
function readQuota(posts: number, replies: number): QuietStep {
  return {
    name: "quota",
    effect: "read",
    async run(context) {
      const fields = `quota_usage,config${replies > 0 ? ",reply_quota_usage,reply_config" : ""}`;
      const path = `${context.account.platformAccountId}/threads_publishing_limit`;
      const limit = (
        await callGraph(
          graph,
          context.http,
          publishingLimit,
          graphRequest(graph, context.accessToken, "GET", path, { fields }),
        )
      ).data[0];
      const postsLeft = (limit?.config?.quota_total ?? Infinity) - (limit?.quota_usage ?? 0);
      const repliesLeft = (limit?.reply_config?.quota_total ?? Infinity) - (limit?.reply_quota_usage ?? 0);
      if (posts > postsLeft) throw quotaExceeded(`${limit?.config?.quota_total} posts`);
      if (replies > repliesLeft) throw quotaExceeded(`${limit?.reply_config?.quota_total} replies`);
      return { done: {} };
    },
  };
}

function quotaExceeded(amount: string): BrokerError {
  return new BrokerError("QUOTA_EXCEEDED", `Threads allows ${amount} in 24 hours, and the account has used them up.`, {
    notPublished: true,
  });
}

function publish(part: Part): VisibleStep {
  const names = stepNames(part);
  return {
    name: names.publish,
    effect: "visible",
    request: (context) => ({
      ...graphRequest(graph, context.accessToken, "POST", `${context.account.platformAccountId}/threads_publish`, {
        creation_id: String(context.checkpoint[names.container]),
      }),
      timeoutSeconds: 60,
    }),
    accept(answer) {
      const { id } = readGraphAnswer(graph, created, answer);
      return { done: { [names.publish]: id }, remoteId: id, ...(part.index === 0 ? { platformPostId: id } : {}) };
    },
  };
}

/** The link is left out where the media is flagged for copyright. */
function readPermalink(name: string, part: Part): QuietStep {
  return {
    name,
    effect: "read",
    cosmetic: true,
    async run(context): Promise<StepOutcome> {
      const id = context.checkpoint[stepNames(part).publish];
      if (typeof id !== "string" || context.checkpoint.permalink === true) return { done: {} };
      const request = graphRequest(graph, context.accessToken, "GET", id, { fields: "id,permalink" });
      const { permalink } = await callGraph(graph, context.http, mediaLink, request);
      if (typeof permalink !== "string") return { done: {} };
      return { done: { permalink: true }, publishedUrl: permalink };
    },
  };
}

function isReply(settings: Record<string, unknown>): boolean {
  return settings.replyTo !== undefined;
}
