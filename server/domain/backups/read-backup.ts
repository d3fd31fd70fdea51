import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

import { z } from "zod";

import { jsonOrNull } from "../../../model/json-or-null.ts";
import {
  type BackupChecks,
  backupChecks,
  type BackupHeader,
  backupHeader,
  CHECKS_NAME,
  FORMAT_VERSION,
  HEADER_NAME,
  SUM_NAME,
  tableOf,
} from "./format.ts";
import { BrokenArchiveError, readTar, type TarEntry } from "./tar.ts";

/** A file that cannot be restored. The message says why. */
export class BackupRefused extends Error {
  override name = "BackupRefused";
}

export interface OpenBackup {
  header: BackupHeader;
  /** Everything else, in order; the bytes of a file are to be read before the next part. */
  parts: AsyncIterable<BackupPart>;
  /** After the last part: what the backup says of itself, which has been checked. */
  checks(): BackupChecks & { sha256: string };
}

export type BackupPart =
  | { kind: "rows"; table: string; rows: Buffer }
  | { kind: "file"; key: string; sizeBytes: number; bytes: AsyncIterable<Buffer> };

/** Throws a BackupRefused if it is no backup or of a later format; reading its parts also if it is damaged or cut. */
export async function openBackup(bytes: Readable): Promise<OpenBackup> {
  const hash = createHash("sha256");
  const entries = readTar(bytes, (some, name) => name !== SUM_NAME && hash.update(some));
  const header = await readHeader(entries).catch(async (error: unknown) => {
    await entries.return(undefined);
    throw error;
  });
  let checks: BackupChecks | undefined;
  let sha256: string | undefined;
  const parts = async function* (): AsyncGenerator<BackupPart> {
    for await (const { name, sizeBytes, bytes: content } of entries) {
      const table = tableOf(name);
      if (name === SUM_NAME) sha256 = (await buffer(content)).toString();
      else if (name === CHECKS_NAME) checks = backupChecks.parse(jsonOrNull((await buffer(content)).toString()));
      else if (table === null) yield { kind: "file", key: name, sizeBytes, bytes: refusingBroken(content) };
      else yield { kind: "rows", table, rows: await unpack(await buffer(content)) };
    }
    if (checks === undefined || sha256 !== `${hash.digest("hex")}\n`)
      throw new BrokenArchiveError("its content does not match its checksum");
  };
  return {
    header,
    parts: refusingBroken(parts()),
    checks: () => {
      if (checks === undefined || sha256 === undefined) throw new Error("The backup was not read to its end");
      return { ...checks, sha256 };
    },
  };
}

async function readHeader(entries: AsyncIterator<TarEntry>): Promise<BackupHeader> {
  const value = await readFirst(entries).catch((error: unknown) => {
    if (error instanceof BrokenArchiveError) return null;
    throw error;
  });
  const format = z.looseObject({ format: z.literal("ampost backup"), formatVersion: z.int() }).safeParse(value);
  if (!format.success) throw new BackupRefused("This is not a backup made by `ampost backup`.");
  if (format.data.formatVersion > FORMAT_VERSION)
    throw new BackupRefused(
      "The backup has a newer format. Install the version of Ampost that made it, or a newer one.",
    );
  const header = backupHeader.safeParse(value);
  if (!header.success) throw new BackupRefused("The backup is damaged: its header cannot be read.");
  return header.data;
}

async function readFirst(entries: AsyncIterator<TarEntry>): Promise<unknown> {
  const { done, value } = await entries.next();
  return done === true || value.name !== HEADER_NAME ? null : jsonOrNull((await buffer(value.bytes)).toString());
}

const unpack = promisify(gunzip);

async function* refusingBroken<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
  try {
    yield* items;
  } catch (error) {
    throw isBroken(error) ? new BackupRefused(`The backup is damaged: ${error.message}.`, { cause: error }) : error;
  }
}

/** What bytes that were changed or lost can lead to. */
function isBroken(error: unknown): error is Error {
  if (error instanceof BrokenArchiveError || error instanceof z.ZodError) return true;
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}
