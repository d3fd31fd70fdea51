import type { Post } from "../../contract/operations/posts.ts";
import type { Listener } from "../db/listen.ts";
import { type PostAnswer, readChanges } from "./read-changes.ts";

/** How often the post is read without a change notification. */
const LOOK_MILLISECONDS = 1000;

/**
 * Rereads the post whenever it changes, until no platform post is in progress, the time is up, or the signal aborts.
 * Returns the post as last read.
 */
export async function waitUntilSettled(
  listener: Pick<Listener, "on">,
  read: () => Promise<PostAnswer>,
  first: PostAnswer,
  waitSeconds: number,
  signal: AbortSignal,
): Promise<PostAnswer> {
  const time = new AbortController();
  const timer = setTimeout(() => time.abort(), waitSeconds * 1000);
  try {
    let answer = first;
    for await (answer of readChanges(listener, read, first, {
      everyMilliseconds: LOOK_MILLISECONDS,
      ended: AbortSignal.any([signal, time.signal]),
    })) {
      if (isSettledPost(answer.body.post)) break;
    }
    return answer;
  } finally {
    clearTimeout(timer);
  }
}

function isSettledPost({ status }: Post): boolean {
  return status !== "queued" && status !== "posting";
}
