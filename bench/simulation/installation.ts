import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";

import { pino } from "pino";

import { newId } from "../../model/ids.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import type { MediaEntry, PostContent } from "../../model/post.ts";
import { declaredExamples } from "../../platforms/conformance/contents.ts";
import { openMediaDoor } from "../../platforms/conformance/media-door.ts";
import { type Fixture, loadFixtures } from "../../platforms/conformance/media.fixture.ts";
import { loginOf } from "../../platforms/index.ts";
import { createHttpClient } from "../../platforms/kit/http.ts";
import { startSandbox } from "../../sandbox/server.ts";
import { openStore, type Store } from "../../sandbox/store.ts";
import { startEmbedded } from "../../server/db/embedded/embedded.ts";
import { listSets } from "../../server/db/queries/platform-sets.ts";
import { insertWebhook } from "../../server/db/queries/webhooks.ts";
import { ensureUser } from "../../server/domain/users/ensure-user.ts";
import { addUploads } from "../../server/media/media-objects.ts";
import { connectSandboxAccount } from "../../server/oauth/connect-sandbox.ts";
import type { OAuthServices } from "../../server/oauth/services.ts";
import { createDiskStorage } from "../../server/storage/disk.ts";
import type { Storage } from "../../server/storage/storage.ts";
import { createVault } from "../../server/vault/vault.ts";
import { leaveNothing } from "../faults/world.ts";
import { takeOverTime } from "./clocks.ts";
import { openSimulatedDatabase, type SimulatedDatabase } from "./stage.ts";
import { beginTimeline } from "./timeline.ts";

/** A person with an account on every platform. */
export interface SimulatedTenant {
  userId: string;
  platformSetId: string;
  accounts: Record<string, { id: string; platformAccountId: string; isRenewable: boolean }>;
  /** The IDs of the media for the examples' files. */
  media: ReadonlyMap<string, string>;
}

/** A post that a platform's definition supports. */
export interface Shape {
  platform: PlatformName;
  name: string;
  content: PostContent;
  parts: number;
}

/** The start of every run: a database, the sandboxes, people with accounts, and their media. */
export interface Installation {
  stage: SimulatedDatabase;
  tenants: readonly SimulatedTenant[];
  shapes: readonly Shape[];
  storage: Storage;
  sandbox: Store;
  sandboxUrl: string;
  mediaUrls: { baseUrl: string; secret: string };
  vaultKey: Buffer;
  /** The state when the installation was created. */
  restore(seed: number): Promise<void>;
  close(): Promise<void>;
}

export interface InstallationOptions {
  tenants?: number;
  /** The platforms on which each tenant has an account; all by default. */
  accountsOn?: readonly PlatformName[];
}

/** Files that every platform accepts as is: nothing is converted while time stands still. */
const FILES = ["photo-1x1.jpg", "photo-4x5.jpg", "portrait-9x16.mp4", "landscape-16x9.mp4", "animated.gif"];

/** Larger sets of media only add cost. */
const MOST_MEDIA = 4;

const TEST_SETTINGS = {
  fsync: "off",
  full_page_writes: "off",
  max_connections: "300",
  autovacuum: "off",
  shared_buffers: "64MB",
};

/** Takes control of this process's time. */
export async function makeInstallation(options: InstallationOptions = {}): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), "ampost-simulation-"));
  const opened: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 5 })];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) await end();
  };
  try {
    return await build(folder, opened, close, options);
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  folder: string,
  opened: (() => Promise<unknown>)[],
  close: () => Promise<void>,
  { tenants: count = 4, accountsOn = PLATFORM_NAMES }: InstallationOptions,
): Promise<Installation> {
  const log = pino({ level: "silent" });
  const shared = process.env.AMPOST_TEST_POSTGRES_URL;
  const server =
    shared === undefined ? await startEmbedded({ dataDir: folder, log, settings: TEST_SETTINGS }) : undefined;
  if (server !== undefined)
    opened.push(() => server.stop(), leaveNothing(folder, join(folder, "postgres/data/postmaster.pid")));
  const stage = await openSimulatedDatabase(
    shared ?? server?.url ?? "",
    `simulation_${randomBytes(6).toString("hex")}`,
  );
  opened.push(() => stage.close());
  takeOverTime();
  beginTimeline(0);
  const { pool } = stage;
  const disk = await createDiskStorage(join(folder, "media"));
  const fixtures = (await loadFixtures(disk)).filter(({ filename }) => FILES.includes(filename));
  const storage = await inMemory(disk, fixtures, count);
  const secret = randomBytes(32).toString("hex");
  const door = await openMediaDoor({ pool, storage, secret });
  opened.push(() => door.close());
  const sandboxFolder = join(folder, "sandbox");
  const running = await startSandbox({ port: 0, dataDir: sandboxFolder, limits: true, mediaUrl: door.url });
  opened.push(() => running.close());
  const sandbox = openStore(sandboxFolder);
  opened.push(async () => sandbox.close());
  const vaultKey = randomBytes(32);
  const oauth: OAuthServices = {
    pool,
    vault: createVault([vaultKey]),
    log,
    httpFor: () => createHttpClient({ sandboxUrl: running.url }),
    directHttp: createHttpClient({ allowHttp: true }),
    oauthOf: loginOf,
    liveApp: () => null,
    appUrl: "http://127.0.0.1",
    sandboxUrl: running.url,
  };
  const tenants: SimulatedTenant[] = [];
  for (let number = 1; number <= count; number += 1)
    tenants.push(await makeTenant(oauth, number, fixtures, accountsOn));
  await stage.keep();
  const restoreSandbox = keepSandbox(sandbox);
  return {
    stage,
    tenants,
    shapes: shapesOf(fixtures),
    storage,
    sandbox,
    sandboxUrl: running.url,
    mediaUrls: { baseUrl: door.url, secret },
    vaultKey,
    async restore(seed) {
      await stage.restore(seed);
      restoreSandbox();
      await empty(join(sandboxFolder, "uploads"));
    },
    close,
  };
}

