import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";

import { pino } from "pino";

import { newId } from "../../model/ids.ts";
import type { MediaEntry, MediaFacts, PostContent } from "../../model/post.ts";
import { startSandbox } from "../../sandbox/server.ts";
import { insertInstanceApp, removeInstanceApp } from "../../server/db/queries/oauth-apps.ts";
import { SEALED_MEMBER } from "../../server/db/queries/sealed-values.ts";
import { addUploads } from "../../server/media/media-objects.ts";
import { newAuthorizeParameters } from "../../server/oauth/authorize-url.ts";
import { storeConnection } from "../../server/oauth/connect.ts";
import type { OAuthServices } from "../../server/oauth/services.ts";
import { createDiskStorage } from "../../server/storage/disk.ts";
import { createTestDatabase } from "../../tests/database.ts";
import { readChoices } from "../choices.ts";
import { platforms } from "../index.ts";
import type { Checkpoint, OAuthApp } from "../platform.ts";
import {
  LONGEST_CALL_SECONDS,
  LONGEST_CALL_SECONDS_OF_SILENCE,
  oauthServices,
  SPEED,
  SPEED_AFTER_CRASH,
  startCrashingProcess,
  startEngine,
  type CrashPoint,
  type EngineEnvironment,
} from "./engine.ts";
import { openMediaDoor } from "./media-door.ts";
import { loadFixtures } from "./media.fixture.ts";
import {
  insertPost,
  isSettled,
  passTime,
  readPost,
  retryByForce,
  stopAll,
  type PostRow,
  type TestAccount,
} from "./posts.ts";
import { openSandbox, type Fault } from "./sandbox-door.ts";
import { loginOf, type Subject } from "./subject.ts";

export type World = Awaited<ReturnType<typeof startWorld>>;

export interface WorldOptions {
  /** False for an app that cannot renew its grants, on platforms with such apps. */
  isRenewable?: boolean;
  /** The start of the platform's clock, which only moves by `advance`. */
  startAt?: Date;
  /** One of the sandbox's own apps. Default: a new one. */
  app?: OAuthApp;
  /** The operator's settings for brokers, by environment name. */
  settings?: Record<string, string>;
  /** What the engine's pauses are divided by. */
  speed?: number;
}

