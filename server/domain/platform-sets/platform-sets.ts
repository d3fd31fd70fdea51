import { refusal } from "../../../contract/forms/parse.ts";
import type { PlatformSet } from "../../../contract/operations/platform-sets.ts";
import { PublicError, type Issue, issueOf } from "../../../model/errors.ts";
import { newId } from "../../../model/ids.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { countSets, insertSet, listSets, renameSet, type PlatformSetRow } from "../../db/queries/platform-sets.ts";
import { lockUser } from "../../db/queries/users.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";

/** The caller's sets, the default one first. */
export async function listPlatformSets(
  services: Pick<Services, "pool">,
  caller: Tenant,
): Promise<Answer<{ sets: PlatformSet[] }>> {
  const rows = await listSets.all(services.pool, [caller.userId, caller.mode]);
  return { body: { sets: rows.map(toPlatformSet) } };
}

/** Creates a set. Enforces the limit even for concurrent requests. */
export async function createPlatformSet(
  services: Pick<Services, "pool" | "planOf" | "settings">,
  call: Call,
  name: string,
): Promise<Answer<{ set: PlatformSet }>> {
  const limit = await maxPlatformSetsOf(services, call.userId);
  return await write(services, call, async (tx) => {
    await lockUser.one(tx, [call.userId]);
    const { count = 0 } = (await countSets.one(tx, [call.userId, call.mode])) ?? {};
    if (limit !== null && count >= limit) throw refusal([tooMany(count, limit)]);
    const row = await insertSet.one(tx, [newId(), call.userId, call.mode, name, false]);
    if (row === undefined) throw new Error("The platform set was not stored");
    await recordAudit(tx, call, {
      userId: call.userId,
      mode: call.mode,
      action: "platform_set.created",
      target: row.id,
      data: { name },
    });
    return { body: { set: toPlatformSet(row) } };
  });
}

/** How many sets the user can have in each mode; null: any number. */
export async function maxPlatformSetsOf(
  { planOf, settings }: Pick<Services, "planOf" | "settings">,
  userId: string,
): Promise<number | null> {
  const { maxPlatformSets = settings.maxPlatformSets } = await planOf(userId);
  return maxPlatformSets;
}

/** Gives a set another name. Throws NOT_FOUND. */
export async function renamePlatformSet(
  services: Pick<Services, "pool">,
  call: Call,
  id: string,
  name: string,
): Promise<Answer<{ set: PlatformSet }>> {
  return await write(services, call, async (tx) => {
    const row = await renameSet.one(tx, [id, call.userId, call.mode, name]);
    if (row === undefined) throw setNotFound();
    await recordAudit(tx, call, {
      userId: call.userId,
      mode: call.mode,
      action: "platform_set.renamed",
      target: row.id,
      data: { name },
    });
    return { body: { set: toPlatformSet(row) } };
  });
}

export function setNotFound(): PublicError {
  return new PublicError("NOT_FOUND", "Platform set not found.");
}

function tooMany(actual: number, limit: number): Issue {
  return issueOf({
    rule: "platformSets.max",
    message: `You have ${actual} platform sets; the limit is ${limit}`,
    actual,
    limit,
    fix: "Delete a platform set you no longer need, use an existing one, or ask the operator for a higher limit.",
  });
}

function toPlatformSet(row: PlatformSetRow): PlatformSet {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    isDefault: row.is_default,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    mode: row.mode,
    connectionCount: row.connection_count,
  };
}
