import { setTimeout as sleep } from "node:timers/promises";

import { countByKey, rotateEncryption, type Rotation } from "../server/domain/encryption/rotate-encryption.ts";
import type { Instance } from "../server/start/instance.ts";
import { addKey, NOTICED_WITHIN_SECONDS } from "../server/vault/key-file.ts";
import { answer } from "./answer.ts";
import { withInstance } from "./instance-command.ts";

/**
 * Encrypts everything in the database with the first key. If the key is the generated one, a new one is created and put
 * first, unless an earlier run was interrupted: then that run is finished. Exits with 1 if anything is left over.
 */
export async function runRotateEncryption(options: { json?: boolean }): Promise<void> {
  const { newKey, ...rotation } = await withInstance(rotate);
  answer(options, { newKey, ...rotation }, toLines(newKey, rotation));
  if (rotation.left > 0 || rotation.unreadable > 0) process.exitCode = 1;
}

async function rotate(instance: Instance): Promise<Rotation & { newKey: boolean }> {
  const { pool, config, oauth, secrets } = instance;
  const newKey =
    config.encryptionKeys === null && (await countByKey(pool)).every(({ keyId }) => keyId === oauth.vault.keyId);
  if (newKey) {
    await addKey(config.dataDir);
    secrets.reread();
    // By then, every running process encrypts with the new key too.
    await sleep(NOTICED_WITHIN_SECONDS * 1000 + 500);
  }
  return { newKey, ...(await rotateEncryption({ pool, vault: oauth.vault })) };
}

function toLines(newKey: boolean, { keyId, resealed, columns, unreadable, left }: Rotation): string[] {
  return [
    newKey
      ? `Created a new key, ${keyId}, and put it first in the data folder's key file.`
      : `The sealing key is ${keyId}.`,
    `${resealed} ${resealed === 1 ? "value was" : "values were"} resealed with it.`,
    ...columns
      .filter((column) => column.resealed > 0)
      .map((column) => `  ${column.table}.${column.column}: ${column.resealed}`),
    ...(unreadable > 0 ? [`${unreadable} cannot be opened with any key and were left unchanged.`] : []),
    ...(left > 0 ? [`${left} were in use the whole time. Run this command again.`] : []),
    "Keep the earlier keys until `ampost doctor` says they can be removed.",
  ];
}
