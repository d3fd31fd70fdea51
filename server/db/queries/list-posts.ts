import { createHash } from "node:crypto";

import { firstIdAt } from "../../../model/ids.ts";
import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import type { PlatformOverrides } from "../../../model/post.ts";
import type { PostStatus } from "../../../model/status.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { statement, type Statement } from "../sql.ts";
import { isDisconnected } from "./accounts.ts";
import type { PostRange } from "./post-blocks.ts";

export interface PostSummaryRow {
  id: string;
  mode: Mode;
  platform_set_id: string;
  status: PostStatus;
  /** The beginning of the text, at least as long as the preview. */
  text_start: string;
  /** Only of a post without text: the beginnings of what its platforms get instead. */
  overrides: PlatformOverrides | null;
  platforms: PlatformName[];
  media_count: number;
  published_count: number;
  failed_count: number;
  unknown_count: number;
  blocked_count: number;
  scheduled_for: Date | null;
  created_at: Date;
  updated_at: Date;
  published_at: Date | null;
}

/** Filters of a list; null if not set. */
export interface PostFilter {
  status: PostStatus | null;
  /**
   * Posts that may be live, as the outcome on a platform is unknown; not of those that were cancelled. Or scheduled posts
   * that will not be published, at least on one platform, until somebody acts.
   */
  outcome: "unknown" | "blocked" | null;
  platform: PlatformName | null;
  platformSetId: string | null;
  from: Date | null;
  to: Date | null;
  scheduledFrom: Date | null;
  scheduledTo: Date | null;
  timeFrom: Date | null;
  timeTo: Date | null;
  search: string | null;
  /** JSON paths of the texts that a search covers. */
  texts: readonly string[];
}

/** Whether the posts are listed by their times: those they are scheduled for or, if asked, were published at. */
export function isByTime(filter: PostFilter): boolean {
  return isScheduled(filter) || filter.timeFrom !== null || filter.timeTo !== null;
}

function isScheduled({ scheduledFrom, scheduledTo }: PostFilter): boolean {
  return scheduledFrom !== null || scheduledTo !== null;
}

/** When a post was published, otherwise when it is scheduled for; as the index has it. */
const TIME = "coalesce(published_at, scheduled_for)";

function orderOf(filter: PostFilter): string {
  if (!isByTime(filter)) return "id desc";
  return isScheduled(filter) ? "scheduled_for, id" : `${TIME}, id`;
}

const inOrder = (filter: PostFilter, table: string) =>
  orderOf(filter).replaceAll(/\b(published_at|scheduled_for|id)\b/g, `${table}.$1`);

/** In a statement: whether the platform post `part` has missed its time, and waits for somebody. */
const isMissed = (part: string) =>
  `(${part}.status = 'pending' and ${part}.due_at is not null and ${part}.next_action_at is null)`;

/** A statement and the values to run it with. */
export interface Prepared<Row> {
  statement: Statement<Row>;
  values: unknown[];
}

/** Where a page begins, and the number of its posts. */
export interface PostPage {
  /** The ID of the post before it. */
  after: string | null;
  limit: number;
  offset: number;
}

/** A post of a page, and how many match on all pages. A page without posts is one row that has only the total. */
export type ListedRow = { total: number } & (PostSummaryRow | { id: null });

/**
 * A page of posts that match the filter, newest first (or by their times, if they are filtered by those), with at least
 * `limit` posts if there are as many; and how many match. Each combination of filters has its own statement, because a
 * condition "is this filter set?" could not be planned well for both cases; so have a few page sizes, because PostgreSQL
 * keeps a plan only for a limit that it knows. `isFew` means that status, platform and set leave few posts, all of which
 * may be read (see `countKinds`).
 */
