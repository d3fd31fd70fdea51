import { setTimeout as sleep } from "node:timers/promises";

import type pg from "pg";

import { type SealedValue, sealedColumns } from "../../db/queries/sealed-values.ts";
import { transaction } from "../../db/sql.ts";
import { type Vault, VaultError } from "../../vault/vault.ts";
import { recordAudit } from "../audit/record-audit.ts";

/** The result of re-encrypting. */
export interface Rotation {
  /** The key that seals now. */
  keyId: string;
  /** How many values were re-encrypted, and in which columns. */
  resealed: number;
  columns: { table: string; column: string; resealed: number }[];
  /** Values that none of the keys opens, and which stay as they are. */
  unreadable: number;
  /** Values that were locked the whole time; another run handles them. */
  left: number;
}

export interface RotationOptions {
  /** Rows locked at a time. */
  batchSize?: number;
  /** How long to wait for rows that others have locked: a renewal locks its row while the platform responds. */
  patienceSeconds?: number;
}

/**
 * Re-encrypts everything encrypted with another key than the first, while the product runs: each value under its row's
 * lock, so that nothing stored in the meantime is lost. It can be interrupted and run again at any time.
 */
export async function rotateEncryption(
  services: { pool: pg.Pool; vault: Vault },
  options: RotationOptions = {},
): Promise<Rotation> {
  const { pool, vault } = services;
  const columns = sealedColumns.map((column) => ({ ...column, resealed: 0, unreadable: 0 }));
  const deadline = performance.now() + (options.patienceSeconds ?? 60) * 1000;
  let left: number;
  for (;;) {
    for (const column of columns) {
      column.unreadable = 0;
      for await (const batch of resealedBatches(services, column, options.batchSize ?? 200)) {
        column.resealed += batch.resealed;
        column.unreadable += batch.unreadable;
      }
    }
    const unreadable = sum(columns.map((column) => column.unreadable));
    left =
      sum((await countByKey(pool)).flatMap(({ keyId, count }) => (keyId === vault.keyId ? [] : [count]))) - unreadable;
    if (left <= 0 || performance.now() > deadline) break;
    await sleep(200);
  }
  const rotation: Rotation = {
    keyId: vault.keyId,
    resealed: sum(columns.map(({ resealed }) => resealed)),
    columns: columns.map(({ table, column, resealed }) => ({ table, column, resealed })),
    unreadable: sum(columns.map(({ unreadable }) => unreadable)),
    left: Math.max(0, left),
  };
  const { columns: _columns, ...data } = rotation;
  await recordAudit(
    pool,
    { actor: { kind: "instance", id: null }, address: null, requestId: null },
    { userId: null, action: "encryption.rotated", data },
  );
  return rotation;
}

/** How many values each key has sealed, by the key's id. */
export async function countByKey(pool: pg.Pool): Promise<{ keyId: string; count: number }[]> {
  const counts = new Map<string, number>();
  for (const column of sealedColumns) {
    for (const { key_id, count } of await column.countByKey.all(pool))
      counts.set(key_id, (counts.get(key_id) ?? 0) + count);
  }
  return [...counts].map(([keyId, count]) => ({ keyId, count }));
}

/** A transaction for each batch, so that no row is held for long. */
async function* resealedBatches(
  { pool, vault }: { pool: pg.Pool; vault: Vault },
  column: (typeof sealedColumns)[number],
  batchSize: number,
) {
  let after: string | null = null;
  do {
    const from: string | null = after;
    const batch = await transaction(pool, async (tx) => {
      const held = await column.hold.all(tx, [vault.keyId, from, batchSize]);
      let resealed = 0;
      for (const value of held) {
        const sealed = reseal(vault, column, value);
        if (sealed !== null) resealed += await column.replace.run(tx, [value.id, sealed]);
      }
      return {
        resealed,
        unreadable: held.length - resealed,
        last: held.length < batchSize ? null : (held.at(-1)?.id ?? null),
      };
    });
    after = batch.last;
    yield batch;
  } while (after !== null);
}

/** Null if no key decrypts it. */
function reseal(
  vault: Vault,
  { sealedIn, column }: { sealedIn: string; column: string },
  { row, value }: SealedValue,
): string | null {
  const place = { table: sealedIn, row, column };
  try {
    return vault.seal(vault.open(value, place), place);
  } catch (error) {
    if (error instanceof VaultError) return null;
    throw error;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
