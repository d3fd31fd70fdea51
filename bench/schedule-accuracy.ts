import { setTimeout as sleep } from "node:timers/promises";

import { fetch } from "undici";
import { z } from "zod";

import type { Benchmark, Row, Workspace } from "./benchmark.ts";
import { processorRow, readCosts } from "./costs.ts";
import { COUNTING, countStatements } from "./count-statements.ts";
import { drive, driveInserts } from "./drive.ts";
import { install, type Installation } from "./installation.ts";
import { npmStart } from "./npm-start.ts";
import { type Durations, show, showMilliseconds, showTimes, summarize } from "./numbers.ts";
import { RAW_TABLE } from "./raw-inserts.ts";
import { SandboxResult } from "./raw-sandbox.ts";
import { runInChild } from "./run-in-child.ts";
import { createRequest, createTestUsers, type TestUser } from "./test-users.ts";

const PEOPLE = 500;
/** Measured one after another. */
const BURSTS = (["npm start", 1, 2] as const).flatMap((by): Burst[] => [
  { by, posts: 1_000, mostTimesRaw: 2.5 },
  { by, posts: 5_000, mostTimesRaw: 2 },
]);
const CONNECTIONS = 16;
/** Users with one post each, which become due one after another while the burst lasts. */
const OTHERS = 50;
const OTHERS_TIMES_RAW = 1.5;
const MOST_STATEMENTS = 2;
const MOST_FSYNCS = 0.6;
const MOST_LATE_MILLISECONDS = 200;
const MOST_CONNECTIONS = 12;
/** Posts are due this long after they were created, for each thousand: enough time to prepare them. */
const AHEAD_SECONDS = 20;
const AHEAD_AT_LEAST_SECONDS = 60;
const PATIENCE_SECONDS = 120;
/** The intent before the request, and its result after. */
const TRANSACTIONS_A_COMMIT = 2;
const RAW_POSTS = 300;

export const scheduleAccuracy: Benchmark = {
  name: "schedule-accuracy",
  title: "Schedule accuracy",
  about:
    `Scheduled posts of ${PEOPLE} users, all due at the same time: published by \`npm start\`, which keeps all of its ` +
    "processes running, and by one and two `ampost worker` processes, against the sandbox with its limits off. " +
    `Meanwhile, one post each of ${OTHERS} other users becomes due, evenly over ${OTHERS_TIMES_RAW} times the raw limit. ` +
    "Measured twice: in the journal (commit intent written, " +
    "database clock) and in the sandbox (publishing request received). " +
    `Raw limit: how long the machine takes for as many bare commits (${TRANSACTIONS_A_COMMIT} transactions ` +
    "and one request each), one after another, on average before and after; the p50 is half of that.",
  async measure(workspace) {
    const rows: Row[] = [];
    for (const burst of BURSTS) rows.push(...(await measureBurst(workspace, burst)));
    return rows;
  },
};

interface Burst {
  /** Who publishes: `npm start`, or so many workers. */
  by: "npm start" | number;
  posts: number;
  mostTimesRaw: number;
}

