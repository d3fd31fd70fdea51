import type pg from "pg";
import type { Logger } from "pino";

import type { Mode } from "../../model/platform-names.ts";
import { loginOf } from "../../platforms/index.ts";
import { createHttpClient, type HttpClient } from "../../platforms/kit/http.ts";
import { migrate } from "../db/migrate.ts";
import { notificationsSent } from "../db/notify.ts";
import { createPool, type PoolOptions } from "../db/pool.ts";
import { quietWhileAway } from "../db/quiet-log.ts";
import type { OAuthServices } from "../oauth/services.ts";
import { checkKeys, loadSecrets, type Secrets } from "../vault/secrets.ts";
import { createVault } from "../vault/vault.ts";
import type { Config } from "./config.ts";
import { enterDatabase } from "./database.ts";
import { waitForDatabase } from "./wait-for-database.ts";

/** An instance's storage and shutdown: what every process and command starts with. */
export interface Instance {
  config: Config;
  /** Quiet while the database is away. */
  log: Logger;
  secrets: Secrets;
  databaseUrl: string;
  pool: pg.Pool;
  oauth: OAuthServices;
  /** A client to the platforms in live mode, to the sandbox in test mode. */
  httpFor(mode: Mode): HttpClient;
  /** A separate pool for work that must not wait for, or starve, the rest. The instance closes it. */
  openPool(name: string, max: number, options?: Pick<PoolOptions, "lockTimeoutSeconds" | "keepsPlans">): pg.Pool;
  close(): Promise<void>;
}

/**
 * Opens the database (embedded or configured) unless that has begun, waits for it for `patienceSeconds`, forever by
 * default, migrates it and checks the encryption key. Throws an error that says what to do.
 */
export async function openInstance(
  config: Config,
  fullLog: Logger,
  patienceSeconds?: number,
  opening = enterDatabase(config, fullLog),
): Promise<Instance> {
  const database = await opening;
  const pools: pg.Pool[] = [];
  let closing = false;
  const openPool: Instance["openPool"] = (name, max, options) => {
    const pool = createPool(database.url, {
      ...options,
      max,
      name,
      onError: (error) => closing || log.warn({ err: error }, "A database connection broke"),
    });
    pools.push(pool);
    return pool;
  };
  const pool = openPool("ampost", config.databasePool);
  const { log, close: endQuiet } = quietWhileAway(fullLog, database.url, () => canWrite(pool));
  const close = async () => {
    closing = true;
    endQuiet();
    await Promise.all(
      pools.map(async (each) => {
        await notificationsSent(each);
        await each.end();
      }),
    );
    await database.stop();
  };
  try {
    const [secrets] = await Promise.all([loadSecrets(config), prepareDatabase(pool, fullLog, patienceSeconds)]);
    const vault = createVault(secrets);
    await checkKeys(pool, vault);
    const clients = { live: createHttpClient(), test: createHttpClient({ sandboxUrl: config.sandbox.url }) };
    const httpFor = (mode: Mode) => clients[mode];
    const oauth: OAuthServices = {
      pool,
      vault,
      log,
      httpFor,
      directHttp: createHttpClient({ allowHttp: true }),
      oauthOf: loginOf,
      liveApp: (platform) => config.apps.get(platform) ?? null,
      appUrl: config.appUrl,
      platformEnvironment: config.platformEnvironment,
      sandboxUrl: config.sandbox.url,
    };
    return { config, log, secrets, databaseUrl: database.url, pool, oauth, httpFor, openPool, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A standby that was not promoted yet accepts connections, but nothing is stored. */
async function canWrite(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ isStandby: boolean }>('select pg_is_in_recovery() as "isStandby"');
  if (rows[0]?.isStandby !== false) throw new Error("The database is a standby");
}

async function prepareDatabase(pool: pg.Pool, log: Logger, seconds: number | undefined): Promise<void> {
  const ran = await waitForDatabase(() => migrate(pool), { log, setting: "DATABASE_URL", seconds });
  if (ran.length > 0) log.info({ migrations: ran.length, to: ran.at(-1) }, "The database was migrated");
}
