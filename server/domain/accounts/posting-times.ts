import type { AccountPostingTimesAnswer } from "../../../contract/operations/posting-times.ts";
import type { PostingTimes } from "../../../model/posting-times.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { findTimesOfAccount, saveTimesOfAccount } from "../../db/queries/accounts.ts";
import type { Db } from "../../db/sql.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import { NONE, showTimes } from "../platform-sets/posting-times.ts";
import type { Services } from "../services.ts";
import { accountNotFound } from "./accounts.ts";

type Shown = Answer<{ postingTimes: AccountPostingTimesAnswer }>;

/** When an account's posts are published, by times of its own or its set's, and the next that is free. Throws NOT_FOUND. */
export async function getAccountPostingTimes(
  { pool }: Pick<Services, "pool">,
  caller: Tenant,
  id: string,
): Promise<Shown> {
  return await show(pool, caller, id);
}

/** Gives an account times of its own; with null it follows its set's. Scheduled posts keep their times. Throws NOT_FOUND. */
export async function setAccountPostingTimes(
  services: Pick<Services, "pool">,
  call: Call,
  id: string,
  given: PostingTimes | null,
): Promise<Shown> {
  const { userId, mode } = call;
  return await write(services, call, async (tx) => {
    if ((await saveTimesOfAccount.one(tx, [id, userId, mode, given])) === undefined) throw accountNotFound();
    const action = "account.posting_times_changed";
    await recordAudit(tx, call, { userId, mode, action, target: id, data: { postingTimes: given } });
    return await show(tx, call, id);
  });
}

async function show(db: Db, caller: Tenant, id: string): Promise<Shown> {
  const row = await findTimesOfAccount.one(db, [id, caller.userId, caller.mode]);
  if (row === undefined) throw accountNotFound();
  const { own_times: own, set_times: ofSet, platform, platform_set_id: platformSetId } = row;
  const shown = await showTimes(db, caller, { platformSetId, platforms: [platform] }, own ?? ofSet ?? NONE);
  return { body: { postingTimes: { ...shown, isOwn: own !== null } } };
}
