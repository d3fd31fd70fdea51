import { chmod, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { launcherFor } from "../db/embedded/postgres-binaries.ts";
import type { Config } from "./config.ts";

/** Folders of the data folder that earlier versions made for everybody to read. PostgreSQL sees to its own. */
const OURS = ["storage", "sandbox", "mail"];

/**
 * Makes the data folder where there is none, and closes it to the machine's other users: in it lie media, letters, and
 * the sandbox's log of requests with its tokens. What was closed to others before is left as it is.
 */
export async function closeDataDir({ dataDir, databaseUrl }: Pick<Config, "dataDir" | "databaseUrl">): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // A PostgreSQL that has to run as another user finds its folder in there, and sees nothing else.
  const passes = databaseUrl === null && launcherFor().uid !== process.getuid?.() ? 0o001 : 0;
  await close(dataDir, passes);
  for (const name of OURS) await close(join(dataDir, name), 0);
}

async function close(folder: string, others: number): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found === null || (found.mode & 0o007) === others || found.uid !== process.getuid?.()) return;
  await chmod(folder, 0o700 | others);
}
