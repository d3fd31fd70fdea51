import type { Post } from "../../contract/operations/posts.ts";
import { CHANNELS, type Listener } from "../db/listen.ts";
import type { Answer } from "../domain/call.ts";

export type PostAnswer = Answer<{ post: Post }>;

/**
 * Yields a post now and whenever it may have changed: after every notification about it and, since notifications can
 * get lost, after some time without one. Ends with the signal, after yielding what was being read, or when the consumer
 * stops.
 */
export async function* readChanges(
  listener: Pick<Listener, "on">,
  read: () => Promise<PostAnswer>,
  first: PostAnswer,
  { everyMilliseconds, ended }: { everyMilliseconds: number; ended: AbortSignal },
): AsyncGenerator<PostAnswer> {
  // The post may have changed between the first read and the start of listening.
  let changed = true;
  let wake = (): void => undefined;
  const stopListening = listener.on(CHANNELS.post, (id) => {
    if (id !== first.body.post.id) return;
    changed = true;
    wake();
  });
  try {
    for (let answer = first; ; answer = await read()) {
      yield answer;
      if (!changed && !ended.aborted) await pause(everyMilliseconds, ended, (resolve) => (wake = resolve));
      if (ended.aborted) return;
      changed = false;
    }
  } finally {
    stopListening();
  }
}

/**
 * Ends after the time, with the signal or when the callback given to `onWake` is called, and leaves no timer or
 * listener behind.
 */
function pause(milliseconds: number, ended: AbortSignal, onWake: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      ended.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    ended.addEventListener("abort", done);
    onWake(done);
  });
}
