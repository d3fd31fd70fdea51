import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import type { PlatformOverrides } from "../../../model/post.ts";
import type { PostStatus } from "../../../model/status.ts";
import { statement, type Statement } from "../sql.ts";

export interface PostSummaryRow {
  id: string;
  mode: Mode;
  platform_set_id: string;
  status: PostStatus;
  /** The beginning of the text, at least as long as the preview. */
  text_start: string;
  /** Only of a post without text: what its platforms get instead. */
  overrides: PlatformOverrides | null;
  platforms: PlatformName[];
  media_count: number;
  published_count: number;
  failed_count: number;
  scheduled_for: Date | null;
  created_at: Date;
  updated_at: Date;
  published_at: Date | null;
}

/** Filters of a list; null if not set. */
export interface PostFilter {
  status: PostStatus | null;
  platform: PlatformName | null;
  from: Date | null;
  to: Date | null;
  scheduledFrom: Date | null;
  scheduledTo: Date | null;
  /** A pattern for `ilike`. */
  search: string | null;
  /** JSON paths of the texts that a search covers. */
  texts: readonly string[];
}

/** Whether the posts are listed by the times they are scheduled for. */
export function isByTime({ scheduledFrom, scheduledTo }: PostFilter): boolean {
  return scheduledFrom !== null || scheduledTo !== null;
}

/** A statement and the values to run it with. */
export interface Prepared<Row> {
  statement: Statement<Row>;
  values: unknown[];
}

interface Condition {
  name: string;
  sql: (...places: string[]) => string;
  values: unknown[];
}

/**
 * A page of posts that match the filter, newest first (or by their times, if they are filtered by those), after the
 * post with the ID `after`. Each combination of filters has its own statement: a condition "is this filter set?" could
 * not be planned well for both cases.
 */
export function listPage(
  userId: string,
  mode: Mode,
  filter: PostFilter,
  page: { after: string | null; limit: number; offset: number },
): Prepared<PostSummaryRow> {
  const after: Condition[] =
    page.after === null ? [] : [{ name: "after", sql: (id) => `p.id < ${id}`, values: [page.after] }];
  const { name, where, values } = combine(userId, mode, [...conditionsOf(filter), ...after]);
  const order = isByTime(filter) ? "p.scheduled_for, p.id" : "p.id desc";
  const text = `select p.id, p.mode, p.platform_set_id, p.status, left(p.content ->> 'text', 1000) as text_start,
       case when p.content ->> 'text' = '' then p.content -> 'platformOverrides' end as overrides,
       p.platforms, jsonb_array_length(p.content -> 'media') as media_count, counted.published_count,
       counted.failed_count, p.scheduled_for, p.created_at, p.updated_at, p.published_at
     from (select * from posts p where ${where} order by ${order}
       limit $${values.length + 1} offset $${values.length + 2}) p
       cross join lateral (
         select count(*) filter (where pp.status = 'published')::int as published_count,
           count(*) filter (where pp.status in ('failed', 'unknown'))::int as failed_count
         from platform_posts pp where pp.post_id = p.id and pp.user_id = $1 and pp.mode = $2
       ) counted
     order by ${order}`;
  return { statement: prepare(pages, `posts.list${name}`, text), values: [...values, page.limit, page.offset] };
}

/**
 * How many posts match the filter. For status and platform only, the counters answer, at the same cost however many
 * posts there are.
 */
export function countMatches(userId: string, mode: Mode, filter: PostFilter): Prepared<{ count: number }> {
  const { status, platform, from, to, search } = filter;
  if (from === null && to === null && search === null && !isByTime(filter))
    return { statement: sumCounts, values: [userId, mode, platform, status] };
  const { name, where, values } = combine(userId, mode, conditionsOf(filter));
  return {
    statement: prepare(counts, `posts.count${name}`, `select count(*)::int as count from posts p where ${where}`),
    values,
  };
}

const sumCounts = statement<
  { count: number },
  [userId: string, mode: Mode, platform: string | null, status: string | null]
>(
  "post_counts.sum",
  `select coalesce(sum(change), 0)::int as count from post_counts
   where user_id = $1 and mode = $2 and ($3::text is null or $3 = any (platforms))
     and ($4::text is null or status = $4)`,
);

function conditionsOf({
  status,
  platform,
  from,
  to,
  scheduledFrom,
  scheduledTo,
  search,
  texts,
}: PostFilter): Condition[] {
  const conditions: Condition[] = [
    { name: "status", sql: (place) => `p.status = ${place}`, values: [status] },
    { name: "platform", sql: (place) => `${place} = any (p.platforms)`, values: [platform] },
    { name: "from", sql: (place) => `p.created_at >= ${place}`, values: [from] },
    { name: "to", sql: (place) => `p.created_at < ${place}`, values: [to] },
    { name: "due_from", sql: (place) => `p.scheduled_for >= ${place}`, values: [scheduledFrom] },
    { name: "due_to", sql: (place) => `p.scheduled_for < ${place}`, values: [scheduledTo] },
    {
      name: "search",
      sql: (pattern, paths) =>
        `exists (select from unnest(${paths}::text[]) as path, jsonb_path_query(p.content, path::jsonpath) as found
           where found #>> '{}' ilike ${pattern})`,
      values: [search, texts],
    },
  ];
  return conditions.filter(({ values: [value] }) => value !== null);
}

function combine(
  userId: string,
  mode: Mode,
  conditions: readonly Condition[],
): { name: string; where: string; values: unknown[] } {
  const values: unknown[] = [userId, mode];
  const parts = ["p.user_id = $1", "p.mode = $2"];
  for (const condition of conditions) {
    parts.push(condition.sql(...condition.values.map((_, index) => `$${values.length + index + 1}`)));
    values.push(...condition.values);
  }
  return { name: conditions.map(({ name }) => `_${name}`).join(""), where: parts.join(" and "), values };
}

const pages = new Map<string, Statement<PostSummaryRow>>();
const counts = new Map<string, Statement<{ count: number }>>();

function prepare<Row>(declared: Map<string, Statement<Row>>, name: string, text: string): Statement<Row> {
  const known = declared.get(name);
  if (known !== undefined) return known;
  const made = statement<Row>(name, text);
  declared.set(name, made);
  return made;
}
