import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { parseEnv } from "node:util";

import { findMoveOfUser, findPackedUser } from "../server/db/queries/moves.ts";
import { type CellSettings, findMisfits, shareSecret } from "../server/domain/tenants/cells-fit.ts";
import { type Cell, moveTenant, stay } from "../server/domain/tenants/move-tenant.ts";
import { startJobQueue } from "../server/jobs/jobs.ts";
import { loadConfig } from "../server/start/config.ts";
import { type Instance, openInstance } from "../server/start/instance.ts";
import { openStorage } from "../server/storage/open-storage.ts";
import { answer } from "./answer.ts";
import { findNamedUser, withInstance } from "./instance-command.ts";

interface MoveOptions {
  /** The file with the settings of the other cell. */
  to: string;
  cancel?: boolean;
  json?: boolean;
}

/** Moves a user from this instance to another. The program can be killed at any time, and run again. */
export async function runMove(named: string, options: MoveOptions): Promise<void> {
  const name = basename(options.to).replace(/\.env$/, "");
  const settings = loadConfig({ ...parseEnv(await readFile(options.to, "utf8")) });
  await withInstance(async (instance) => {
    const other = await openInstance(settings, instance.log, 0);
    try {
      const { host, pathname } = new URL(instance.databaseUrl);
      const [from, to] = [settingsOf(instance, host + pathname), settingsOf(other, name)];
      const misfits = await findMisfits(from, to);
      if (misfits.length > 0) throw new Error(misfits.join("\n"));
      const userId = await findMoving(instance, named);
      await withCells([instance, from.name], [other, to.name], async (cells) => {
        if (options.cancel === true) return await cancel(cells, instance, userId, options);
        const restart = await shareSecret(from, to);
        const userIds = await moveTenant(cells, userId);
        answer(options, { moved: userIds, to: name, restart }, [
          userIds.length === 1
            ? `${named} has moved to ${name}.`
            : `${named} has moved to ${name}, with ${userIds.length - 1} who share a workspace.`,
          ...(restart
            ? [`Restart the processes of ${name}: it signs cookies with the secret of this instance now.`]
            : []),
        ]);
      });
    } finally {
      await other.close();
    }
  });
}

async function cancel(
  cells: { from: Cell; to: Cell },
  { pool }: Instance,
  userId: string,
  options: MoveOptions,
): Promise<void> {
  const move = await findMoveOfUser.one(pool, [userId]);
  if (move === undefined || !["leaving", "packed"].includes(move.state))
    throw new Error("The user is not being moved.");
  if (!(await stay(cells, move.move_id)))
    throw new Error(`The user has arrived in ${cells.to.name}. Run the command again without --cancel to complete it.`);
  answer(options, { cancelled: true }, ["The user stays, and everything works as before."]);
}

async function findMoving(instance: Instance, named: string): Promise<string> {
  const packed = await findPackedUser.one(instance.pool, [named]);
  return packed?.id ?? (await findNamedUser(instance, named)).id;
}

function settingsOf({ pool, oauth, secrets, config }: Instance, name: string): CellSettings {
  return { name, pool, vault: oauth.vault, keys: secrets.keys(), storage: config.storage };
}

async function withCells(
  from: [instance: Instance, name: string],
  to: [instance: Instance, name: string],
  work: (cells: { from: Cell; to: Cell }) => Promise<void>,
): Promise<void> {
  const closers: (() => Promise<void>)[] = [];
  const open = async ([{ pool, config, log }, name]: [Instance, string]): Promise<Cell> => {
    const storage = await openStorage(config.storage);
    const jobs = await startJobQueue({ pool, log });
    closers.push(async () => {
      await jobs.stop();
      storage.close();
    });
    return { name, pool, storage, jobs };
  };
  try {
    await work({ from: await open(from), to: await open(to) });
  } finally {
    for (const close of closers) await close();
  }
}
