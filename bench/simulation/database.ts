import pg from "pg";

import type { Listener } from "../../server/db/listen.ts";
import { CHANNELS } from "../../server/db/listen.ts";
import { claimDue } from "../../server/db/queries/claims.ts";
import { chanceOf } from "./random.ts";
import { EPOCH_MS, type Machine, never, realDelay, type Timeline } from "./timeline.ts";

/** The fault at a statement. */
export type DatabaseFault =
  /** The connection breaks before the server has read it, or after it has executed it. */
  { what: "lost_before" | "lost_after" } | { what: "slow"; seconds: number };

export interface DatabaseOptions {
  timeline: Timeline;
  /** The real one. */
  backends: pg.Pool;
  /** Called for every statement that reaches the server. */
  faultOf(statement: {
    text: string;
    name: string;
    values: readonly unknown[];
    machine: Machine;
  }): DatabaseFault | undefined;
  /** Whether this notification of due work is lost. */
  isWordLost(number: number): boolean;
}

/**
 * A real PostgreSQL behind a simulated network. Each statement is sent, executed and answered at points in the
 * timeline; one runs at a time, and one that waits for a row lock stays waiting until the holder releases it.
 */
export interface Database {
  /** Statements that wait longer for a lock fail; by default, they wait until their own timeout. */
  poolFor(machine: Machine, most: number, lockTimeoutSeconds?: number): pg.Pool;
  listenerFor(machine: Machine): Pick<Listener, "on" | "onReconnect">;
  /** The machine ends: statements it has sent are still executed, its open transactions are rolled back. */
  leave(machine: Machine): Promise<void>;
  /** All connections are lost, and there are no new ones for this long. */
  restart(forMs: number): Promise<void>;
  /** Nothing can be written for this long. */
  readOnly(forMs: number): void;
  /** Sets the database's clock. */
  step(byMs: number): void;
  /** The database's own time, in milliseconds since 1970. */
  wallMs(): number;
  /** The latest time that its clock has ever shown. */
  latestMs(): number;
  statements(): number;
  /** Releases every real connection; open transactions are rolled back. */
  close(): Promise<void>;
}

interface Connection {
  machine: Machine;
  /** How long its statements wait for a lock. */
  patienceMs: number;
  isBroken: boolean;
  /** The real one, while it has an open transaction. */
  backend: pg.PoolClient | null;
  isBusy: boolean;
  /** Ends a transaction that its owner has abandoned. */
  forgotten: { cancel(): void } | null;
  /** Fails statements in progress. */
  fail: (() => void) | null;
  last: Promise<unknown>;
}

interface Waiting {
  pid: number;
  isSettled: boolean;
  done: Promise<void>;
  finish(): void;
}

type Outcome = { result: unknown } | { error: unknown };

interface Query {
  text: string;
  name?: string;
  values?: unknown[];
}

const CLAIMS = new Set<string | undefined>(Object.values(claimDue).map(({ name }) => name));
const IDLE_IN_TRANSACTION_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 30_000;