async function makeTenant(
  oauth: OAuthServices,
  number: number,
  fixtures: readonly Fixture[],
  accountsOn: readonly PlatformName[],
): Promise<SimulatedTenant> {
  const { pool } = oauth;
  const { id: userId } = await ensureUser({ pool }, `person-${number}@example.com`);
  // Deliveries of a webhook without a URL are only listed.
  await insertWebhook.run(pool, [newId(), userId, "test", null, "", [], "", 1]);
  const [set] = await listSets.all(pool, [userId, "test"]);
  const platformSetId = set?.id ?? "";
  const accounts: SimulatedTenant["accounts"] = {};
  for (const platform of accountsOn) {
    const id = await connectSandboxAccount(oauth, { userId, platformSetId, platform });
    const { rows } = await pool.query<{ id: string; renews: boolean }>(
      `select a.platform_account_id as id, c.refresh_token_sealed is not null as renews from accounts a
       join connections c on c.account_id = a.id where a.id = $1`,
      [id],
    );
    accounts[platform] = {
      id,
      platformAccountId: rows[0]?.id ?? "",
      isRenewable: rows[0]?.renews === true && loginOf(platform)?.refresh?.minAgeSeconds === 0,
    };
  }
  const stored = await addUploads(
    pool,
    { userId, mode: "test" },
    fixtures.map(({ storageKey, facts, filename }) => ({
      filename,
      received: { storageKey: keyFor(storageKey, number), facts, sha256: "" },
    })),
  );
  return { userId, platformSetId, accounts, media: new Map(stored.map((row) => [row.filename, row.id])) };
}

/** The same bytes, for each person under a separate key. */
function keyFor(storageKey: string, number: number): string {
  return `${storageKey.slice(0, -1)}${number}`;
}

async function inMemory(disk: Storage, fixtures: readonly Fixture[], tenants: number): Promise<Storage> {
  const objects = new Map<string, Buffer>();
  for (const { storageKey } of fixtures) {
    const bytes = await buffer(await disk.open(storageKey));
    for (let number = 1; number <= tenants; number += 1) objects.set(keyFor(storageKey, number), bytes);
  }
  return {
    ...disk,
    async open(key, { start, end } = {}) {
      const bytes = objects.get(key);
      return bytes === undefined ? await disk.open(key, { start, end }) : Readable.from([bytes.subarray(start, end)]);
    },
    sizeBytes: async (key) => objects.get(key)?.length ?? null,
  };
}

/** A tweet with a video, an Instagram carousel, a Threads chain: everything that is declared, with few media. */
function shapesOf(fixtures: readonly Fixture[]): Shape[] {
  const settings = { tiktok: { privacyLevel: "PUBLIC_TO_EVERYONE" } };
  return PLATFORM_NAMES.flatMap((platform) =>
    declaredExamples(
      {
        name: platform,
        readsBack: true,
        refusals: [],
        ...(platform === "tiktok" ? { settings: settings.tiktok } : {}),
      },
      fixtures,
    )
      .filter(({ content }) => content.media.length <= MOST_MEDIA)
      .map(({ name, content, parts }) => ({ platform, name, content, parts })),
  );
}

/** The content with this tenant's media, and unique text in every part. */
export function contentFor(
  tenant: SimulatedTenant,
  shape: Shape,
  words: string,
): { content: PostContent; parts: string[] } {
  const withId = (entry: MediaEntry): MediaEntry => ({ ...entry, id: tenant.media.get(entry.filename ?? "") ?? "" });
  const override = shape.content.platformOverrides[shape.platform];
  const text = shape.content.text === "" ? "" : words;
  const thread = readThread(override?.settings?.thread).map((part, index) => ({
    ...part,
    text: `${words}, part ${index + 2}`,
    ...(part.media === undefined ? {} : { media: part.media.map(withId) }),
  }));
  const settings = { ...override?.settings, ...(thread.length === 0 ? {} : { thread }) };
  const content = {
    ...shape.content,
    text,
    media: shape.content.media.map(withId),
    platformOverrides: { [shape.platform]: { ...override, settings } },
  };
  return { content, parts: [text, ...thread.map((part) => part.text)] };
}

function readThread(thread: unknown): { text: string; media?: MediaEntry[] }[] {
  return Array.isArray(thread) ? thread : [];
}

/** Copies all of the sandboxes' state; returns a function that restores it. */
function keepSandbox(store: Store): () => void {
  const tables = store
    .all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .map(({ name }) => String(name));
  const statements: string[] = [];
  for (const table of tables) {
    statements.push(`DELETE FROM main.${table}`);
    if (store.get(`SELECT 1 AS there FROM main.${table}`) === undefined) continue;
    store.execute(`CREATE TEMP TABLE kept_${table} AS SELECT * FROM main.${table}`);
    statements.push(`INSERT INTO main.${table} SELECT * FROM kept_${table}`);
  }
  return () => store.transaction(() => store.execute(statements.join(";\n")));
}

async function empty(folder: string): Promise<void> {
  if ((await readdir(folder)).length === 0) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}
