import type { PlatformName } from "../../../model/platform-names.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { findSetWithAccounts, type SetAccountRow } from "../../db/queries/accounts.ts";
import type { Db } from "../../db/sql.ts";

/** A platform set's active accounts, by platform; at most one of each. */
export type SetAccounts = Partial<Record<PlatformName, SetAccountRow>>;

/** A set's accounts, and the versions of everything that was read. */
export interface KnownSet {
  accounts: SetAccounts;
  versions: string[];
}

/** The sets of recent creates, which need not be read again while their versions are the same. */
export interface KnownSets {
  find(caller: Tenant, platformSetId: string): KnownSet | undefined;
  /** Null if the caller has no such set. */
  load(db: Db, caller: Tenant, platformSetId: string): Promise<KnownSet | null>;
}

const MOST_KNOWN = 1_000;

export function createKnownSets(): KnownSets {
  const known = new Map<string, KnownSet>();
  const keyOf = ({ userId, mode }: Tenant, platformSetId: string) => `${platformSetId} ${mode} ${userId}`;
  return {
    find: (caller, platformSetId) => known.get(keyOf(caller, platformSetId)),
    async load(db, caller, platformSetId) {
      const found = await loadKnownSet(db, caller, platformSetId);
      if (known.size >= MOST_KNOWN) known.clear();
      if (found === null) known.delete(keyOf(caller, platformSetId));
      else known.set(keyOf(caller, platformSetId), found);
      return found;
    },
  };
}

/** The accounts of a set; null if the caller has no such set. */
export async function loadSet(db: Db, caller: Tenant, platformSetId: string): Promise<SetAccounts | null> {
  return (await loadKnownSet(db, caller, platformSetId))?.accounts ?? null;
}

async function loadKnownSet(db: Db, caller: Tenant, platformSetId: string): Promise<KnownSet | null> {
  const rows = await findSetWithAccounts.all(db, [platformSetId, caller.userId, caller.mode]);
  if (rows.length === 0) return null;
  const accounts = rows.flatMap((row) => (row.id === null ? [] : [[row.platform, row]]));
  return { accounts: Object.fromEntries(accounts), versions: rows.map(({ version }) => version) };
}
