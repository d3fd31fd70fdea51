import { setTimeout as sleep } from "node:timers/promises";

import type pg from "pg";

import { newId } from "../../../model/ids.ts";
import { MODES } from "../../../model/platform-names.ts";
import type { JobSender } from "../../db/job-sender.ts";
import { CHANNELS } from "../../db/listen.ts";
import { notify } from "../../db/notify.ts";
import {
  beginMove,
  deleteDepartures,
  findInHand,
  findMove,
  findMoveOfUser,
  findSecondsSince,
  findTogether,
  forgetMove,
  insertArrival,
  lockMoves,
  lockUsers,
  setMoveState,
  setPacked,
} from "../../db/queries/moves.ts";
import { bringForward } from "../../db/queries/pauses.ts";
import { listStorageKeys } from "../../db/queries/user-data.ts";
import { transaction } from "../../db/sql.ts";
import {
  beginRows,
  isJobRunning,
  listPackedFiles,
  packJobs,
  packRows,
  readPackedJobs,
  unpackRows,
} from "../../db/tenant-rows.ts";
import { DROP_BYTES_QUEUE } from "../../media/queues.ts";
import { MissingObjectError, type Storage } from "../../storage/storage.ts";
import { recordAudit } from "../audit/record-audit.ts";
import { BY_INSTANCE } from "../call.ts";

/** A complete instance that has some of the tenants. */
export interface Cell {
  /** As the operator calls it. */
  name: string;
  pool: pg.Pool;
  storage: Pick<Storage, "open" | "put" | "sizeBytes">;
  jobs: JobSender;
}

export interface Cells {
  from: Cell;
  to: Cell;
}

export interface MoveOptions {
  /** How long others may still act on what they knew before: routers for two seconds, processes for one. */
  settleSeconds?: number;
  /** How long work in progress is waited for. */
  patienceSeconds?: number;
  /** Called when each step is done; for tests. */
  reached?: (step: MoveStep) => void;
}

export const MOVE_STEPS = ["marked", "copied", "packing", "packed", "arriving", "arrived", "left"] as const;
export type MoveStep = (typeof MOVE_STEPS)[number];

const LOOK_SECONDS = 0.2;

/**
 * Moves a user, and everyone they share a workspace with, with everything they have. At every moment they are in exactly
 * one place: in the tables of one of the cells, or packed in the first one's. If the program is killed, the same call
 * goes on where it stopped; if it fails, they stay. Returns the IDs of those who moved.
 */
export async function moveTenant(cells: Cells, userId: string, options: MoveOptions = {}): Promise<string[]> {
  const { reached = () => undefined, settleSeconds = 3, patienceSeconds = 120 } = options;
  const { from } = cells;
  const moveId = await mark(cells, userId);
  reached("marked");
  const deadline = performance.now() + patienceSeconds * 1000;
  try {
    for (;;) {
      await copyFiles(cells, await listFiles(from.pool, moveId));
      reached("copied");
      const inHand = await pack(cells, moveId, settleSeconds, reached);
      if (inHand === null) break;
      if (performance.now() > deadline)
        throw new Error(`Nothing was moved: after ${patienceSeconds} seconds, ${inHand}.`);
      await sleep(LOOK_SECONDS * 1000);
    }
    reached("packed");
    await arrive(cells, moveId, reached);
  } catch (error) {
    // Where they are cannot be changed while a database is away: the same call goes on later.
    await stay(cells, moveId).catch(() => undefined);
    throw error;
  }
  reached("arrived");
  const moved = await leave(from, moveId);
  reached("left");
  return moved;
}

/** From now on nothing is published and no request is answered for them. A move that has begun goes on. */
async function mark({ from, to }: Cells, userId: string): Promise<string> {
  return await transaction(from.pool, async (tx) => {
    await lockMoves.run(tx);
    const known = await findMoveOfUser.one(tx, [userId]);
    if (known?.state === "leaving" || known?.state === "packed") {
      if (known.cell === to.name) return known.move_id;
      throw new Error(`The user is being moved to ${known.cell}. Complete that move first.`);
    }
    const together = await findTogether.all(tx, [userId]);
    if (together.length === 0)
      throw new Error(known?.state === "left" ? `The user has moved to ${known.cell}.` : "The user was deleted.");
    if (together.some((user) => user.is_owner))
      throw new Error("The owner of an instance cannot be moved, nor anyone who shares a workspace with the owner.");
    const moveId = newId();
    await beginMove.run(tx, [together.map(({ id }) => id), moveId, to.name]);
    for (const { id } of together) notify(tx, CHANNELS.users, id);
    return moveId;
  });
}

/**
 * In one transaction, everything of them leaves its tables and is kept in one place. Null if it has; otherwise why not
 * yet. Nothing is waited for in it: whatever others begin meanwhile for these users makes it fail, and is waited for
 * outside.
 */
