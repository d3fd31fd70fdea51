import { setTimeout as sleep } from "node:timers/promises";

import { request } from "undici";

import type { Benchmark, Workspace, Row } from "./benchmark.ts";
import { countTransactions, processorRow, readCosts } from "./costs.ts";
import { COUNTING, countStatements } from "./count-statements.ts";
import { drive } from "./drive.ts";
import { install, type Installation, type Started } from "./installation.ts";
import { show, showPercent, showTimes } from "./numbers.ts";
import { SandboxResult } from "./raw-sandbox.ts";
import { runInChild } from "./run-in-child.ts";
import { createRequest, headersOf, createTestUsers, PLATFORM, type TestUser } from "./test-users.ts";

const POSTS = 1_000;
const PEOPLE = 100;
const CONNECTIONS = 16;
const PATIENCE_SECONDS = 120;
const WORKERS = [1, 2, 4];
const LEAST_SHARE = 0.45;
const MOST_STATEMENTS = 6;
const LEAST_GAIN = 1.7;
const SLOW_MILLISECONDS = 200;
const SLOW_OPERATIONS = ["create", "status", "publish", "read"];

export const engineThroughput: Benchmark = {
  name: "engine-throughput",
  title: "Engine throughput",
  about:
    `${show(POSTS)} text posts of ${PEOPLE} users are queued before the workers start; ` +
    "each takes five requests to the sandbox (limits off). " +
    "The rate covers the middle 80 %, to exclude starting up and running dry. " +
    `Raw limit: the sandbox's own rate for the same requests from ${CONNECTIONS} connections, ` +
    "without storing or guarding anything. Workers, PostgreSQL and sandbox share the machine. " +
    "Processor time, statements and transactions are those of everything from when the workers are ready to the last " +
    `post. And the same with a sandbox that takes ${SLOW_MILLISECONDS} ms for each request, so that processors do not ` +
    "limit two workers; the raw limit is then one worker.",
  async measure(workspace) {
    const rows: Row[] = [];
    for (const workers of WORKERS) rows.push(...(await measureWorkers(workspace, workers)));
    return [...rows, await compareWhenSlow(workspace)];
  },
};

/** In an installation of its own: workers publish nothing on a database that has lost what was published before. */
async function prepareInstallation(workspace: Workspace, name: string) {
  const installation = await install(workspace, name, { AMPOST_SANDBOX_LIMITS: "off" }, COUNTING);
  const sandbox = await installation.start("sandbox");
  const api = await installation.start("api");
  const people = await createTestUsers(installation, PEOPLE);
  return { installation, sandbox, api, people };
}

/** Two workers beside one, which both wait for the platform. */
async function compareWhenSlow(workspace: Workspace): Promise<Row> {
  const rates: number[] = [];
  for (const workers of [1, 2]) {
    const { installation, people, ...servers } = await prepareInstallation(workspace, `slow-${workers}`);
    for (const operation of SLOW_OPERATIONS)
      await request(`${installation.sandboxUrl}/_sandbox/faults`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          platform: PLATFORM,
          operation,
          kind: "slow",
          delayMs: SLOW_MILLISECONDS,
          times: 100_000,
        }),
      }).then(({ body }) => body.dump());
    await queuePosts(installation, people, POSTS);
    const started = await Promise.all(Array.from({ length: workers }, () => installation.start("worker")));
    await untilSettled(installation, started);
    rates.push(await readRate(installation));
    for (const each of [...started, ...Object.values(servers)]) await each.stop();
  }
  const [one = NaN, two = NaN] = rates;
  return {
    what: "2 workers, if the sandbox takes its time",
    value: show(two),
    raw: `${show(one)} by 1 worker`,
    ratio: showTimes(two / one),
    target: `at least ${showTimes(LEAST_GAIN)}`,
    met: two >= LEAST_GAIN * one,
  };
}

