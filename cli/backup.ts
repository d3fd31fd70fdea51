import { access } from "node:fs/promises";
import { join } from "node:path";

import ampost from "../package.json" with { type: "json" };
import { createPool } from "../server/db/pool.ts";
import { type CheckedBackup, checkBackup } from "../server/domain/backups/check-backup.ts";
import { BackupRefused } from "../server/domain/backups/read-backup.ts";
import { planRestore, restoreBackup, type RestorePlan } from "../server/domain/backups/restore-backup.ts";
import { writeBackup } from "../server/domain/backups/write-backup.ts";
import type { Config } from "../server/start/config.ts";
import { closeDataDir } from "../server/start/data-dir.ts";
import { openDatabase } from "../server/start/database.ts";
import { openFiles, splitPath } from "../server/storage/files.ts";
import { openStorage } from "../server/storage/open-storage.ts";
import { keyFile, readKeyFile } from "../server/vault/key-file.ts";
import { keyIdOf } from "../server/vault/vault.ts";
import { answer } from "./answer.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { letRequestsGoFirst } from "./low-priority.ts";
import { readSettings } from "./settings.ts";

interface RestoreOptions {
  json?: boolean;
  dryRun?: boolean;
  replace?: boolean;
}

/** Writes a backup while the instance keeps running. The database is not migrated first: it may be an older version's. */
export async function runBackup(path: string, options: { json?: boolean }): Promise<void> {
  await letRequestsGoFirst();
  await using undone = new AsyncDisposableStack();
  const { config, log } = await readSettings("command");
  if (config.logLevel === "info") log.level = "warn";
  await closeDataDir(config);
  const database = await openDatabase(config, log);
  undone.defer(() => database.stop());
  const pool = createPool(database.url, { max: 1, name: "ampost backup" });
  undone.defer(() => pool.end());
  const storage = config.storage.kind === "disk" ? await openStorage(config.storage) : null;
  const { place, name } = splitPath(path);
  const files = await openFiles(place, config.backups.access);
  undone.defer(() => files.close());
  const written = await writeBackup(
    { pool, storage, isEmbedded: config.databaseUrl === null, version: ampost.version },
    (bytes) => files.write(name, bytes),
  );
  answer(options, { file: path, ...written, hasMedia: storage !== null }, [
    `Wrote ${path} (${megabytes(written.sizeBytes)}): ${count(written.posts, "post")}, ` +
      (storage === null ? `without media, which is in the bucket.` : `${count(written.files, "file")} of media.`),
    ...(written.encryptionKey === null ? [] : [keyLine(config, written.encryptionKey)]),
  ]);
}

/** Says what a restore would do, and unless that is all that is wanted or something prevents it, does it. */
export async function runRestore(path: string, options: RestoreOptions): Promise<void> {
  await using undone = new AsyncDisposableStack();
  const { config, log } = await readSettings("command");
  if (config.logLevel === "info") log.level = "warn";
  const { place, name } = splitPath(path);
  const files = await openFiles(place, config.backups.access);
  undone.defer(() => files.close());
  const backup = await files
    .read(name)
    .then((bytes) => checkBackup(bytes))
    .catch(refuse);
  if (backup === null) return;
  const connect = async () => {
    const { url: databaseUrl, stop } = await openDatabase(config, log);
    undone.defer(stop);
    const pool = createPool(databaseUrl, { max: 2, name: "ampost restore", statementTimeoutSeconds: 0 });
    undone.defer(() => pool.end());
    return { databaseUrl, pool };
  };
  const existing = (await hasDatabase(config)) ? await connect() : null;
  const storage = await openStorage(config.storage);
  undone.defer(() => storage.close());

  const plan = await planRestore(
    { pool: existing?.pool ?? null, storage, keyIds: keyIdsOf(config) },
    backup,
    options.replace === true,
  );
  const json = { file: path, ...describeBackup(backup), ...plan };
  const lines = [...backupLines(path, backup), ...planLines(plan, backup)];
  const isTried = options.dryRun === true;
  const problems = [...plan.problems, ...(plan.isInUse && !isTried ? [IN_USE] : [])];
  if (problems.length > 0) process.exitCode = EXIT_CODES.refused;
  if (problems.length > 0 || isTried)
    return answer(options, { ...json, problems, restored: false }, [
      ...lines,
      ...problems,
      ...(plan.isInUse && isTried ? ["Before you restore, stop all processes of Ampost on this database."] : []),
      problems.length > 0 ? "It was not restored, and nothing was changed." : "Nothing was changed.",
    ]);
  if (options.json !== true) console.log(lines.join("\n"));
  await closeDataDir(config);
  await restoreBackup(
    { ...(existing ?? (await connect())), dataDir: config.dataDir, storage, log },
    backup,
    await files.read(name),
  );
  answer(options, { ...json, restored: true }, [
    "Restored. Start Ampost, and run `ampost publishing status`; when everything is checked, `ampost publishing release`.",
  ]);
}

const IN_USE = "Ampost is running on this database. Stop all of its processes first.";

function backupLines(path: string, { header, checks }: CheckedBackup): string[] {
  const { users = 0, posts = 0 } = checks.rows;
  return [
    `${path} was taken at ${header.takenAt} by Ampost ${header.version}: ${count(users, "user")}, ` +
      `${count(posts, "post")}, ${header.hasMedia ? `${count(checks.files, "file")} of media` : "without media"}.`,
  ];
}

function planLines(
  { replaces, missingFiles, migrations }: RestorePlan,
  { unsettled, doubted }: CheckedBackup,
): string[] {
  return [
    replaces === null
      ? "The instance is empty."
      : `Everything in the instance is replaced: ${count(replaces.users, "user")} and ${count(replaces.posts, "post")}.`,
    ...(migrations.length === 0
      ? []
      : [`The database is migrated to this version: ${count(migrations.length, "migration")}.`]),
    ...(missingFiles === 0
      ? []
      : [`${count(missingFiles, "file")} of media cannot be found: posts that need them cannot be published.`]),
    `Publishing is on hold afterwards. Of ${count(unsettled, "unfinished platform post")}, ${doubted} ` +
      "may have been published since and are checked first.",
  ];
}

/** For programs. */
function describeBackup({ header, checks, unsettled, doubted }: CheckedBackup): object {
  const { takenAt, version, encryptionKey, hasMedia } = header;
  const { users = 0, posts = 0 } = checks.rows;
  return { takenAt, version, encryptionKey, hasMedia, users, posts, files: checks.files, unsettled, doubted };
}

function keyLine({ encryptionKeys, dataDir }: Config, keyId: string): string {
  const where = encryptionKeys === null ? keyFile(dataDir) : "AMPOST_ENCRYPTION_KEY";
  return `The encryption key ${keyId} is not in it: keep a copy of ${where} elsewhere.`;
}

/** The keys that this instance has, without creating one. */
function keyIdsOf({ encryptionKeys, dataDir }: Config): string[] {
  return (encryptionKeys ?? readKeyFile(dataDir)).map(keyIdOf);
}

/** Whether there is one yet; the embedded one is created when it is first used. */
async function hasDatabase({ databaseUrl, dataDir }: Config): Promise<boolean> {
  if (databaseUrl !== null) return true;
  return access(join(dataDir, "postgres/data")).then(
    () => true,
    () => false,
  );
}

function refuse(error: unknown): null {
  if (!(error instanceof BackupRefused)) throw error;
  console.error(`${error.message} Nothing was changed.`);
  process.exitCode = EXIT_CODES.refused;
  return null;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
