import { open } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { findFreePort } from "../cli/free-port.ts";
import { BareResult } from "./bare-server.ts";
import type { Benchmark, Workspace, Row } from "./benchmark.ts";
import { drive, driveInserts } from "./drive.ts";
import { install, type Installation } from "./installation.ts";
import { median, show, showMilliseconds, showPercent, showTimes } from "./numbers.ts";
import { RAW_TABLE } from "./raw-inserts.ts";
import { startInChild } from "./run-in-child.ts";
import { createRequest, createTestUsers, type TestUser } from "./test-users.ts";

export const CONNECTIONS = 16;
export const PROCESSES = Math.min(4, availableParallelism());
const ROUNDS = 5;
const ROUND_SECONDS = 4;
/** Warm-up time, during which rounds still got faster. */
const WARM_SECONDS = 12;
const COUNTED_REQUESTS = 500;
const LEAST_SHARE = 0.15;
const MOST_TIMES_P99 = 6;
const MOST_STATEMENTS = 5;

export const createDraft: Benchmark = {
  name: "create-draft",
  title: "Create a draft",
  about:
    `\`POST /api/v1/posts\` to ${PROCESSES} \`ampost api\` processes, one per core, ` +
    `with AMPOST_DATABASE_POOL=${2 * PROCESSES}; ${CONNECTIONS} connections in total, ` +
    "each sending its next request after the response. Raw limits measured in the same minutes: " +
    `single-row insert transactions from ${CONNECTIONS} connections, ` +
    "and a bare Node HTTP server that does one such insert. " +
    `${ROUNDS} rounds of each in turn, after ${WARM_SECONDS} s of warm-up each; medians. ` +
    "Statements are counted in PostgreSQL's log.",
  async measure(workspace) {
    const installation = await install(workspace, "data", { AMPOST_DATABASE_POOL: String(2 * PROCESSES) });
    const person = await preparePerson(installation);
    const apiUrls = await startProcesses(installation);
    const rounds = await measureRounds(workspace, installation, apiUrls, person);
    const plain = await countStatements(installation, person, {});
    const keyed = await countStatements(installation, person, { idempotent: true });
    return [
      throughputRow(rounds),
      latencyRow(rounds),
      statementsRow("SQL statements per request, including the key check", plain),
      { ...statementsRow("with an Idempotency-Key", keyed), target: "", met: undefined },
    ];
  },
};

async function preparePerson(installation: Installation): Promise<TestUser> {
  const sandbox = await installation.start("sandbox");
  const [person] = await createTestUsers(installation, 1);
  await sandbox.stop();
  if (person === undefined) throw new Error("There is nobody to create posts for");
  return person;
}

interface Round {
  rawPerSecond: number;
  bareP99: number;
  perSecond: number;
  p50: number;
  p99: number;
}

/** One per core: a Node process runs on one. */
export async function startProcesses(installation: Installation): Promise<string[]> {
  await installation.start("api");
  const others = await Promise.all(
    Array.from({ length: PROCESSES - 1 }, async () => {
      const port = String(await findFreePort());
      await installation.start("api", { PORT: port });
      return `http://127.0.0.1:${port}`;
    }),
  );
  return [installation.apiUrl, ...others];
}

