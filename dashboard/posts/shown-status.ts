import type { z } from "zod";

import type { postsList, PostSummary } from "../../contract/operations/posts.ts";
import { POST_STATUSES } from "../../model/status.ts";

/** What people are told about a post: where an outcome is unknown, nobody knows whether it failed. */
export const SHOWN_STATUSES = [...POST_STATUSES, "unknown"] as const;
export type ShownStatus = (typeof SHOWN_STATUSES)[number];

export function shownStatus({ status, unknownCount }: Pick<PostSummary, "status" | "unknownCount">): ShownStatus {
  return unknownCount > 0 && (status === "failed" || status === "partial") ? "unknown" : status;
}

/** The filter that finds the posts of which this is told; to the API, those with an unknown outcome are failed ones, too. */
export function filterOf(status: ShownStatus | undefined): Pick<z.input<typeof postsList.query>, "status" | "outcome"> {
  return status === "unknown" ? { outcome: "unknown" } : { status };
}