async function measureBurst(workspace: Workspace, { by, posts, mostTimesRaw }: Burst): Promise<Row[]> {
  const settings = { AMPOST_SCHEDULING: "all", AMPOST_SANDBOX_LIMITS: "off" };
  const installation = await install(
    workspace,
    `data-${posts}-${BURSTS.findIndex((burst) => burst.by === by)}`,
    settings,
    COUNTING,
  );
  const sandbox = await installation.start("sandbox");
  const users = await createTestUsers(installation, PEOPLE + OTHERS);
  await sandbox.stop();
  const [people, others] = [users.slice(0, PEOPLE), users.slice(PEOPLE)];
  const all = posts + others.length;
  const rawBefore = await measureRaw(installation, people);
  const servers = await startServers(workspace, installation, by);
  const aheadSeconds = Math.max(AHEAD_AT_LEAST_SECONDS, (AHEAD_SECONDS * posts) / 1000);
  const dueAt = new Date(Math.ceil(Date.now() / 1000 + aheadSeconds) * 1000);
  const spreadMilliseconds = OTHERS_TIMES_RAW * rawBefore * all;
  const requests = [
    ...Array.from({ length: posts }, (_, index) => createRequest(pick(people, index), `Scheduled ${index}`, dueAt)),
    ...others.map((person, index) => {
      const later = ((index + 1) * spreadMilliseconds) / others.length;
      return createRequest(person, "In the middle", new Date(dueAt.getTime() + later));
    }),
  ];
  await drive({ origins: [installation.apiUrl], requests, connections: CONNECTIONS, until: { count: all } });
  await servers.created();
  await sleep(dueAt.getTime() - Date.now() - 4_000);
  const counted = await countStatements(installation);
  await sleep(dueAt.getTime() - Date.now() - 1_000);
  const prepared = await count(installation, "lane = 'commit'");
  workspace.say(`${show(prepared)} of ${show(all)} stand prepared a second ahead`);
  const before = await readCosts(installation, servers.processes);
  const connections = await untilPublished(installation, all);
  const after = await readCosts(installation, servers.processes);
  const { statements, fsyncs } = await counted();
  const atPlatform = await readSandbox(installation, dueAt, others);
  await servers.stop();
  const raw = (rawBefore + (await measureRaw(installation, people))) / 2;
  const inJournal = await readJournal(installation, "<> all", others);
  const inTheMiddle = await readJournal(installation, "= any", others);
  const name = by === "npm start" ? "`npm start`" : by === 1 ? "one worker" : `${by} workers`;
  return [
    { what: `**${show(posts)} posts, ${name}**`, value: "" },
    ...lateness("commit intent after due time", inJournal, raw * all, mostTimesRaw),
    ...lateness("request at the platform after due time", atPlatform.late, raw * all, mostTimesRaw),
    {
      what: `posts of ${others.length} other users after their due times, p99`,
      value: `${showMilliseconds(inTheMiddle.p99)} (p50 ${showMilliseconds(inTheMiddle.p50)})`,
      target: `at most ${MOST_LATE_MILLISECONDS} ms`,
      met: inTheMiddle.p99 <= MOST_LATE_MILLISECONDS,
    },
    processorRow(before, after, all),
    perPost("statements per post", statements / all, MOST_STATEMENTS),
    perPost("fsyncs per post", fsyncs / all, MOST_FSYNCS),
    by === "npm start"
      ? { what: "database connections, at most", value: show(connections) }
      : {
          what: "database connections of a worker, at most",
          value: show(Math.ceil(connections / by)),
          target: `at most ${MOST_CONNECTIONS}`,
          met: connections <= MOST_CONNECTIONS * by,
        },
    {
      what: "posts prepared ahead of the due time",
      value: show(prepared),
      target: show(all),
      met: prepared === all,
    },
    {
      what: "publishing requests received",
      value: show(atPlatform.count),
      target: `${show(all)}, once each`,
      met: atPlatform.count === all,
    },
  ];
}

interface Servers {
  processes: Record<string, number[]>;
  /** Nothing will be created any more. */
  created(): Promise<unknown>;
  stop(): Promise<void>;
}

async function startServers(workspace: Workspace, installation: Installation, by: Burst["by"]): Promise<Servers> {
  if (by === "npm start") {
    const { parts, stop } = await npmStart(workspace, installation.env);
    return { processes: await parts(), created: () => Promise.resolve(), stop };
  }
  const sandbox = await installation.start("sandbox");
  const api = await installation.start("api");
  const workers = await Promise.all(Array.from({ length: by }, () => installation.start("worker")));
  return {
    processes: { workers: workers.map(({ pid }) => pid), sandbox: [sandbox.pid] },
    created: () => api.stop(),
    stop: async () => void (await Promise.all([...workers, sandbox].map((each) => each.stop()))),
  };
}

function pick(people: readonly TestUser[], index: number): TestUser {
  const person = people[index % people.length];
  if (person === undefined) throw new Error("There are no people");
  return person;
}

