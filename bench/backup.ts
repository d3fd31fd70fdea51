import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { checkBackup } from "../server/domain/backups/check-backup.ts";
import type { Benchmark, Row, Workspace } from "./benchmark.ts";
import { drive } from "./drive.ts";
import type { LoadResult } from "./http-load.ts";
import { basicEnvironment, COMMAND, install, type Installation } from "./installation.ts";
import { median, show, showMegabytes, showMilliseconds, showSeconds, showTimes } from "./numbers.ts";
import { createRequest, createTestUsers, PLATFORM, type TestUser } from "./test-users.ts";

/** Of a smaller trial: `BENCH_POSTS=2000 npm run bench -- backup`. */
const POSTS = Number(process.env.BENCH_POSTS ?? 100_000);
const STEPS = 3;
const PER_SECOND = 50;
const ROUNDS = 3;
const WARM_SECONDS = 10;
const MOST_TIMES_P99 = 1.5;

export const backup: Benchmark = {
  name: "backup",
  title: "Back up while posts are created",
  about:
    `\`ampost backup\` of ${show(POSTS)} published posts with their history, while ${PER_SECOND} drafts a second are ` +
    "created at `ampost start`, from its beginning to its end; each request counts from the moment it was due. " +
    `The same requests without a backup in turn, for as long; medians of ${ROUNDS} rounds.`,
  async measure(workspace) {
    const installation = await install(workspace, "data");
    await installation.start("start");
    const [person] = await createTestUsers(installation, 1);
    if (person === undefined) throw new Error("There is nobody to create posts for");
    await store(workspace, installation, person);
    const create = (seconds: number) =>
      drive({
        origins: [installation.apiUrl],
        requests: [createRequest(person, "A draft like any other, of about the usual length.")],
        connections: 16,
        perSecond: PER_SECOND,
        until: { seconds },
      });
    await create(WARM_SECONDS);
    const file = join(installation.dataDir, "backup.tar");
    const seconds = await backUp(installation, file);
    const rounds: Round[] = [];
    for (let number = 1; number <= ROUNDS; number += 1) {
      const alone = await create(seconds);
      await rm(file);
      const [during, took] = await Promise.all([create(seconds), backUp(installation, file)]);
      rounds.push({ alone, during, backup: { seconds: took, ...(await examine(file)) } });
      workspace.say(
        `round ${number}: p99 ${showMilliseconds(during.p99)} beside ${showMilliseconds(alone.p99)}, ` +
          `a backup of ${showSeconds(took * 1000)}`,
      );
    }
    return rowsOf(rounds);
  },
};

interface Round {
  alone: LoadResult;
  during: LoadResult;
  backup: {
    seconds: number;
    sizeBytes: number;
    /** Posts without their platform post, or the other way round. */
    torn: number;
  };
}

function rowsOf(rounds: readonly Round[]): Row[] {
  const times = median(rounds.map(({ during, alone }) => during.p99 / alone.p99));
  const backups = rounds.map((round) => round.backup);
  const torn = backups.reduce((sum, each) => sum + each.torn, 0);
  const shown = (of: "alone" | "during", which: "p50" | "p99") =>
    showMilliseconds(median(rounds.map((round) => round[of][which])));
  return [
    {
      what: "p99 of a create during a backup",
      value: `${shown("during", "p99")} (p50 ${shown("during", "p50")})`,
      raw: `${shown("alone", "p99")} (p50 ${shown("alone", "p50")}) without`,
      ratio: showTimes(times),
      target: `at most ${showTimes(MOST_TIMES_P99)}`,
      met: times <= MOST_TIMES_P99,
    },
    {
      what: "posts torn apart in a backup",
      value: show(torn),
      target: "0",
      met: torn === 0,
    },
    {
      what: "a backup",
      value:
        `${showSeconds(median(backups.map(({ seconds }) => seconds)) * 1000)}, ` +
        showMegabytes(median(backups.map(({ sizeBytes }) => sizeBytes))),
    },
  ];
}

async function examine(file: string): Promise<{ sizeBytes: number; torn: number }> {
  const { checks } = await checkBackup(createReadStream(file));
  const torn = Math.abs((checks.rows.posts ?? 0) - (checks.rows.platform_posts ?? 0));
  return { sizeBytes: (await stat(file)).size, torn };
}

/** How many seconds it took. */
async function backUp({ dataDir, env }: Installation, file: string): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, [COMMAND, "backup", file], {
    cwd: dataDir,
    env: { ...basicEnvironment(), ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`ampost backup ended with ${String(code)}`);
  return (performance.now() - began) / 1000;
}

/** Rows as left by posts that were published: with their steps, about 5 kB each. */
async function store(workspace: Workspace, { pool }: Installation, person: TestUser): Promise<void> {
  await pool.query(STORE_POSTS, [person.userId, person.platformSetId, person.account.id, PLATFORM, POSTS]);
  await pool.query(STORE_STEPS, [STEPS]);
  await pool.query("vacuum analyze");
  workspace.say(`${show(POSTS)} posts stored`);
}

const STORE_POSTS = `
  with post as (
    insert into posts (id, user_id, mode, platform_set_id, status, content, platforms, published_at)
    select uuidv7(), $1, 'test', $2::uuid, 'published',
      jsonb_build_object('text', 'Post ' || n || ', of about the usual length and not a word more.'), array[$4], now()
    from generate_series(1, $5::int) as n returning id
  ), counted as (
    insert into post_counts (user_id, mode, status, platforms, change) values ($1, 'test', 'published', array[$4], $5)
  )
  insert into platform_posts (id, post_id, user_id, mode, platform, position, account_id, status, published_at,
    platform_post_id, published_url)
  select uuidv7(), post.id, $1, 'test', $4, 0, a.id, 'published', now(), post.id, 'https://example.com/' || post.id
  from post, accounts a where a.user_id = $1 and a.platform_account_id = $3`;

/** What is random does not compress. */
const STORE_STEPS = `
  insert into publish_steps (id, platform_post_id, account_id, user_id, mode, platform, platform_account_id, step,
    effect, attempt, fence, result, result_at, evidence)
  select uuidv7(), pp.id, a.id, pp.user_id, pp.mode, a.platform, a.platform_account_id, 'step-' || n, 'hidden', 1, n,
    'ok', now(), jsonb_build_object('request', repeat('A line that every request has. ', 20),
      'answer', (select string_agg(md5(random()::text || pp.id || m), '') from generate_series(1, 20) as m))
  from platform_posts pp join accounts a on a.id = pp.account_id, generate_series(1, $1::int) as n`;
