import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";

import type pg from "pg";
import { pino } from "pino";

import type { PlatformPostError } from "../model/errors.ts";
import { newId } from "../model/ids.ts";
import { forEachPlatform, type Mode, type PlatformName } from "../model/platform-names.ts";
import type { PlatformPostStatus, PostStatus } from "../model/status.ts";
import { createHttpClient } from "../platforms/kit/http.ts";
import type { Broker, MediaSource } from "../platforms/platform.ts";
import { createListener } from "../server/db/listen.ts";
import type { HeldPost } from "../server/db/queries/post-actions.ts";
import { transaction } from "../server/db/sql.ts";
import { firstActionAt, publishNow } from "../server/domain/posts/post-actions.ts";
import { createEngine, type Engine, type EngineOptions } from "../server/publishing/engine.ts";
import { createVault } from "../server/vault/vault.ts";
import { createTestDatabase } from "./database.ts";
import { ledgerBroker, type Ledger, startLedger } from "./ledger-platform.ts";

/** The environment for tests of publishing: a database, a ledger, and engines that use both. */
export interface PublishingWorld {
  pool: pg.Pool;
  databaseUrl: string;
  ledger: Ledger;
  /** Starts an engine in this process. It stops when the world ends. */
  startEngine(options?: Partial<EngineOptions> & { broker?: Broker }): Promise<Engine>;
  /** Starts an engine in its own process, which ends when the world ends. */
  startWorker(environment?: Record<string, string>): Promise<ChildProcess>;
  addUser(): Promise<string>;
  addAccount(userId: string, options?: NewAccount): Promise<string>;
  addPost(options: NewPost): Promise<TestPost>;
  /** Brings a scheduled post's due time forward, as if time had passed. Returns the new time. */
  bringForward(post: TestPost, toInSeconds: number): Promise<Date>;
  /** Publishes as a caller does. */
  publish(post: TestPost): Promise<void>;
  /** Runs `act` in a transaction that has locked the post's row, as a caller's actions do. */
  act<Result>(post: TestPost, act: (tx: pg.PoolClient, held: HeldPost) => Promise<Result>): Promise<Result>;
  read(post: TestPost): Promise<PostState>;
  /** Waits until the post is as wanted. Fails if that takes far too long, or the world ends before. */
  until(post: TestPost, wanted: (state: PostState) => boolean): Promise<PostState>;
  end(): Promise<void>;
}

export interface NewAccount {
  platform?: PlatformName;
  mode?: Mode;
  /** The ID on the platform. Default: a new one. */
  platformAccountId?: string;
}

export interface NewPost {
  text: string;
  chain?: string[];
  userId?: string;
  accountId?: string;
  dueAt?: Date;
  /** Default: Threads. */
  platform?: PlatformName;
  /** More platforms, each with its own account. The platform's name is appended to the text there. */
  also?: PlatformName[];
}

export interface TestPost {
  id: string;
  userId: string;
  platformPostId: string;
}

export interface PostState {
  status: PostStatus;
  revision: number;
  platformPosts: {
    id: string;
    status: PlatformPostStatus;
    platform_post_id: string | null;
    published_url: string | null;
    attempt_count: number;
    next_action_at: Date | null;
    lease_until: Date | null;
    takeovers: number;
    live_through: string | null;
    step: string | null;
    error: PlatformPostError | null;
    warnings: { code: string; message: string }[];
  }[];
  events: string[];
}

const PLATFORM: PlatformName = "threads";
const LONGEST_WAIT_SECONDS = 120;
const noMedia: MediaSource = {
  publicUrl: () => Promise.reject(new Error("These tests have no media")),
  open: () => Promise.reject(new Error("These tests have no media")),
  describe: () => Promise.reject(new Error("These tests have no media")),
};

