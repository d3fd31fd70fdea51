import { hkdfSync, randomBytes } from "node:crypto";
import { mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import type { Config } from "./config.ts";
import { addFact, findFact } from "./db/instance-facts.ts";
import { withFileLock } from "./db/file-lock.ts";
import type { Vault } from "./oauth/vault.ts";

export interface Secrets {
  /** The first seals, all open. */
  encryptionKeys: Buffer[];
  /** What media URLs are signed with: made from the first key, so that all processes have the same. */
  mediaSecret: Buffer;
}

/** The configured keys, or one that is made on the first start and kept in the data folder, readable by its owner only. */
export async function loadSecrets(config: Pick<Config, "encryptionKeys" | "dataDir">): Promise<Secrets> {
  const encryptionKeys = config.encryptionKeys ?? [await generatedKey(config.dataDir)];
  const [first] = encryptionKeys;
  if (first === undefined) throw new Error("There is no encryption key");
  return { encryptionKeys, mediaSecret: Buffer.from(hkdfSync("sha256", first, "", "ampost media urls", 32)) };
}

export function keyFile(dataDir: string): string {
  return join(dataDir, "encryption-key");
}

async function generatedKey(dataDir: string): Promise<Buffer> {
  const file = keyFile(dataDir);
  await mkdir(dataDir, { recursive: true });
  return withFileLock(`${file}.lock`, async () => {
    const written = await readFile(file, "utf8").catch(ignoreMissing);
    if (written !== undefined) return parseKey(written, file);
    const key = randomBytes(32);
    // Synced, because tokens sealed with it outlive whatever loses it.
    const handle = await open(file, "wx", 0o600);
    await handle.writeFile(`${key.toString("base64")}\n`);
    await handle.sync();
    await handle.close();
    return key;
  });
}

function parseKey(text: string, file: string): Buffer {
  const key = Buffer.from(text.trim(), "base64");
  if (key.length === 32) return key;
  throw new Error(`${file} does not hold a key of 32 bytes in base64. Put the right one there: without it the tokens in the database cannot be read.`);
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

const CHECK = { name: "encryption_check", text: "ampost", place: { table: "instance", row: "encryption_check", column: "value" } };

/**
 * Whether these are the keys that the database's secrets were sealed with. The first process to ask leaves a sealed
 * value behind, by which all later ones are judged. Throws with what to do about it.
 */
export async function checkKeys(pool: pg.Pool, vault: Vault): Promise<void> {
  if ((await judgeKeys(pool, vault)) === "new") await addFact.run(pool, [CHECK.name, vault.seal(CHECK.text, CHECK.place)]);
  if ((await judgeKeys(pool, vault)) === "wrong") throw new Error(`The encryption key is not the one that this database's tokens were sealed with. ${WRONG_KEY_CURE}`);
}

/** What to do about a wrong key. */
export const WRONG_KEY_CURE =
  "Set AMPOST_ENCRYPTION_KEY to the earlier key (it lay in the data folder of the first start, as encryption-key), or list it after the new one, separated by a comma.";

/** Whether the keys open what this database holds; "new" where it holds nothing yet. */
export async function judgeKeys(pool: pg.Pool, vault: Vault): Promise<"right" | "wrong" | "new"> {
  const sealed = await findFact.one(pool, [CHECK.name]);
  if (sealed === undefined) return "new";
  return opens(vault, sealed.value) ? "right" : "wrong";
}

function opens(vault: Vault, sealed: string): boolean {
  try {
    return vault.open(sealed, CHECK.place) === CHECK.text;
  } catch {
    return false;
  }
}
