import type pg from "pg";

import { readBackupState } from "../server/domain/backups/scheduled-backups.ts";
import type { Config } from "../server/start/config.ts";
import { type Finding, ok, warning } from "./finding.ts";

/** Whether backups are taken, and when the last one was. */
export async function checkBackups({ backups: { schedule } }: Config, pool: pg.Pool): Promise<Finding> {
  if (schedule === null) return ok("backups", "not scheduled: set AMPOST_BACKUP_TO, or run `ampost backup` yourself");
  const { last, failed } = await readBackupState(pool);
  const since = last === null ? "none has been taken yet" : `the last one is ${last.name}`;
  if (failed !== null)
    return warning(
      "backups",
      `the backup of ${failed.at} failed: ${failed.message} (${since})`,
      "It is tried again every hour. Check that AMPOST_BACKUP_TO can be written to and has space.",
    );
  const isLate = last !== null && Date.now() - Date.parse(last.at) > 2 * schedule.everyHours * 3_600_000;
  if (isLate)
    return warning("backups", `none since ${last.at}`, "A worker takes them: check that one is running, and its log.");
  return ok("backups", `every ${schedule.everyHours} hours to ${schedule.to}; ${since}`);
}
