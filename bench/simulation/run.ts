import { pino } from "pino";

import { selfHosted } from "../../model/plans.ts";
import { unlimited } from "../../model/user-limits.ts";
import { loginOf, platforms } from "../../platforms/index.ts";
import { createHttpClient } from "../../platforms/kit/http.ts";
import { integer, text } from "../../sandbox/store.ts";
import { keepEventsRelayed } from "../../server/domain/webhooks/relay.ts";
import { createIngest } from "../../server/media/ingest.ts";
import { createMediaSource } from "../../server/media/source.ts";
import { confirmRefusal } from "../../server/oauth/confirm-refusal.ts";
import { freshAccess } from "../../server/oauth/fresh-token.ts";
import { refreshProfile } from "../../server/oauth/profile.ts";
import type { OAuthServices } from "../../server/oauth/services.ts";
import { restoreHealth } from "../../server/oauth/token-health.ts";
import { createEngine } from "../../server/publishing/engine.ts";
import type { FaultHook, FaultPlace } from "../../server/publishing/fault-points.ts";
import { URGENT_LOCK_SECONDS } from "../../server/publishing/timing.ts";
import { createVault } from "../../server/vault/vault.ts";
import { type Database, type DatabaseFault, openDatabase } from "./database.ts";
import type { Installation } from "./installation.ts";
import { type NetworkFault, openNetwork, type Sent } from "./network.ts";
import { newVersion } from "./plan-deploy.ts";
import {
  type Batched,
  type Plan,
  type PlannedFault,
  type PlannedPost,
  type RowFault,
  type SharedFault,
  siblingsOf,
  type WorkerFault,
} from "./plan.ts";
import { chanceOf } from "./random.ts";
import { beginTimeline, EPOCH_MS, type Machine, never, newMachine, type Timeline } from "./timeline.ts";
import { type UserAction, startUsers, type Subject } from "./users.ts";

/** A publishing request, with its platform post and step, and what the audience saw of it. */
export interface Commit extends Sent {
  platformPostId: string;
  step: string;
  /** When its process started to write the intent. */
  intentMs: number;
  made: string[];
}

/** The input for the checks after a run. */
export interface RunResult {
  plan: Plan;
  timeline: Timeline;
  database: Database;
  subjects: Subject[];
  acted: UserAction[];
  /** Requests in the order in which they reached the platforms. */
  arrived: Sent[];
  commits: Commit[];
  /** How long after the start of its commit each platform post was read back. */
  readings: { platformPostId: string; atMs: number; afterMs: number }[];
  /** How many of the planned faults occurred. */
  struck: Set<PlannedFault>;
  /** The server's own log. */
  said: string[];
  /** The workers that survived the faults. */
  lastedWell: Set<Machine>;
  /** When each statement reached the database. */
  statements: { atMs: number; name: string }[];
  /** What was asked of the statements for many that a fault has struck. */
  struckBatches: string[];
  /** Steps of the database's clock. */
  clockSteps: { atMs: number; aheadMs: number }[];
}

const BATCHES: Record<Batched, string> = {
  intents: "publish_steps.intend_many",
  writes: "platform_posts.write_many",
  reads: "connections.find_many",
};
const WRITES = ["platform_posts.write", "publish_steps.intend", "platform_posts.claim"];
const RELAYS = ["outbox.", "webhook"];
const CALM_SECONDS = 300;
/** The workers' settings. */
const RESULT_CONNECTIONS = 2;
const LEASE_CONNECTIONS = 1;

