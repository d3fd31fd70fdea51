import type pg from "pg";
import type { Logger } from "pino";

import { BOUNDS } from "../../model/bounds.ts";
import { firstIdAt } from "../../model/ids.ts";
import { deleteEndedKeys, deleteUnredeemedGrants } from "../db/queries/api-keys.ts";
import { deleteOldApiRequests, deleteSurplusApiRequests } from "../db/queries/api-requests.ts";
import { deleteOldAuditEvents } from "../db/queries/audit-events.ts";
import { deleteOldBillingEvents, deleteOldSubscriptions } from "../db/queries/billing.ts";
import { deleteOldBudgetLimits, deleteOldBudgetUses } from "../db/queries/budgets.ts";
import {
  deleteOldIdempotencyKeys,
  deleteOldInvites,
  deleteOldMemberInvites,
  deleteOldOperatorIdempotencyKeys,
  deleteOldOutbox,
  deleteOldUsage,
  deleteOldVerifications,
  deleteSurplusKeysOfPosts,
  foldPostCounts,
} from "../db/queries/cleanup.ts";
import { deleteEndedLinks } from "../db/queries/connect-links.ts";
import { deleteOldDataDeletions } from "../db/queries/data-deletions.ts";
import { findFact, noteFact } from "../db/queries/instance-facts.ts";
import { deleteOldEnds } from "../db/queries/mcp-sessions.ts";
import { deleteOldMcpTokens } from "../db/queries/mcp-tokens.ts";
import { deletePastApps } from "../db/queries/oauth-apps.ts";
import { deleteOldAuthorizations, deleteExpiredGrantedAccounts } from "../db/queries/oauth-attempts.ts";
import { deleteOldPauses } from "../db/queries/pauses.ts";
import { sweepPublishSteps } from "../db/queries/publish-steps.ts";
import { deleteOldSessions } from "../db/queries/sessions.ts";
import { deleteOldThrottles } from "../db/queries/throttles.ts";
import { deleteOldTries } from "../db/queries/tries.ts";
import { deleteUnconfirmed } from "../db/queries/users.ts";
import { deleteOldDeliveries } from "../db/queries/webhook-deliveries.ts";
import { deleteUnreadWebhooks } from "../db/queries/webhooks.ts";
import type { Statement } from "../db/sql.ts";

const BATCH = 1_000;

const FIRST_ID = "00000000-0000-0000-0000-000000000000";

/** Idempotency keys that are no longer needed. */
export async function sweepIdempotencyKeys(pool: pg.Pool, signal: AbortSignal): Promise<void> {
  await inBatches(pool, deleteOldIdempotencyKeys, signal);
  await inBatches(pool, deleteOldOperatorIdempotencyKeys, signal);
  await inBatches(pool, deleteSurplusKeysOfPosts, signal, [BOUNDS.keysOfPost]);
}

/**
 * Events older than 30 days, their deliveries, logs that nobody reads anymore, pauses that ended then, what was used of
 * budgets before any window, limits of what is gone, what is over in billing, and work that nobody tries anymore.
 */
export async function sweepOutbox(pool: pg.Pool, signal: AbortSignal): Promise<void> {
  await inBatches(pool, deleteUnreadWebhooks, signal);
  await inBatches(pool, deleteOldDeliveries, signal);
  await inBatches(pool, deleteOldOutbox, signal);
  await inBatches(pool, deleteOldPauses, signal);
  await inBatches(pool, deleteOldBudgetUses, signal);
  await inBatches(pool, deleteOldBudgetLimits, signal);
  await inBatches(pool, deleteOldBillingEvents, signal);
  await inBatches(pool, deleteOldSubscriptions, signal);
  await inBatches(pool, deleteOldTries, signal);
}

/**
 * Platform sign-ins that can no longer be completed, grants whose account was not chosen in time, and receipts of
 * deletions that nobody asks for anymore.
 */
export async function sweepAuthorizations(pool: pg.Pool, signal: AbortSignal): Promise<void> {
  await inBatches(pool, deleteExpiredGrantedAccounts, signal);
  await inBatches(pool, deleteOldAuthorizations, signal);
  await inBatches(pool, deleteOldDataDeletions, signal);
}

/**
 * Sessions, one-time requests, keys, links and apps that ended long ago, expired attempt counters, usage of past years,
 * and accounts that were never confirmed.
 */
