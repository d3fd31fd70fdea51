import { setTimeout as sleep } from "node:timers/promises";

import { fetch } from "undici";
import { z } from "zod";

import type { Benchmark, Row, Workspace } from "./benchmark.ts";
import { processorRow, readCosts } from "./costs.ts";
import { COUNTING, countStatements } from "./count-statements.ts";
import { drive, driveInserts } from "./drive.ts";
import { install, type Installation } from "./installation.ts";
import { type Durations, show, showMilliseconds, showTimes, summarize } from "./numbers.ts";
import { RAW_TABLE } from "./raw-inserts.ts";
import { SandboxResult } from "./raw-sandbox.ts";
import { runInChild } from "./run-in-child.ts";
import { createRequest, createTestUsers, type TestUser } from "./test-users.ts";

const PEOPLE = 500;
/** Measured one after another: a burst, a larger one, and one for two workers. */
const BURSTS = [
  { posts: 1_000, workers: 1, mostTimesRaw: 2.5 },
  { posts: 5_000, workers: 1, mostTimesRaw: 2 },
  { posts: 1_000, workers: 2, mostTimesRaw: 2.5 },
] as const satisfies Burst[];
const CONNECTIONS = 16;
/** The post of another user is due this long after the others. */
const MIDDLE_MILLISECONDS = 500;
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

export const scheduleAccuracy: Benchmark = {
  name: "schedule-accuracy",
  title: "Schedule accuracy",
  about:
    `Scheduled posts of ${PEOPLE} users, all due at the same time, ` +
    "published by `ampost worker` processes against the sandbox with its limits off; " +
    `and one of another user, due ${MIDDLE_MILLISECONDS} ms later. ` +
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
  posts: number;
  workers: number;
  mostTimesRaw: number;
}

async function measureBurst(workspace: Workspace, burst: Burst): Promise<Row[]> {
  const { posts, workers, mostTimesRaw } = burst;
  const settings = { AMPOST_SCHEDULING: "all", AMPOST_SANDBOX_LIMITS: "off" };
  const installation = await install(workspace, `data-${posts}-${workers}`, settings, COUNTING);
  const sandbox = await installation.start("sandbox");
  const api = await installation.start("api");
  const [single, ...people] = await createTestUsers(installation, PEOPLE + 1);
  if (single === undefined) throw new Error("There are no people");
  const rawBefore = await measureRaw(installation, people);
  const started = await Promise.all(Array.from({ length: workers }, () => installation.start("worker")));
  const aheadSeconds = Math.max(AHEAD_AT_LEAST_SECONDS, (AHEAD_SECONDS * posts) / 1000);
  const dueAt = new Date(Math.ceil(Date.now() / 1000 + aheadSeconds) * 1000);
  const requests = Array.from({ length: posts }, (_, index) =>
    createRequest(pick(people, index), `Scheduled ${index}`, dueAt),
  );
  const middle = new Date(dueAt.getTime() + MIDDLE_MILLISECONDS);
  requests.push(createRequest(single, "In the middle", middle));
  await drive({ origins: [installation.apiUrl], requests, connections: CONNECTIONS, until: { count: posts + 1 } });
  await api.stop();
  await sleep(dueAt.getTime() - Date.now() - 4_000);
  const counted = await countStatements(installation);
  await sleep(dueAt.getTime() - Date.now() - 1_000);
  const prepared = await count(installation, "lane = 'commit'");
  workspace.say(`${show(prepared)} of ${show(posts + 1)} stand prepared a second ahead`);
  const before = await readCosts(installation, sandbox, started);
  const connections = await untilPublished(installation, posts + 1);
  const after = await readCosts(installation, sandbox, started);
  const { statements, fsyncs } = await counted();
  const atPlatform = await readSandbox(installation, dueAt);
  await Promise.all(started.map((each) => each.stop()));
  const raw = (rawBefore + (await measureRaw(installation, people))) / 2;
  await sandbox.stop();
  const inJournal = await readJournal(installation, "pp.user_id <> $1", single);
  const inTheMiddle = await readJournal(installation, "pp.user_id = $1", single);
  const name = `${show(posts)} posts, ${workers === 1 ? "one worker" : `${workers} workers`}`;
  return [
    { what: `**${name}**`, value: "" },
    ...lateness("commit intent after due time", inJournal, raw * posts, mostTimesRaw),
    ...lateness("request at the platform after due time", atPlatform, raw * posts, mostTimesRaw),
    {
      what: "the post of another user after its due time",
      value: showMilliseconds(inTheMiddle.max),
      target: `at most ${MOST_LATE_MILLISECONDS} ms`,
      met: inTheMiddle.max <= MOST_LATE_MILLISECONDS,
    },
    processorRow(before, after, posts + 1),
    perPost("statements per post", statements / (posts + 1), MOST_STATEMENTS),
    perPost("fsyncs per post", fsyncs / (posts + 1), MOST_FSYNCS),
    {
      what: "database connections of a worker, at most",
      value: show(Math.ceil(connections / workers)),
      target: `at most ${MOST_CONNECTIONS}`,
      met: connections <= MOST_CONNECTIONS * workers,
    },
    {
      what: "posts prepared ahead of the due time",
      value: show(prepared),
      target: show(posts + 1),
      met: prepared === posts + 1,
    },
    {
      what: "publishing requests received",
      value: show(atPlatform.count),
      target: `${show(posts + 1)}, once each`,
      met: atPlatform.count === posts + 1,
    },
  ];
}

function pick(people: readonly TestUser[], index: number): TestUser {
  const person = people[index % people.length];
  if (person === undefined) throw new Error("There are no people");
  return person;
}

/** The milliseconds that the machine needs for one commit's transactions and for one request to the sandbox. */
async function measureRaw(
  { databaseUrl, sandboxUrl, pool }: Installation,
  people: readonly TestUser[],
): Promise<number> {
  await pool.query(RAW_TABLE);
  const inserts = await driveInserts({
    databaseUrl,
    connections: CONNECTIONS,
    seconds: 4,
    body: JSON.stringify({ step: "publish" }),
  });
  const sandbox = await runInChild(
    "callSandbox",
    { sandboxUrl, accounts: people.map(({ account }) => account), connections: CONNECTIONS, posts: 300 },
    SandboxResult,
  );
  await fetch(`${sandboxUrl}/_sandbox/reset`, { method: "POST" });
  return (TRANSACTIONS_A_COMMIT * 1000) / inserts.perSecond + 1000 / sandbox.callsPerSecond;
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

async function readJournal({ pool }: Installation, of: string, { userId }: TestUser): Promise<Durations> {
  const { rows } = await pool.query<{ late: number }>(
    `select extract(epoch from min(s.intent_at) - pp.due_at)::float8 * 1000 as late
     from publish_steps s join platform_posts pp on pp.id = s.platform_post_id where s.effect = 'visible'
       and ${of} group by pp.id, pp.due_at`,
    [userId],
  );
  return summarize(rows.map(({ late }) => late));
}

async function readSandbox({ sandboxUrl }: Installation, dueAt: Date): Promise<Durations> {
  const answer = await fetch(`${sandboxUrl}/_sandbox/requests?operation=publish`);
  const received = z.array(z.looseObject({ at: z.coerce.date() })).parse(await answer.json());
  return summarize(received.map(({ at }) => at.getTime() - dueAt.getTime()));
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
