import type { PlatformContent } from "../../model/post.ts";
import type { Broker, PublishMedia, Step } from "../../platforms/platform.ts";
import type { WorkRow } from "../db/work-rows.ts";
import { type Claim, type Instant, secondsSince } from "./claim.ts";
import type { AccountKey, PublishingDeps } from "./deps.ts";

/** A claimed platform post. */
export interface ClaimedWork {
  deps: PublishingDeps;
  claim: Claim;
  /** As the database last returned it: every write brings it up to date. */
  row: WorkRow;
  /** What the row counts in seconds is counted from here. */
  loadedAt: Instant;
  /** By what the engine's pauses are divided. */
  pace: number;
  attempt: Attempt;
}

/** The publish attempt under way: one object a claim, however the work is passed on, so that it is counted once. */
export interface Attempt {
  number: number;
  isCounted: boolean;
}

/** A claimed platform post with all that its steps need. */
export interface Work extends ClaimedWork {
  broker: Broker;
  account: AccountKey;
  content: PlatformContent<PublishMedia>;
  steps: readonly Step[];
  token: string | null;
  /** A token that the platform has called expired is renewed once. */
  tokenRenewed: boolean;
}

/** What became of a step: go on with the one that is now current, or the platform post has been given back. */
export type Progress = "continue" | "released";

/** By the database's clock as it was when the row was read; never true too early. */
export function isDue({ row, loadedAt }: Pick<ClaimedWork, "row" | "loadedAt">): boolean {
  return row.due_in_seconds - secondsSince(loadedAt) <= 0;
}
