import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";

import { withFileLock } from "../db/embedded/file-lock.ts";
import type { KeySource } from "./vault.ts";

/** The generated encryption keys, one in base64 on each line: the first seals, all open. Readable by its owner only. */
export function keyFile(dataDir: string): string {
  return join(dataDir, "encryption-key");
}

/** How long a process may encrypt with the old key after another has put a new one first, in seconds. */
export const NOTICED_WITHIN_SECONDS = 1;

/**
 * The keys in the data folder's key file, which is created if necessary. The source follows the file: a key added by
 * another process is noticed within a second, and immediately when data encrypted with it is found.
 */
export async function openKeyFile(dataDir: string): Promise<KeySource> {
  const file = keyFile(dataDir);
  await mkdir(dataDir, { recursive: true });
  await withFileLock(`${file}.lock`, async () => {
    if (stampOf(file) === null) await writeKeys(file, [randomBytes(32)]);
  });
  let read = readKeys(file);
  let lookedAt = performance.now();
  const reread = () => {
    lookedAt = performance.now();
    // A file that is now missing or broken does not affect a process that has read it.
    const stamp = stampOf(file);
    if (stamp === null || stamp === read.stamp) return read.keys;
    try {
      read = readKeys(file);
    } catch {
      return read.keys;
    }
    return read.keys;
  };
  return { keys: () => (performance.now() - lookedAt < NOTICED_WITHIN_SECONDS * 1000 ? read.keys : reread()), reread };
}

/** The generated keys, or none: the file is not created. */
export function readKeyFile(dataDir: string): readonly Buffer[] {
  const file = keyFile(dataDir);
  return stampOf(file) === null ? [] : readKeys(file).keys;
}

/** Creates a new key and puts it first in the key file; earlier keys stay, to decrypt. */
export async function addKey(dataDir: string): Promise<void> {
  const file = keyFile(dataDir);
  await withFileLock(`${file}.lock`, () => writeKeys(file, [randomBytes(32), ...readKeys(file).keys]));
}

/** Written atomically and synced: tokens encrypted with a key may outlive a crash. */
async function writeKeys(file: string, keys: readonly Buffer[]): Promise<void> {
  const draft = `${file}.new`;
  const handle = await open(draft, "w", 0o600);
  await handle.chmod(0o600);
  await handle.writeFile(keys.map((key) => `${key.toString("base64")}\n`).join(""));
  await handle.sync();
  await handle.close();
  await rename(draft, file);
  await using folder = await open(dirname(file));
  await folder.sync();
}

interface KeysRead {
  keys: readonly Buffer[];
  stamp: string | null;
}

function readKeys(file: string): KeysRead {
  // Read the timestamp first: a change in between is noticed at the next check.
  const stamp = stampOf(file);
  const keys = readFileSync(file, "utf8")
    .trim()
    .split(/\s+/)
    .map((line) => Buffer.from(line, "base64"));
  if (keys.every((key) => key.length === 32)) return { keys, stamp };
  throw new Error(
    `${file} must have a 32-byte key in base64 on each line. ` +
      "Restore the right keys: without them, the tokens in the database cannot be read.",
  );
}

/** Changes with the file; null if there is none. */
function stampOf(file: string): string | null {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? null : `${stats.ino} ${stats.mtimeNs} ${stats.size}`;
}