/** The engine's options other than database and listener. The ledger is the platform. */
export function engineParts(
  ledger: Pick<Ledger, "url" | "readBack">,
  broker: Broker = ledgerBroker(ledger),
): Omit<EngineOptions, "pool" | "listener"> {
  const platform = { broker };
  return {
    vault: createVault([Buffer.alloc(32, 1)]),
    platforms: forEachPlatform(() => platform),
    httpFor: (_mode, guards) => createHttpClient({ ...guards, sandboxUrl: ledger.url }),
    mediaSourceFor: () => noMedia,
    ensureMedia: (_owner, ids) =>
      Promise.resolve(new Map(ids.map((id) => [id, { status: "failed", message: "The source is gone." }]))),
    freshAccess: () => Promise.resolve({ accessToken: "token" }),
    speed: 100,
    forcePrivateUploads: false,
    log: pino({ level: process.env.ENGINE_LOG ?? "silent" }),
    floorSeconds: 0.5,
  };
}

/** Runs `work` in its own world and ends it afterwards. */
export async function withWorld(work: (world: PublishingWorld) => Promise<void>): Promise<void> {
  const world = await createPublishingWorld();
  try {
    await work(world);
  } finally {
    await world.end();
  }
}

/** How many posts with this text the ledger's audience sees. */
export function liveCount(ledger: Ledger, text: string): number {
  return ledger.posts.filter((post) => post.text === text).length;
}