export function listPage(
  userId: string,
  mode: Mode,
  filter: PostFilter,
  page: PostPage,
  isFew = false,
): Prepared<ListedRow> {
  const values: unknown[] = [userId, mode];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const { status, platform, set } = kindOf(filter, bind);
  const kinds = kindsOf([...status, ...platform]);
  const matching = conditionsOf(filter, bind);
  const after = page.after === null ? [] : [`id < ${bind(page.after)}`];
  const size = PAGE_SIZES.find((each) => each >= page.limit) ?? page.limit;
  const skipped = page.offset === 0 ? null : bind(page.offset);
  const columns = skipped === null ? "*" : isFew ? "id, published_at, scheduled_for" : "id";
  const order = orderOf(filter);
  const posts = (selected: string, conditions: readonly string[]) =>
    `select ${selected} from posts where ${[...OWN, ...set, ...conditions].join(" and ")}`;
  const isOfKinds = isFew || (!isByTime(filter) && filter.outcome === null && isOfSome(filter));

  const found = isOfKinds
    ? `select p.* from ${kinds} cross join lateral (${posts(columns, [...OF_KIND, ...matching, ...after])}
         order by ${order} limit ${skipped === null ? size : `${size} + ${skipped}::bigint`}) p`
    : posts(columns, [...status, ...platform, ...matching, ...after]);
  const ofKinds = `select sum(posts) from ${kinds}`;
  const onlyOfSet = set.length > 0 && platform.length + matching.length === 0;
  const total = onlyOfSet
    ? totalOfSet(set, status, ofKinds)
    : matching.length + set.length === 0
      ? ofKinds
      : isOfKinds
        ? `select sum(c.count) from ${kinds} cross join lateral (${posts("count(*)", [...OF_KIND, ...matching])}) c`
        : posts("count(*)", [...status, ...platform, ...matching]);
  const text = `select t.total, p.* from (select coalesce((${total}), 0)::int as total) t left join lateral (
       ${summariesOf(
         skipped === null
           ? `(${found} order by ${order} limit ${size}) p`
           : `(${found} order by ${order} limit ${size} offset ${skipped}) f
         join posts p on p.id = f.id and p.user_id = $1 and p.mode = $2`,
       )}
     ) p on true order by ${inOrder(filter, "p")}`;
  return { statement: prepare(text), values };
}

/** A set with almost all posts is counted by the few that are in others. The index alone has what both need. */
function totalOfSet(set: readonly string[], status: readonly string[], ofKinds: string): string {
  const own = OWN.join(" and ");
  const others = (side: string) =>
    `(select status from posts where ${own} and ${set.join().replace("=", side)} limit ${MOST_OTHERS + 1})`;
  return `select case when o.count > ${MOST_OTHERS}
      then (select count(*) from posts where ${[own, ...set, ...status].join(" and ")})
      else (${ofKinds}) - o.matching end
    from (select count(*), count(*) filter (where ${status.join(" and ") || "true"}) as matching
      from (${others("<")} union all ${others(">")}) p) o`;
}

const MOST_OTHERS = 1_000;

/** How many posts status, platform and set leave, up to `most`. */
export function countKinds(userId: string, mode: Mode, filter: PostFilter, most: number): Prepared<{ count: number }> {
  const values: unknown[] = [userId, mode, most];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const { status, platform, set } = kindOf(filter, bind);
  const ofSet = `select count(*) from (select from posts where ${[...OWN, ...set, ...status].join(" and ")} limit $3) p`;
  const text = `select least($3::bigint, (select coalesce(sum(posts), 0) from ${kindsOf([...status, ...platform])})${
    set.length === 0 ? "" : `, (${ofSet})`
  })::int as count`;
  return { statement: prepare(text), values };
}

/** How many posts are in the range of times, up to `most`. */
export function countTimes(userId: string, mode: Mode, filter: PostFilter, most: number): Prepared<{ count: number }> {
  const values: unknown[] = [userId, mode, most];
  const times = timesOf(filter, (value) => `$${values.push(value)}`);
  const text = `select count(*)::int as count from (select from posts where ${[...OWN, ...times].join(" and ")} limit $3) p`;
  return { statement: prepare(text), values };
}

/** Whether the filter limits which kinds of posts match. */
export function isOfSome({ status, platform, platformSetId }: PostFilter): boolean {
  return status !== null || platform !== null || platformSetId !== null;
}

