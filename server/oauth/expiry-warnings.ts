import type pg from "pg";

import { recordAccountEvent } from "../db/queries/outbox.ts";
import { countScheduledPast, type EndingRow, listEnding, takeWarning } from "../db/queries/token-care.ts";
import { transaction } from "../db/sql.ts";
import type { OAuthServices } from "./services.ts";
import { changeHealth, grantEnd, healthAt } from "./token-health.ts";

/** Days ahead at which the user is warned, once each. */
const STAGES = [1, 3, 7] as const;
const BATCH = 500;

/**
 * Updates the token health of connections that expire within seven days or have expired, and warns once 7, 3 and 1 days
 * ahead, with an event.
 */
export async function sendExpiryWarnings(services: OAuthServices, signal: AbortSignal): Promise<void> {
  let after: string | null = null;
  do {
    const batch: EndingRow[] = await listEnding.all(services.pool, [after, BATCH]);
    for (const row of batch) {
      if (signal.aborted) return;
      const end = grantEnd(services.oauthOf(row.platform, row.login)?.refresh, row);
      if (end === null) continue;
      // One account's failure is no reason to warn nobody of the others.
      await transaction(services.pool, (tx) => warnOf(tx, row, end)).catch((error: unknown) =>
        services.log.warn({ err: error, accountId: row.account_id }, "Nobody could be warned that access expires"),
      );
    }
    after = batch.length < BATCH ? null : (batch.at(-1)?.account_id ?? null);
  } while (after !== null);
}

async function warnOf(tx: pg.PoolClient, row: EndingRow, end: Date): Promise<void> {
  const { account_id: accountId, user_id: userId, mode, platform, now } = row;
  const account = { accountId, userId, mode };
  const state = healthAt(end, now, platform);
  if (state.health === "healthy") return;
  // The platform's reason for not renewing is more useful than the date.
  const reason =
    state.health === "expiring" && row.renewal_refused && row.token_health_reason !== null
      ? row.token_health_reason
      : state.reason;
  await changeHealth(tx, account, { ...state, reason }, { keepsEnd: true });
  const daysLeft = STAGES.find((days) => end.getTime() - now.getTime() <= days * 86_400_000);
  if (state.health !== "expiring" || daysLeft === undefined) return;
  if (!(await takeWarning.one(tx, [accountId, userId, mode, end, daysLeft]))) return;
  const scheduledPosts = (await countScheduledPast.one(tx, [accountId, userId, mode, end]))?.count ?? 0;
  const { username, platform_account_id: platformAccountId } = row;
  await recordAccountEvent(tx, account, "account.expiring", {
    platform,
    platformAccountId,
    username,
    expiresAt: end.toISOString(),
    daysLeft,
    scheduledPosts,
    reason,
  });
}
