import { hkdfSync } from "node:crypto";

import type pg from "pg";

import { EXAMPLE_KEY } from "../../model/environment.ts";
import { addFact, findFact } from "../db/queries/instance-facts.ts";
import { openKeyFile } from "./key-file.ts";
import { fixed, type KeySource, type Vault } from "./vault.ts";

/** The instance's secrets. A rotation in another process changes them while this one runs. */
export interface Secrets extends KeySource {
  /**
   * Secrets for signing media URLs, one for each key, so that all processes have the same. The first signs, all verify.
   * There is none of the public example key, with which anyone could sign.
   */
  mediaSecrets(): readonly [Buffer, ...Buffer[]];
}

/** The configured keys, or those of the key file in the data folder, which is created at the first start. */
export async function loadSecrets(config: {
  encryptionKeys: readonly Buffer[] | null;
  dataDir: string;
}): Promise<Secrets> {
  const source = config.encryptionKeys === null ? await openKeyFile(config.dataDir) : fixed(config.encryptionKeys);
  let made = mediaSecretsOf(source.keys());
  return {
    ...source,
    mediaSecrets: () => {
      const keys = source.keys();
      if (made.keys !== keys) made = mediaSecretsOf(keys);
      return made.secrets;
    },
  };
}

const PUBLIC_KEY = Buffer.from(EXAMPLE_KEY, "base64");

function mediaSecretsOf(keys: readonly Buffer[]): { keys: readonly Buffer[]; secrets: [Buffer, ...Buffer[]] } {
  const [first, ...others] = keys
    .filter((key) => !key.equals(PUBLIC_KEY))
    .map((key) => Buffer.from(hkdfSync("sha256", key, "", "ampost media urls", 32)));
  if (first === undefined) throw new Error("There is no encryption key");
  return { keys, secrets: [first, ...others] };
}

const CHECK = {
  name: "encryption_check",
  text: "ampost",
  place: { table: "instance", row: "encryption_check", column: "value" },
};

/**
 * Whether these keys match those that encrypted the database's secrets. The first process stores an encrypted value,
 * against which all later ones are checked. Throws an error that says what to do.
 */
export async function checkKeys(pool: pg.Pool, vault: Vault): Promise<void> {
  if ((await keyStatus(pool, vault)) === "new")
    await addFact.run(pool, [CHECK.name, vault.seal(CHECK.text, CHECK.place)]);
  if ((await keyStatus(pool, vault)) === "wrong")
    throw new Error(`The encryption key does not match the one that sealed this database's tokens. ${WRONG_KEY_CURE}`);
}

/** What to do about a wrong key. */
export const WRONG_KEY_CURE =
  "Set AMPOST_ENCRYPTION_KEY to the earlier key (the file encryption-key in the data folder of the first start), " +
  "or add it after the new one, separated by a comma.";

/** Whether the keys decrypt what this database has; "new" if it has nothing yet. */
export async function keyStatus(pool: pg.Pool, vault: Vault): Promise<"right" | "wrong" | "new"> {
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
