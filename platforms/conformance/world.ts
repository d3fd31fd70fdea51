import { fork } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";

import type pg from "pg";
import { pino } from "pino";
import { v7 as uuidv7 } from "uuid";

import type { PlatformPostError } from "../../model/errors.ts";
import type { MediaEntry, MediaFacts, PostContent } from "../../model/post.ts";
import { startSandbox } from "../../sandbox/server.ts";
import { saveInstanceApp } from "../../server/db/oauth-apps.ts";
import type { HeldPost } from "../../server/db/scheduling.ts";
import { transaction } from "../../server/db/sql.ts";
import { addUploads } from "../../server/media/media-objects.ts";
import { storeConnection } from "../../server/oauth/connect.ts";
import type { OAuthServices } from "../../server/oauth/services.ts";
import { publishNow } from "../../server/publishing/schedule.ts";
import { createDiskStorage } from "../../server/storage/disk.ts";
import { createTestDatabase } from "../../tests/database.ts";
import { platforms } from "../index.ts";
import type { OAuthApp } from "../platform.ts";
import { oauthServices, SPEED, SPEED_AFTER_CRASH, startEngine, type Doom, type Place } from "./engine.ts";
import { loadFixtures } from "./fixtures.ts";
import { openMediaDoor } from "./media-door.ts";
import { openSandbox, type Fault } from "./sandbox-door.ts";
import type { Subject } from "./subject.ts";

/** A connected account of a user of its own. */
export interface TestAccount {
  userId: string;
  setId: string;
  accountId: string;
  platformAccountId: string;
}

/** A platform post as it stands. */
export interface PostRow {
  id: string;
  status: string;
  platformPostId: string | null;
  publishedUrl: string | null;
  attemptCount: number;
  nextAttemptAt: Date | null;
  error: PlatformPostError | null;
}

export type World = Awaited<ReturnType<typeof startWorld>>;