/** The beginnings of the texts of a post's overrides, and of the settings that replace them. */
const OWN_TEXTS = `(select jsonb_object_agg(o.key, jsonb_build_object('text', left(o.value ->> 'text', 1000),
      'settings', jsonb_build_object(${[
        ...new Set(
          Object.values(catalog).flatMap(({ capabilities: { text } }) => ("replacedBy" in text ? text.replacedBy : [])),
        ),
      ]
        .map((setting) => `'${setting}', left(o.value -> 'settings' ->> '${setting}', 1000)`)
        .join(", ")})))
    from jsonb_each(case jsonb_typeof(p.content -> 'platformOverrides')
      when 'object' then p.content -> 'platformOverrides' else '{}' end) o)`;

const summariesOf = (posts: string) => `select p.id, p.mode, p.platform_set_id, p.status,
    left(p.content ->> 'text', 1000) as text_start,
    case when p.content ->> 'text' = '' then ${OWN_TEXTS} end as overrides, p.platforms,
    jsonb_array_length(p.content -> 'media') as media_count, counted.published_count, counted.failed_count,
    counted.unknown_count, counted.blocked_count, p.scheduled_for, p.created_at, p.updated_at, p.published_at
  from ${posts} cross join lateral (
    select count(*) filter (where pp.status = 'published')::int as published_count,
      count(*) filter (where pp.status in ('failed', 'unknown'))::int as failed_count,
      count(*) filter (where pp.status = 'unknown')::int as unknown_count,
      count(*) filter (where p.status = 'scheduled' and (${isMissed("pp")} or ${isDisconnected("pp")}))::int as blocked_count
    from platform_posts pp where pp.post_id = p.id and pp.user_id = $1 and pp.mode = $2
  ) counted`;

/** Posts in short form, newest first. */
export const listSummaries = statement<PostSummaryRow, [userId: string, mode: Mode, ids: readonly string[]]>(
  "posts.list_summaries",
  `${summariesOf("posts p")} where p.user_id = $1 and p.mode = $2 and p.id = any ($3::uuid[]) order by p.id desc`,
);

/** The first posts that match the filter, in the order of the list, of those in the ranges and before the post `before`. */
export function findMatches(
  userId: string,
  mode: Mode,
  filter: PostFilter,
  { ranges, before, limit }: { ranges: readonly PostRange[]; before: string; limit: number },
): Prepared<{ id: string }> {
  const values: unknown[] = [
    userId,
    mode,
    ranges.map((range) => range.after),
    ranges.map((range) => range.through),
    before,
    limit,
  ];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const { status, platform, set } = kindOf(filter, bind);
  const conditions = [...OWN, "id > r.after", "id <= r.through", "id < $5", ...status, ...platform, ...set];
  const text = `select p.id from unnest($3::uuid[], $4::uuid[]) as r(after, through) cross join lateral (
       select id, published_at, scheduled_for from posts
       where ${[...conditions, ...conditionsOf(filter, bind)].join(" and ")} offset 0
     ) p order by ${inOrder(filter, "p")} limit $6`;
  return { statement: prepare(text), values };
}

/** The first posts that match a filter with times, in their order, read by their times. */
export function findByTime(userId: string, mode: Mode, filter: PostFilter, limit: number): Prepared<{ id: string }> {
  const values: unknown[] = [userId, mode, limit];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const { status, platform, set } = kindOf(filter, bind);
  const conditions = [...OWN, ...status, ...platform, ...set, ...conditionsOf(filter, bind)];
  const text = `select id from posts where ${conditions.join(" and ")} order by ${orderOf(filter)} limit $3`;
  return { statement: prepare(text), values };
}

/** Pages are at most 100 posts, and one more that says whether there is a next page. */
const PAGE_SIZES = [21, 51, 101];

const OWN = ["user_id = $1", "mode = $2"];

/** Of the kind `k`; the hash is what the index has. */
const OF_KIND = ["status = k.status", "hash_array(platforms) = hash_array(k.platforms)", "platforms = k.platforms"];

/** An ID is made by the server that is asked, and the time of creation by the database, a moment later. */
const CLOCKS_APART_SECONDS = 600;

/** The kinds of posts that a user has, and how many of each. */
const kindsOf = (conditions: readonly string[]) => `(select status, platforms, sum(change) as posts from post_counts
    where ${[...OWN, ...conditions].join(" and ")} group by 1, 2 having sum(change) > 0) k`;

