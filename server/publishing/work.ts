import type { PlatformContent } from "../../model/post.ts";
import type { AccountKey } from "../../model/tenant.ts";
import type { Broker, PublishMedia, Step } from "../../platforms/platform.ts";
import type { Lane } from "../db/queries/claims.ts";
import type { WorkRow } from "../db/queries/work-rows.ts";
import type { Access } from "../oauth/fresh-token.ts";
import { type Claim, type Instant, secondsSince } from "./claim.ts";
import type { PublishingDeps } from "./deps.ts";

/** A claimed platform post. */
export interface ClaimedWork {
  deps: PublishingDeps;
  claim: Claim;
  /** As the database last returned it: every write updates it. */
  row: WorkRow;
  slots: Slots;
  /** The row's ages and due times, in seconds, are relative to this. */
  loadedAt: Instant;
  /** What the engine's pauses are divided by. */
  pace: number;
  attempt: Attempt;
}

/** The engine's slots, as a running claim sees them. */
export interface Slots {
  /**
   * Moves the claim to a slot of another lane. False if none is free; the platform post is then released for that lane.
   */
  moveTo(lane: Lane): boolean;
  /** The process is stopping: no further step is started. */
  isStopping(): boolean;
}

/** The current publish attempt: one shared object for each claim, so that it is counted once. */
export interface Attempt {
  number: number;
  isCounted: boolean;
}

/** A claimed platform post with everything its steps need. */
export interface Work extends ClaimedWork {
  broker: Broker;
  account: AccountKey;
  content: PlatformContent<PublishMedia>;
  steps: readonly Step[];
  access: Access | null;
  /** A token that the platform rejects as expired is renewed once. */
  tokenRenewed: boolean;
}

/** After a step: continue with what is now the current step, or the platform post has been released. */
export type Progress = "continue" | "released";

/** By the database's clock when the row was read; never true too early. */
export function isDue({ row, loadedAt }: Pick<ClaimedWork, "row" | "loadedAt">): boolean {
  return row.due_in_seconds - secondsSince(loadedAt) <= 0;
}