/** The milliseconds that the machine needs for one commit's transactions and for one request to the sandbox. */
async function measureRaw(installation: Installation, people: readonly TestUser[]): Promise<number> {
  const { databaseUrl, sandboxUrl, pool } = installation;
  await pool.query(RAW_TABLE);
  const inserts = await driveInserts({
    databaseUrl,
    connections: CONNECTIONS,
    seconds: 4,
    body: JSON.stringify({ step: "publish" }),
  });
  const sandbox = await installation.start("sandbox");
  const accounts = people.map(({ account }) => account);
  const call = () =>
    runInChild("callSandbox", { sandboxUrl, accounts, connections: CONNECTIONS, posts: RAW_POSTS }, SandboxResult);
  // It compiles its hot code first.
  await call();
  const { callsPerSecond } = await call();
  await fetch(`${sandboxUrl}/_sandbox/reset`, { method: "POST" });
  await sandbox.stop();
  return (TRANSACTIONS_A_COMMIT * 1000) / inserts.perSecond + 1000 / callsPerSecond;
}

async function count({ pool }: Installation, condition: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `/* bench */ select count(*)::int as count from platform_posts where ${condition}`,
  );
  return rows[0]?.count ?? 0;
}

/** Returns the most connections that others than this process had meanwhile. */
async function untilPublished(installation: Installation, posts: number): Promise<number> {
  const deadline = performance.now() + PATIENCE_SECONDS * 1000;
  for (let most = 0; ;) {
    const { rows } = await installation.pool.query<{ count: number }>(
      `select count(*)::int as count from pg_stat_activity
       where datname = current_database() and backend_type = 'client backend'
         and application_name not in ('bench', 'ampost owner')`,
    );
    most = Math.max(most, rows[0]?.count ?? 0);
    const published = await count(installation, "status = 'published'");
    if (published === posts) return most;
    if (performance.now() > deadline)
      throw new Error(`${published} of ${posts} posts were published in ${PATIENCE_SECONDS} s`);
    await sleep(250);
  }
}

async function readJournal(
  { pool }: Installation,
  of: "= any" | "<> all",
  people: readonly TestUser[],
): Promise<Durations> {
  const { rows } = await pool.query<{ late: number }>(
    `select extract(epoch from min(s.intent_at) - pp.due_at)::float8 * 1000 as late
     from publish_steps s join platform_posts pp on pp.id = s.platform_post_id where s.effect = 'visible'
       and pp.user_id ${of} ($1::text[]) group by pp.id, pp.due_at`,
    [people.map(({ userId }) => userId)],
  );
  return summarize(rows.map(({ late }) => late));
}

/** How many requests came, and how late those were that are not of the others. */
async function readSandbox(
  { sandboxUrl }: Installation,
  dueAt: Date,
  others: readonly TestUser[],
): Promise<{ count: number; late: Durations }> {
  const answer = await fetch(`${sandboxUrl}/_sandbox/requests?operation=publish`);
  const received = z.array(z.looseObject({ at: z.coerce.date(), url: z.string() })).parse(await answer.json());
  const theirs = new Set(others.map(({ account }) => account.id));
  const burst = received.filter(({ url }) => !url.split("/").some((part) => theirs.has(part)));
  return { count: received.length, late: summarize(burst.map(({ at }) => at.getTime() - dueAt.getTime())) };
}

function perPost(what: string, counted: number, most: number): Row {
  return { what, value: counted.toFixed(2), target: `at most ${most}`, met: counted <= most };
}

function lateness(what: string, late: Durations, rawMilliseconds: number, mostTimesRaw: number): Row[] {
  const row = (name: string, value: number, share: number): Row => ({
    what: `${what}, ${name}`,
    value: showMilliseconds(value),
    raw: showMilliseconds(rawMilliseconds * share),
    ratio: showTimes(value / (rawMilliseconds * share)),
  });
  return [
    row("p50", late.p50, 0.5),
    {
      ...row("p99", late.p99, 0.99),
      target: `at most ${mostTimesRaw} ×`,
      met: late.p99 <= mostTimesRaw * rawMilliseconds * 0.99,
    },
    {
      what: `${what}, the earliest`,
      value: showMilliseconds(late.min),
      target: "never below zero",
      met: late.min >= 0,
    },
  ];
}
