import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { BOUNDS } from "../../model/bounds.ts";

/** Deletes emails that were written to the folder for want of a mail server: old ones, and all but the newest. */
export async function sweepEmails(folder: string, now = Date.now()): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
  // They are named by their IDs, which begin with their time.
  const emails = names
    .filter((name) => name.endsWith(".eml"))
    .sort()
    .reverse();
  for (const [place, name] of emails.entries()) {
    const path = join(folder, name);
    const isOld = async () => (await stat(path)).mtimeMs < now - BOUNDS.keptEmailDays * 86_400_000;
    if (place >= BOUNDS.keptEmails || (await isOld())) await rm(path, { force: true });
  }
}
