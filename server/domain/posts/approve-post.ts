import type pg from "pg";

import { refusal } from "../../../contract/forms/parse.ts";
import type { Approval } from "../../../contract/operations/approvals.ts";
import type { Post } from "../../../contract/operations/posts.ts";
import { type Issue, PublicError, issueOf } from "../../../model/errors.ts";
import { isAllowed } from "../../../model/status.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { recordPostEvents } from "../../db/queries/outbox.ts";
import { findApproval, saveApproval, saveSentBack, type ApprovalRow } from "../../db/queries/post-approvals.ts";
import { findPost, type PostMediaRow, type WholePostRow } from "../../db/queries/posts.ts";
import type { Db } from "../../db/sql.ts";
import { recordAudit } from "../audit/record-audit.ts";
import { type Answer, type Call, personOf } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { postNotFound } from "./get-post.ts";
import { lockOwnPost } from "./lock-own-post.ts";
import { toApprovalAnswer } from "./to-approval.ts";

type Shown = Answer<{ approval: Approval; post: Post }>;

/** The current version of a post, with its hash and whether it is approved. Throws POST_NOT_FOUND. */
export async function getApproval(
  services: Services,
  caller: Tenant,
  id: string,
  db: Db = services.pool,
): Promise<Shown> {
  // The hash is read first: a change in between is shown under a hash that no longer matches, and rejected.
  const approval = await find(db, caller, id);
  return toApprovalAnswer(services.settings, await findWhole(db, caller, id), approval);
}

/** Approves the version of a post that the hash stands for. Throws PRECONDITION_FAILED if it has changed since. */
export async function approvePost(services: Services, call: Call, id: string, contentHash: string): Promise<Shown> {
  return await write(services, call, async (tx) => {
    await lockReviewed(tx, call, id, contentHash, "approved");
    const missing = (await findWhole(tx, call, id)).media.filter(({ status }) => status !== "ready");
    if (missing.length > 0) throw refusal(missing.map(notHere));
    await saveApproval.run(tx, [id, call.userId, call.mode, contentHash, personOf(call)]);
    await recordPostEvents(tx, { userId: call.userId, mode: call.mode, postId: id }, [
      { type: "post.approved", platform_post_id: null },
    ]);
    await recordAudit(tx, call, {
      userId: call.userId,
      mode: call.mode,
      action: "post.approved",
      target: id,
      data: { contentHash },
    });
    return await getApproval(services, call, id, tx);
  });
}

/** Asks for changes to the version that the hash stands for. Throws PRECONDITION_FAILED if it has changed since. */
export async function sendPostBack(
  services: Services,
  call: Call,
  id: string,
  { contentHash, reason }: { contentHash: string; reason: string },
): Promise<Shown> {
  return await write(services, call, async (tx) => {
    await lockReviewed(tx, call, id, contentHash, "sent back");
    await saveSentBack.run(tx, [id, call.userId, call.mode, reason, personOf(call)]);
    await recordPostEvents(tx, { userId: call.userId, mode: call.mode, postId: id }, [
      { type: "post.sent_back", platform_post_id: null },
    ]);
    await recordAudit(tx, call, {
      userId: call.userId,
      mode: call.mode,
      action: "post.sent_back",
      target: id,
      data: { contentHash, reason },
    });
    return await getApproval(services, call, id, tx);
  });
}

/** Locks a post that could still go out, and is as it was when it was reviewed. */
async function lockReviewed(
  tx: pg.PoolClient,
  call: Call,
  id: string,
  contentHash: string,
  what: "approved" | "sent back",
): Promise<void> {
  const post = await lockOwnPost(tx, call, id);
  if (!isAllowed(post.status, "publish") && !isAllowed(post.status, "retry"))
    throw new PublicError(
      "INVALID_STATUS_TRANSITION",
      `A post in status "${post.status}" cannot be ${what}. Only draft, scheduled, partial and failed posts can.`,
    );
  const now = await find(tx, call, id);
  if (now.content_hash !== contentHash)
    throw new PublicError(
      "PRECONDITION_FAILED",
      `The post has changed since you read its contentHash. Review it again: only the current version can be ${what}.`,
    );
}

async function find(db: Db, caller: Tenant, id: string): Promise<ApprovalRow> {
  const row = await findApproval.one(db, [id, caller.userId, caller.mode]);
  if (row === undefined) throw postNotFound();
  return row;
}

async function findWhole(db: Db, caller: Tenant, id: string): Promise<WholePostRow> {
  const row = await findPost.one(db, [id, caller.userId, caller.mode]);
  if (row === undefined) throw postNotFound();
  return row;
}

/** Nobody has seen yet what would be published. */
function notHere({ path, status, error, filename }: PostMediaRow): Issue {
  const reason = error === null ? "" : ` ${error}`;
  const message =
    status === "failed"
      ? `${filename} could not be fetched.${reason}`
      : `${filename} has not been fetched yet.${reason}`;
  const fix =
    status === "failed" ? "Fix the URL and update the post." : "Approve the post once all its media has been fetched.";
  return issueOf({ rule: "post.approval.media", path, message, actual: status, limit: "ready", fix });
}