async function measureRounds(
  workspace: Workspace,
  installation: Installation,
  apiUrls: string[],
  person: TestUser,
): Promise<Round[]> {
  const { databaseUrl, pool } = installation;
  await pool.query(RAW_TABLE);
  const request = createRequest(person, "A draft like any other, of about the usual length.");
  const bare = await startInChild(
    "serveBare",
    { databaseUrl, connections: CONNECTIONS, userId: person.userId, file: "/dev/null" },
    BareResult,
  );
  workspace.defer(() => bare.stop());
  const plan = (origins: string[], seconds: number) => ({
    origins,
    requests: [request],
    connections: CONNECTIONS,
    until: { seconds },
  });
  // Both servers compile hot code before the measurement starts.
  for (const origins of [[bare.result.url], apiUrls]) await drive(plan(origins, WARM_SECONDS));
  const rounds: Round[] = [];
  for (let number = 1; number <= ROUNDS; number += 1) {
    const raw = await driveInserts({
      databaseUrl,
      connections: CONNECTIONS,
      seconds: ROUND_SECONDS,
      body: request.body,
    });
    const bareResult = await drive(plan([bare.result.url], ROUND_SECONDS));
    const own = await drive(plan(apiUrls, ROUND_SECONDS));
    rounds.push({
      rawPerSecond: raw.perSecond,
      bareP99: bareResult.p99,
      perSecond: own.perSecond,
      p50: own.p50,
      p99: own.p99,
    });
    workspace.say(
      `round ${number}: ${show(own.perSecond)}/s beside ${show(raw.perSecond)}/s, ` +
        `p99 ${showMilliseconds(own.p99)} beside ${showMilliseconds(bareResult.p99)}`,
    );
  }
  return rounds;
}

function throughputRow(rounds: readonly Round[]): Row {
  const share = median(rounds.map(({ perSecond, rawPerSecond }) => perSecond / rawPerSecond));
  return {
    what: "drafts created per second",
    value: show(median(rounds.map(({ perSecond }) => perSecond))),
    raw: `${show(median(rounds.map(({ rawPerSecond }) => rawPerSecond)))} inserts`,
    ratio: showPercent(share),
    target: `at least ${showPercent(LEAST_SHARE)}`,
    met: share >= LEAST_SHARE,
  };
}

function latencyRow(rounds: readonly Round[]): Row {
  const times = median(rounds.map(({ p99, bareP99 }) => p99 / bareP99));
  return {
    what: "p99 of a create",
    value:
      `${showMilliseconds(median(rounds.map(({ p99 }) => p99)))} (p50 ` +
      `${showMilliseconds(median(rounds.map(({ p50 }) => p50)))})`,
    raw: showMilliseconds(median(rounds.map(({ bareP99 }) => bareP99))),
    ratio: showTimes(times),
    target: `at most ${showTimes(MOST_TIMES_P99)}`,
    met: times <= MOST_TIMES_P99,
  };
}

function statementsRow(what: string, statements: number): Row {
  return {
    what,
    value: show(statements),
    raw: "1",
    ratio: showTimes(statements),
    target: `at most ${MOST_STATEMENTS}`,
    met: statements <= MOST_STATEMENTS,
  };
}

/** The statements PostgreSQL ran for all processes except this one in the meantime, per request. */
async function countStatements(
  { pool, apiUrl, dataDir }: Installation,
  person: TestUser,
  { idempotent = false },
): Promise<number> {
  const log = join(dataDir, "postgres/server.log");
  await setLogging(pool, "all");
  const file = await open(log);
  try {
    const { size } = await file.stat();
    const request = createRequest(person, "A draft whose statements are counted.");
    const requests = idempotent
      ? Array.from({ length: COUNTED_REQUESTS }, (_, index) => ({
          ...request,
          headers: { ...request.headers, "idempotency-key": `counted-${index}` },
        }))
      : [request];
    await drive({ origins: [apiUrl], requests, connections: CONNECTIONS, until: { count: COUNTED_REQUESTS } });
    const written = await file.read({ position: size, buffer: Buffer.alloc((await file.stat()).size - size) });
    const statements = written.buffer
      .toString()
      .split("\n")
      .filter((line) => /^[^|]*\|LOG: {2}(execute|statement)/.test(line) && !line.startsWith("bench|"));
    return statements.length / COUNTED_REQUESTS;
  } finally {
    await file.close();
    await setLogging(pool, "none");
  }
}

async function setLogging(pool: Installation["pool"], statements: "all" | "none"): Promise<void> {
  await pool.query(`alter system set log_statement = '${statements}'`);
  await pool.query("alter system set log_line_prefix = '%a|'");
  await pool.query("select pg_reload_conf()");
  // Every server process reads it before its next statement, once it has received the signal.
  await sleep(500);
}
