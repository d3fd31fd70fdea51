import { setTimeout as sleep } from "node:timers/promises";

import { BareResult } from "./bare-server.ts";
import type { Benchmark, Workspace, Row } from "./benchmark.ts";
import { drive } from "./drive.ts";
import { install, type Installation } from "./installation.ts";
import { median, show, showMilliseconds, showTimes } from "./numbers.ts";
import { startInChild } from "./run-in-child.ts";
import { createRequest, headersOf, createTestUsers, type TestUser, PLATFORM } from "./test-users.ts";

const FEW = 1_000;
const MANY = 100_000;
const ROUNDS = 5;
const ROUND_SECONDS = 3;
const FLAT_MEDIAN = 1.25;
const FLAT_P99 = 1.5;
const MOST_OF_BARE = 3;
const BURST_SECONDS = 2;
const BURST_CONNECTIONS = 16;

export const listPosts: Benchmark = {
  name: "list-posts",
  title: "List 20 posts",
  about:
    "`GET /api/v1/posts` (twenty posts and the exact total), one connection, against two installations in turn: " +
    `one with ${show(FEW)} posts stored, one with ${show(MANY)}. ` +
    "Raw limit: a bare Node HTTP server that returns one select of twenty rows from the larger one. " +
    "No worker runs. " +
    `${ROUNDS} rounds of each; medians of the rounds' ratios. Flat means: p50 within ${showTimes(FLAT_MEDIAN)}, ` +
    `p99 within ${showTimes(FLAT_P99)}.`,
  async measure(workspace) {
    const few = await store(workspace, "few", FEW);
    const many = await store(workspace, "many", MANY);
    const rounds = await measureRounds(workspace, few, many);
    return [
      row("p50 of a page", "p50", FLAT_MEDIAN, rounds),
      row("p99 of a page", "p99", FLAT_P99, rounds),
      bareRow("p50 of a page, beside a bare server", "many", rounds),
      bareRow(`p50 right after ${BURST_SECONDS} s of creates`, "burst", rounds),
    ];
  },
};

interface Stored {
  installation: Installation;
  person: TestUser;
}

async function store(workspace: Workspace, name: string, count: number): Promise<Stored> {
  const installation = await install(workspace, name);
  const sandbox = await installation.start("sandbox");
  const [person] = await createTestUsers(installation, 1);
  await sandbox.stop();
  await installation.start("api");
  if (person === undefined) throw new Error("There is nobody to store posts for");
  await installation.pool.query(STORE, [person.userId, person.platformSetId, person.account.id, PLATFORM, count]);
  await untilFolded(installation);
  // What autovacuum does within a minute.
  await installation.pool.query("vacuum analyze");
  workspace.say(`${show(count)} posts stored`);
  return { installation, person };
}

/** Rows as left by a create request. */
const STORE = `
  with post as (
    insert into posts (id, user_id, mode, platform_set_id, status, content, platforms)
    select uuidv7(), $1, 'test', $2::uuid,
      'draft', jsonb_build_object('text', 'Post ' || n || ', of about the usual length and not a word more.'), array[$4]
    from generate_series(1, $5::int) as n returning id
  ), counted as (
    insert into post_counts (user_id, mode, status, platforms, change) values ($1, 'test', 'draft', array[$4], $5)
  )
  insert into platform_posts (id, post_id, user_id, mode, platform, position, account_id)
  select uuidv7(), post.id, $1, 'test', $4, 0, a.id from post, accounts a
  where a.user_id = $1 and a.platform_account_id = $3`;

async function untilFolded({ pool }: Installation): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const { rows } = await pool.query<{ count: number }>("select count(*)::int as count from post_counts");
    if ((rows[0]?.count ?? 0) <= 2) return;
    if (performance.now() > deadline) throw new Error("The counts were not folded within a minute");
    await sleep(500);
  }
}

interface Latency {
  p50: number;
  p99: number;
}

interface Round {
  few: Latency;
  many: Latency;
  raw: Latency;
  /** Of the many, right after more were created. */
  burst: Latency;
}

async function measureRounds(workspace: Workspace, few: Stored, many: Stored): Promise<Round[]> {
  const { databaseUrl } = many.installation;
  const bare = await startInChild(
    "serveBare",
    { databaseUrl, connections: 1, userId: many.person.userId, file: "/dev/null" },
    BareResult,
  );
  workspace.defer(() => bare.stop());
  const measure = (origin: string, person: TestUser, seconds: number) =>
    drive({
      origins: [origin],
      requests: [{ method: "GET", path: "/api/v1/posts?limit=20", headers: headersOf(person) }],
      connections: 1,
      until: { seconds },
    });
  for (const { installation, person } of [few, many]) await measure(installation.apiUrl, person, 3);
  await measure(bare.result.url, many.person, 2);
  const rounds: Round[] = [];
  for (let number = 1; number <= ROUNDS; number += 1) {
    const round = {
      few: await measure(few.installation.apiUrl, few.person, ROUND_SECONDS),
      many: await measure(many.installation.apiUrl, many.person, ROUND_SECONDS),
      raw: await measure(bare.result.url, many.person, ROUND_SECONDS),
      burst: await createMany(many).then(() => measure(many.installation.apiUrl, many.person, ROUND_SECONDS)),
    };
    rounds.push(round);
    workspace.say(`round ${number}: p50 ${showMilliseconds(round.many.p50)} beside ${showMilliseconds(round.few.p50)}`);
  }
  return rounds;
}

async function createMany({ installation, person }: Stored): Promise<void> {
  await drive({
    origins: [installation.apiUrl],
    requests: [createRequest(person, "One of a burst.")],
    connections: BURST_CONNECTIONS,
    until: { seconds: BURST_SECONDS },
  });
}

function bareRow(what: string, own: "many" | "burst", rounds: readonly Round[]): Row {
  const times = median(rounds.map((round) => round[own].p50 / round.raw.p50));
  const shown = (of: keyof Round) => showMilliseconds(median(rounds.map((round) => round[of].p50)));
  return {
    what,
    value: shown(own),
    raw: shown("raw"),
    ratio: showTimes(times),
    target: `at most ${showTimes(MOST_OF_BARE)}`,
    met: times <= MOST_OF_BARE,
  };
}

function row(what: string, which: keyof Latency, most: number, rounds: readonly Round[]): Row {
  const times = median(rounds.map(({ few, many }) => many[which] / few[which]));
  const shown = (of: keyof Round) => showMilliseconds(median(rounds.map((round) => round[of][which])));
  return {
    what,
    value: `${shown("many")} with ${show(MANY)}, ${shown("few")} with ${show(FEW)}`,
    raw: shown("raw"),
    ratio: showTimes(times),
    target: `flat: at most ${showTimes(most)}`,
    met: times <= most,
  };
}