async function pack(
  { from, to }: Cells,
  moveId: string,
  settleSeconds: number,
  reached: (step: MoveStep) => void,
): Promise<string | null> {
  try {
    return await transaction(from.pool, async (tx) => {
      await tx.query("set transaction isolation level repeatable read; set local lock_timeout = '5s'");
      await lockMoves.run(tx);
      const moving = await findMove.all(tx, [moveId]);
      if (moving.some(({ state }) => state === "packed")) return null;
      const since = await findSecondsSince.one(tx, [moveId]);
      if ((since?.seconds ?? 0) < settleSeconds) return "others may not know yet that they move";
      const userIds = moving.map(({ user_id }) => user_id);
      const together = await findTogether.all(tx, [userIds[0] ?? ""]);
      if (together.map(({ id }) => id).join() !== userIds.join())
        throw new Error("Meanwhile someone joined or left the workspace. Run the same command again.");
      await lockUsers.run(tx, [userIds]);
      const inHand = await findInHand(tx, userIds);
      if (inHand !== null) return inHand;
      if (await isJobRunning(tx, userIds)) return "a job for them is running";
      await beginRows(tx);
      for (const userId of userIds)
        await recordAudit(tx, BY_INSTANCE, { userId, action: "tenant.moved", target: userId, data: { to: to.name } });
      await setPacked.run(tx, [moveId, userIds]);
      await packJobs(tx, moveId, userIds);
      await packRows(tx, moveId, userIds);
      reached("packing");
      return null;
    });
  } catch (error) {
    if (isOvertaken(error)) return "something of theirs is being changed";
    throw error;
  }
}

/** In one transaction of the other cell, everything is in its tables. */
async function arrive({ from, to }: Cells, moveId: string, reached: (step: MoveStep) => void): Promise<void> {
  await copyFiles({ from, to }, await listPackedFiles(from.pool, moveId));
  await transaction(to.pool, async (tx) => {
    await beginRows(tx);
    await lockMoves.run(tx);
    if ((await findMove.one(tx, [moveId])) !== undefined) return;
    const userIds = await transaction(from.pool, async (packed) => await unpack(tx, packed, moveId, to));
    await insertArrival.run(tx, [userIds, moveId, from.name]);
    reached("arriving");
  });
}

/** They are in the other cell. What was packed, and the files, are not needed anymore. */
async function leave(from: Cell, moveId: string): Promise<string[]> {
  return await transaction(from.pool, async (tx) => {
    await lockMoves.run(tx);
    const moving = await findMove.all(tx, [moveId]);
    const storageKeys = await listPackedFiles(tx, moveId);
    if (storageKeys.length > 0) await from.jobs.send(tx, DROP_BYTES_QUEUE, { storageKeys });
    await deleteDepartures.run(tx, [moveId]);
    await setMoveState.run(tx, [moveId, "left"]);
    return moving.map(({ user_id }) => user_id);
  });
}

/**
 * They stay where they were, unless they have arrived. The other cell is asked under its lock: an arrival that was sent
 * there by a program that is gone has then ended.
 */
export async function stay({ from, to }: Cells, moveId: string): Promise<boolean> {
  return await transaction(to.pool, async (other) => {
    await beginRows(other);
    await lockMoves.run(other);
    if ((await findMove.one(other, [moveId])) !== undefined) return false;
    await transaction(from.pool, async (tx) => {
      await beginRows(tx);
      await lockMoves.run(tx);
      const moving = await findMove.all(tx, [moveId]);
      if (moving.some(({ state }) => state === "packed")) await unpack(tx, tx, moveId, from);
      else for (const { user_id: userId } of moving) await goOn(tx, userId);
      await deleteDepartures.run(tx, [moveId]);
      await forgetMove.run(tx, [moveId]);
    });
    return true;
  });
}

/** Adds what is packed to the tables of a cell, where work on it goes on at once. Returns their IDs. */
async function unpack(tx: pg.PoolClient, packed: pg.PoolClient, moveId: string, cell: Cell): Promise<string[]> {
  if (packed !== tx) await beginRows(packed);
  const moving = await findMove.all(packed, [moveId]);
  if (moving.length === 0 || moving.some(({ state }) => state !== "packed"))
    throw new Error("The move was ended by another program.");
  const userIds = moving.map(({ user_id }) => user_id);
  await unpackRows(tx, packed, moveId, userIds);
  for (const { name, data, group, priority } of await readPackedJobs(packed, moveId))
    await cell.jobs.send(tx, name, data, group ?? undefined, priority);
  for (const userId of userIds) await goOn(tx, userId);
  return userIds;
}

async function goOn(tx: pg.PoolClient, userId: string): Promise<void> {
  for (const mode of MODES) await bringForward.run(tx, [userId, mode]);
  notify(tx, CHANNELS.due);
  notify(tx, CHANNELS.users, userId);
}

async function listFiles(pool: pg.Pool, moveId: string): Promise<string[]> {
  const keys: string[] = [];
  for (const { user_id } of await findMove.all(pool, [moveId]))
    for (const { storage_key } of await listStorageKeys.all(pool, [user_id])) keys.push(storage_key);
  return keys;
}

/** Files never change, so one that is there is the same. One that is gone was deleted meanwhile. */
async function copyFiles({ from, to }: Cells, keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    if ((await to.storage.sizeBytes(key)) !== null) continue;
    try {
      await to.storage.put(key, await from.storage.open(key));
    } catch (error) {
      if (!(error instanceof MissingObjectError)) throw error;
    }
  }
}

/** A serialization failure, a deadlock, or a lock that was waited for. */
function isOvertaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["40001", "40P01", "55P03"].includes(String(error.code));
}
