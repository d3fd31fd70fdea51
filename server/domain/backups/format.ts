import { z } from "zod";

/** The first entry: what the backup is of. */
export const HEADER_NAME = "backup.json";
/** The last but one: what the entries before it add up to. */
export const CHECKS_NAME = "checks.json";
/** The last one: of all bytes before it, in hexadecimal. */
export const SUM_NAME = "sha256";
/** Jobs belong to pg-boss, whose tables change with its versions: what matters of them is kept in a form of our own. */
export const JOBS = { name: "jobs", columns: ["name", "priority", "group_id", "data"] } as const;

const migration = z.object({ version: z.int(), name: z.string(), checksum: z.string() });

export const backupHeader = z.object({
  format: z.literal("ampost backup"),
  formatVersion: z.int(),
  /** The version of Ampost that wrote it. */
  version: z.string(),
  takenAt: z.iso.datetime(),
  /** The ID of the key that sealed the tokens; null if nothing is sealed. The key itself is not in the backup. */
  encryptionKey: z.string().nullable(),
  /** Whether the bytes of media follow; otherwise they are in a bucket of their own. */
  hasMedia: z.boolean(),
  /** Those that had run, in order. */
  migrations: z.array(migration),
  tables: z.array(z.object({ name: z.string(), columns: z.array(z.string()) })),
});

export type BackupHeader = z.output<typeof backupHeader>;

export const FORMAT_VERSION = 1;

export const backupChecks = z.object({
  /** By table. */
  rows: z.record(z.string(), z.int()),
  /** Of media: how many, and how many more were deleted while the backup was taken. */
  files: z.int(),
  gone: z.int(),
});

export type BackupChecks = z.output<typeof backupChecks>;

export function chunkName(table: string, number: number): string {
  return `tables/${table}/${String(number).padStart(6, "0")}.gz`;
}

/** The table of a chunk; null for other entries. */
export function tableOf(name: string): string | null {
  return /^tables\/(\w+)\/\d+\.gz$/.exec(name)?.[1] ?? null;
}

/** In PostgreSQL's text format a line break inside a value is escaped, so each one ends a row. */
export function countRows(rows: Buffer): number {
  let count = 0;
  for (let at = rows.indexOf(10); at !== -1; at = rows.indexOf(10, at + 1)) count += 1;
  return count;
}
