import { open } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { findFreePort } from "../cli/free-port.ts";
import { BareResult } from "./bare-server.ts";
import type { Benchmark, Workspace, Row } from "./benchmark.ts";
import { costsOfDriving, type Created, createdRow } from "./costs.ts";
import { drive, driveInserts } from "./drive.ts";
import { install, type Installation, type Started } from "./installation.ts";
import { npmStart } from "./npm-start.ts";
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
const LEAST_SHARE = { start: 0.14, processes: 0.18 };
const LEAST_OF_BARE = 1 / 3;
const LEAST_KEYED = 0.7;
const MOST_TIMES_P99 = 4;
const MOST_STATEMENTS = 5;

export const createDraft: Benchmark = {
  name: "create-draft",
  title: "Create a draft",
  about:
    `\`POST /api/v1/posts\` from ${CONNECTIONS} connections, each sending its next request after the response: to ` +
    `\`npm start\`, which answers in one process, and to ${PROCESSES} \`ampost api\` processes with ` +
    `AMPOST_DATABASE_POOL=${2 * PROCESSES}. Raw limits measured in the same minutes: ` +
    `single-row insert transactions from ${CONNECTIONS} connections, ` +
    "and a bare Node HTTP server that does one such insert. " +
    `${ROUNDS} rounds of each in turn, after ${WARM_SECONDS} s of warm-up each; medians of the rounds' ratios. ` +
    "Statements are counted in PostgreSQL's log. " +
    "The driver sends the requests, or the inserts.",
  async measure(workspace) {
    const installation = await install(workspace, "data", { AMPOST_DATABASE_POOL: String(2 * PROCESSES) });
    const person = await preparePerson(installation);
    const started = await npmStart(workspace, { ...installation.env, AMPOST_DATABASE_POOL: "10" });
    const processes = await startProcesses(installation);
    const origins = processes.map(({ url }) => url);
    const { API, worker } = await started.parts();
    const rounds = await measureRounds(workspace, installation, person, {
      start: { origins: [installation.apiUrl], processes: { API, worker } },
      processes: { origins, processes: { APIs: processes.map(({ pid }) => pid) } },
    });
    await started.stop();
    const plain = await countStatements(installation, origins, person, {});
    const keyed = await countStatements(installation, origins, person, { idempotent: true });
    return [
      shareRow("drafts created per second, `npm start`", rounds, "start", "raw", LEAST_SHARE.start),
      shareRow("… beside a bare server", rounds, "start", "bare", LEAST_OF_BARE),
      shareRow("… with an Idempotency-Key each, beside without", rounds, "keyed", "start", LEAST_KEYED),
      latencyRow(rounds),
      shareRow(`drafts created per second, ${PROCESSES} processes`, rounds, "processes", "raw", LEAST_SHARE.processes),
      statementsRow("SQL statements per request, including the key check", plain),
      statementsRow("… with an Idempotency-Key", keyed),
      createdRow(
        "processor time of a create (part of a core): `npm start`",
        rounds.map(({ start }) => start),
      ),
      createdRow(
        `… ${PROCESSES} processes`,
        rounds.map(({ processes: of }) => of),
      ),
      createdRow(
        "… a bare server",
        rounds.map(({ bare }) => bare),
      ),
      createdRow(
        "… an insert alone",
        rounds.map(({ raw }) => raw),
      ),
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

interface Rate extends Created {
  perSecond: number;
  p50: number;
  p99: number;
}

type Round = Record<"raw" | "bare" | "start" | "keyed" | "processes", Rate>;

interface Api extends Started {
  url: string;
}

/** On a port of its own. */
async function startApi(installation: Installation): Promise<Api> {
  const port = String(await findFreePort());
  return { ...(await installation.start("api", { PORT: port })), url: `http://127.0.0.1:${port}` };
}

/** One per core: a Node process runs on one. */
export async function startProcesses(installation: Installation): Promise<Api[]> {
  return await Promise.all(Array.from({ length: PROCESSES }, () => startApi(installation)));
}

interface Server {
  origins: string[];
  processes: Record<string, number[]>;
}

async function measureRounds(
  workspace: Workspace,
  installation: Installation,
  person: TestUser,
  servers: Record<"start" | "processes", Server>,
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
  const bareServer = { origins: [bare.result.url], processes: { server: [bare.pid] } };
  const driveAt = ({ origins, processes }: Server, seconds: number, keyed = false) =>
    costsOfDriving(installation, processes, () =>
      drive({ origins, requests: [request], connections: CONNECTIONS, keyed, until: { seconds } }),
    );
  // All servers compile hot code before the measurement starts.
  for (const server of [bareServer, servers.start, servers.processes]) await driveAt(server, WARM_SECONDS);
  const rounds: Round[] = [];
  for (let number = 1; number <= ROUNDS; number += 1) {
    const raw = await costsOfDriving(installation, {}, () =>
      driveInserts({ databaseUrl, connections: CONNECTIONS, seconds: ROUND_SECONDS, body: request.body }),
    );
    const round = {
      raw,
      bare: await driveAt(bareServer, ROUND_SECONDS),
      start: await driveAt(servers.start, ROUND_SECONDS),
      keyed: await driveAt(servers.start, ROUND_SECONDS, true),
      processes: await driveAt(servers.processes, ROUND_SECONDS),
    };
    rounds.push(round);
    const rates = Object.entries(round).map(([name, { perSecond }]) => `${name} ${show(perSecond)}`);
    workspace.say(`round ${number}, per second: ${rates.join(", ")}`);
  }
  return rounds;
}

function shareRow(what: string, rounds: readonly Round[], own: keyof Round, other: keyof Round, least: number): Row {
  const share = median(rounds.map((round) => round[own].perSecond / round[other].perSecond));
  const rate = (of: keyof Round) => show(median(rounds.map((round) => round[of].perSecond)));
  return {
    what,
    value: rate(own),
    raw: `${rate(other)}${other === "raw" ? " inserts" : ""}`,
    ratio: showPercent(share),
    target: `at least ${showPercent(least)}`,
    met: share >= least,
  };
}

function latencyRow(rounds: readonly Round[]): Row {
  const times = median(rounds.map(({ start, bare }) => start.p99 / bare.p99));
  const of = (value: (round: Round) => number) => showMilliseconds(median(rounds.map(value)));
  return {
    what: "p99 of a create, `npm start`",
    value: `${of(({ start }) => start.p99)} (p50 ${of(({ start }) => start.p50)})`,
    raw: of(({ bare }) => bare.p99),
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
  { pool, dataDir }: Installation,
  origins: string[],
  person: TestUser,
  { idempotent = false },
): Promise<number> {
  const log = join(dataDir, "postgres/server.log");
  await setLogging(pool, "all");
  const file = await open(log);
  try {
    const { size } = await file.stat();
    const requests = [createRequest(person, "A draft whose statements are counted.")];
    await drive({
      origins,
      requests,
      connections: CONNECTIONS,
      keyed: idempotent,
      until: { count: COUNTED_REQUESTS },
    });
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
