import { setTimeout as sleep } from "node:timers/promises";

/**
 * Runs `work` while no other process (and no other call in this one) holds the lock at `path`. The kernel releases it
 * when its process ends, however that happens, so nothing stays locked. SQLite provides such a lock on every system;
 * the file itself stays empty.
 */
export async function withFileLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const { DatabaseSync } = await import("node:sqlite");
  const file = new DatabaseSync(path);
  try {
    while (!tryLock(file)) await sleep(10);
    return await work();
  } finally {
    file.close();
  }
}

function tryLock(file: { exec(sql: string): void }): boolean {
  try {
    file.exec("begin exclusive");
    return true;
  } catch (error) {
    // SQLITE_BUSY: someone else holds it.
    if (error instanceof Error && "errcode" in error && error.errcode === 5) return false;
    throw error;
  }
}