export async function sweepSignIn(pool: pg.Pool, signal: AbortSignal): Promise<void> {
  await inBatches(pool, deleteOldSessions, signal);
  await inBatches(pool, deleteUnredeemedGrants, signal);
  await inBatches(pool, deleteOldMcpTokens, signal);
  await inBatches(pool, deleteOldThrottles, signal);
  await inBatches(pool, deleteOldVerifications, signal);
  await inBatches(pool, deleteOldEnds, signal);
  await inBatches(pool, deleteOldInvites, signal);
  await inBatches(pool, deleteOldMemberInvites, signal);
  await inBatches(pool, deleteEndedKeys, signal, [BOUNDS.pastDays, BOUNDS.pastOnes]);
  await inBatches(pool, deleteEndedLinks, signal, [BOUNDS.pastDays, BOUNDS.pastOnes]);
  await inBatches(pool, deletePastApps, signal, [BOUNDS.pastDays]);
  await inBatches(pool, deleteOldUsage, signal);
  await inBatches(pool, deleteUnconfirmed, signal, [BOUNDS.unconfirmedDays]);
}

const SWEPT_FACT = "journal swept";
/** Steps can come in before those that have been swept: after a restore, and from a machine whose clock is wrong. */
const WHOLE_JOURNAL_ON_SUNDAYS = 0;

/**
 * Requests and responses of posts that settled long ago. Steps that an earlier sweep has finished with are not read
 * again, except on Sundays: its cost depends on what is new, not on all that was ever published.
 */
export async function sweepJournal(
  pool: pg.Pool,
  days: number,
  signal: AbortSignal,
  { batch = BATCH, weekday = new Date().getUTCDay() } = {},
): Promise<void> {
  const known = weekday === WHOLE_JOURNAL_ON_SUNDAYS ? undefined : await findFact.one(pool, [SWEPT_FACT]);
  let done = known?.value ?? FIRST_ID;
  let last: string | null = done;
  while (last !== null && !signal.aborted) {
    const swept: { last: string | null; done: string | null } | undefined = await sweepPublishSteps.one(pool, [
      last,
      batch,
      days,
    ]);
    if (done === last && swept?.done) done = swept.done;
    last = swept?.last ?? null;
  }
  if (done !== FIRST_ID) await noteFact.run(pool, [SWEPT_FACT, done]);
}

/** Entries of the audit log that are older than the operator keeps them. */
export async function sweepAuditLog(pool: pg.Pool, days: number | null, signal: AbortSignal): Promise<void> {
  if (days === null) return;
  const firstKeptId = firstIdAt(new Date(Date.now() - days * 86_400_000));
  while (!signal.aborted && (await deleteOldAuditEvents.run(pool, [firstKeptId, days, BATCH])) === BATCH);
}

/** Entries of the request log that are older than the operator keeps them, or more than are kept. */
export async function sweepRequestLog(pool: pg.Pool, days: number, signal: AbortSignal): Promise<void> {
  await inBatches(pool, deleteOldApiRequests, signal, [firstIdAt(new Date(Date.now() - days * 86_400_000))]);
  await inBatches(pool, deleteSurplusApiRequests, signal, [BOUNDS.keptRequests, BOUNDS.keptRequestBytes]);
}

/**
 * Keeps post counts short while posts arrive: every second, the changes are added to their sums. Too frequent for a
 * queue, and harmless if done twice. Returns a function that stops it.
 */
export function keepPostCountsFolded(pool: pg.Pool, log: Pick<Logger, "warn">, everySeconds = 1): () => Promise<void> {
  let running: Promise<unknown> | null = null;
  let isStopped = false;
  const fold = async () => {
    while (!isStopped && (await foldPostCounts.one(pool, [BATCH]))?.changes === BATCH);
  };
  const timer = setInterval(() => {
    running ??= fold()
      .catch((error: unknown) => log.warn({ err: error }, "Post counts could not be folded"))
      .finally(() => (running = null));
  }, everySeconds * 1000);
  timer.unref();
  return async () => {
    isStopped = true;
    clearInterval(timer);
    await running;
  };
}

async function inBatches(
  pool: pg.Pool,
  deletes: Statement<never>,
  signal: AbortSignal,
  bounds: readonly (number | string)[] = [],
): Promise<void> {
  while (!signal.aborted && (await deletes.run(pool, [...bounds, BATCH])) === BATCH);
}
