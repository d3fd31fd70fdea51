import { isDeepStrictEqual } from "node:util";

import type pg from "pg";

import { AUTH_SECRET, loadAuthSecret } from "../../auth/secret.ts";
import { findHold } from "../../db/queries/hold.ts";
import { findFact, noteFact } from "../../db/queries/instance-facts.ts";
import { hasSignIns } from "../../db/queries/sessions.ts";
import { readTenantColumns } from "../../db/tenant-rows.ts";
import type { StorageSettings } from "../../storage/open-storage.ts";
import { keyIdOf, type Vault } from "../../vault/vault.ts";

/** What decides whether tenants can move between two instances. */
export interface CellSettings {
  name: string;
  pool: pg.Pool;
  vault: Vault;
  /** Its encryption keys. */
  keys: readonly Buffer[];
  storage: StorageSettings;
}

/** Why nobody can move from one instance to the other, in sentences that say what to do. */
export async function findMisfits(from: CellSettings, to: CellSettings): Promise<string[]> {
  const keyIds = to.keys.map(keyIdOf);
  const missing = from.keys.map(keyIdOf).filter((id) => !keyIds.includes(id));
  const [one, other] = [await readTenantColumns(from.pool), await readTenantColumns(to.pool)];
  return [
    ...((await isSame(from, to)) ? [`${to.name} has the database of this instance, or a copy of it.`] : []),
    ...(isDeepStrictEqual(one, other) ? [] : [`${to.name} has another version of Ampost. Upgrade both to the same.`]),
    ...(missing.length === 0
      ? []
      : [
          `${to.name} does not have the encryption key ${missing.join(", ")} of this instance. Add it to its ` +
            "AMPOST_ENCRYPTION_KEY, after its own.",
        ]),
    ...(isDeepStrictEqual(placeOf(from.storage), placeOf(to.storage))
      ? [`${to.name} stores media in the same place. Give it a folder, bucket or prefix of its own.`]
      : []),
    ...(await onHold(from, "This instance")),
    ...(await onHold(to, to.name)),
  ];
}

/**
 * Both sign cookies and seal second factors with one secret. A cell in which nobody has signed in takes over the other's;
 * true if it did, so that its running processes must be restarted. Throws if people would be locked out.
 */
export async function shareSecret(from: CellSettings, to: CellSettings): Promise<boolean> {
  const secret = await loadAuthSecret(from.pool, from.vault);
  const there = await findFact.one(to.pool, [AUTH_SECRET.name]);
  if (there !== undefined && to.vault.open(there.value, AUTH_SECRET.place) === secret) return false;
  if ((await hasSignIns.one(to.pool))?.found === true)
    throw new Error(
      `People have signed in at ${to.name} already, and it signs their cookies with another secret than this instance. ` +
        "Tenants can move only to a new cell, or to one that tenants were moved to before.",
    );
  await noteFact.run(to.pool, [AUTH_SECRET.name, to.vault.seal(secret, AUTH_SECRET.place)]);
  return there !== undefined;
}

/** Each database has sealed the same text in its own way. */
async function isSame(from: CellSettings, to: CellSettings): Promise<boolean> {
  const [one, other] = await Promise.all([from, to].map(({ pool }) => findFact.one(pool, ["encryption_check"])));
  return one !== undefined && one.value === other?.value;
}

function placeOf(storage: StorageSettings): object {
  if (storage.kind === "disk") return storage;
  const { endpoint, bucket, prefix } = storage;
  return { endpoint, bucket, prefix };
}

async function onHold({ pool }: CellSettings, name: string): Promise<string[]> {
  if ((await findHold.one(pool)) === undefined) return [];
  return [`Publishing is on hold in ${name}. Release it first, with \`ampost publishing release\`.`];
}
