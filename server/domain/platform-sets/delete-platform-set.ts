import type pg from "pg";

import { refusal } from "../../../contract/forms/parse.ts";
import { issueOf, type PlatformPostError } from "../../../model/errors.ts";
import { deleteSet, listScheduledOfSet, lockSetForDelete } from "../../db/queries/platform-sets.ts";
import { lockPost } from "../../db/queries/posts.ts";
import { disconnectAll } from "../accounts/disconnect.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import { discard } from "../posts/post-actions.ts";
import type { Services } from "../services.ts";
import { setNotFound } from "./platform-sets.ts";

/**
 * Deletes a set that is not the default one: its accounts are disconnected, its scheduled posts discarded with a clear
 * error. Drafts stay drafts and keep the id of the set.
 */
export async function deletePlatformSet(
  services: Pick<Services, "pool" | "oauth" | "jobs">,
  call: Call,
  id: string,
): Promise<Answer<{ success: true }>> {
  return await write(services, call, async (tx) => {
    const owned = [id, call.userId, call.mode] as const;
    const set = await lockSetForDelete.one(tx, owned);
    if (set === undefined) throw setNotFound();
    if (set.is_default) throw cannotDeleteDefault(id);
    // Posts before accounts: the engine locks in this order, too.
    for (const post of await listScheduledOfSet.all(tx, owned)) await discardScheduled(tx, call, post.id);
    await disconnectAll(
      services,
      tx,
      call,
      { userId: call.userId, mode: call.mode, platformSetId: id },
      "Its platform set was deleted.",
    );
    await deleteSet.run(tx, owned);
    await recordAudit(tx, call, {
      userId: call.userId,
      mode: call.mode,
      action: "platform_set.deleted",
      target: id,
      data: { name: set.name },
    });
    return { body: { success: true } };
  });
}

/** The post may have been published or edited while waiting for its row. */
async function discardScheduled(tx: pg.PoolClient, call: Call, postId: string): Promise<void> {
  const post = await lockPost.one(tx, [postId, call.userId, call.mode]);
  if (post?.status === "scheduled") await discard(tx, post, SET_DELETED);
}

const SET_DELETED: PlatformPostError = {
  code: "PLATFORM_NOT_CONNECTED",
  message: "The post's platform set was deleted before the scheduled time.",
  category: "account",
  retryable: false,
  retryAt: null,
  action: "Create a new post in another platform set.",
  platformError: null,
};

function cannotDeleteDefault(id: string) {
  const message = "Cannot delete the default platform set.";
  return refusal([
    issueOf({
      rule: "platformSets.default",
      message,
      actual: id,
      fix: "Rename it instead, or delete another platform set.",
    }),
  ]);
}
