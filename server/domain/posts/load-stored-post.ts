import type pg from "pg";

import type { PlatformName } from "../../../model/platform-names.ts";
import type { PostContent } from "../../../model/post.ts";
import type { Tenant } from "../../../model/tenant.ts";
import type { MediaRow } from "../../db/queries/media.ts";
import { findReplacedAccounts, listPostMedia } from "../../db/queries/posts.ts";
import { getMedia } from "../../media/media-objects.ts";
import type { Services } from "../services.ts";
import type { BudgetedPost } from "./budgets.ts";
import { loadSet, type SetAccounts } from "./known-sets.ts";
import { planMedia } from "./plan-media.ts";
import { loadKnownMedia } from "./post-media.ts";

/** A stored post with its accounts, and what was measured of its media. */
export interface StoredPost extends BudgetedPost {
  replaced: PlatformName[];
}

/** A deleted set has no accounts. */
export async function loadStoredPost(
  services: Services,
  caller: Tenant,
  tx: pg.PoolClient,
  post: { id: string; content: PostContent; platforms: readonly PlatformName[]; platform_set_id: string },
): Promise<StoredPost> {
  const { accounts, replaced } = await loadAccounts(tx, caller, post.id, post.platform_set_id);
  const known = await loadKnownMedia(services, tx, caller, post.content, await mediaOf(tx, caller, post.id));
  const { measured } = planMedia(post.content, [], known);
  return { content: post.content, platforms: post.platforms, accounts: accounts ?? {}, replaced, measured };
}

/**
 * The accounts that the post goes out with: those of its set, but on the platforms where its own was replaced, since
 * only a person chooses another. Null if there is no such set.
 */
export async function loadAccounts(
  tx: pg.PoolClient,
  caller: Tenant,
  postId: string,
  platformSetId: string,
): Promise<{ accounts: SetAccounts | null; replaced: PlatformName[] }> {
  const accounts = await loadSet(tx, caller, platformSetId);
  const rows = await findReplacedAccounts.all(tx, [postId, caller.userId, caller.mode, platformSetId]);
  const replaced = rows.map(({ platform }) => platform);
  for (const platform of replaced) delete accounts?.[platform];
  return { accounts, replaced };
}

/** The media objects behind a post's entries. */
export async function mediaOf(tx: pg.PoolClient, caller: Tenant, postId: string): Promise<MediaRow[]> {
  const links = await listPostMedia.all(tx, [postId, caller.userId]);
  return await getMedia(
    tx,
    caller,
    links.map(({ media_id }) => media_id),
  );
}