/** Which posts can match by what an index leads to. */
function kindOf({ status, outcome, platform, platformSetId }: PostFilter, bind: (value: unknown) => string) {
  return {
    status: [
      ...(status === null ? [] : [`status = ${bind(status)}`]),
      ...(outcome === null ? [] : [STATUS_OF_OUTCOME[outcome]]),
    ],
    platform: platform === null ? [] : [`${bind(platform)} = any (platforms)`],
    set: platformSetId === null ? [] : [`platform_set_id = ${bind(platformSetId)}`],
  };
}

const STATUS_OF_OUTCOME = {
  unknown: "status in ('posting', 'partial', 'failed')",
  blocked: "status = 'scheduled'",
};

const ofDisconnected = (
  lane: string,
) => `select pp.post_id from accounts a join platform_posts pp on pp.account_id = a.id
    where a.user_id = $1 and a.mode = $2 and a.status <> 'active' and pp.user_id = $1 and pp.mode = $2
      and pp.status = 'pending' and lower(pp.lane) = '${lane}' and pp.next_action_at is not null`;

/** As an index leads to them. */
const POSTS_OF_OUTCOME = {
  unknown: "select pp.post_id from platform_posts pp where pp.user_id = $1 and pp.mode = $2 and pp.status = 'unknown'",
  blocked: `select pp.post_id from platform_posts pp where pp.user_id = $1 and pp.mode = $2 and ${isMissed("pp")}
    union all ${ofDisconnected("prepare")} union all ${ofDisconnected("commit")}`,
};

/** What each other filter means for a post. */
function conditionsOf(filter: PostFilter, bind: (value: unknown) => string): string[] {
  const { outcome, from, to, search, texts } = filter;
  const conditions: string[] = [];
  if (outcome !== null) conditions.push(`id = any (array(${POSTS_OF_OUTCOME[outcome]}))`);
  // The index leads to IDs.
  const { low, high } = idsOf(filter);
  if (from !== null) conditions.push(`id >= ${bind(low)}`, `created_at >= ${bind(from)}`);
  if (to !== null) conditions.push(`id < ${bind(high)}`, `created_at < ${bind(to)}`);
  conditions.push(...timesOf(filter, bind));
  if (search !== null)
    conditions.push(
      // What is found in a text is in the whole content as well, which costs a fraction to look through.
      `position(lower(${bind(inJson(search))}) in lower(content::text)) > 0`,
      `exists (select from unnest(${bind(texts)}::text[]) as path, jsonb_path_query(content, path::jsonpath) as found
         where position(lower(${bind(search)}) in lower(found #>> '{}')) > 0)`,
    );
  return conditions;
}

function timesOf(
  { scheduledFrom, scheduledTo, timeFrom, timeTo }: PostFilter,
  bind: (value: unknown) => string,
): string[] {
  return [
    ...(scheduledFrom === null ? [] : [`scheduled_for >= ${bind(scheduledFrom)}`]),
    ...(scheduledTo === null ? [] : [`scheduled_for < ${bind(scheduledTo)}`]),
    ...(timeFrom === null ? [] : [`${TIME} >= ${bind(timeFrom)}`]),
    ...(timeTo === null ? [] : [`${TIME} < ${bind(timeTo)}`]),
  ];
}

/** Between which IDs are the posts that were created between `from` and `to`. */
export function idsOf({ from, to }: PostFilter): { low: string; high: string } {
  return {
    low: from === null ? FIRST_ID : idAround(from, -CLOCKS_APART_SECONDS),
    high: to === null ? LAST_ID : idAround(to, CLOCKS_APART_SECONDS),
  };
}

const FIRST_ID = "00000000-0000-0000-0000-000000000000";
export const LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff";

function idAround(time: Date, seconds: number): string {
  return firstIdAt(new Date(Math.max(0, time.getTime() + seconds * 1000)));
}

/** A part of a string as PostgreSQL writes it in JSON. */
export function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

const prepared = new Map<string, Statement<never>>();

function prepare<Row>(text: string): Statement<Row> {
  const known = prepared.get(text);
  if (known !== undefined) return known;
  // Two texts must not share a name, not even in two processes, whose connections a pooler may mix.
  const made = statement<never>(`posts.list_${createHash("sha256").update(text).digest("hex").slice(0, 16)}`, text);
  prepared.set(text, made);
  return made;
}
