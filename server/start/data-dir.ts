import { access, chmod, constants, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { launcherFor } from "../db/embedded/postgres-binaries.ts";
import type { Config } from "./config.ts";

/** Subfolders that earlier versions created readable for everyone. PostgreSQL handles its own. */
const OURS = ["storage", "sandbox", "mail"];

/**
 * Creates the data folder if necessary and closes it to the machine's other users: it contains media, emails, and the
 * sandbox's request log with its tokens. Folders that were already closed are left unchanged. Throws an error that says
 * what to do if it cannot be used.
 */
export async function closeDataDir({ dataDir, databaseUrl }: Pick<Config, "dataDir" | "databaseUrl">): Promise<void> {
  await open(dataDir).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `The data folder ${dataDir} cannot be used (${error.code ?? error.message}). ` +
        "Set AMPOST_DATA_DIR to a folder that this user can write to.",
      { cause: error },
    );
  });
  // A PostgreSQL that must run as another user finds its folder in there and sees nothing else.
  const passes = databaseUrl === null && launcherFor().uid !== process.getuid?.() ? 0o001 : 0;
  await close(dataDir, passes);
  for (const name of OURS) await close(join(dataDir, name), 0);
}

async function open(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await access(folder, constants.W_OK | constants.X_OK);
}

async function close(folder: string, others: number): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found === null || (found.mode & 0o007) === others || found.uid !== process.getuid?.()) return;
  await chmod(folder, 0o700 | others);
}