export function openDatabase({ timeline, backends, faultOf, isWordLost }: DatabaseOptions): Database {
  const free: pg.PoolClient[] = [];
  const taken = new Set<pg.PoolClient>();
  const pids = new Map<pg.PoolClient, number>();
  const connections = new Set<Connection>();
  const waiting = new Set<Waiting>();
  const listeners: { machine: Machine; heard: Set<() => void>; back: Set<() => void> }[] = [];
  let downUntil = -1;
  let readOnlyUntil = -1;
  let aheadMs = 0;
  let latest = EPOCH_MS;
  let statements = 0;
  let words = 0;

  const wallMs = (): number => {
    const wall = Math.floor(EPOCH_MS + timeline.now() + aheadMs);
    latest = Math.max(latest, wall);
    return wall;
  };
  const shown = (): string => new Date(wallMs()).toISOString();
  const latency = (topic: string): number => 0.2 + 2 * chanceOf(timeline.seed, topic, statements) ** 3;

  async function lease(): Promise<pg.PoolClient> {
    const client = free.pop() ?? (await backends.connect());
    taken.add(client);
    if (!pids.has(client)) {
      const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
      pids.set(client, rows[0]?.pid ?? 0);
    }
    return client;
  }

  function giveBack(client: pg.PoolClient): void {
    taken.delete(client);
    free.push(client);
  }

  /** The real statement, with the clocks that it should see. */
  async function perform(connection: Connection, client: pg.PoolClient, query: Query): Promise<unknown> {
    const isReadOnly = timeline.now() < readOnlyUntil;
    if (/^begin/i.test(query.text)) {
      connection.backend = client;
      const now = shown();
      return await client.query(
        `begin${isReadOnly ? " read only" : ""}; set sim.now = '${now}'; set sim.clock = '${now}'`,
      );
    }
    if (connection.backend === null) return await perform1(client, query, isReadOnly).finally(() => giveBack(client));
    if (/^(commit|rollback)/i.test(query.text)) {
      const result = await client.query(query);
      connection.backend = null;
      giveBack(client);
      return result;
    }
    if (query.text.includes("clock_timestamp")) await client.query(`set sim.clock = '${shown()}'`);
    return await client.query(query);
  }

  /** A separate transaction. */
  async function perform1(client: pg.PoolClient, query: Query, isReadOnly: boolean): Promise<unknown> {
    const clocks = { ...SHOW_CLOCKS, values: [shown()] };
    if (!isReadOnly) {
      const [, result] = await Promise.all([client.query(clocks), client.query<{ id?: string }>(query)]);
      // Claimed rows come in the order in which they lie, which depends on earlier runs.
      if (CLAIMS.has(query.name)) result.rows.sort(byId);
      return result;
    }
    await client.query(clocks);
    await client.query("begin read only");
    try {
      return await client.query(query);
    } finally {
      await client.query("rollback");
    }
  }

  /** Executes as much of the statement as possible now. `over` is called once, when it is complete. */
  async function attempt(connection: Connection, query: Query, over: (outcome: Outcome) => void): Promise<void> {
    let outcome: Outcome | undefined;
    let isTooLong = false;
    const client = connection.backend ?? (await lease());
    const one: Waiting = {
      pid: pids.get(client) ?? 0,
      isSettled: false,
      done: perform(connection, client, query).then(
        (result) => settle({ result }),
        (error: unknown) => settle({ error: isTooLong ? lockTimeout() : error }),
      ),
      finish: () => outcome !== undefined && over(outcome),
    };
    const settle = (came: Outcome): void => {
      outcome = came;
      one.isSettled = true;
    };
    if (!(await settles(one))) {
      waiting.add(one);
      timeline.after(connection.patienceMs, null, "statement timeout", async () => {
        if (one.isSettled) return;
        isTooLong = connection.patienceMs < STATEMENT_TIMEOUT_MS;
        await backends.query("select pg_cancel_backend($1)", [one.pid]);
        await wakeWaiting();
      });
      return;
    }
    one.finish();
    await wakeWaiting();
  }

  /** Whether it completed; false if it waits for a lock. */
  async function settles(one: Waiting): Promise<boolean> {
    for (let tries = 0; ; tries += 1) {
      await Promise.race([one.done, realDelay(tries === 0 ? 2 : 4)]);
      if (one.isSettled) return true;
      const { rowCount } = await backends.query("select from pg_locks where pid = $1 and not granted", [one.pid]);
      if (!one.isSettled && rowCount !== 0) return false;
    }
  }

  /** Continues statements that were waiting for what was just released. */
  async function wakeWaiting(): Promise<void> {
    for (let again = waiting.size > 0; again;) {
      again = false;
      for (const one of [...waiting]) {
        if (!(await settles(one))) continue;
        waiting.delete(one);
        one.finish();
        again = true;
      }
    }
  }

  async function abandon(connection: Connection): Promise<void> {
    connection.isBroken = true;
    connections.delete(connection);
    if (connection.isBusy || connection.backend === null) return;
    const { backend } = connection;
    connection.backend = null;
    await backend.query("rollback");
    giveBack(backend);
    await wakeWaiting();
  }

  function tellDue(): void {
    for (const { machine, heard } of listeners) {
      words += 1;
      if (!isWordLost(words))
        timeline.after(latency("word"), machine, "hears that something is due", () => heard.forEach((each) => each()));
    }
  }

  /** One at a time, in order of request. */
  function query(connection: Connection, given: Query): Promise<unknown> {
    const asked = connection.last.then(() => ask(connection, given));
    connection.last = asked.catch(() => undefined);
    return asked;
  }

  function ask(connection: Connection, given: Query): Promise<unknown> {
    const { machine } = connection;
    if (machine.isDead) return never();
    return new Promise((resolve, reject) => {
      const answer = (delayMs: number, label: string, work: () => void): void =>
        void timeline.after(delayMs, machine, label, work);
      const fail = (): void =>
        answer(latency("lost"), "loses its connection to the database", () =>
          reject(new Error("Connection terminated unexpectedly")),
        );
      if (connection.isBroken) return fail();
      connection.isBusy = true;
      connection.forgotten?.cancel();
      connection.fail = fail;
      timeline.after(latency("out"), null, `${machine.name} → ${given.name ?? given.text.slice(0, 40)}`, async () => {
        statements += 1;
        const { text, name = "", values = [] } = given;
        const fault = connection.isBroken ? undefined : faultOf({ text, name, values, machine });
        if (connection.isBroken || fault?.what === "lost_before") {
          connection.isBusy = false;
          if (fault !== undefined) fail();
          return await abandon(connection);
        }
        await attempt(connection, given, (outcome) => {
          connection.isBusy = false;
          const isOk = "result" in outcome;
          if (isOk && connection.backend === null && String(given.values?.[0]).includes(CHANNELS.due)) tellDue();
          if (connection.isBroken)
            return void timeline.after(0, null, "the server notices a lost connection", () => abandon(connection));
          if (fault?.what === "lost_after") {
            fail();
            return void timeline.after(0, null, "the server notices a lost connection", () => abandon(connection));
          }
          if (connection.backend !== null) endIfForgotten(connection);
          const lateMs = fault?.what === "slow" ? fault.seconds * 1000 : 0;
          answer(latency("back") + lateMs, `← ${given.name ?? given.text.slice(0, 40)}${isOk ? "" : " fails"}`, () => {
            connection.fail = null;
            if (isOk) resolve(outcome.result);
            else reject(outcome.error);
          });
        });
      });
    });
  }

  function endIfForgotten(connection: Connection): void {
    connection.forgotten = timeline.after(IDLE_IN_TRANSACTION_MS, null, "idle in transaction", () =>
      abandon(connection),
    );
  }

  return {
    poolFor(machine, most, lockTimeoutSeconds) {
      const idle: Connection[] = [];
      const queue: ((connection: Connection) => void)[] = [];
      let count = 0;

      async function connect(): Promise<Connection> {
        if (machine.isDead) return await never();
        for (let known = idle.pop(); known !== undefined; known = idle.pop()) {
          if (!known.isBroken) return known;
          count -= 1;
        }
        return await new Promise((resolve, reject) => {
          const timer = timeline.after(CONNECT_TIMEOUT_MS, machine, "waits no longer for a connection", () => {
            const place = queue.indexOf(take);
            if (place !== -1) queue.splice(place, 1);
            reject(new Error("timeout exceeded when trying to connect"));
          });
          const take = (connection: Connection): void => {
            timer.cancel();
            resolve(connection);
          };
          if (count >= most) return void queue.push(take);
          count += 1;
          timeline.after(1 + latency("connect"), machine, "connects to the database", () => {
            if (timeline.now() < downUntil) {
              count -= 1;
              timer.cancel();
              return reject(
                Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" }),
              );
            }
            const connection: Connection = {
              machine,
              patienceMs: lockTimeoutSeconds === undefined ? STATEMENT_TIMEOUT_MS : lockTimeoutSeconds * 1000,
              isBroken: false,
              backend: null,
              isBusy: false,
              forgotten: null,
              fail: null,
              last: Promise.resolve(),
            };
            connections.add(connection);
            take(connection);
          });
        });
      }

      function release(connection: Connection, error?: Error | boolean): void {
        if (connection.isBroken || (error !== undefined && error !== false)) {
          count -= 1;
          if (!connection.isBroken)
            timeline.after(latency("end"), null, "a connection is ended", () => abandon(connection));
          return;
        }
        const next = queue.shift();
        if (next === undefined) idle.push(connection);
        else next(connection);
      }

      const toQuery = (asked: string | Query, values?: unknown[]): Query =>
        typeof asked === "string"
          ? { text: asked, ...(values === undefined ? {} : { values }) }
          : withoutTimeout(asked);
      return Object.assign(new pg.Pool({ max: 1 }), {
        query: async (asked: string | Query, values?: unknown[]) => {
          const connection = await connect();
          try {
            const result = await query(connection, toQuery(asked, values));
            release(connection);
            return result;
          } catch (error) {
            release(connection, error instanceof pg.DatabaseError ? undefined : true);
            throw error;
          }
        },
        connect: async () => {
          const connection = await connect();
          return Object.assign(new pg.Client(), {
            query: (asked: string | Query, values?: unknown[]) => query(connection, toQuery(asked, values)),
            release: (error?: Error | boolean) => release(connection, error),
          });
        },
      });
    },

    listenerFor(machine) {
      const one = { machine, heard: new Set<() => void>(), back: new Set<() => void>() };
      listeners.push(one);
      return {
        on(channel, heard) {
          if (channel !== CHANNELS.due) return () => undefined;
          const hear = (): void => heard("");
          one.heard.add(hear);
          return () => one.heard.delete(hear);
        },
        onReconnect(back) {
          one.back.add(back);
          return () => one.back.delete(back);
        },
      };
    },

    async leave(machine) {
      for (const connection of [...connections]) if (connection.machine === machine) await abandon(connection);
    },

    async restart(forMs) {
      downUntil = timeline.now() + forMs;
      for (const one of waiting) await backends.query("select pg_cancel_backend($1)", [one.pid]);
      for (const connection of [...connections]) {
        connection.fail?.();
        connection.isBroken = true;
      }
      await wakeWaiting();
      for (const connection of [...connections]) await abandon(connection);
      for (const { machine, back } of listeners)
        timeline.after(forMs + 100 + latency("back"), machine, "listens again", () => back.forEach((each) => each()));
    },

    readOnly(forMs) {
      readOnlyUntil = timeline.now() + forMs;
    },

    step(byMs) {
      aheadMs += byMs;
    },
    wallMs,
    latestMs: () => latest,
    statements: () => statements,

    async close() {
      for (const one of waiting) await backends.query("select pg_cancel_backend($1)", [one.pid]);
      await Promise.all([...waiting].map((one) => one.done));
      for (const client of taken) await client.query("rollback").catch(() => undefined);
      for (const client of [...taken, ...free]) client.release();
    },
  };
}

function byId(one: { id?: string }, other: { id?: string }): number {
  return String(one.id) < String(other.id) ? -1 : 1;
}

/** What node-postgres itself waits for is real time. */
function withoutTimeout({ text, name, values }: Query): Query {
  return { text, ...(name === undefined ? {} : { name }), ...(values === undefined ? {} : { values }) };
}

function lockTimeout(): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError("canceling statement due to lock timeout", 0, "error"), { code: "55P03" });
}

const SHOW_CLOCKS = {
  name: "sim.show_clocks",
  text: "select set_config('sim.now', $1, false), set_config('sim.clock', $1, false)",
};
