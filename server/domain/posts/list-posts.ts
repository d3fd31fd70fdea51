import type { PostSummary } from "../../../contract/operations/posts.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import type { PostStatus } from "../../../model/status.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { isByTime, listPage, type PostFilter } from "../../db/queries/list-posts.ts";
import type { Answer } from "../call.ts";
import { readCursor, writeCursor } from "../cursor.ts";
import type { Services } from "../services.ts";
import { toSummary } from "./to-post.ts";

export interface PostQuery {
  status?: PostStatus;
  platform?: PlatformName;
  limit: number;
  offset: number;
  cursor?: string;
  from?: string;
  to?: string;
  scheduledFrom?: string;
  scheduledTo?: string;
  search?: string;
}

/** A page of posts in short form, newest first or, if filtered by their times, by those; and how many match. */
export async function listPosts(
  services: Pick<Services, "pool">,
  caller: Tenant,
  query: PostQuery,
): Promise<Answer<{ posts: PostSummary[]; total: number; nextCursor: string | null }>> {
  const filter: PostFilter = {
    status: query.status ?? null,
    platform: query.platform ?? null,
    from: query.from === undefined ? null : new Date(query.from),
    to: query.to === undefined ? null : new Date(query.to),
    scheduledFrom: query.scheduledFrom === undefined ? null : new Date(query.scheduledFrom),
    scheduledTo: query.scheduledTo === undefined ? null : new Date(query.scheduledTo),
    // As it would be stored.
    search: query.search?.replaceAll("\0", "").toWellFormed() ?? null,
    texts: TEXTS,
  };
  // A cursor is the place of a post by its creation.
  const after = query.cursor === undefined || isByTime(filter) ? null : readCursor(query.cursor);
  const { statement, values } = listPage(caller.userId, caller.mode, filter, {
    after,
    limit: query.limit + 1,
    offset: after === null ? query.offset : 0,
  });
  const listed = await statement.all(services.pool, values);
  const rows = listed.filter((row) => row.id !== null);
  const shown = rows.slice(0, query.limit);
  const hasCursor = rows.length > query.limit && !isByTime(filter);
  const nextCursor = hasCursor ? writeCursor(shown.at(-1)?.id ?? "") : null;
  return { body: { posts: shown.map(toSummary), total: listed[0]?.total ?? 0, nextCursor } };
}

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
