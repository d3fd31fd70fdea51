import type { Readable } from "node:stream";

import { isStorageKey } from "../../storage/storage.ts";
import { type BackupChecks, type BackupHeader, countRows } from "./format.ts";
import { BackupRefused, openBackup } from "./read-backup.ts";

/** What a backup has, and what its posts are waiting for. */
export interface CheckedBackup {
  header: BackupHeader;
  checks: BackupChecks & { sha256: string };
  /** Platform posts that were not settled when it was taken. */
  unsettled: number;
  /** Those of them that have been due since: they may already be live. */
  doubted: number;
  /** Keys of media that the tables name and the backup does not include. */
  absent: Set<string>;
}

/**
 * Reads a whole backup and compares it with its own checks. Changes nothing. Throws a BackupRefused if it cannot be
 * restored.
 */
export async function checkBackup(bytes: Readable, now = new Date()): Promise<CheckedBackup> {
  const { header, parts, checks } = await openBackup(bytes);
  const columns = new Map(header.tables.map((table) => [table.name, table.columns]));
  const absent = new Set<string>();
  let [unsettled, doubted, files] = [0, 0, 0];
  const counted = new Map<string, number>();
  for await (const part of parts) {
    if (part.kind === "file") {
      if (!isStorageKey(part.key))
        throw new BackupRefused(`The backup has a part that this version does not know: ${part.key}.`);
      for await (const chunk of part.bytes) void chunk;
      absent.delete(part.key);
      files += 1;
      continue;
    }
    const { table, rows } = part;
    counted.set(table, (counted.get(table) ?? 0) + countRows(rows));
    const read = (...names: string[]) => readColumns(rows, columns.get(table) ?? [], names);
    if (STORES.has(table)) for (const [key] of read("storage_key")) if (key) absent.add(key);
    if (table !== "platform_posts") continue;
    for (const [status, dueAt, publishedAt] of read("status", "due_at", "published_at")) {
      if (!isUnsettled(status) || !dueAt || publishedAt) continue;
      unsettled += 1;
      if (timeOf(dueAt) <= now.getTime()) doubted += 1;
    }
  }
  const declared = checks();
  const isComplete = header.tables.every(({ name }) => (counted.get(name) ?? 0) === (declared.rows[name] ?? 0));
  if (!isComplete || files !== declared.files)
    throw new BackupRefused("The backup is damaged: parts of it are missing.");
  return { header, checks: declared, unsettled, doubted, absent };
}

/** Tables that name media. */
const STORES: ReadonlySet<string> = new Set(["media", "resumable_upload_parts"]);

function isUnsettled(status: string | null | undefined): boolean {
  return status === "pending" || status === "queued" || status === "posting";
}

/** Of columns whose values have nothing to escape. */
function* readColumns(
  rows: Buffer,
  columns: readonly string[],
  names: readonly string[],
): Generator<(string | null | undefined)[]> {
  const places = names.map((name) => columns.indexOf(name));
  for (const line of rows.toString().split("\n").slice(0, -1)) {
    const values = line.split("\t");
    yield places.map((place) => (values[place] === "\\N" ? null : values[place]));
  }
}

/** PostgreSQL's form of a time in UTC, such as `2026-11-27 09:30:00.5+00`. */
function timeOf(text: string): number {
  return Date.parse(text.replace(" ", "T").replace(/\+00$/, "Z"));
}
