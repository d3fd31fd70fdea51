import type { Post } from "../../contract/posts.ts";
import { CHANNELS, type Listener } from "../db/listen.ts";
import type { Answer } from "../domain/caller.ts";

/** A message may be lost, so the post is also looked at this often. */
const FLOOR_MILLISECONDS = 1000;

/**
 * Reads the post again whenever it changes, until no platform post is under way, the time is up, or the signal ends the
 * waiting. Answers the post as last read.
 */
export async function waitUntilSettled(
  listener: Pick<Listener, "on">,
  read: () => Promise<Answer<{ post: Post }>>,
  first: Answer<{ post: Post }>,
  waitSeconds: number,
  signal: AbortSignal,
): Promise<Answer<{ post: Post }>> {
  const { id } = first.body.post;
  const end = performance.now() + waitSeconds * 1000;
  let changed = false;
  let wake: () => void = () => undefined;
  const stopListening = listener.on(CHANNELS.post, (payload) => {
    if (payload !== id) return;
    changed = true;
    wake();
  });
  try {
    let answer = first;
    // It may have settled between the first reading and the listening.
    changed = true;
    while (!isSettledPost(answer.body.post) && !signal.aborted) {
      const left = end - performance.now();
      if (left <= 0) break;
      if (!changed) await pause(Math.min(left, FLOOR_MILLISECONDS), signal, (resolve) => (wake = resolve));
      changed = false;
      answer = await read();
    }
    return answer;
  } finally {
    stopListening();
  }
}

function isSettledPost({ status }: Post): boolean {
  return status !== "queued" && status !== "posting";
}

function pause(milliseconds: number, signal: AbortSignal, onWake: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
    onWake(done);
  });
}
