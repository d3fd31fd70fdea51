import type { Mode, PlatformName } from "../../model/platform-names.ts";
import type { PostStatus } from "../../model/status.ts";
import { statement, type Statement } from "./sql.ts";

export interface PostSummaryRow {
  id: string;
  mode: Mode;
  platform_set_id: string;
  status: PostStatus;
  /** The beginning of the text, at least as long as the preview. */
  text_start: string;
  platforms: PlatformName[];
  media_count: number;
  published_count: number;
  failed_count: number;
  scheduled_for: Date | null;
  created_at: Date;
  updated_at: Date;
  published_at: Date | null;
}

/** Filters of a list; null where one is not set. */
export interface PostFilter {
  status: PostStatus | null;
  platform: PlatformName | null;
  from: Date | null;
  to: Date | null;
  /** A pattern for `ilike`. */
  search: string | null;
  /** JSON paths of the texts that a search looks at. */
  texts: readonly string[];
}

/** ($1 user, $2 mode, $3 platform, $4 from, $5 to, $6 pattern, $7 JSON paths, $8 status) */
const matches = (byStatus: boolean) => `p.user_id = $1 and p.mode = $2
     and ($3::text is null or $3 = any (p.platforms)) and ($4::timestamptz is null or p.created_at >= $4) and ($5::timestamptz is null or p.created_at < $5)
     and ($6::text is null or exists (
       select from unnest($7::text[]) as path, jsonb_path_query(p.content, path::jsonpath) as found where found #>> '{}' ilike $6))
     and ${byStatus ? "p.status = $8" : "$8::text is null"}`;

/** As above, and ($9 last id of the page before, $10 limit, $11 offset), newest first. A status has an index and so a statement of its own. */
const page = (name: string, byStatus: boolean) =>
  statement<PostSummaryRow>(
    name,
    `select p.id, p.mode, p.platform_set_id, p.status, left(p.content ->> 'text', 1000) as text_start, p.platforms,
       jsonb_array_length(p.content -> 'media') as media_count, counted.published_count, counted.failed_count,
       p.scheduled_for, p.created_at, p.updated_at, p.published_at
     from (select * from posts p where ${matches(byStatus)} and ($9::uuid is null or p.id < $9) order by p.id desc limit $10 offset $11) p
       cross join lateral (
         select count(*) filter (where pp.status = 'published')::int as published_count, count(*) filter (where pp.status in ('failed', 'unknown'))::int as failed_count
         from platform_posts pp where pp.post_id = p.id and pp.user_id = $1 and pp.mode = $2
       ) counted
     order by p.id desc`,
  );

const listAll = page("posts.list", false);
const listByStatus = page("posts.list_by_status", true);

const countAll = statement<{ count: number }>("posts.count", `select count(*)::int as count from posts p where ${matches(false)}`);
const countByStatus = statement<{ count: number }>("posts.count_by_status", `select count(*)::int as count from posts p where ${matches(true)}`);

/** ($1 user, $2 mode, $3 platform, $4 status): the counters' sum, which costs the same however many posts there are. */
const sumCounts = statement<{ count: number }>(
  "post_counts.sum",
  `select coalesce(sum(change), 0)::int as count from post_counts
   where user_id = $1 and mode = $2 and ($3::text is null or $3 = any (platforms)) and ($4::text is null or status = $4)`,
);

/** The statement that lists a page of what the filter matches. */
export function listStatement({ status }: PostFilter): Statement<PostSummaryRow> {
  return status === null ? listAll : listByStatus;
}

/** The statement, with its values, that tells how many posts the filter matches. */
export function countStatement(userId: string, mode: Mode, filter: PostFilter): { statement: Statement<{ count: number }>; values: unknown[] } {
  const { status, platform, from, to, search } = filter;
  if (from === null && to === null && search === null) return { statement: sumCounts, values: [userId, mode, platform, status] };
  return { statement: status === null ? countAll : countByStatus, values: filterValues(userId, mode, filter) };
}

export function filterValues(userId: string, mode: Mode, { status, platform, from, to, search, texts }: PostFilter): unknown[] {
  return [userId, mode, platform, from, to, search, texts, status];
}