export async function startWorld(subject: Subject) {
  const platform = platforms[subject.name];
  const { oauth } = platform;
  if (oauth === undefined || platform.broker === undefined) throw new Error(`${subject.name} has no broker yet`);
  const dataDir = await mkdtemp(join(tmpdir(), "ampost-conformance-"));
  const database = await createTestDatabase();
  const { pool } = database;
  const mediaFolder = join(dataDir, "media");
  const storage = await createDiskStorage(mediaFolder);
  const secret = randomBytes(32).toString("hex");
  const mediaDoor = await openMediaDoor({ pool, storage, secret });
  const running = await startSandbox({ port: 0, dataDir: join(dataDir, "sandbox"), limits: true, mediaUrl: mediaDoor.url });
  const sandbox = openSandbox(running.url);
  const place: Place = {
    databaseUrl: database.url,
    mediaFolder,
    mediaUrls: { baseUrl: mediaDoor.url, secret },
    vaultKey: randomBytes(32).toString("base64"),
    sandboxUrl: sandbox.url,
  };
  const logged: string[] = [];
  const log = pino({ level: "trace" }, collect(logged));
  const app = await sandbox.registerApp(subject.name);
  const services = oauthServices(place, pool, log);
  await keepApp(services, subject, app);
  const userId = randomUUID();
  await pool.query("insert into users (id, email) values ($1, $1)", [userId]);
  const fixtures = await loadFixtures(storage);
  const media = await addUploads(pool, { userId, mode: "test" }, fixtures.map(({ storageKey, facts, filename }) => ({ filename, received: { storageKey, facts, sha256: "" } })));
  const mediaIds = new Map(media.map((row) => [row.filename, row.id]));
  const people = { count: 0 };
  const secrets = new Set([app.clientSecret]);
  const operations = new Map<string, Set<string>>();
  let engine = await startEngine(place, log, { speed: SPEED });

  const world = {
    fixtures,
    measure: (entry: MediaEntry): MediaFacts | null => fixtures.find(({ filename }) => filename === entry.filename)?.facts ?? null,

    /** A new person signs in, and their account is the only one of a new set. What earlier tests left unfinished rests from here on. */
    async connect(): Promise<TestAccount> {
      await pool.query("update platform_posts set next_action_at = null");
      people.count += 1;
      const setId = randomUUID();
      await pool.query("insert into platform_sets (id, user_id, mode, name) values ($1, $2, 'test', 'Set')", [setId, userId]);
      const codeVerifier = oauth.pkce ? randomBytes(32).toString("base64url") : null;
      const challenge = codeVerifier === null ? null : createHash("sha256").update(codeVerifier).digest("base64url");
      const code = await sandbox.authorize(oauth, app, `person-${people.count}`, challenge);
      const grant = await oauth.exchange(services.httpFor("test"), app, { code, codeVerifier });
      const profile = await oauth.profile(services.httpFor("test"), grant.accessToken);
      for (const token of [grant.accessToken, grant.refreshToken]) if (token !== null) secrets.add(token);
      const accountId = await storeConnection(services, { userId, mode: "test", platformSetId: setId, platform: subject.name }, grant, profile);
      await sandbox.reset();
      return { userId, setId, accountId, platformAccountId: profile.platformAccountId };
    },

    /** Publishes and waits until the platform post is settled, or until it is what the test waits for. */
    async publish(account: TestAccount, content: PostContent, options: { until?: (row: PostRow) => boolean } = {}): Promise<PostRow> {
      const id = await insertPost(pool, subject, account, content, mediaIds);
      return await world.settled(id, options.until);
    },

    /** Publishes in a process that is killed at the point named; another takes over when the leases have ended. */
    async publishThroughCrash(account: TestAccount, content: PostContent, doom: Doom): Promise<PostRow> {
      await engine.stop();
      const doomed = await startDoomed(place, doom);
      const id = await insertPost(pool, subject, account, content, mediaIds);
      await doomed.dead;
      await passTime(pool, 6);
      engine = await startEngine(place, log, { speed: SPEED_AFTER_CRASH });
      const row = await world.settled(id);
      await engine.stop();
      engine = await startEngine(place, log, { speed: SPEED });
      return row;
    },

    async settled(id: string, until: (row: PostRow) => boolean = isSettled): Promise<PostRow> {
      for (let rounds = 0; rounds < 6000; rounds += 1) {
        const row = await readPost(pool, id);
        if (until(row) || isSettled(row)) return row;
        await new Promise((passed) => setTimeout(passed, 10));
      }
      throw new Error(`the platform post is not settled: ${JSON.stringify(await readPost(pool, id))}`);
    },

    ledger: (account: TestAccount) => sandbox.ledger(subject.name, account.platformAccountId),
    requests: () => sandbox.requests(),
    fault: (fault: Fault) => sandbox.fault(subject.name, fault),

    /** The kinds of calls that publishing this content makes. */
    async operations(content: PostContent): Promise<Set<string>> {
      const key = JSON.stringify(content);
      const known = operations.get(key);
      if (known !== undefined) return known;
      await world.publish(await world.connect(), content);
      const seen = new Set((await sandbox.requests()).map((request) => request.operation ?? ""));
      operations.set(key, seen);
      return seen;
    },

    /** How many requests it takes to publish this content. */
    async countRequests(content: PostContent): Promise<number> {
      await world.publish(await world.connect(), content);
      return (await sandbox.requests()).length;
    },

    /** Time passes, for the platform and for what is stored of the grant. */
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
      const { rows } = await pool.query<{ status: string; token_health: string; platform_account_id: string; scopes: string[] }>("select * from accounts where id = $1", [accountId]);
      return rows[0] ?? missing();
    },

    async readConnection({ accountId }: TestAccount) {
      const { rows } = await pool.query<{ refresh_token_sealed: string | null }>("select * from connections where account_id = $1", [accountId]);
      return rows[0] ?? missing();
    },

    /** Every row of every table, and every line of the log. */
    async everythingKept(): Promise<string> {
      const { rows } = await pool.query<{ name: string }>("select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'");
      const kept = await Promise.all(rows.map(async ({ name }) => JSON.stringify((await pool.query(`select t::text from ${name} t`)).rows)));
      return [...kept, ...logged].join("\n");
    },

    secretsSeen: (): string[] => [...secrets],

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

/** A live post is still asked for its link. */
function isSettled(row: PostRow): boolean {
  return ["failed", "unknown", "discarded"].includes(row.status) || (row.status === "published" && row.nextAttemptAt === null);
}

/** As if everything had been written so much earlier: past the deadline of a commit. Leases end, whatever they had left. */
async function passTime(pool: pg.Pool, seconds: number): Promise<void> {
  await pool.query("update platform_posts set lease_until = least(lease_until, now()), next_action_at = least(next_action_at, now())");
  await pool.query("update accounts set busy_until = least(busy_until, now())");
  await pool.query("update publish_steps set intent_at = intent_at - make_interval(secs => $1), deadline_at = deadline_at - make_interval(secs => $1)", [seconds]);
}

/** A process of its own, which publishes until it dies. */
async function startDoomed(place: Place, doom: Doom): Promise<{ dead: Promise<void> }> {
  const child = fork(new URL("doomed.ts", import.meta.url), { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: ["--disable-warning=ExperimentalWarning"] });
  const dead = once(child, "exit").then(([code]) => {
    if (code !== null) throw new Error(`the publishing process ended by itself, with ${code}`);
  });
  child.send({ place, doom });
  await Promise.race([once(child, "message"), dead]);
  return { dead };
}

async function readPost(pool: pg.Pool, id: string): Promise<PostRow> {
  const { rows } = await pool.query<PostRow>(
    `select id, status, platform_post_id as "platformPostId", published_url as "publishedUrl", attempt_count as "attemptCount",
       next_action_at as "nextAttemptAt", error from platform_posts where id = $1`,
    [id],
  );
  return rows[0] ?? missing();
}

/** As a create writes it, then published. Answers the platform post's id. */
async function insertPost(pool: pg.Pool, { name }: Subject, account: TestAccount, content: PostContent, mediaIds: ReadonlyMap<string, string>): Promise<string> {
  const postId = uuidv7();
  const id = uuidv7();
  await transaction(pool, async (tx) => {
    await tx.query("insert into posts (id, user_id, mode, platform_set_id, status, content, platforms) values ($1, $2, 'test', $3, 'draft', $4, $5)", [
      postId,
      account.userId,
      account.setId,
      content,
      [name],
    ]);
    await tx.query("insert into platform_posts (id, post_id, user_id, mode, platform, position, account_id) values ($1, $2, $3, 'test', $4, 0, $5)", [id, postId, account.userId, name, account.accountId]);
    for (const { path, filename } of mediaPlaces(content, name)) {
      await tx.query("insert into post_media (post_id, path, media_id, user_id) values ($1, $2, $3, $4)", [postId, path, mediaIds.get(filename), account.userId]);
    }
    const { rows } = await tx.query<HeldPost>("select id, user_id, mode, status, scheduled_for from posts where id = $1 for update", [postId]);
    await publishNow(tx, rows[0] ?? missing());
  });
  return id;
}

/** Where the content names files, as JSON Pointers into the request. */
function mediaPlaces(content: PostContent, name: string): { path: string; filename: string }[] {
  const places: { path: string; filename: string }[] = [];
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null) return;
    if ("filename" in value && typeof value.filename === "string") places.push({ path, filename: value.filename });
    for (const [member, child] of Object.entries(value)) walk(child, `${path}/${member}`);
  };
  walk(content.media, "/content/media");
  walk(content.platformOverrides, "/content/platformOverrides");
  return places.filter(({ path }) => path.startsWith("/content/media") || path.includes(`/${name}/`));
}

async function keepApp({ pool, vault }: OAuthServices, { name }: Subject, app: OAuthApp): Promise<void> {
  const id = uuidv7();
  const sealed = vault.seal(app.clientSecret, { table: "oauth_apps", row: id, column: "client_secret_sealed" });
  await saveInstanceApp.run(pool, [id, "test", name, app.clientId, sealed, app.redirectUri]);
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
