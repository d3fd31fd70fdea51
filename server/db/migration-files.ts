import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Numbered and forward only: `0001_core.sql`, `0002_…sql`. A file that has run anywhere is never changed. */
export const MIGRATIONS_FOLDER = join(import.meta.dirname, "migrations");

/**
 * A migration, and what its first lines say about it:
 *
 * - `-- compatible with: 0075`: programs whose last migration is 0075 or later work with the migrated database;
 * - `-- locks: posts, media`: it keeps others from reading or writing these tables, for a moment;
 * - `-- transaction: none`: its statements, separated by blank lines, run one by one.
 */
export interface Migration {
  version: number;
  name: string;
  sql: string;
  checksum: string;
  /** Null: no program that lacks it works with the migrated database. */
  compatibleWith: number | null;
  locks: string[];
  /** Null: all of it runs in one transaction. */
  statements: MigrationStatement[] | null;
}

export interface MigrationStatement {
  sql: string;
  /**
   * `once`: in a transaction that also records it. `alone`: PostgreSQL accepts it only outside a transaction, so it must
   * be repeatable. `batches`: after a line `-- in batches`, repeated until it affects no row.
   */
  runs: "once" | "alone" | "batches";
}

let ours: Promise<Migration[]> | undefined;

/** This program's migrations. Read once: a newer version may be installed over the files while this one runs. */
export function ownMigrations(): Promise<Migration[]> {
  return (ours ??= readMigrations());
}

export async function readMigrations(folder = MIGRATIONS_FOLDER): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => /^\d{4}_[a-z0-9_]+\.sql$/.test(file)).sort();
  return Promise.all(
    files.map(async (file) => parseMigration(file.replace(/\.sql$/, ""), await readFile(join(folder, file), "utf8"))),
  );
}

/** `name` begins with the version's four digits. */
export function parseMigration(name: string, sql: string): Migration {
  const compatibleWith = said(sql, "compatible with");
  return {
    version: Number(name.slice(0, 4)),
    name,
    sql,
    checksum: createHash("sha256").update(sql).digest("hex"),
    compatibleWith: compatibleWith === null ? null : Number(compatibleWith),
    locks: said(sql, "locks")?.split(", ") ?? [],
    statements: said(sql, "transaction") === "none" ? statementsOf(sql) : null,
  };
}

/** What a line before the first statement says. */
function said(sql: string, about: string): string | null {
  for (const line of sql.split("\n")) {
    if (!line.startsWith("--")) return null;
    if (line.startsWith(`-- ${about}: `)) return line.slice(`-- ${about}: `.length).trim();
  }
  return null;
}

function statementsOf(sql: string): MigrationStatement[] {
  return sql.split("\n\n").flatMap((block): MigrationStatement[] => {
    const lines = block.split("\n");
    const text = lines
      .filter((line) => !line.startsWith("--"))
      .join("\n")
      .trim();
    if (text === "") return [];
    if (lines.includes("-- in batches")) return [{ sql: text, runs: "batches" }];
    return [{ sql: text, runs: text.includes(" concurrently ") ? "alone" : "once" }];
  });
}
