import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";

import type { AmpostError } from "../../client/errors.ts";
import { postsList, type PostSummary } from "../../contract/operations/posts.ts";
import { ask } from "../api/ask.ts";
import { keyOf } from "../api/use-api.ts";
import { filterOf } from "../posts/shown-status.ts";
import { useMode } from "../shell/mode.ts";
import type { CalendarSearch } from "./calendar-search.ts";
import { rangeOf } from "./days.ts";

const PAGE = 100;
const FRESH_MILLISECONDS = 15_000;

/** The end of the keys of what is read here. */
export const WHOLE_RANGE = "whole range";

/** More would be unreadable, and slow. */
const MOST = 1000;

export interface PostsOfDays {
  posts: readonly PostSummary[];
  /** How many more there are. */
  left: number;
}

/** When a post is shown: when it was published, otherwise when it is scheduled for. */
export function timeOf({ publishedAt, scheduledFor }: PostSummary): string | null {
  return publishedAt ?? scheduledFor;
}

/** The posts of these days, all pages. */
export function usePostsOfDays(
  days: readonly string[],
  zone: string,
  { status, platform, set }: Pick<CalendarSearch, "status" | "platform" | "set">,
): UseQueryResult<PostsOfDays, AmpostError> {
  const mode = useMode();
  const { from, to } = rangeOf(days, zone);
  const query = { timeFrom: from, timeTo: to, ...filterOf(status), platform, platformSetId: set, limit: PAGE };
  return useQuery<PostsOfDays, AmpostError>({
    queryKey: [...keyOf(postsList, mode, { query }), WHOLE_RANGE],
    queryFn: async ({ signal }) => {
      const page = async (offset: number) => await ask(postsList, mode, { query: { ...query, offset }, signal });
      const first = await page(0);
      const count = Math.ceil(Math.min(first.total, MOST) / PAGE);
      const others = await Promise.all(
        Array.from({ length: Math.max(0, count - 1) }, (_, index) => page((index + 1) * PAGE)),
      );
      // A post that moves meanwhile can be on two pages.
      const posts = new Map([first, ...others].flatMap((each) => each.posts).map((post) => [post.id, post]));
      return { posts: [...posts.values()], left: Math.max(0, first.total - MOST) };
    },
    placeholderData: keepPreviousData,
    refetchInterval: FRESH_MILLISECONDS,
  });
}