async function measureWorkers(workspace: Workspace, workers: number): Promise<Row[]> {
  const { installation, sandbox, api, people } = await prepareInstallation(workspace, `data-${workers}`);
  const accounts = people.map(({ account }) => account);
  const { postsPerSecond: rawPerSecond } = await runInChild(
    "callSandbox",
    { sandboxUrl: installation.sandboxUrl, accounts, connections: CONNECTIONS, posts: 500 },
    SandboxResult,
  );
  await queuePosts(installation, people, POSTS);
  const counted = await countStatements(installation);
  const started = await Promise.all(Array.from({ length: workers }, () => installation.start("worker")));
  const processes = { workers: started.map(({ pid }) => pid), sandbox: [sandbox.pid] };
  const before = await readCosts(installation, processes);
  const transactions = await countTransactions(installation);
  await untilSettled(installation, started);
  const after = await readCosts(installation, processes);
  const transactionsAfter = await countTransactions(installation);
  const { statements } = await counted();
  const perSecond = await readRate(installation);
  for (const each of [...started, api, sandbox]) await each.stop();
  const by = workers === 1 ? "1 worker" : `${workers} workers`;
  workspace.say(`${by}: ${show(perSecond)} posts/s beside ${show(rawPerSecond)}`);
  return [
    {
      what: `platform posts published per second, ${by}`,
      value: show(perSecond),
      raw: show(rawPerSecond),
      ratio: showPercent(perSecond / rawPerSecond),
      ...(workers === 1
        ? { target: `at least ${showPercent(LEAST_SHARE)}`, met: perSecond >= LEAST_SHARE * rawPerSecond }
        : {}),
    },
    {
      what: "… statements per post",
      value: show(statements / POSTS),
      target: `at most ${MOST_STATEMENTS}`,
      met: statements <= MOST_STATEMENTS * POSTS,
    },
    processorRow(before, after, POSTS),
    { what: "… transactions per post", value: show((transactionsAfter - transactions) / POSTS) },
  ];
}

/** Creates and publishes posts, which then wait for a worker. */
export async function queuePosts(
  { apiUrl, pool }: Installation,
  people: readonly TestUser[],
  count: number,
): Promise<void> {
  const creates = people.map((person, index) => createRequest(person, `Queued by ${index}`));
  await drive({ origins: [apiUrl], requests: creates, connections: CONNECTIONS, until: { count } });
  const byUser = new Map(people.map((person) => [person.userId, person]));
  const { rows } = await pool.query<{ id: string; user_id: string }>("select id, user_id from posts");
  const publishes = rows.flatMap(({ id, user_id }) => {
    const person = byUser.get(user_id);
    return person === undefined
      ? []
      : [{ method: "POST" as const, path: `/api/v1/posts/${id}/publish`, headers: headersOf(person), body: "{}" }];
  });
  await drive({ origins: [apiUrl], requests: publishes, connections: CONNECTIONS, until: { count: publishes.length } });
}

async function untilSettled({ pool }: Installation, workers: readonly Started[]): Promise<void> {
  const deadline = performance.now() + PATIENCE_SECONDS * 1000;
  for (;;) {
    const { rows } = await pool.query<{ status: string; count: number }>(
      "select status, count(*)::int as count from platform_posts group by status",
    );
    if (rows.length === 1 && rows[0]?.status === "published") return;
    const failed = rows.filter(({ status }) => status === "failed" || status === "unknown");
    if (failed.length > 0 || performance.now() > deadline)
      throw new Error(
        `Not all posts were published: ${JSON.stringify(rows)}\n${workers.map(({ output }) => output()).join("\n\n")}`,
      );
    await sleep(250);
  }
}

async function readRate({ pool }: Installation): Promise<number> {
  const { rows } = await pool.query<{ at: number }>(
    "select extract(epoch from published_at)::float8 as at from platform_posts order by published_at",
  );
  const [first, last] = [Math.floor(rows.length * 0.1), Math.floor(rows.length * 0.9)];
  return (last - first) / ((rows[last]?.at ?? NaN) - (rows[first]?.at ?? NaN));
}