async function createPublishingWorld(): Promise<PublishingWorld> {
  const database = await createTestDatabase();
  const { pool } = database;
  const ledger = await startLedger();
  const ending: (() => Promise<unknown>)[] = [];
  let hasEnded = false;

  const addUser = async () => {
    const id = `user_${newId()}`;
    await pool.query("insert into users (id, email) values ($1, $1)", [id]);
    return id;
  };
  const addAccount = async (
    userId: string,
    { platform = PLATFORM, mode = "test", platformAccountId }: NewAccount = {},
  ) => {
    const [id, set] = [newId(), newId()];
    await pool.query("insert into platform_sets (id, user_id, mode, name) values ($1, $2, $3, 'set')", [
      set,
      userId,
      mode,
    ]);
    await pool.query(
      `insert into accounts (id, user_id, mode, platform_set_id, platform, platform_account_id)
       values ($1, $2, $3, $4, $5, $6)`,
      [id, userId, mode, set, platform, platformAccountId ?? id],
    );
    return id;
  };
  const act: PublishingWorld["act"] = (post, work) =>
    transaction(pool, async (tx) => {
      const { rows } = await tx.query<HeldPost>(
        "select id, user_id, mode, status, scheduled_for from posts where id = $1 for update",
        [post.id],
      );
      const [held] = rows;
      if (held === undefined) throw new Error("no such post");
      return work(tx, held);
    });
  const read = async (post: TestPost): Promise<PostState> => {
    const { rows } = await pool.query<Omit<PostState, "events">>(
      `select status, revision, (select json_agg(pp order by position) from platform_posts pp
         where pp.post_id = p.id) as "platformPosts" from posts p where id = $1`,
      [post.id],
    );
    const events = await pool.query<{ type: string }>("select type from outbox where post_id = $1 order by id", [
      post.id,
    ]);
    const [row] = rows;
    if (row === undefined) throw new Error("no such post");
    return { ...row, events: events.rows.map(({ type }) => type) };
  };

  return {
    pool,
    databaseUrl: database.url,
    ledger,
    addUser,
    addAccount,
    act,
    read,
    async startEngine({ broker, ...options } = {}) {
      const listener = await createListener(database.url, pino({ level: "silent" }));
      const engine = createEngine({ ...engineParts(ledger, broker), pool, listener, ...options });
      engine.start();
      ending.push(
        () => engine.stop(),
        () => listener.close(),
      );
      return engine;
    },
    async startWorker(environment = {}) {
      const worker = spawn(process.execPath, [new URL("publishing-worker.ts", import.meta.url).pathname], {
        env: {
          ...process.env,
          DATABASE_URL: database.url,
          LEDGER_URL: ledger.url,
          NODE_TEST_CONTEXT: "",
          ...environment,
        },
        stdio: ["ignore", "pipe", "inherit"],
      });
      ending.push(async () => {
        worker.kill("SIGKILL");
        await ended(worker);
      });
      await Promise.race([once(worker.stdout, "data"), once(worker, "exit")]);
      return worker;
    },
    async addPost({ text, chain = [], dueAt, platform: first = PLATFORM, also = [], ...rest }) {
      const userId = rest.userId ?? (await addUser());
      const accountId = rest.accountId ?? (await addAccount(userId, { platform: first }));
      const [id, platformPostId] = [newId(), newId()];
      const settings = chain.length === 0 ? {} : { thread: chain.map((part) => ({ text: part })) };
      const others = Object.fromEntries(also.map((platform) => [platform, { text: `${text} ${platform}` }]));
      const content = {
        text,
        media: [],
        linkUrl: null,
        platformOverrides: chain.length === 0 ? others : { ...others, [first]: { settings } },
      };
      await pool.query(
        `insert into posts (id, user_id, mode, platform_set_id, status, content, platforms, scheduled_for)
         select $1, $2, mode, platform_set_id, $3, $4, array[platform] || $5::text[], $6 from accounts where id = $7`,
        [
          id,
          userId,
          dueAt === undefined ? "draft" : "scheduled",
          JSON.stringify(content),
          also,
          dueAt ?? null,
          accountId,
        ],
      );
      for (const [position, platform] of [first, ...also].entries()) {
        await pool.query(
          `insert into platform_posts (id, post_id, user_id, mode, platform, position, account_id, due_at,
             next_action_at)
           select $1, $2, user_id, mode, platform, $3, id, $4, $5 from accounts where id = $6`,
          [
            position === 0 ? platformPostId : newId(),
            id,
            position,
            dueAt ?? null,
            dueAt === undefined ? null : firstActionAt(dueAt),
            position === 0 ? accountId : await addAccount(userId, { platform }),
          ],
        );
      }
      if (dueAt !== undefined) await pool.query("notify ampost_due");
      return { id, userId, platformPostId };
    },
    async bringForward(post, toInSeconds) {
      const { rows } = await pool.query<{ due_at: Date }>(
        `update platform_posts set due_at = now() + make_interval(secs => $2),
           next_action_at = now() + make_interval(secs => $2) where post_id = $1 returning due_at`,
        [post.id, toInSeconds],
      );
      await pool.query("notify ampost_due");
      if (rows[0] === undefined) throw new Error("no such post");
      return rows[0].due_at;
    },
    async publish(post) {
      await act(post, (tx, held) => publishNow(tx, held));
    },
    async until(post, wanted) {
      const end = performance.now() + LONGEST_WAIT_SECONDS * 1000;
      for (;;) {
        // Some tests stop the database.
        const state = await read(post).catch(() => null);
        if (state !== null && wanted(state)) return state;
        if (hasEnded) assert.fail("the world ended before the post was as wanted");
        if (performance.now() > end)
          assert.fail(`not as wanted after ${LONGEST_WAIT_SECONDS} s: ${JSON.stringify(state, null, 1)}`);
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
    },
    async end() {
      hasEnded = true;
      for (const stop of ending) await stop();
      await ledger.close();
      await database.drop();
    },
  };
}

/** Waits until a process has exited, even if it already has. */
export async function ended(worker: ChildProcess): Promise<void> {
  if (worker.exitCode === null && worker.signalCode === null) await once(worker, "exit");
}

/** Until so many statements wait for a lock. */
export async function untilLocked({ pool }: PublishingWorld, count: number): Promise<void> {
  const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  while (((await pool.query(waiting)).rowCount ?? 0) < count) await new Promise((resolve) => setTimeout(resolve, 20));
}

export function isOver({ status }: PostState): boolean {
  return status === "published" || status === "partial" || status === "failed" || status === "discarded";
}
