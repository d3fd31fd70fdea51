import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type pg from "pg";

import { findFreePort } from "../../cli/free-port.ts";
import { type Answer, type CallOptions, subjectOf } from "./api.ts";
import { untilSettled, type Violation } from "./checker.ts";
import { draftOf } from "./contents.ts";
import type { ChildProcessHandle } from "./processes.ts";
import { startReadyProxy } from "./ready-proxy.ts";
import { type ScenarioResult, pick, runScenario } from "./scenario.ts";
import { addMigration, copyThisVersion, endOf, olderVersion } from "./trees.ts";
import { type Person, type Subject, untilReady, type World } from "./world.ts";

/** Longer than the load balancer needs to notice, also on a busy machine. */
const DRAIN_SECONDS = 5;

/** How far ahead scheduled posts are due. */
const AHEAD_SECONDS = 5;

export interface RollOptions {
  rolls: number;
  people: number;
  /** Between two posts of a person. The platform accepts 250 of an account in a day. */
  pauseSeconds: number;
  /** How long people post before anything is replaced, to compare. */
  beforeSeconds: number;
}

/**
 * Two API processes behind a load balancer and two workers are replaced, one of each at a time, by a newer version with
 * a migration of its own, and back again, while people post. No request may fail, and no post may have to wait for the
 * lease of a worker that stopped.
 */
export async function rollVersions({
  rolls,
  people,
  pauseSeconds,
  beforeSeconds,
}: RollOptions): Promise<ScenarioResult> {
  const proxyPort = await findFreePort();
  const options = { people, apis: 0, apiUrl: `http://127.0.0.1:${proxyPort}` };
  return runScenario("Rolling upgrades", options, async (world) => {
    await watchTakeovers(world.pool);
    const older = await olderVersion(join(world.folder, "older"));
    const newer = await copyThisVersion(join(world.folder, "newer"));
    const end = await endOf(older.tree);
    const processes = await startProcesses(world, proxyPort, older.tree);
    const requests: Requests = { sent: 0, failures: [], pauseSeconds };
    const before = await postUntil(world, requests, sleep(beforeSeconds * 1000));
    const rolling = async () => {
      for (let roll = 1; roll <= rolls; roll += 1) {
        await addMigration(newer, `${9000 + roll}_roll`, migrationOf(roll, end));
        await processes.replaceAll(newer);
        await processes.replaceAll(older.tree);
      }
    };
    const meanwhile = await postUntil(world, requests, rolling());
    const subjects = [...before, ...meanwhile].map(({ subject }) => subject);
    await untilSettled(world, subjects, 120);
    const failed = requests.failures.map((sentence): Violation => ({ kind: "failed", sentence }));
    return {
      did:
        `${rolls} times from ${older.name} to one with another migration and back, ` +
        "one of 2 API processes behind a load balancer and one of 2 workers at a time",
      notes: [
        `${requests.sent} requests, of which ${failed.length} failed. Seconds from due to live: ` +
          `${await delaysOf(world, before)} before, ${await delaysOf(world, meanwhile)} meanwhile.`,
      ],
      faults: processes.replaced(),
      expectations: subjects.map((subject) => ({ subject })),
      violations: [...failed, ...processes.violations(), ...(await abandoned(world.pool))],
    };
  });
}

/** Each two next to each other are replaced at the same time. */
const COMMANDS = ["api", "worker", "api", "worker"] as const;

/** Resolves when all are ready, and the load balancer knows it. */
async function startProcesses(world: World, proxyPort: number, initial: string) {
  const ports = await Promise.all(COMMANDS.map(() => findFreePort()));
  const proxy = await startReadyProxy(
    proxyPort,
    ports.filter((_, place) => COMMANDS[place] === "api"),
  );
  world.defer(() => proxy.close());
  const running = new Map<number, ChildProcessHandle>();
  const violations: Violation[] = [];
  let replaced = 0;
  const stop = async (place: number, old: ChildProcessHandle) => {
    old.signal("SIGTERM");
    const code = await old.gone;
    replaced += 1;
    if (code !== 0)
      violations.push({ kind: "untrue", sentence: `${COMMANDS[place]} ended with ${code}: ${old.lastWords()}` });
  };
  const run = async (place: number, tree: string) => {
    const [command, port] = [pick(COMMANDS, place), pick(ports, place)];
    const fresh = world.run(`${command}-${place}`, join(tree, "cli/ampost.js"), [command], {
      [command === "api" ? "PORT" : "AMPOST_WORKER_PORT"]: String(port),
      AMPOST_DRAIN_SECONDS: String(DRAIN_SECONDS),
    });
    running.set(place, fresh);
    await untilReady(`http://127.0.0.1:${port}`, fresh);
    if (command === "api") await proxy.untilReady(port);
  };
  const replace = async (place: number, tree: string) => {
    const old = running.get(place);
    if (old !== undefined) await stop(place, old);
    await run(place, tree);
  };
  const replaceAll = async (tree: string) => {
    for (const first of [0, 2]) await Promise.all([replace(first, tree), replace(first + 1, tree)]);
  };
  await Promise.all(COMMANDS.map((_, place) => run(place, initial)));
  return { replaceAll, replaced: () => replaced, violations: () => violations };
}

