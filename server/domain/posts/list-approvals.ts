import type { WaitingApproval } from "../../../contract/operations/approvals.ts";
import type { ApprovalState } from "../../../model/status.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { type ListedApprovalRow, listApprovalsBy } from "../../db/queries/post-approvals.ts";
import { findPosts } from "../../db/queries/posts.ts";
import type { Answer } from "../call.ts";
import { readCursor, writeCursor } from "../cursor.ts";
import type { Services } from "../services.ts";
import { toApprovalAnswer } from "./to-approval.ts";

/** A page of the posts whose approval is in a state, each in its current version with its hash, newest first. */
export async function listApprovals(
  services: Pick<Services, "pool" | "settings">,
  { userId, mode }: Tenant,
  { state, limit, cursor }: { state: ApprovalState; limit: number; cursor?: string | undefined },
): Promise<Answer<{ approvals: WaitingApproval[]; nextCursor: string | null }>> {
  // The hashes are read first: a change in between is shown under a hash that no longer matches, and rejected.
  const rows = await listApprovalsBy[state].all(services.pool, [
    userId,
    mode,
    cursor === undefined ? null : readCursor(cursor),
    limit + 1,
  ]);
  const shown = rows.slice(0, limit).filter(fitsPage());
  const posts = new Map(
    (await findPosts.all(services.pool, [shown.map(({ id }) => id), userId, mode])).map((post) => [post.id, post]),
  );
  const approvals = shown.flatMap(({ id, approved_at, approved_by, content_bytes: _, ...row }): WaitingApproval[] => {
    const post = posts.get(id);
    return post === undefined
      ? []
      : [
          {
            ...toApprovalAnswer(services.settings, post, {
              ...row,
              ...(state === "approved" ? { approved_at, approved_by } : NOBODY),
            }).body,
            key: askerOf(row.key_id, row.key_name),
            member: askerOf(row.member_id, row.member_name),
          },
        ];
  });
  return { body: { approvals, nextCursor: rows.length > shown.length ? writeCursor(shown.at(-1)?.id ?? "") : null } };
}

/** A page ends early rather than hold more than this, but has at least one post. */
const PAGE_BYTES = 4_000_000;

function fitsPage(): (row: ListedApprovalRow) => boolean {
  let bytes = 0;
  return ({ content_bytes: more }) => {
    const isFirst = bytes === 0;
    bytes += more;
    return isFirst || bytes <= PAGE_BYTES;
  };
}

function askerOf(id: string | null, name: string | null): { id: string; name: string } | null {
  return id === null ? null : { id, name: name ?? "" };
}

const NOBODY = { approved_at: null, approved_by: null };
