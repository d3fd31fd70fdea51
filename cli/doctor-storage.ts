import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { text as textOf } from "node:stream/consumers";

import type { Config } from "../server/start/config.ts";
import { openStorage } from "../server/storage/open-storage.ts";
import { newStorageKey } from "../server/storage/storage.ts";
import { sentenceOf } from "./answer.ts";
import { failed, type Finding, ok } from "./finding.ts";

export async function checkDataFolder({ dataDir }: Config): Promise<Finding> {
  try {
    const existing = await existingFolder(dataDir);
    await access(existing, constants.R_OK | constants.W_OK | constants.X_OK);
    return ok("data folder", existing === dataDir ? dataDir : `${dataDir} will be created at the first start`);
  } catch (error) {
    return failed(
      "data folder",
      `${dataDir} cannot be written: ${sentenceOf(error)}`,
      "Give this user write access to the folder, or choose another one with AMPOST_DATA_DIR.",
    );
  }
}

/** The folder, or the nearest one above it that exists. */
export async function existingFolder(path: string): Promise<string> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" && dirname(path) !== path) return null;
    throw error;
  });
  if (found === null) return existingFolder(dirname(path));
  if (!found.isDirectory()) throw new Error(`${path} is not a folder`);
  return path;
}

/** Writes, reads and deletes an object, as for media. */
export async function checkStorage(config: Config): Promise<Finding> {
  const where =
    config.storage.kind === "disk"
      ? config.storage.folder
      : `bucket ${config.storage.bucket}${config.storage.endpoint === null ? "" : ` at ${config.storage.endpoint}`}`;
  const text = "Ampost was here";
  if (config.storage.kind === "disk" && (await existingFolder(where)) !== where)
    return ok("storage", `${where} will be created at the first start`);
  try {
    const storage = await openStorage(config.storage);
    try {
      const key = newStorageKey();
      await storage.put(
        key,
        (async function* () {
          yield Buffer.from(text);
        })(),
      );
      const read = await textOf(await storage.open(key));
      await storage.delete(key);
      if (read !== text || (await storage.sizeBytes(key)) !== null)
        throw new Error("a written object could not be read back or deleted");
    } finally {
      storage.close();
    }
    return ok("storage", `can write, read and delete in ${where}`);
  } catch (error) {
    const cure =
      config.storage.kind === "disk"
        ? "Give this user write access to the folder, and check that the disk is not full."
        : "Check AMPOST_S3_BUCKET, AMPOST_S3_REGION, AMPOST_S3_ENDPOINT and the keys, and that the keys can read, " +
          "write and delete objects.";
    return failed("storage", `${where}: ${sentenceOf(error)}`, cure);
  }
}
