import type pg from "pg";

import type { PlatformName } from "../../../model/platform-names.ts";
import type { PostContent } from "../../../model/post.ts";
import type { Tenant } from "../../../model/tenant.ts";
import type { MediaRow } from "../../db/queries/media.ts";
import { listPostMedia } from "../../db/queries/posts.ts";
import { getMedia } from "../../media/media-objects.ts";
import type { Services } from "../services.ts";
import type { BudgetedPost } from "./budgets.ts";
import { loadSet } from "./known-sets.ts";
import { planMedia } from "./plan-media.ts";
import { loadKnownMedia } from "./post-media.ts";

/** A stored post with its accounts, and what was measured of its media. A deleted set has no accounts. */
export async function loadStoredPost(
  services: Services,
  caller: Tenant,
  tx: pg.PoolClient,
  post: { id: string; content: PostContent; platforms: readonly PlatformName[]; platform_set_id: string },
): Promise<BudgetedPost> {
  const accounts = (await loadSet(tx, caller, post.platform_set_id)) ?? {};
  const known = await loadKnownMedia(services, tx, caller, post.content, await mediaOf(tx, caller, post.id));
  const { measured } = planMedia(post.content, [], known);
  return { content: post.content, platforms: post.platforms, accounts, measured };
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
