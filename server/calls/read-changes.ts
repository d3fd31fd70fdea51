import type { Post } from "../../contract/operations/posts.ts";
import { CHANNELS, type Listener } from "../db/listen.ts";
import type { Answer } from "../domain/caller.ts";

export type PostAnswer = Answer<{ post: Post }>;

/**
 * A post as it has been read, and again whenever it may have changed: after every message about it and, since a message
 * may be lost, after so many milliseconds without one. Ends with the signal, once what was
 * being read then has been told, or when nobody asks for more.
 */
export async function* readChanges(
  listener: Pick<Listener, "on">,
  read: () => Promise<PostAnswer>,
  first: PostAnswer,
  { everyMilliseconds, ended }: { everyMilliseconds: number; ended: AbortSignal },
): AsyncGenerator<PostAnswer> {
  // It may have changed between the first reading and the listening.
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

/** Ends with the time, the signal or a call of what `onWake` is given, and leaves neither timer nor listener behind. */
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
