import { graphRequest, readGraphAnswer } from "../kit/meta/graph.ts";
import { earliestOf, listedWithin, reconcileContainer } from "../kit/meta/reconcile.ts";
import { collapseSpaces } from "../kit/text.ts";
import type { OpenIntent, StepContext, Verdict } from "../platform.ts";
import { containers, doneOf, kindOf, partsOf, repliesTo, stepNames, type Part } from "./content.ts";
import { graph } from "./errors.ts";
import { mediaList, type ListedMedia } from "./wire.ts";

/** By the container's state and the account's list of posts or replies. Source: Threads docs, troubleshooting, 2026. */
export async function reconcile(context: StepContext, intent: OpenIntent): Promise<Verdict> {
  const part = partsOf(context.content).find((candidate) => stepNames(candidate).publish === intent.step);
  if (part === undefined) return { verdict: "cannot_tell", reason: `The post has no step ${intent.step}.` };
  return reconcileContainer(containers, context, intent, {
    steps: stepNames(part),
    find: (state) => findCandidates(context, part, intent, state),
    publishedAs: ({ id, permalink }) => doneOf(context, part, id, permalink),
    listTells: true,
    // The next part of a thread must reply to this one by its ID.
    mustBeNamed: part.index < context.content.thread.length,
  });
}

const LIST_LIMIT = 100;

const LISTED_KINDS = { TEXT: "TEXT_POST", IMAGE: "IMAGE", VIDEO: "VIDEO", CAROUSEL: "CAROUSEL_ALBUM" } as const;

/** Replies and the parts of a chain are not among the posts, and the posts not among the replies. */
async function findCandidates(
  context: StepContext,
  part: Part,
  intent: OpenIntent,
  state: string | null,
): Promise<{ hits: ListedMedia[]; complete: boolean }> {
  const replyTo = repliesTo(context, part);
  const answer = await context.http.send(
    graphRequest(graph, context.accessToken, "GET", replyTo === null ? "me/threads" : "me/replies", {
      fields: `id,media_type,permalink,text,timestamp${replyTo === null ? "" : ",replied_to"}`,
      ...listedWithin(intent, context.now, LIST_LIMIT),
    }),
  );
  const { data } = readGraphAnswer(graph, mediaList, answer);
  const earliest = earliestOf(intent, answer, state);
  const hits = data.filter(
    (media) =>
      !intent.accountedIds.has(media.id) &&
      Date.parse(media.timestamp) >= earliest &&
      media.media_type === LISTED_KINDS[kindOf(part)] &&
      comparable(media.text ?? "") === comparable(part.text) &&
      (replyTo === null || media.replied_to?.id === replyTo),
  );
  return { hits, complete: data.length < LIST_LIMIT };
}

/** The same for parts that may be the same to the list. */
export function lookOf(context: StepContext, part: Part): string {
  return JSON.stringify([repliesTo(context, part), kindOf(part), comparable(part.text)]);
}

/** A displayed topic may lose its #, and whitespace may be collapsed. */
export function comparable(text: string): string {
  return collapseSpaces(text.replaceAll("#", ""));
}
