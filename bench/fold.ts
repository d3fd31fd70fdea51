import { foldPostCounts } from "../server/db/queries/cleanup.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { install } from "./installation.ts";
import { median, show, showMilliseconds, showPercent } from "./numbers.ts";

const USERS = 100_000;
/** Of a user: statuses and sets of platforms. */
const KINDS = 10;
/** Each process folds once a second. */
const PROCESSES = 20;
const CHANGES = 200;
const ROUNDS = 15;
const MOST_SHARE = 0.05;
/** What one pass takes at most, as the worker calls it. */
const LIMIT = 1_000;

export const fold: Benchmark = {
  name: "fold",
  title: "Fold the counts of posts",
  about:
    `${show(USERS)} users with ${KINDS} kinds of posts each. Every process folds what has changed once a second: ` +
    `${PROCESSES} processes, of which one finds the changes of ${CHANGES} posts of as many users, and the others ` +
    `nothing. The time of each statement, which is more than what it takes of a core; medians of ${ROUNDS}.`,
  async measure(workspace) {
    const { pool } = await install(workspace, "data");
    const { migrate } = await import("../server/db/migrate.ts");
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
    const time = async () => {
      const begin = performance.now();
      await foldPostCounts.all(pool, [LIMIT]);
      return performance.now() - begin;
    };
    await time();
    const [idle, busy]: [number[], number[]] = [[], []];
    for (let round = 1; round <= ROUNDS; round += 1) {
      idle.push(await time());
      await pool.query(
        `insert into post_counts (user_id, mode, status, platforms, change)
         select 'u' || (1 + (random() * ($1 - 1))::int), 'test', 'draft', array['p' || (1 + n % $2)], 1
         from generate_series(1, $3) n`,
        [USERS, KINDS, CHANGES],
      );
      busy.push(await time());
    }
    const share = ((PROCESSES - 1) * median(idle) + median(busy)) / 1000;
    return [
      row("a fold that finds nothing", median(idle)),
      row(`a fold of ${CHANGES} changes`, median(busy)),
      {
        what: `${PROCESSES} processes`,
        value: `${showPercent(share)} of a core`,
        target: `at most ${showPercent(MOST_SHARE)}`,
        met: share <= MOST_SHARE,
      },
    ];
  },
};

function row(what: string, milliseconds: number): Row {
  return { what, value: showMilliseconds(milliseconds) };
}
