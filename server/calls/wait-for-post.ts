import type { Post } from "../../contract/operations/posts.ts";
import type { Listener } from "../db/listen.ts";
import { type PostAnswer, readChanges } from "./read-changes.ts";

/** How often the post is read without a change notification. */
const LOOK_MILLISECONDS = 1000;

/**
 * Rereads the post whenever it changes, until the wait is over, the time is up, or the signal aborts. Returns the post
 * as last read.
 */
export async function waitUntil(
  listener: Pick<Listener, "on">,
  read: () => Promise<PostAnswer>,
  first: PostAnswer,
  { isOver, seconds, signal }: { isOver(post: Post): boolean; seconds: number; signal: AbortSignal },
): Promise<PostAnswer> {
  const time = new AbortController();
  const timer = setTimeout(() => time.abort(), seconds * 1000);
  try {
    let answer = first;
    for await (answer of readChanges(listener, read, first, {
      everyMilliseconds: LOOK_MILLISECONDS,
      ended: AbortSignal.any([signal, time.signal]),
    })) {
      if (isOver(answer.body.post)) break;
    }
    return answer;
  } finally {
    clearTimeout(timer);
  }
}

/** No platform post is in progress. */
export function isSettledPost({ status }: Post): boolean {
  return status !== "queued" && status !== "posting";
}

/** Nor does a person still have to approve it. */
export function isDecidedPost(post: Post): boolean {
  return isSettledPost(post) && post.approval?.state !== "pending";
}