export async function startWorld(subject: Subject, options: WorldOptions = {}) {
  const platform = platforms[subject.name];
  const { speed = SPEED } = options;
  const oauth = loginOf(subject);
  if (oauth === undefined || platform.broker === undefined) throw new Error(`${subject.name} has no broker yet`);
  const dataDir = await mkdtemp(join(tmpdir(), "ampost-conformance-"));
  const database = await createTestDatabase();
  const { pool } = database;
  const mediaFolder = join(dataDir, "media");
  const storage = await createDiskStorage(mediaFolder);
  const secret = randomBytes(32).toString("hex");
  const mediaDoor = await openMediaDoor({ pool, storage, secret });
  const running = await startSandbox({
    port: 0,
    dataDir: join(dataDir, "sandbox"),
    limits: true,
    mediaUrl: mediaDoor.url,
    startAt: options.startAt,
  });
  const sandbox = openSandbox(running.url);
  const environment: EngineEnvironment = {
    databaseUrl: database.url,
    mediaFolder,
    mediaUrls: { baseUrl: mediaDoor.url, secret },
    vaultKey: randomBytes(32).toString("base64"),
    sandboxUrl: sandbox.url,
    settings: options.settings ?? {},
    longestCallSeconds: LONGEST_CALL_SECONDS,
  };
  const reset = async () => {
    await sandbox.reset();
    environment.longestCallSeconds = LONGEST_CALL_SECONDS;
  };
  const logged: string[] = [];
  const log = pino({ level: "trace" }, collect(logged));
  const app = options.app ?? (await sandbox.registerApp(subject.name, options.isRenewable ?? true));
  const services = oauthServices(environment, pool, log);
  await keepApp(services, subject, app);
  const userId = randomUUID();
  await pool.query("insert into users (id, email) values ($1, $1)", [userId]);
  const fixtures = await loadFixtures(storage);
  const media = await addUploads(
    pool,
    { userId, mode: "test" },
    fixtures.map(({ storageKey, facts, filename }) => ({ filename, received: { storageKey, facts, sha256: "" } })),
  );
  const mediaIds = new Map(media.map((row) => [row.filename, row.id]));
  const people = { count: 0 };
  const secrets = new Set([app.clientSecret]);
  const operations = new Map<string, Set<string>>();
  let engine = await startEngine(environment, log, { speed });

  const world = {
    fixtures,
    measure: (entry: MediaEntry): MediaFacts | null =>
      fixtures.find(({ filename }) => filename === entry.filename)?.facts ?? null,

    /**
     * Connects a new person's account in a new set. What earlier tests left unfinished stops here. The sandbox
     * recognizes `kind` in the person's name: "private".
     */
    async connect(kind = "person", scopes?: readonly string[]): Promise<TestAccount> {
      await stopAll(pool);
      people.count += 1;
      const setId = randomUUID();
      await pool.query("insert into platform_sets (id, user_id, mode, name) values ($1, $2, 'test', 'Set')", [
        setId,
        userId,
      ]);
      const { codeVerifier } = newAuthorizeParameters(oauth);
      const code = await sandbox.authorize(oauth, app, `${kind}-${people.count}`, codeVerifier, scopes);
      const granted = await oauth.exchange(services.httpFor("test"), app, { code, codeVerifier });
      const [{ profile, grant }] = await readChoices(oauth, services.httpFor("test"), granted);
      for (const token of [granted.accessToken, grant.accessToken, grant.refreshToken])
        if (token !== null) secrets.add(token);
      const accountId = await storeConnection(
        services,
        { userId, mode: "test", platformSetId: setId, platform: subject.name },
        grant,
        profile,
        { login: subject.login ?? "", oauthAppId: null, grantorId: null, dataAccessEndsAt: null },
      );
      await reset();
      return { userId, setId, accountId, platformAccountId: profile.platformAccountId };
    },

    /**
     * As `connect`, with these permissions only: which requests were refused on the way, and what is known of the
     * account.
     */
    async connectWith(scopes: readonly string[]) {
      await reset();
      const { codeVerifier } = newAuthorizeParameters(oauth);
      people.count += 1;
      const code = await sandbox.authorize(oauth, app, `person-${people.count}`, codeVerifier, scopes);
      const granted = await oauth.exchange(services.httpFor("test"), app, { code, codeVerifier });
      const [{ profile }] = await readChoices(oauth, services.httpFor("test"), granted);
      const refused = await world.refused();
      people.count -= 1;
      const account = await world.connect("person", scopes);
      const known = Object.entries(Object(profile.metadata["profile"])).filter(([, value]) => value !== null);
      return { account, refused, known: [...known.map(([name]) => name), granted.refreshToken !== null] };
    },

    /** The requests that the sandbox has refused since the last reset. */
    async refused(): Promise<string[]> {
      return (await sandbox.requests())
        .filter(({ status }) => (status ?? 0) >= 400)
        .map(({ method, url }) => `${method} ${url}`);
    },

    /** Publishes, and waits until the platform post is settled or `until` is true. */
    async publish(
      account: TestAccount,
      content: PostContent,
      options: { until?: (row: PostRow) => boolean } = {},
    ): Promise<PostRow> {
      const id = await insertPost(pool, subject.name, account, content, mediaIds);
      return await world.settled(id, options.until);
    },

    /** Retries with force, as a caller does who accepts that the post may be published twice. */
    async retryByForce(id: string, options: { until?: (row: PostRow) => boolean } = {}): Promise<PostRow> {
      await retryByForce(pool, subject.name, id);
      return await world.settled(id, options.until);
    },

    /** Publishes in a process that crashes at `crashPoint`. Another takes over once the leases have ended. */
    async publishThroughCrash(account: TestAccount, content: PostContent, crashPoint: CrashPoint): Promise<PostRow> {
      await engine.stop();
      const crashing = await startCrashingProcess(environment, crashPoint);
      const id = await insertPost(pool, subject.name, account, content, mediaIds);
      await Promise.race([
        crashing.dead,
        world.settled(id).then(() => crashing.kill("it published everything without reaching the crash point")),
      ]);
      await passTime(pool, 6);
      engine = await startEngine(environment, log, { speed: SPEED_AFTER_CRASH });
      const row = await world.settled(id);
      await engine.stop();
      engine = await startEngine(environment, log, { speed });
      return row;
    },

    async restart(): Promise<void> {
      await engine.stop();
      engine = await startEngine(environment, log, { speed });
    },

    async settled(id: string, until: (row: PostRow) => boolean = isSettled): Promise<PostRow> {
      let isIdAwaited = subject.idAfterSeconds !== undefined;
      // Most posts settle immediately. One that waits for a lease or a deadline is read less often.
      for (let rounds = 0; rounds < 1500; rounds += 1) {
        const row = await readPost(pool, id);
        if (until(row) || isSettled(row)) return row;
        if (isIdAwaited && row.status === "published" && row.platformPostId === null) {
          isIdAwaited = false;
          await sandbox.advance(subject.idAfterSeconds ?? 0);
        }
        await new Promise((passed) => setTimeout(passed, Math.min(10 + rounds, 50)));
      }
      throw new Error(`the platform post is not settled: ${JSON.stringify(await readPost(pool, id))}`);
    },

    ledger: (account: TestAccount) => sandbox.ledger(subject.name, account.platformAccountId),
    requests: () => sandbox.requests(),
    fault: (fault: Fault) => {
      if (fault.kind === "timeout") environment.longestCallSeconds = LONGEST_CALL_SECONDS_OF_SILENCE;
      return sandbox.fault(subject.name, fault);
    },

    /** The kinds of requests that publishing this content sends. */
    async operations(content: PostContent): Promise<Set<string>> {
      const key = JSON.stringify(content);
      const known = operations.get(key);
      if (known !== undefined) return known;
      await world.publish(await world.connect(), content);
      const seen = new Set((await sandbox.requests()).map((request) => request.operation ?? ""));
      operations.set(key, seen);
      return seen;
    },

    /** How many requests publishing this content takes. */
    async countRequests(content: PostContent): Promise<number> {
      await world.publish(await world.connect(), content);
      return (await sandbox.requests()).length;
    },

    /** Speeds up the platform's clock during `work`, so that its pauses stay in proportion to the engine's. */
    async keepPace<T>(speed: number, work: () => Promise<T>): Promise<T> {
      let isOver = false;
      const ticking = (async () => {
        for (let last = performance.now(); !isOver;) {
          await new Promise((passed) => setTimeout(passed, 5));
          const now = performance.now();
          await sandbox.advance(((now - last) / 1000) * speed);
          last = now;
        }
      })();
      try {
        return await work();
      } finally {
        isOver = true;
        await ticking;
      }
    },

    /** Advances the platform's clock and ages the stored grant. */
    async advance(account: TestAccount, seconds: number): Promise<void> {
      await sandbox.advance(seconds);
      await pool.query(
        `update connections set issued_at = issued_at - make_interval(secs => $2),
           access_token_expires_at = access_token_expires_at - make_interval(secs => $2),
           refresh_token_expires_at = refresh_token_expires_at - make_interval(secs => $2)
         where account_id = $1`,
        [account.accountId, seconds],
      );
    },

    async readAccount({ accountId }: TestAccount) {
      const { rows } = await pool.query<{
        status: string;
        token_health: string;
        platform_account_id: string;
        scopes: string[];
      }>("select * from accounts where id = $1", [accountId]);
      return rows[0] ?? missing();
    },

    async markAsLost({ accountId }: TestAccount): Promise<void> {
      await pool.query("update accounts set token_health = 'revoked' where id = $1", [accountId]);
    },

    async readConnection({ accountId }: TestAccount) {
      const { rows } = await pool.query<{ refresh_token_sealed: string | null }>(
        "select * from connections where account_id = $1",
        [accountId],
      );
      return rows[0] ?? missing();
    },

    /** All rows of all tables and all log lines. */
    async everythingKept(): Promise<string> {
      const { rows } = await pool.query<{ name: string }>(
        `select quote_ident(table_name) as name from information_schema.tables
         where table_schema = 'public' and table_type = 'BASE TABLE'`,
      );
      const kept = await Promise.all(
        rows.map(async ({ name }) => JSON.stringify((await pool.query(`select t::text from ${name} t`)).rows)),
      );
      return [...kept, ...logged].join("\n");
    },

    secretsSeen: (): string[] => [...secrets],

    /** What is stored unencrypted of the checkpoints of all posts, also of earlier tests. */
    async openCheckpoints(): Promise<Checkpoint[]> {
      const { rows } = await pool.query<{ checkpoint: Checkpoint }>(
        `select checkpoint from platform_posts
         union all select checkpoint from publish_steps where checkpoint is not null`,
      );
      return rows.map(({ checkpoint: { [SEALED_MEMBER]: _, ...open } }) => open);
    },

    async close(): Promise<void> {
      await engine.stop();
      await running.close();
      await mediaDoor.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  return world;
}

async function keepApp({ pool, vault }: OAuthServices, { name }: Subject, app: OAuthApp): Promise<void> {
  const id = newId();
  const sealed = vault.seal(app.clientSecret, { table: "oauth_apps", row: id, column: "client_secret_sealed" });
  await removeInstanceApp.run(pool, ["test", name]);
  await insertInstanceApp.run(pool, [id, "test", name, app.clientId, sealed, app.redirectUri]);
}

function collect(lines: string[]): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
}

function missing(): never {
  throw new Error("the row is not there");
}
