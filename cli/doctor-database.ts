import { access } from "node:fs/promises";
import { join } from "node:path";

import type pg from "pg";
import type { Logger } from "pino";

import { OtherMajorError } from "../server/db/embedded/postgres-binaries.ts";
import { pendingMigrations } from "../server/db/migrate.ts";
import { createPool } from "../server/db/pool.ts";
import type { Config } from "../server/start/config.ts";
import { openDatabase } from "../server/start/database.ts";
import { keyFile } from "../server/vault/key-file.ts";
import { keyStatus, loadSecrets, WRONG_KEY_CURE } from "../server/vault/secrets.ts";
import { createVault } from "../server/vault/vault.ts";
import { sentenceOf } from "./answer.ts";
import { checkBackups } from "./doctor-backups.ts";
import { checkSubscriptions } from "./doctor-billing.ts";
import { checkOldKeys } from "./doctor-keys.ts";
import { checkBounds, checkTables, checkUsers } from "./doctor-limits.ts";
import { describePostgres } from "./doctor-postgres.ts";
import { checkHold, checkMissed, checkPauses, checkSetAside } from "./doctor-publishing.ts";
import { failed, type Finding, ok, warning } from "./finding.ts";

/** Workers use the database's clock; the log and signed URLs use the machine's. */
const CLOCKS_APART_SECONDS = 2;

/** Checks that it is reachable, recent enough and migrated, that its clock is right, and that our key decrypts it. */
export async function checkDatabase(config: Config, log: Logger): Promise<Finding[]> {
  if (config.databaseUrl === null && !(await exists(join(config.dataDir, "postgres/data")))) {
    return [ok("database", "the embedded PostgreSQL will be created at the first start"), await checkUnusedKey(config)];
  }
  const database = await openDatabase(config, log).catch((error: unknown) => error);
  if (database instanceof OtherMajorError) return [failed("database", database.problem, database.cure)];
  if (!isDatabase(database))
    return [
      failed(
        "database",
        sentenceOf(database),
        "Move the postgres folder out of the data folder, choose another folder with AMPOST_DATA_DIR, " +
          "or set DATABASE_URL.",
      ),
    ];
  const pool = createPool(database.url, { max: 1 });
  try {
    return await examine(config, pool);
  } finally {
    await pool.end();
    await database.stop();
  }
}

async function examine(config: Config, pool: pg.Pool): Promise<Finding[]> {
  try {
    const before = Date.now() / 1000;
    const { rows } = await pool.query<{ version: string; clock: number }>(
      "select current_setting('server_version') as version, extract(epoch from clock_timestamp())::float8 as clock",
    );
    const theirs = rows[0]?.clock ?? 0;
    // However long the query took.
    const apartSeconds = Math.max(0, before - theirs, theirs - Date.now() / 1000);
    const pending = await pendingMigrations(pool);
    return [
      describePostgres(rows[0]?.version ?? "", config),
      pending.length === 0
        ? ok("migrations", "up to date")
        : warning(
            "migrations",
            `${pending.join(", ")} pending`,
            "Run `ampost migrate`, or start a server, which runs them automatically.",
          ),
      apartSeconds <= CLOCKS_APART_SECONDS
        ? ok("clock", `this machine and the database agree within ${Math.max(apartSeconds, 0.01).toFixed(2)} s`)
        : failed(
            "clock",
            `this machine's clock and the database's are ${apartSeconds.toFixed(1)} s apart`,
            "Synchronize both with NTP, for example with systemd-timesyncd or chrony.",
          ),
      ...(pending.length === 0
        ? [
            ...(await checkKey(config, pool)),
            await checkHold(pool),
            await checkPauses(pool),
            await checkSetAside(pool),
            await checkMissed(pool),
            await checkBackups(config, pool),
            ...(await checkSubscriptions(config, pool)),
            await checkTables(pool),
            await checkUsers(pool, config),
            await checkBounds(pool),
          ]
        : [await checkUnusedKey(config)]),
    ];
  } catch (error) {
    return [
      failed(
        "database",
        sentenceOf(error),
        "Check that PostgreSQL 15 or newer is running and that DATABASE_URL has the right host, port, user, " +
          "password and database.",
      ),
    ];
  }
}

async function checkKey(config: Config, pool: pg.Pool): Promise<Finding[]> {
  if (config.encryptionKeys === null && !(await exists(keyFile(config.dataDir)))) return [await checkUnusedKey(config)];
  try {
    const secrets = await loadSecrets(config);
    const checked = await keyStatus(pool, createVault(secrets));
    if (checked === "wrong")
      return [failed("encryption key", "it does not match the key that sealed this database's tokens", WRONG_KEY_CURE)];
    return [ok("encryption key", "matches the database"), ...(await checkOldKeys(pool, config, secrets.keys()))];
  } catch (error) {
    return [failed("encryption key", sentenceOf(error), WRONG_KEY_CURE)];
  }
}

/** Before a first start, or if the folder with the key is missing. */
async function checkUnusedKey(config: Config): Promise<Finding> {
  if (config.encryptionKeys !== null) return ok("encryption key", "set by AMPOST_ENCRYPTION_KEY");
  if (await exists(keyFile(config.dataDir))) return ok("encryption key", `in ${keyFile(config.dataDir)}`);
  if (config.databaseUrl === null) return ok("encryption key", "will be generated at the first start");
  return warning(
    "encryption key",
    "none is set, and none has been generated yet",
    "If several machines share the database, set the same AMPOST_ENCRYPTION_KEY on all of them (openssl " +
      "rand -base64 32).",
  );
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function isDatabase(value: unknown): value is { url: string; stop(): Promise<void> } {
  return typeof value === "object" && value !== null && "url" in value && "stop" in value;
}
