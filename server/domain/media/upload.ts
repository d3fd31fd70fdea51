import type pg from "pg";

import type { Issue } from "../../../model/errors.ts";
import { quotasIn } from "../../../model/plans.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { endOfMonth, usedUp } from "../../../model/user-limits.ts";
import { noteUsage } from "../../db/note-usage.ts";
import { countMediaUploads } from "../../db/queries/usage.ts";
import type { ReceivedFile } from "../../media/uploads/receive.ts";
import type { Services } from "../services.ts";
import { notifyOfUsage } from "../usage/notify-usage.ts";

/** A file sent with a request. */
export interface Upload {
  /** The form field it was sent in. */
  field: string;
  filename: string;
  /** Stored and measured; null if it was rejected, with the reasons in `issues`. */
  received: ReceivedFile | null;
  issues: Issue[];
}

/** Bytes stored for these files. */
export function sizeOf(uploads: readonly Upload[]): number {
  return uploads.reduce((sum, { received }) => sum + (received?.facts.sizeBytes ?? 0), 0);
}

/**
 * Counts uploads against the monthly quota, in the transaction that stores them. Throws RATE_LIMITED beyond it.
 */
export async function countUploadsAgainstQuota(
  services: Pick<Services, "planOf" | "jobs" | "pool" | "log">,
  tx: pg.PoolClient,
  owner: Tenant,
  uploads: number,
  now = new Date(),
): Promise<void> {
  if (owner.mode !== "live") return;
  const { mediaUploadsPerMonth: limit } = await quotasIn(services.planOf, owner);
  const counted = await countMediaUploads.one(tx, [owner.userId, uploads]);
  if (limit === null || counted === undefined) return;
  const { media_uploads: used, media_uploads_notified: notified } = counted;
  if (used <= limit) {
    await noteUsage(services, tx, { userId: owner.userId, quota: "mediaUploadsPerMonth", used, limit, notified }, now);
    return;
  }
  if (notified < 100) notifyOfUsage(services, owner.userId, "mediaUploadsPerMonth");
  const resetsAt = endOfMonth(now);
  throw usedUp(
    {
      kind: "quota",
      name: "mediaUploadsPerMonth",
      limit,
      resetsAt,
      message: `You have reached your limit of ${limit} media ${limit === 1 ? "upload" : "uploads"} per month`,
      fix: `Wait until ${resetsAt.toISOString()}, or switch to a larger plan.`,
    },
    { now },
  );
}
