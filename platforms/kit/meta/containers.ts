import { z } from "zod";

import { BrokerError, type QuietStep, type StepContext, type StepDone, type VisibleStep } from "../../platform.ts";
import type { RequestParameters } from "../http.ts";
import { waitAgain, type Patience } from "../steps.ts";
import { codeOf, created, getGraph, graphRequest, postGraph, readGraphAnswer, type Graph } from "./graph.ts";

/**
 * How Instagram and Threads publish, in two requests: a container is created and processed, then published. The
 * container's ID is known before the post is live, and its state shows the outcome afterwards.
 */
export interface Containers {
  /** The host for the account. */
  graphOf(context: StepContext): Graph;
  /** The account's edges: for new containers, for publishing them, and for the remaining daily quota. */
  edges: { create: string; publish: string; limit: string };
  /** How a container's state is read. */
  state: { fields: string; schema: z.ZodType<ContainerState> };
  /** Responses that only say "not found": the request came too early, or another one has used the container. */
  notThere: ReadonlySet<string>;
  /** The code of `notThere` that is about a container which is there, and not ready yet. */
  notReady: string;
  /** Those that may be about something a new container refers to, which takes a moment to become visible. */
  mayAppear(code: string): boolean;
  patience: { image: Patience; video: Patience };
  /** "half an hour", after which a container is recreated once. */
  givenUpAfter: string;
  /** What this failure reason of a container means; it must be recreated from `redoFrom`. */
  failure(reason: string, redoFrom: string): BrokerError;
}

export interface ContainerState {
  state: string;
  /** Why it has failed; empty if the platform does not say. */
  reason: string;
}

export const permalink = z.url({ protocol: /^https$/ }).nullish();

const VISIBILITY_WAITS = [5, 15, 30];

/** Creates a container, and stores its ID under the step's name and its upload URL under `uriOf`. */
export function createContainer(
  containers: Containers,
  name: string,
  fields: (context: StepContext) => Promise<RequestParameters>,
): QuietStep {
  return {
    name,
    effect: "hidden",
    async run(context) {
      const graph = containers.graphOf(context);
      const path = `${context.account.platformAccountId}/${containers.edges.create}`;
      const given = await fields(context);
      try {
        const { id, uri } = await postGraph(graph, context, created, path, given, 60);
        // It may have been created before, with another URL.
        const takesBytes = given.upload_type === "resumable";
        return { done: { [name]: id, ...(takesBytes ? { [uriOf(name)]: uri ?? null } : {}) } };
      } catch (error) {
        const waitSeconds = VISIBILITY_WAITS[context.polls];
        if (codeOf(error, containers.mayAppear) !== null && waitSeconds !== undefined) return { waitSeconds };
        throw error;
      }
    },
  };
}

export function uriOf(container: string): string {
  return `${container}-uri`;
}

/** Waits until a container is ready to be published. */
export function awaitContainer(
  containers: Containers,
  { name, container, redoFrom, hasVideo }: { name: string; container: string; redoFrom: string; hasVideo: boolean },
): QuietStep {
  return {
    name,
    effect: "read",
    async run(context) {
      const { label } = containers.graphOf(context);
      const again = { redoFrom, maxAttempts: 2 };
      // A new one may not be readable yet, occasionally with a Page's token.
      const { state, reason } = (await readContainer(containers, context, container)) ?? IN_PROGRESS;
      if (state === "FINISHED") return { done: {} };
      if (state === "ERROR") throw containers.failure(reason, redoFrom);
      if (state === "EXPIRED")
        throw new BrokerError("MEDIA_FAILED", "The post was prepared more than a day ago.", again);
      if (state === "PUBLISHED")
        throw new BrokerError("OUTCOME_UNKNOWN", `${label} says that this post is already live.`);
      const tooLate = `${label} did not finish processing the post within ${containers.givenUpAfter}.`;
      const patience = containers.patience[hasVideo ? "video" : "image"];
      return waitAgain(context, patience, new BrokerError("MEDIA_FAILED", tooLate, again));
    },
  };
}

const IN_PROGRESS: ContainerState = { state: "IN_PROGRESS", reason: "" };

/** Null if its ID is not known, as after a restore, or the platform only says that it does not exist. */
export async function readContainer(
  { graphOf, state, notThere }: Containers,
  context: StepContext,
  container: string,
): Promise<ContainerState | null> {
  const id = context.checkpoint[container];
  if (typeof id !== "string") return null;
  try {
    return await getGraph(graphOf(context), context, state.schema, id, { fields: state.fields });
  } catch (error) {
    if (codeOf(error, (code) => notThere.has(code)) !== null) return null;
    throw error;
  }
}

/** Reads the remaining daily quota: accounts differ, and the error for exceeding it is not documented everywhere. */
export function readQuota(containers: Containers, wanted: { posts: number; replies?: number }): QuietStep {
  const { posts, replies = 0 } = wanted;
  return {
    name: "quota",
    effect: "read",
    async run(context) {
      const graph = containers.graphOf(context);
      const path = `${context.account.platformAccountId}/${containers.edges.limit}`;
      const fields = `quota_usage,config${replies > 0 ? ",reply_quota_usage,reply_config" : ""}`;
      const [limit] = (await getGraph(graph, context, publishingLimit, path, { fields })).data;
      const limits = [
        { name: "posts", most: limit?.config?.quota_total ?? null, used: limit?.quota_usage },
        { name: "replies", most: limit?.reply_config?.quota_total ?? null, used: limit?.reply_quota_usage },
      ].flatMap(({ used, ...each }) => (typeof used === "number" ? [{ ...each, used }] : []));
      const check = (amount: number, noun: string, used?: number | null, total?: number | null): void => {
        if (amount <= (total ?? Infinity) - (used ?? 0)) return;
        const message = `${graph.label} allows ${total} ${noun} in 24 hours, and the account has used them up.`;
        throw new BrokerError("QUOTA_EXCEEDED", message, { notPublished: true, limits });
      };
      check(posts, "posts", limit?.quota_usage, limit?.config?.quota_total);
      check(replies, "replies", limit?.reply_quota_usage, limit?.reply_config?.quota_total);
      return { done: {}, limits };
    },
  };
}

const count = z.number().nullish();
const quota = z.object({ quota_total: count }).nullish();

const publishingLimit = z.object({
  data: z.array(z.object({ quota_usage: count, config: quota, reply_quota_usage: count, reply_config: quota })),
});

/** The request that publishes a container; `done` interprets the post's ID. */
export function publishContainer(
  containers: Containers,
  name: string,
  container: string,
  look: (context: StepContext) => string,
  done: (id: string, context: StepContext) => StepDone,
): VisibleStep {
  return {
    name,
    effect: "visible",
    look,
    request(context) {
      const path = `${context.account.platformAccountId}/${containers.edges.publish}`;
      const fields = { creation_id: String(context.checkpoint[container]) };
      const request = graphRequest(containers.graphOf(context), context.accessToken, "POST", path, fields);
      return { ...request, timeoutSeconds: 60 };
    },
    accept: (answer, context) => done(readGraphAnswer(containers.graphOf(context), created, answer).id, context),
  };
}

/** The post's URL, if the platform returns one. */
export async function readPermalink(graph: Graph, context: StepContext, id: string): Promise<StepDone> {
  const schema = z.object({ permalink });
  const { permalink: url } = await getGraph(graph, context, schema, id, { fields: "id,permalink" });
  return typeof url === "string" ? { done: {}, publishedUrl: url } : { done: {} };
}
