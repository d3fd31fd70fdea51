import { PLATFORM_NAMES } from "../../model/platform-names.ts";
import type { AccountKey } from "../../model/tenant.ts";
import { jsonb } from "../db/jsonb.ts";
import { type DueAccount, takeDueProfiles, takeDueRenewals } from "../db/queries/token-care.ts";
import { listDueTries } from "../db/queries/tries.ts";
import { transaction } from "../db/sql.ts";
import { tryWork } from "../db/try-work.ts";
import { confirmRefusal } from "./confirm-refusal.ts";
import { freshToken } from "./fresh-token.ts";
import { refreshProfile } from "./profile.ts";
import { type FinalError, isFinal } from "./renew-token.ts";
import type { OAuthServices } from "./services.ts";
import { changeHealth } from "./token-health.ts";

const DAY_SECONDS = 86_400;
/** How many accounts a process handles concurrently. */
const AT_ONCE = 8;
const BATCH = 200;
const MOST_TRIED = 10_000;
/** A run ends after this time, so that the next one, in any process, starts with what has become most urgent. */
const ROUND_SECONDS = 240;

/**
 * Renews access ahead of its expiry, on every platform that supports it, slightly spread per account. Failures are
 * retried later, and a network error changes nothing. An account on which processes die is tried once a day.
 */
export async function renewDueTokens(services: OAuthServices, signal: AbortSignal): Promise<void> {
  const rules = PLATFORM_NAMES.flatMap((platform) => {
    const refresh = services.oauthOf(platform)?.refresh;
    if (refresh === undefined) return [];
    return [
      {
        platform,
        min_age: refresh.minAgeSeconds,
        after: refresh.afterSeconds,
        needs_refresh_token: refresh.needsRefreshToken ?? false,
      },
    ];
  });
  await inRounds(
    "renewals of access",
    signal,
    () => takeDueRenewals.all(services.pool, [jsonb(rules), BATCH]),
    async (due) => {
      await freshToken(services, keyOf(due), { minLifetimeSeconds: 60, afterSeconds: due.due_age_seconds });
    },
    services,
  );
}

/**
 * Refreshes profile and metadata of every account about once a day, or as rarely as the platform's quota requires. What
 * cannot be read is kept until the next time, except access that the platform reports as ended.
 */
export async function readDueProfiles(services: OAuthServices, signal: AbortSignal): Promise<void> {
  const rules = PLATFORM_NAMES.flatMap((platform) => {
    const oauth = services.oauthOf(platform);
    return oauth === undefined ? [] : [{ platform, every: oauth.profileLastsSeconds ?? DAY_SECONDS }];
  });
  await inRounds(
    "reading accounts",
    signal,
    () => takeDueProfiles.all(services.pool, [jsonb(rules), BATCH]),
    (due) => readOne(services, keyOf(due)),
    services,
  );
}

/** A token that the platform reports as expired early is renewed once, as in publishing. */
async function readOne(services: OAuthServices, account: AccountKey): Promise<void> {
  const token = await freshToken(services, account, { minLifetimeSeconds: 60 });
  try {
    await refreshProfile(services, account, token);
  } catch (error) {
    if (!isFinal(error)) throw error;
    if (error.code === "AUTH_REVOKED") return await reportRefusal(services, account, error);
    const renewed = await freshToken(services, account, { minLifetimeSeconds: 60, refused: token });
    await refreshProfile(services, account, renewed).catch((again: unknown) => {
      if (!isFinal(again)) throw again;
      return reportRefusal(services, account, again);
    });
  }
}

/**
 * Problems that the platform itself did not report, such as an account that is no longer professional, are for the user
 * to fix.
 */
async function reportRefusal(services: OAuthServices, account: AccountKey, error: FinalError): Promise<void> {
  if (error.platformError !== null) return void (await confirmRefusal(services, account, error));
  await transaction(services.pool, (tx) =>
    changeHealth(tx, account, { health: "reconnect_required", reason: error.message }),
  );
}

/**
 * Takes batch after batch until nothing is due; one account's failure does not affect the others. Those that were not
 * survived before come last and one by one, so that no other is thought to be deadly.
 */
async function inRounds<Due extends DueAccount>(
  name: string,
  signal: AbortSignal,
  take: () => Promise<Due[]>,
  work: (due: Due) => Promise<void>,
  { pool, log }: OAuthServices,
): Promise<void> {
  const began = performance.now();
  let batch: Due[];
  do {
    batch = await take();
    const tried = new Set((await listDueTries.all(pool, [name, MOST_TRIED])).map(({ subject }) => subject));
    const workOff = async (waiting: Due[]) => {
      for (let due = waiting.shift(); due !== undefined && !signal.aborted; due = waiting.shift()) {
        const { account_id: accountId, platform } = due;
        const run = () =>
          work(due).catch((error: unknown) => {
            // That access has ended is in the account's health, and is tried again every day.
            const level = isFinal(error) ? "debug" : "warn";
            log[level]({ err: error, accountId, platform }, "an account could not be refreshed; retrying later");
          });
        await tryWork({ pool, log }, { work: name, subject: accountId, run });
      }
    };
    const untried = batch.filter((due) => !tried.has(due.account_id));
    await Promise.all(Array.from({ length: AT_ONCE }, () => workOff(untried)));
    await workOff(batch.filter((due) => tried.has(due.account_id)));
  } while (batch.length === BATCH && !signal.aborted && performance.now() - began < ROUND_SECONDS * 1000);
}

function keyOf({ account_id: accountId, user_id: userId, mode }: DueAccount): AccountKey {
  return { accountId, userId, mode };
}
