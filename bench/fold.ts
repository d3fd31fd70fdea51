import { migrate } from "../server/db/migrate.ts";
import { foldPostCounts } from "../server/db/queries/cleanup.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { install } from "./installation.ts";
import { show, showMilliseconds, showPercent } from "./numbers.ts";
import { processorMilliseconds } from "./process-time.ts";

const USERS = 100_000;
/** Of a user: statuses and sets of platforms. */
const KINDS = 10;
/** Each process folds once a second. */
const PROCESSES = 20;
const CHANGES = 200;
const IDLE_FOLDS = 500;
const BUSY_FOLDS = 100;
const MOST_SHARE = 0.05;
/** What one pass takes at most, as the worker calls it. */
const LIMIT = 1_000;

export const fold: Benchmark = {
  name: "fold",
  title: "Fold the counts of posts",
  about:
    `${show(USERS)} users with ${KINDS} kinds of posts each. Every process folds what has changed once a second: ` +
    `${PROCESSES} processes, of which one finds the changes of ${CHANGES} posts of as many users, and the others ` +
    `nothing. Processor time of the statement, on average of ${BUSY_FOLDS} with changes and ${IDLE_FOLDS} without.`,
  async measure(workspace) {
    const { pool } = await install(workspace, "data");
    await migrate(pool);
    await pool.query(
      "insert into users (id, email) select 'u' || n, n || '@example.com' from generate_series(1, $1) n",
      [USERS],
    );
    await pool.query(
      `insert into post_counts (user_id, mode, status, platforms, change, folded)
       select 'u' || n, 'test', 'draft', array['p' || k], 10, true
       from generate_series(1, $1) n, generate_series(1, $2) k`,
      [USERS, KINDS],
    );
    await pool.query("vacuum analyze post_counts");
    workspace.say(`${show(USERS * KINDS)} sums stored`);
    const client = await pool.connect();
    workspace.defer(() => Promise.resolve(client.release()));
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const processor = () => processorMilliseconds(rows[0]?.pid ?? 0);
    await foldPostCounts.all(client, [LIMIT]);
    const begun = await processor();
    for (let round = 1; round <= IDLE_FOLDS; round += 1) await foldPostCounts.all(client, [LIMIT]);
    const idle = ((await processor()) - begun) / IDLE_FOLDS;
    let busy = 0;
    for (let round = 1; round <= BUSY_FOLDS; round += 1) {
      await pool.query(CHANGE, [USERS, KINDS, CHANGES]);
      const before = await processor();
      await foldPostCounts.all(client, [LIMIT]);
      busy += ((await processor()) - before) / BUSY_FOLDS;
    }
    const share = ((PROCESSES - 1) * idle + busy) / 1000;
    return [
      row("a fold that finds nothing", idle),
      row(`a fold of ${CHANGES} changes`, busy),
      {
        what: `${PROCESSES} processes`,
        value: `${showPercent(share)} of a core`,
        target: `at most ${showPercent(MOST_SHARE)}`,
        met: share <= MOST_SHARE,
      },
    ];
  },
};

const CHANGE = `
  insert into post_counts (user_id, mode, status, platforms, change)
  select 'u' || (1 + (random() * ($1 - 1))::int), 'test', 'draft', array['p' || (1 + n % $2)], 1
  from generate_series(1, $3) n`;

function row(what: string, milliseconds: number): Row {
  return { what, value: showMilliseconds(milliseconds) };
}
