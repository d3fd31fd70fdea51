import { migrate } from "../server/db/migrate.ts";
import { createPool } from "../server/db/pool.ts";
import { openDatabase } from "../server/start/database.ts";
import { waitForDatabase } from "../server/start/wait-for-database.ts";
import { answer } from "./answer.ts";
import { readSettings } from "./settings.ts";

/** As a job of a deployment that also starts the database. */
const PATIENCE_SECONDS = 60;

export async function runMigrate(options: { json?: boolean }): Promise<void> {
  const { config, log } = await readSettings("migrate");
  const database = await openDatabase(config, log);
  const pool = createPool(database.url, { max: 1 });
  try {
    const patience = { log, setting: "DATABASE_URL", seconds: PATIENCE_SECONDS };
    const migrations = await waitForDatabase(() => migrate(pool), patience);
    answer(
      options,
      { migrations },
      migrations.length > 0 ? migrations.map((name) => `ran ${name}`) : ["The database is up to date."],
    );
  } finally {
    await pool.end();
    await database.stop();
  }
}
