import { pino } from "pino";

import { createPool } from "../server/db/pool.ts";
import type { Cell } from "../server/domain/tenants/move-tenant.ts";
import { startJobQueue } from "../server/jobs/jobs.ts";
import { createDiskStorage } from "../server/storage/disk.ts";
import { PATIENT } from "./database.ts";

/** A cell for moves, on a migrated database. */
export async function openCell(
  name: string,
  { url, folder }: { url: string; folder: string },
): Promise<Cell & { close(): Promise<void> }> {
  const pool = createPool(url, { ...PATIENT, name: "ampost test", onError: () => undefined });
  const storage = await createDiskStorage(folder);
  const jobs = await startJobQueue({ pool, log: pino({ level: "silent" }) });
  const close = async () => {
    await jobs.stop();
    storage.close();
    await pool.end();
  };
  return { name, pool, storage, jobs, close };
}
