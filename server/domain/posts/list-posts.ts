import type { PostSummary } from "../../../contract/operations/posts.ts";
import { PublicError } from "../../../model/errors.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import type { PostStatus } from "../../../model/status.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { catalog } from "../../../platforms/catalog.ts";
import {
  countKinds,
  isByTime,
  isOfSome,
  listPage,
  type PostFilter,
  type PostPage,
} from "../../db/queries/list-posts.ts";
import type { Db } from "../../db/sql.ts";
import { createSlots, turnOf } from "../../turns/slots.ts";
import type { Answer } from "../call.ts";
import { readUuidCursor, writeCursor } from "../cursor.ts";
import { searchPosts } from "./search-posts.ts";
import { toSummary } from "./to-post.ts";

export interface PostQuery {
  status?: PostStatus;
  outcome?: "unknown" | "blocked";
  platform?: PlatformName;
  platformSetId?: string;
  limit: number;
  offset: number;
  cursor?: string;
  from?: string;
  to?: string;
  scheduledFrom?: string;
  scheduledTo?: string;
  timeFrom?: string;
  timeTo?: string;
  search?: string;
}

/** A page of posts in short form, newest first or, if filtered by their times, by those; and how many match. */
export async function listPosts(
  { pool }: { pool: Db },
  caller: Tenant,
  query: PostQuery,
): Promise<Answer<{ posts: PostSummary[]; total: number; nextCursor: string | null }>> {
  const filter: PostFilter = {
    status: query.status ?? null,
    outcome: query.outcome ?? null,
    platform: query.platform ?? null,
    platformSetId: query.platformSetId ?? null,
    from: query.from === undefined ? null : new Date(query.from),
    to: query.to === undefined ? null : new Date(query.to),
    scheduledFrom: query.scheduledFrom === undefined ? null : new Date(query.scheduledFrom),
    scheduledTo: query.scheduledTo === undefined ? null : new Date(query.scheduledTo),
    timeFrom: query.timeFrom === undefined ? null : new Date(query.timeFrom),
    timeTo: query.timeTo === undefined ? null : new Date(query.timeTo),
    // As it would be stored.
    search: query.search?.replaceAll("\0", "").toWellFormed() || null,
    texts: TEXTS,
  };
  // A cursor is the place of a post by its creation.
  const after = query.cursor === undefined || isByTime(filter) ? null : readUuidCursor(query.cursor);
  const page = { after, limit: query.limit + 1, offset: after === null ? query.offset : 0 };
  const { rows, total } = await find(pool, caller, filter, page);
  const shown = rows.slice(0, query.limit);
  const hasCursor = rows.length > query.limit && !isByTime(filter);
  const nextCursor = hasCursor ? writeCursor(shown.at(-1)?.id ?? "") : null;
  return { body: { posts: shown.map(toSummary), total, nextCursor } };
}

async function find(pool: Db, owner: Tenant, filter: PostFilter, page: PostPage) {
  if (filter.search === null && page.offset <= FAR) return await read(pool, owner, filter, page);
  const turn = { ...turnOf(owner, false), shareOf: owner.userId };
  if (slowReads.waitingOf(turn.whose) >= MOST_WAITING) throw tooManySearches();
  return await slowReads.run(turn, () => read(pool, owner, filter, page));
}

/**
 * What may read all of a user's posts takes a part of the process's connections, of which each user has a share, in both
 * modes together, and live mode one that test mode never takes.
 */
const slowReads = createSlots({ any: 4, first: 1, ofEach: 2 });
const FAR = 10_000;
const MOST_WAITING = 20;

function tooManySearches(): PublicError {
  return PublicError.of(
    {
      rule: "request.searches",
      code: "RATE_LIMITED",
      message: "So many of your searches wait for their turn that no more are taken",
      fix: "Wait for their results before you send more.",
    },
    { headers: { "retry-after": "5" } },
  );
}

async function read(pool: Db, owner: Tenant, filter: PostFilter, page: PostPage) {
  const { search } = filter;
  const isFew = await leavesFew(pool, owner, filter);
  if (search !== null && filter.outcome === null && !isFew)
    return searchPosts(pool, owner, { ...filter, search }, page);
  const { statement, values } = listPage(owner.userId, owner.mode, filter, page, isFew);
  const listed = await statement.all(pool, values);
  return { rows: listed.filter((row) => row.id !== null), total: listed[0]?.total ?? 0 };
}

/** Whether status, platform and set leave so few posts that reading them is faster than finding them by text or time. */
async function leavesFew(pool: Db, { userId, mode }: Tenant, filter: PostFilter): Promise<boolean> {
  if (!isOfSome(filter) || (filter.search === null && !isByTime(filter))) return false;
  const { statement, values } = countKinds(userId, mode, filter, FEW + 1);
  return ((await statement.one(pool, values))?.count ?? 0) <= FEW;
}

const FEW = 500;

/** The texts of a post, as JSON paths: limited texts, parts of threads, and alternative texts. */
const TEXTS: readonly string[] = [
  "$.text",
  "$.linkUrl",
  "$.media[*].altText",
  "$.platformOverrides.*.text",
  "$.platformOverrides.*.media[*].altText",
  "$.platformOverrides.*.settings.thread[*].text",
  "$.platformOverrides.*.settings.thread[*].media[*].altText",
  ...Object.values(catalog).flatMap(({ capabilities: { platform, settingTexts } }) =>
    settingTexts.map(({ at }) => `$.platformOverrides.${platform}.settings.${at.replaceAll(".*", "[*]")}`),
  ),
];
