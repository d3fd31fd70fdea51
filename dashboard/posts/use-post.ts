import { focusManager, useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";

import { type Post, postsEvents, postsGet } from "../../contract/operations/posts.ts";
import { addressOf, type Answer } from "../api/ask.ts";
import { keyOf, useRead } from "../api/use-api.ts";
import { useMode } from "../shell/mode.ts";
import { queryIn } from "../shell/workspace.ts";

/** What is settled changes only when somebody acts on it. */
const SETTLED_MILLISECONDS = 15_000;
/** An unknown outcome is checked on, and settled by what a person says. */
const UNKNOWN_MILLISECONDS = 2_000;

/**
 * A post as it is: while it is shown, it follows the server's events until it is settled, and looks again from time to
 * time after that. Browsers open only a few connections to a server at once, for all tabs together.
 */
export function usePost(id: string) {
  const mode = useMode();
  const cache = useQueryClient();
  const known = cache.getQueryData<Answer<typeof postsGet>>(keyOf(postsGet, mode, { params: { id } }));
  const isUnknown = known?.post.platformPosts.some(({ status }) => status === "unknown") === true;
  const read = useRead(
    postsGet,
    { params: { id } },
    { everyMilliseconds: isUnknown ? UNKNOWN_MILLISECONDS : SETTLED_MILLISECONDS },
  );
  const isShown = useSyncExternalStore(onShown, isShownNow);
  const isFollowed = isShown && read.data !== undefined && !isSettled(read.data.post);
  useEffect(() => {
    if (!isFollowed) return undefined;
    const queryKey = keyOf(postsGet, mode, { params: { id } });
    const stream = new EventSource(`${addressOf(postsEvents.path, { id })}?${queryIn(mode)}`);
    stream.addEventListener("post", ({ data, lastEventId }: MessageEvent<string>) => {
      const body: { post: Post } = JSON.parse(data);
      // What was asked before must not replace it.
      void cache.cancelQueries({ queryKey });
      cache.setQueryData(queryKey, { ...body, etag: lastEventId });
    });
    return () => stream.close();
  }, [isFollowed, id, mode, cache]);
  return read;
}

const onShown = (changed: () => void) => focusManager.subscribe(changed);
const isShownNow = () => focusManager.isFocused();

function isSettled({ status }: Post): boolean {
  return status === "published" || status === "partial" || status === "failed" || status === "discarded";
}

/** The post that a page shows, in the version that it shows. */
export interface FollowedPost {
  post: Post;
  etag: string | null;
  /** Reads it again. Returns its ETag. */
  readAgain: () => Promise<string | null>;
}
