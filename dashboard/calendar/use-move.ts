import { useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";

import { AmpostError } from "../../client/errors.ts";
import { postsGet, type PostSummary, postsUpdate } from "../../contract/operations/posts.ts";
import { ask } from "../api/ask.ts";
import { useMode } from "../shell/mode.ts";
import { useToasts } from "../ui/toasts.tsx";
import { type PostsOfDays, WHOLE_RANGE } from "./use-posts-of-days.ts";

/** A new time: an instant, or what the clocks of a time zone show. */
export interface NewTime {
  scheduledFor: string;
  timeZone?: string;
}

/** Null if the post was moved, otherwise why it was not. */
export type Refused = AmpostError | null;

/**
 * Moves a scheduled post, with the checks that every change has, and offers to undo it. The post is shown at its new
 * place while the API is asked.
 */
export function useMove(say: (at: string) => string): (post: PostSummary, to: NewTime) => Promise<Refused> {
  const { t } = useLingui();
  const mode = useMode();
  const cache = useQueryClient();
  const toasts = useToasts();
  const posts = ["api", "v1", "posts"];

  const show = (id: string, scheduledFor: string) =>
    cache.setQueriesData<PostsOfDays>(
      { queryKey: posts, predicate: ({ queryKey }) => queryKey.at(-1) === WHOLE_RANGE },
      (shown) =>
        shown && { ...shown, posts: shown.posts.map((post) => (post.id === id ? { ...post, scheduledFor } : post)) },
    );
  const undo = async (id: string, scheduledFor: string, ifMatch: string | undefined) => {
    try {
      await ask(postsUpdate, mode, { params: { id }, body: { scheduledFor }, ifMatch });
      toasts.say(t`Moved back to ${say(scheduledFor)}`);
    } catch (error) {
      if (error instanceof Error) toasts.sayFailure(error);
    } finally {
      void cache.invalidateQueries({ queryKey: posts });
    }
  };

  const last = useRef<Promise<unknown>>(Promise.resolve());
  const showMoved = async (id: string, { scheduledFor, timeZone }: NewTime) => {
    await cache.cancelQueries({ queryKey: posts });
    if (timeZone === undefined) show(id, scheduledFor);
  };

  const move = async ({ id, scheduledFor: before }: PostSummary, to: NewTime): Promise<Refused> => {
    // What was read for the move before this one would show the post where it was.
    await showMoved(id, to);
    try {
      const now = await ask(postsGet, mode, { params: { id } });
      // What one moves is what one sees, or nothing.
      if (!isSameTime(now.post.scheduledFor, before) || now.post.status !== "scheduled") {
        toasts.sayFailure(new Error(t`The post was changed meanwhile, so it was not moved. It is shown as it is now.`));
        return null;
      }
      const moved = await ask(postsUpdate, mode, { params: { id }, body: to, ifMatch: now.etag ?? undefined });
      const at = moved.post.scheduledFor ?? to.scheduledFor;
      const [warning] = moved.warnings;
      toasts.say(
        t`Moved to ${say(at)}`,
        before === null ? undefined : () => void undo(id, before, moved.etag ?? undefined),
        warning?.message,
      );
      return null;
    } catch (error) {
      if (error instanceof AmpostError) return error;
      throw error;
    } finally {
      void cache.invalidateQueries({ queryKey: posts });
    }
  };

  // One after the other: a second move begins where the first one ends.
  return async (post, to) => {
    const before = last.current;
    const turn = showMoved(post.id, to)
      .then(() => before)
      .then(() => move(post, to));
    last.current = turn.catch(() => undefined);
    return await turn;
  };
}

/** The same instant is written in several ways. */
function isSameTime(one: string | null, other: string | null): boolean {
  return Date.parse(one ?? "") === Date.parse(other ?? "");
}