/** What releases do: a column, its values in batches, and an index, while everyone goes on. */
function migrationOf(roll: number, end: number): string {
  return [
    `-- compatible with: ${String(end).padStart(4, "0")}\n-- locks: posts\n-- transaction: none`,
    `alter table posts add column roll_${roll} integer;`,
    `-- in batches\nupdate posts set roll_${roll} = 0\n` +
      `where id in (select id from posts where roll_${roll} is null limit 100);`,
    `create index concurrently if not exists posts_roll_${roll} on posts (roll_${roll});`,
    "",
  ].join("\n\n");
}

interface Requests {
  pauseSeconds: number;
  sent: number;
  failures: string[];
}

interface Posted {
  subject: Subject;
  due: number;
}

/** Everyone creates, publishes or schedules, reads and lists, one after the other, until the work has ended. */
async function postUntil(world: World, requests: Requests, work: Promise<unknown>): Promise<Posted[]> {
  let isOver = false;
  const ended = work.finally(() => (isOver = true));
  const posted: Posted[] = [];
  const post = async (person: Person, index: number) => {
    for (let number = 0; !isOver; number += 1) {
      posted.push(...(await postOnce(world, requests, person, { index, number })));
      await sleep(requests.pauseSeconds * 1000);
    }
  };
  await Promise.all([...world.people.map(post), ended]);
  return posted;
}

async function postOnce(
  world: World,
  requests: Requests,
  person: Person,
  { index, number }: { index: number; number: number },
): Promise<Posted[]> {
  const ask = async (method: string, path: string, options?: CallOptions): Promise<Answer | null> => {
    requests.sent += 1;
    const answer = await world.api.call(person, method, path, options).catch((error: unknown) => {
      requests.failures.push(`${method} ${path}: ${String(error)}`);
      return null;
    });
    if (answer === null || answer.status < 400) return answer;
    requests.failures.push(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return null;
  };
  const text = `person ${index} post ${number} ${crypto.randomUUID()}`;
  const { parts, body } = await draftOf("text", text, person, world.api);
  const isScheduled = number % 2 === 1;
  const later = Date.now() + AHEAD_SECONDS * 1000;
  const scheduled = isScheduled ? { scheduledFor: new Date(later).toISOString() } : {};
  const created = await ask("POST", "/api/v1/posts", { body: { ...body, ...scheduled } });
  if (created === null) return [];
  const subject = subjectOf(person, parts, created);
  const path = `/api/v1/posts/${subject.postId}`;
  const now = Date.now();
  // Some wait for the outcome, and longer than a process that stops has time.
  const waits = number % 4 === 0 ? { waitSeconds: 20 } : {};
  const accepted = isScheduled || (await ask("POST", `${path}/publish`, waits)) !== null;
  await ask("GET", path);
  await ask("GET", "/api/v1/posts?limit=5");
  return accepted ? [{ subject, due: isScheduled ? later : now }] : [];
}

/** Median and maximum, in seconds. */
async function delaysOf({ sandbox }: World, posted: readonly Posted[]): Promise<string> {
  const live = new Map((await sandbox.ledger()).map(({ text, createdAt }) => [text, Date.parse(createdAt)]));
  const delays = posted
    .flatMap(({ subject, due }) => {
      const at = live.get(subject.parts[0] ?? "");
      return at === undefined ? [] : [(at - due) / 1000];
    })
    .sort((one, other) => one - other);
  const at = (share: number) =>
    (delays[Math.min(delays.length - 1, Math.floor(delays.length * share))] ?? 0).toFixed(1);
  return `${at(0.5)} (median), ${at(0.99)} (p99), ${at(1)} (longest)`;
}

/** Every claim that was not released, as a worker does that stops in order. */
async function watchTakeovers(pool: pg.Pool): Promise<void> {
  await pool.query(`
    create table roll_takeovers (id uuid not null);
    create function roll_takeover() returns trigger language plpgsql as $$
    begin
      insert into roll_takeovers values (new.id);
      return null;
    end $$;
    create trigger roll_takeover after update of takeovers on platform_posts for each row
      when (new.takeovers > old.takeovers) execute function roll_takeover();`);
}

async function abandoned(pool: pg.Pool): Promise<Violation[]> {
  const { rows } = await pool.query<{ id: string }>("select distinct id from roll_takeovers");
  return rows.map(({ id }) => ({
    kind: "late",
    sentence: `platform post ${id} had to wait for the lease of a worker that had stopped`,
  }));
}