/** Runs one plan until everything in it is settled or should have been. */
export async function run(installation: Installation, plan: Plan): Promise<RunResult> {
  const { stage, sandbox, sandboxUrl, storage, mediaUrls, vaultKey } = installation;
  await installation.restore(plan.seed);
  sandbox.run("UPDATE clock SET ahead_ms = ?", plan.platformAheadSeconds * 1000);
  for (const { tenant, platform, seconds } of plan.tokens) await age(installation, tenant, platform, seconds);
  for (const fault of plan.faults) {
    if (fault.at !== "platform" && fault.at !== "limit") continue;
    const { platform } = fault;
    const [operation, kind, error, times, after] =
      fault.at === "platform"
        ? ["publish", "reject", fault.error, 1, fault.nth - 1]
        : [fault.operation, "rate_limit", null, fault.times, fault.after];
    sandbox.run(
      "INSERT INTO faults (platform, operation, kind, error, delay_ms, times, after) VALUES (?, ?, ?, ?, 0, ?, ?)",
      ...[platform, operation, kind, error, times, after],
    );
  }
  const timeline = beginTimeline(plan.seed);
  const struck = new Set<PlannedFault>();
  const said: string[] = [];
  const arrived: Sent[] = [];
  const commits: Commit[] = [];
  const intents = new Map<string, number>();
  const lastIntents = new Map<string, number>();
  const readings: RunResult["readings"] = [];
  const statements: RunResult["statements"] = [];
  const struckBatches: string[] = [];
  let atTheDoor: { platformPostId: string; step: string; intentMs: number } | undefined;
  const seen = (): number => integer(sandbox.get("SELECT coalesce(max(seq), 0) AS seq FROM posts"), "seq");
  let seenBefore = 0;
  const clockSteps = [{ atMs: 0, aheadMs: 0 }];
  const outages: { untilMs: number; host: (host: string) => boolean; fault: NetworkFault }[] = [];
  const log = pino(
    { level: "warn" },
    {
      write: (line: string) =>
        void (said.length < 2000 && said.push(`${(timeline.now() / 1000).toFixed(3)} ${line.trim()}`)),
    },
  );
  let isStormy = false;

  const counts = new Map<string, number>();
  const count = (name: string): number => {
    const number = (counts.get(name) ?? 0) + 1;
    counts.set(name, number);
    return number;
  };
  function find<At extends PlannedFault["at"]>(
    at: At,
    matches: (fault: Extract<PlannedFault, { at: At }>) => boolean,
  ): Extract<PlannedFault, { at: At }> | undefined {
    const isOfKind = (fault: PlannedFault): fault is Extract<PlannedFault, { at: At }> => fault.at === at;
    const found = plan.faults.filter(isOfKind).find((fault) => !struck.has(fault) && matches(fault));
    if (found !== undefined) struck.add(found);
    return found;
  }

  const database = openDatabase({
    timeline,
    backends: stage.pool,
    faultOf({ text, name, values }): DatabaseFault | undefined {
      statements.push({ atMs: timeline.now(), name: name || text });
      if (!isStormy) return undefined;
      const any = count("any statement");
      const commit = /^commit/i.test(text) ? count("commit") : 0;
      const write = WRITES.some((each) => name.startsWith(each)) ? count("write") : 0;
      const relay = RELAYS.some((each) => name.startsWith(each)) ? count("relay") : 0;
      const found = find("statement", ({ only, nth }) => nth === { any, commit, write, relay }[only])?.fault;
      return found ?? batchFaultOf(name, values);
    },
    isWordLost: (number) => chanceOf(plan.seed, "word", number) < 0.1,
  });
  function batchFaultOf(name: string, values: readonly unknown[]): DatabaseFault | undefined {
    if (plan.theme !== "burst" || timeline.now() < Math.min(...plan.posts.map(dueSeconds)) * 1000) return undefined;
    const number = count(name);
    const found = find("batch", ({ of, nth }) => name === BATCHES[of] && nth === number);
    if (found !== undefined) struckBatches.push(JSON.stringify(values));
    return found?.fault;
  }
  const network = openNetwork({
    timeline,
    platformAheadMs: plan.platformAheadSeconds * 1000,
    onSent(sent) {
      if (sent.isCommit && atTheDoor !== undefined) commits.push(Object.assign(sent, atTheDoor, { made: [] }));
    },
    onArrival(sent) {
      arrived.push(sent);
      seenBefore = seen();
    },
    onDone(sent) {
      const commit = commits.find((each) => each === sent);
      commit?.made.push(...sandbox.all("SELECT id FROM posts WHERE seq > ?", seenBefore).map((row) => text(row, "id")));
    },
    faultOf({ name, host, isCommit, repeatable }) {
      if (!isStormy) return undefined;
      const any = count("any request");
      const commit = isCommit ? count("commit request") : 0;
      const refresh = /token/.test(name) && !isCommit ? count("refresh") : 0;
      const idempotent = repeatable === "idempotent" ? count("idempotent request") : 0;
      const recognized = repeatable === "recognized" ? count("recognized request") : 0;
      const out = outages.find(({ untilMs, host: isHit }) => timeline.now() < untilMs && isHit(host));
      const numbers = { any, commit, refresh, idempotent, recognized };
      return find("request", ({ only, nth }) => nth === numbers[only])?.fault ?? out?.fault;
    },
  });

  function oauthOf(pool: OAuthServices["pool"]): OAuthServices {
    return {
      pool,
      vault: createVault([vaultKey]),
      log,
      httpFor: () => createHttpClient({ sandboxUrl, transmit: network.transmit }),
      directHttp: createHttpClient({ allowHttp: true, transmit: network.transmit }),
      oauthOf: loginOf,
      liveApp: () => null,
      appUrl: "http://127.0.0.1",
      sandboxUrl,
    };
  }

  const workers: Machine[] = [];

  function startWorker(number: number, floorSeconds: number): Machine {
    const name = `worker ${String(number)}`;
    const machine = newMachine(name, (plan.workersAheadSeconds[number % 3] ?? 0) * 1000);
    workers.push(machine);
    const pool = database.poolFor(machine, plan.connections);
    const resultPool = database.poolFor(machine, RESULT_CONNECTIONS, URGENT_LOCK_SECONDS);
    const leasePool = database.poolFor(machine, LEASE_CONNECTIONS, URGENT_LOCK_SECONDS);
    const oauth = oauthOf(pool);
    const ingest = createIngest({
      pool,
      storage,
      allowPrivateUrls: true,
      limitsOf: unlimited,
      planOf: selfHosted,
      jobs: { send: async () => undefined },
      log,
    });
    timeline.after(0, machine, "starts", () => {
      const engine = createEngine({
        pool,
        resultPool,
        leasePool,
        listener: database.listenerFor(machine),
        vault: oauth.vault,
        platforms: number < (plan.newFrom ?? Infinity) ? platforms : newVersion(platforms),
        httpFor: (_mode, guards) => createHttpClient({ ...guards, sandboxUrl, transmit: network.transmit }),
        mediaSourceFor: (owner) => createMediaSource({ pool, storage, mediaUrls }, owner),
        ensureMedia: (owner, ids) => ingest.ensureReady(owner, ids),
        freshAccess: (account, options) => freshAccess(oauth, account, options),
        readAccount: async (account) => {
          const { accessToken } = await freshAccess(oauth, account, { minLifetimeSeconds: 60 });
          await refreshProfile(oauth, account, accessToken);
        },
        confirmRefusal: (account, refusal) => confirmRefusal(oauth, account, refusal),
        restoreHealth: (account) => restoreHealth(oauth, account),
        speed: 1,
        forcePrivateUploads: false,
        environment: {},
        floorSeconds,
        ...(plan.slots === undefined ? {} : { slots: plan.slots }),
        log,
        faultPoint: hookOf(machine),
      });
      engine.start();
      if (plan.relayEverySeconds !== undefined)
        keepEventsRelayed({ ...people.services, pool, oauth }, plan.relayEverySeconds);
    });
    return machine;
  }

  function hookOf(machine: Machine): FaultHook {
    return (place) => {
      const { platformPostId, step } = place;
      const intended = `${machine.name} ${platformPostId} ${step}`;
      if (place.point === "intent.before") intents.set(intended, timeline.now());
      if (place.point === "intent.written") lastIntents.set(`${platformPostId} ${step}`, intents.get(intended) ?? 0);
      if (place.point === "reconcile.before")
        readings.push({
          platformPostId: platformPostId ?? "",
          atMs: timeline.now(),
          afterMs: timeline.now() - (lastIntents.get(`${platformPostId} ${step}`) ?? -Infinity),
        });
      // What an answer that came in the meantime has settled was not asked of the platform.
      if (place.point === "reconcile.after") {
        const own = readings.findLastIndex((each) => each.platformPostId === platformPostId);
        if (readings[own]?.atMs === timeline.now()) readings.splice(own, 1);
      }
      if (place.point === "send.before")
        atTheDoor = { platformPostId: platformPostId ?? "", step: step ?? "", intentMs: intents.get(intended) ?? 0 };
      if (!isStormy) return undefined;
      const nth = count(place.point);
      const found = find("point", (fault) => fault.point === place.point && fault.nth === nth);
      if (found === undefined) return undefined;
      if (isWorkerFault(found.do)) strike(machine, found.do, place);
      else {
        const shared = found.do;
        timeline.after(0, null, shared.what, () => applyShared(shared));
      }
      // A send continues immediately; everything else only when the machine runs again.
      if (place.point === "send.before") return undefined;
      return machine.isDead
        ? never()
        : new Promise((on) => timeline.after(0, machine, `goes on at ${place.point}`, on));
    };
  }

  function strike(machine: Machine, fault: WorkerFault, place?: FaultPlace): void {
    timeline.after(
      0,
      null,
      `${machine.name}: ${fault.what}${place === undefined ? "" : ` at ${place.point}`}`,
      () => undefined,
    );
    if (fault.what === "wall clock") machine.wallAheadMs += fault.bySeconds * 1000;
    else if (fault.what !== "crash")
      timeline.sleep(machine, fault.what, fault.seconds * 1000, fault.wallBySeconds * 1000);
    else {
      machine.isDead = true;
      timeline.after(0, null, `${machine.name} is gone`, () => database.leave(machine));
      timeline.after(
        fault.backAfter * 1000,
        null,
        "another worker starts",
        () => void startWorker(workers.length, plan.floorSeconds),
      );
    }
  }

  function applyShared(shared: SharedFault): Promise<void> | undefined {
    if (shared.what === "database restarts") return database.restart(shared.seconds * 1000);
    if (shared.what === "database is read-only") database.readOnly(shared.seconds * 1000);
    else if (shared.what === "database clock") {
      database.step(shared.bySeconds * 1000);
      clockSteps.push({ atMs: timeline.now(), aheadMs: (clockSteps.at(-1)?.aheadMs ?? 0) + shared.bySeconds * 1000 });
    } else {
      const { platform, seconds, fault } = shared;
      const hosts = platform === null ? null : hostsOf(platform);
      outages.push({
        untilMs: timeline.now() + seconds * 1000,
        host: (host) => hosts === null || hosts.some((each) => host.includes(each)),
        fault,
      });
    }
    return undefined;
  }

  async function applyToRow(post: number, fault: RowFault): Promise<void> {
    const { rows } = await stage.pool.query<{ posts: string; platform_posts: string; accounts: string }>(
      `select post_id as posts, id as platform_posts, account_id as accounts from platform_posts
       where post_id = $1 and platform = $2`,
      [people.subjects[post]?.postId, plan.posts[post]?.shape.platform],
    );
    const [ids] = rows;
    const planned = plan.posts[post];
    if (ids === undefined || planned === undefined) throw new Error(`There is no post ${post}`);
    if (fault.what === "evidence is rejected") return stage.reject(ids.platform_posts, "22P05");
    if (fault.what === "commits are rejected") {
      const until = new Date(EPOCH_MS + (dueSeconds(planned) + fault.seconds) * 1000);
      return stage.reject(ids.platform_posts, fault.code, until);
    }
    const stranger = newMachine("somebody else");
    at(fault.at, stranger, `locks ${fault.table} of post ${post}`, () => {
      void lock(stranger, fault.table, ids[fault.table], fault.seconds).catch(() => undefined);
    });
  }

  /** As a transaction that takes its time. */
  async function lock(machine: Machine, table: string, id: string, seconds: number): Promise<void> {
    const client = await database.poolFor(machine, 1).connect();
    await client.query("begin");
    await client.query(`select from ${table} where id = $1 for ${table === "accounts" ? "no key update" : "update"}`, [
      id,
    ]);
    await new Promise((passed) => setTimeout(passed, seconds * 1000));
    await client.query("commit");
    client.release();
  }

  const people = startUsers({ installation, plan, timeline, database, log, oauthOf });
  // Everything is created before any faults.
  await people.createPosts();

  isStormy = true;
  let lastSeconds = 0;
  const at = (seconds: number, machine: Machine | null, label: string, work: () => void | Promise<void>): void => {
    lastSeconds = Math.max(lastSeconds, seconds);
    timeline.after(seconds * 1000 - timeline.now(), machine, label, work);
  };
  for (let number = 0; number < plan.workers; number += 1) startWorker(number, plan.floorSeconds);
  const acts = [
    ...plan.acts,
    ...plan.posts.flatMap(({ when, siblingOf }, post) =>
      siblingOf === undefined && "publishAt" in when && Number.isFinite(when.publishAt)
        ? [{ post, at: when.publishAt, act: "publish" as const }]
        : [],
    ),
  ];
  for (const planned of acts) {
    at(planned.at, people.api, `${planned.act} of post ${planned.post}`, () => void people.perform(planned));
  }
  for (const { when } of plan.posts) if ("dueAt" in when) lastSeconds = Math.max(lastSeconds, when.dueAt);
  for (const fault of plan.faults) {
    if (fault.at !== "row") continue;
    struck.add(fault);
    await applyToRow(fault.post, fault.do);
  }
  for (const fault of plan.faults) {
    if (fault.at !== "time") continue;
    at(fault.seconds, null, fault.do.what, () => {
      struck.add(fault);
      if (isWorkerFault(fault.do)) {
        const alive = workers.filter((worker) => !worker.isDead);
        const hit = alive[Math.floor(chanceOf(plan.seed, "hit", fault.seconds) * alive.length)];
        if (hit !== undefined) strike(hit, fault.do);
        return undefined;
      }
      return applyShared(fault.do);
    });
  }
  /** Work that lasts a day is processed by a new worker every hour. */
  const dismiss = async (): Promise<void> => {
    for (const worker of workers.filter(({ isDead }) => !isDead)) {
      worker.isDead = true;
      await database.leave(worker);
    }
  };
  const isSettled = async (): Promise<boolean> => {
    const { rows } = await stage.pool.query(
      `select 1 from platform_posts
       where (status in ('queued', 'posting') or (status = 'published' and next_action_at is not null)
         or (status = 'pending' and next_action_at is not null)) limit 1`,
    );
    return rows.length === 0 && people.acted.length === acts.length;
  };
  const isOpen = async (): Promise<boolean> =>
    (await stage.pool.query("select 1 from platform_posts where next_action_at is not null limit 1")).rows.length > 0;
  await timeline.run((lastSeconds + 5) * 1000);
  // From here on there are no new faults, and everything must complete.
  for (let waited = 0; waited < 12 && !(await isSettled()); waited += 1)
    await timeline.run(timeline.now() + CALM_SECONDS * 1000);
  // Sleeping machines wake up, and have time to write what they know.
  while (workers.some(({ isDead, asleep }) => !isDead && asleep !== null)) await timeline.run(timeline.now() + 10_000);
  if (struck.size > 0) await timeline.run(timeline.now() + 70_000);
  isStormy = false;
  const lastedWell = new Set<Machine>();
  for (const worker of workers) if (!worker.isDead) lastedWell.add(worker);
  if (await isOpen()) {
    await dismiss();
    for (let hours = 0; hours < 27 && (await isOpen()); hours += 1) {
      await timeline.run(timeline.now() + 3_600_000);
      startWorker(workers.length, 60);
      await timeline.run(timeline.now() + 20_000);
      await dismiss();
    }
  }
  await dismiss();
  people.api.isDead = true;
  await database.close();
  const { subjects } = people;
  // What is done to a post is done on all its platforms; a forced retry names one.
  const acted = people.acted.flatMap((each) =>
    each.act === "force" || each.act === "pause" || each.act === "leave"
      ? [each]
      : siblingsOf(plan, each.post).map((post) => ({ ...each, post })),
  );
  return {
    plan,
    timeline,
    database,
    subjects,
    acted,
    arrived,
    commits,
    readings,
    statements,
    struckBatches,
    struck,
    said,
    clockSteps,
    lastedWell,
  };
}

function isWorkerFault(what: WorkerFault | SharedFault): what is WorkerFault {
  return what.what === "crash" || what.what === "stopped" || what.what === "suspended" || what.what === "wall clock";
}

export function dueSeconds({ when }: PlannedPost): number {
  return "dueAt" in when ? when.dueAt : when.publishAt;
}

function hostsOf(platform: string): string[] {
  const hosts: Record<string, string[]> = { twitter: ["x.com", "twitter.com"], youtube: ["googleapis.com"] };
  return hosts[platform] ?? [platform];
}

/** A token that expires soon, according to our records. */
async function age({ stage, tenants }: Installation, tenant: number, platform: string, seconds: number): Promise<void> {
  const account = tenants[tenant]?.accounts[platform];
  const end = new Date(EPOCH_MS + seconds * 1000);
  await stage.pool.query(
    "update connections set access_token_expires_at = $2 where account_id = $1 and access_token_expires_at is not null",
    [account?.id, end],
  );
}
