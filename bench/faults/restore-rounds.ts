import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type pg from "pg";

import { PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import { platforms } from "../../platforms/index.ts";
import { migrate } from "../../server/db/migrate.ts";
import { createPool, withDatabase } from "../../server/db/pool.ts";
import type { PublisherRow } from "../../server/db/queries/publishers.ts";
import { findLost } from "../../server/publishing/compare.ts";
import { readHold, releaseHold } from "../../server/publishing/hold.ts";
import { type Noted, type Places, readMark, readNoted } from "../../server/publishing/noted.ts";
import { createDiskStorage } from "../../server/storage/disk.ts";
import { type Draws, drawsOf } from "../simulation/random.ts";
import { repeatedNews, type Violation } from "./checker.ts";
import { type Draft, draftOf } from "./contents.ts";
import { backwardChanges } from "./history.ts";
import { KIND_OF } from "./platforms.ts";
import type { ChildProcessHandle } from "./processes.ts";
import type { Entry } from "./sandbox-door.ts";
import { pick, type ScenarioResult } from "./scenario.ts";
import { restoreSnapshot, type Snapshot, takeSnapshot } from "./snapshots.ts";
import { type Person, startWorld, type Subject, type World } from "./world.ts";

/**
 * What happens to a busy instance: its database is restored from a backup; the whole machine is reverted, so that only
 * the stored media know better; it is cloned and the original goes on; or the clone does.
 */
export const FATES = ["restored", "reverted", "cloned", "replaced by its clone"] as const;

type Fate = (typeof FATES)[number];

/** How a post comes to be published. */
const WAYS = ["at once", "scheduled", "draft", "early", "rescheduled"] as const;

type Way = (typeof WAYS)[number];

interface Made extends Subject {
  way: Way;
}

interface Amount {
  rounds: number;
  seed: number;
  /** How many instances go through their rounds at the same time. */
  lanes?: number;
}

const POSTS_PER_ROUND = 16;

/** The mark next to the media is written every five seconds, if there is anything new. */
const MARK_SECONDS = 30;

/** When posts are due that are not going out in their round by themselves. */
const FAR_SECONDS = 3_600;

/** The longest that everything may take to be read back, and to be published after the release. */
const PATIENCE_SECONDS = 120;

/** Backups, restores, clones and reverts at random moments of busy instances, on all seven platforms. */
export async function restoreRounds({ rounds, seed, lanes = 1 }: Amount): Promise<ScenarioResult> {
  const began = performance.now();
  const numbers = Array.from({ length: rounds }, (_, number) => number);
  const results = await Promise.all(
    Array.from({ length: lanes }, (_, lane) =>
      runLane(
        numbers.filter((number) => number % lanes === lane),
        seed,
      ),
    ),
  );
  const fates: Record<string, number> = {};
  for (const { became } of results) for (const name of became) fates[name] = (fates[name] ?? 0) + 1;
  const had = FATES.map(
    (fate) => `${results.flatMap((each) => each.had).filter((each) => each === fate).length} ${fate}`,
  );
  return {
    name: "Backups, restores, clones and reverts",
    did:
      `${rounds} times, at random moments of a busy instance on all seven platforms (seed ${seed}): ` +
      `${had.join(", ")}; what was on hold was read back and then released`,
    notes: [
      "Posts are published at once, scheduled, and published or rescheduled by request while they are drafts or " +
        "scheduled for later. `gone` are those made after the backup. A revert takes the data folder with it and a " +
        "clone has none: in these rounds, people publish nothing that was not planned after the backup, and a revert " +
        "waits for the mark next to the media, which is up to 5 seconds old.",
    ],
    posts: results.reduce((sum, { became }) => sum + became.length, 0),
    faults: rounds,
    fates,
    violations: results.flatMap(({ violations }) => violations),
    seconds: (performance.now() - began) / 1000,
  };
}

interface LaneResult {
  had: Fate[];
  became: string[];
  violations: Violation[];
}

async function runLane(numbers: readonly number[], seed: number): Promise<LaneResult> {
  const result: LaneResult = { had: [], became: [], violations: [] };
  const world = await startWorld({ people: 2, slots: 16, platforms: PLATFORM_NAMES, speed: 100 });
  try {
    const lane = await openLane(world);
    let worker = await world.startWorker();
    for (const number of numbers) {
      const draws = drawsOf(seed, `round ${number}`);
      // All of them, in every lane.
      const fate = pick(FATES, number + Math.floor(number / FATES.length));
      const say = (violation: Violation) =>
        result.violations.push({ ...violation, sentence: `round ${number} (${fate}): ${violation.sentence}` });
      const round = await endure(lane, worker, draws, { fate, number });
      worker = round.worker;
      result.had.push(fate);
      result.became.push(...round.became);
      round.violations.forEach(say);
    }
    await worker.kill();
  } finally {
    await world.close();
  }
  return result;
}

interface Lane {
  world: World;
  places: Places;
  dataDir: string;
  /** A draft with this text. Its media were uploaded before the first backup. */
  draft(person: Person, platform: PlatformName, text: string): Draft;
}

async function openLane(world: World): Promise<Lane> {
  for (const fault of [
    { platform: "instagram", operation: "publish", error: "republish-accepts" },
    { platform: "tiktok", operation: "create", error: "moderation-2s" },
  ] as const)
    await world.sandbox.fault({ ...fault, kind: "reject", times: 1_000_000 });
  await world.pool.query("create database clone_base");
  const base = createPool(withDatabase(world.databaseUrl, "clone_base"));
  await migrate(base);
  await base.end();
  const dataDir = join(world.folder, "data");
  const drafts = new Map<string, Draft>();
  for (const person of world.people)
    for (const platform of PLATFORM_NAMES)
      drafts.set(`${person.userId} ${platform}`, await draftOf(KIND_OF[platform], "", person, world.api, platform));
  return {
    world,
    dataDir,
    places: { dataDir, storage: await createDiskStorage(join(dataDir, "storage")) },
    draft(person, platform, text) {
      const known = drafts.get(`${person.userId} ${platform}`);
      if (known === undefined) throw new Error(`There is no draft for ${platform}`);
      return { parts: [text], body: { ...known.body, content: { ...known.body.content, text } } };
    },
  };
}

interface Round {
  worker: ChildProcessHandle;
  became: string[];
  violations: Violation[];
}

async function endure(
  lane: Lane,
  worker: ChildProcessHandle,
  draws: Draws,
  { fate, number }: { fate: Fate; number: number },
): Promise<Round> {
  const { world } = lane;
  const violations: Violation[] = [];
  const isCloned = fate === "cloned" || fate === "replaced by its clone";
  const { made, backup } = await beBusy(lane, draws, {
    number,
    // Without the data folder, nothing lists what people published in the meantime.
    acts: fate === "restored" || fate === "cloned",
    backUp: async () => {
      const files = await readFiles(lane);
      const snapshot = await takeSnapshot(world.pool);
      return { files, snapshot, clone: isCloned ? await startClone(lane, snapshot, number) : null };
    },
  });
  const { files, snapshot, clone } = backup;
  if (fate === "reverted")
    await until(async () => hasLost({ commits: [], mark: await readMark(lane.places) }, snapshot), MARK_SECONDS);
  let next = worker;
  if (fate !== "cloned") await worker.kill();
  if (fate === "restored" || fate === "reverted") {
    if (fate === "reverted") await writeFiles(lane, files);
    const mustHold = hasLost(await readNoted(lane.places), snapshot);
    await restoreSnapshot(world.pool, snapshot);
    next = await world.startWorker();
    const held = await readHold(world.pool);
    if (mustHold !== (held?.reason === "behind"))
      violations.push(untrue(`a commit ${mustHold ? "was" : "was not"} lost, and publishing is ${heldAs(held)}`));
    if (held !== null) {
      violations.push(...(await untilRead(world.pool)));
      violations.push(...(await sentOnHold(world.pool, snapshot)));
      await releaseHold(world.pool, lane.places);
    }
  }
  if (clone !== null) {
    violations.push(...(await checkClone(clone, snapshot)));
    if (fate === "replaced by its clone") {
      await releaseHold(clone.pool, clone.places);
      violations.push(...(await untilIdle(clone.pool)));
      await clone.worker.kill();
      await moveBack(lane, clone);
      next = await world.startWorker();
      const held = await readHold(world.pool);
      if (held?.reason !== "copied") violations.push(untrue(`the clone was moved, and publishing is ${heldAs(held)}`));
      await releaseHold(world.pool, lane.places);
    }
    await endClone(world, clone);
  }
  violations.push(...(await untilIdle(world.pool)));
  const verdict = await compare(world, made);
  violations.push(...verdict.violations, ...(await repeatedNews(world)));
  violations.push(
    ...(await backwardChanges(world.pool)).map((sentence): Violation => ({ kind: "backwards", sentence })),
  );
  await forget(world.pool);
  return { worker: next, became: verdict.became, violations };
}

/** Posts are made and published, and at a random moment a backup is taken. Ends at a random moment after it. */
async function beBusy<Backup>(
  lane: Lane,
  draws: Draws,
  { number, acts, backUp }: { number: number; acts: boolean; backUp(): Promise<Backup> },
): Promise<{ made: Made[]; backup: Backup }> {
  const { world } = lane;
  const backUpAt = draws.whole(5, POSTS_PER_ROUND - 4);
  const endAt = draws.whole(backUpAt + 2, POSTS_PER_ROUND);
  const offset = draws.whole(0, PLATFORM_NAMES.length - 1);
  const making: Promise<Made>[] = [];
  const acting: Promise<unknown>[] = [];
  let backup: { taken: Backup } | null = null;
  for (let index = 0; index < endAt; index += 1) {
    if (index === backUpAt) {
      if (!acts) await Promise.all([...making, ...acting]);
      backup = { taken: await backUp() };
    }
    const platform = pick(PLATFORM_NAMES, offset + index);
    const person = pick(world.people, Math.floor(index / PLATFORM_NAMES.length));
    const way = draws.pick(WAYS);
    const delayMilliseconds = draws.whole(0, 2_500);
    making.push(
      make(lane, { person, platform, way, delayMilliseconds, text: `round ${number} post ${index} ${platform}` }),
    );
    // Before the backup and after it, some that wait are published earlier than planned.
    const waiting = making[draws.whole(0, making.length - 1)];
    if (draws.chance() < 0.6 && waiting !== undefined && (acts || backup === null))
      acting.push(waiting.then((made) => act(world, made)));
    await sleep(draws.whole(20, 250));
  }
  await sleep(draws.whole(0, 1_500));
  await Promise.all(acting);
  if (backup === null) throw new Error("No backup was taken");
  return { made: await Promise.all(making), backup: backup.taken };
}

async function make(
  lane: Lane,
  asked: { person: Person; platform: PlatformName; way: Way; delayMilliseconds: number; text: string },
): Promise<Made> {
  const { person, platform, way, delayMilliseconds, text } = asked;
  const { parts, body } = lane.draft(person, platform, `${text} ${crypto.randomUUID()}`);
  const inMilliseconds = { scheduled: delayMilliseconds, early: FAR_SECONDS * 1000, rescheduled: FAR_SECONDS * 1000 };
  const later = way === "at once" || way === "draft" ? null : new Date(Date.now() + inMilliseconds[way]).toISOString();
  const subject = await lane.world.api.create(person, {
    parts,
    body: { ...body, ...(later === null ? {} : { scheduledFor: later }) },
  });
  if (way === "at once") await lane.world.api.publish(subject);
  return { ...subject, way };
}

/** Publishes what was not going to be published yet. It may have been already. */
async function act({ api }: World, made: Made): Promise<void> {
  if (made.way === "draft" || made.way === "early") await api.publish(made);
  if (made.way === "rescheduled")
    await api.call(made.person, "PATCH", `/api/v1/posts/${made.postId}`, {
      body: { scheduledFor: new Date(Date.now() + 500).toISOString() },
    });
}

/** The files of the data folder that say what was published. */
type Files = ReadonlyMap<string, string>;

const FILES = ["published.log"];

async function readFiles({ dataDir }: Lane): Promise<Files> {
  const texts = await Promise.all(
    FILES.map(async (name) => [name, await readFile(join(dataDir, name), "utf8").catch(() => "")] as const),
  );
  return new Map(texts);
}

async function writeFiles({ dataDir }: Lane, files: Files): Promise<void> {
  for (const [name, text] of files) await writeFile(join(dataDir, name), text);
}

interface Clone {
  name: string;
  dataDir: string;
  places: Places;
  pool: pg.Pool;
  worker: ChildProcessHandle;
}

/** The database as it was, with the key, and without the data folder and the media. */
async function startClone({ world, dataDir: own }: Lane, snapshot: Snapshot, number: number): Promise<Clone> {
  const name = `clone_${number}`;
  await world.pool.query(`create database ${name} template clone_base`);
  const url = withDatabase(world.databaseUrl, name);
  const pool = createPool(url);
  await restoreSnapshot(pool, snapshot);
  const dataDir = join(world.folder, name);
  await mkdir(dataDir);
  await copyFile(join(own, "encryption-key"), join(dataDir, "encryption-key"));
  const worker = await world.startWorker({ DATABASE_URL: url, AMPOST_DATA_DIR: dataDir });
  const storage = await createDiskStorage(join(dataDir, "storage"));
  return { name, dataDir, places: { dataDir, storage }, pool, worker };
}

/** It is on hold, reads back what was due, and publishes nothing. */
async function checkClone({ pool }: Clone, snapshot: Snapshot): Promise<Violation[]> {
  const held = await readHold(pool);
  if (held?.reason !== "copied") return [untrue(`the clone is ${heldAs(held)}`)];
  return [...(await untilRead(pool)), ...(await sentOnHold(pool, snapshot))];
}

/** Commits that were sent, by the journal. That nothing else was, the ledger shows in the end. */
async function sentOnHold(pool: pg.Pool, { commits }: Snapshot): Promise<Violation[]> {
  const { rows } = await pool.query<{ id: string }>(
    "select id from publish_steps where effect = 'visible' and request_hash is not null",
  );
  const sent = rows.filter(({ id }) => !commits.has(id));
  return sent.length === 0 ? [] : [untrue(`${sent.length} commits were sent while publishing was on hold`)];
}

/** The clone's database and folder become the instance's. */
async function moveBack({ world, dataDir, places }: Lane, clone: Clone): Promise<void> {
  await restoreSnapshot(world.pool, await takeSnapshot(clone.pool));
  for (const name of FILES) await copyFile(join(clone.dataDir, name), join(dataDir, name)).catch(() => undefined);
  const mark = await clone.places.storage.readMark();
  if (mark !== null) await places.storage.writeMark(mark);
}

async function endClone({ pool }: World, { name, dataDir, pool: own, worker }: Clone): Promise<void> {
  await worker.kill();
  await own.end();
  await pool.query(`drop database ${name} with (force)`);
  await rm(dataDir, { recursive: true, force: true });
}

async function untilRead(pool: pg.Pool): Promise<Violation[]> {
  const isRead = await until(async () => ((await readHold(pool))?.doubted ?? 0) === 0);
  return isRead ? [] : [{ kind: "stuck", sentence: "posts are still being read back" }];
}

/** Nothing that is due, or soon will be, is left. */
async function untilIdle(pool: pg.Pool): Promise<Violation[]> {
  const isIdle = await until(async () => {
    const { rows } = await pool.query<{ open: number }>(
      `select count(*)::integer as open from platform_posts
       where status in ('queued', 'posting') or (status = 'pending' and due_at < now() + interval '1 minute')`,
    );
    return rows[0]?.open === 0;
  });
  return isIdle ? [] : [{ kind: "stuck", sentence: "posts that are due are not settled" }];
}

/** Whether something is noted that the snapshot does not know. */
function hasLost({ commits, mark }: Pick<Noted, "commits" | "mark">, { tables }: Snapshot): boolean {
  const publishers = JSON.parse(tables.get("publishers") ?? "[]") as PublisherRow[];
  return findLost({ noted: { openings: [], commits, mark }, publishers }).seqs.size > 0;
}

async function until(isSo: () => Promise<boolean>, seconds = PATIENCE_SECONDS): Promise<boolean> {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    if (await isSo()) return true;
    await sleep(100);
  }
  return false;
}

/** Each post against the ledger. */
async function compare(
  { pool, sandbox }: World,
  made: readonly Made[],
): Promise<{ became: string[]; violations: Violation[] }> {
  const ledger = Map.groupBy(await sandbox.ledger(), ({ platform, text }) => `${platform} ${text}`);
  const { rows } = await pool.query<{ id: string; status: string; post_status: string; remote_id: string | null }>(
    `select pp.id, pp.status, p.status as post_status, pp.platform_post_id as remote_id
     from platform_posts pp join posts p on p.id = pp.post_id where pp.id = any($1)`,
    [made.map(({ platformPostId }) => platformPostId)],
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  const became: string[] = [];
  const violations = made.flatMap((post): Violation[] => {
    const row = byId.get(post.platformPostId);
    const entries = ledger.get(`${post.platform} ${post.parts[0]}`) ?? [];
    const fate = row === undefined ? "gone" : row.status === "pending" ? "waiting" : row.status;
    became.push(fate);
    return judge(post, fate, entries, row?.remote_id ?? null);
  });
  return { became, violations };
}

function judge(post: Made, fate: string, entries: readonly Entry[], remoteId: string | null): Violation[] {
  const say = (kind: Violation["kind"], what: string): Violation => ({
    kind,
    sentence: `"${post.parts[0]}" (${post.way}, ${post.postId}) is ${fate} and ${what}`,
  });
  const count = entries.length;
  const calls = Math.max(0, ...entries.map(({ publishCalls }) => publishCalls));
  // A network that documents that it refuses an identical post may be asked once more.
  const mostCalls = platforms[post.platform].broker?.identicalRepeat === undefined ? 1 : 2;
  if (count > 1 || calls > mostCalls) return [say("duplicate", `live ${count} times, after ${calls} requests`)];
  if (fate === "gone" || fate === "unknown") return [];
  if (fate === "published") {
    if (count === 0) return [say("lost", "not live")];
    // Some networks name it later.
    return remoteId === null || remoteId === entries[0]?.id
      ? []
      : [say("untrue", `live as ${entries[0]?.id}, not ${remoteId}`)];
  }
  if (count > 0) return [say("untrue", "live")];
  // A backup can fall between a post's creation and the request to publish it.
  if (fate === "waiting") return post.way === "scheduled" ? [say("stuck", "due")] : [];
  // Only what was published by request in the missing time, and proved not to be live, is left to a person.
  return fate === "failed" && post.way !== "scheduled" ? [] : [say("lost", "not published")];
}

/** Rounds stay alike: what is settled goes. The latest commit stays known, because the mark names it. */
async function forget(pool: pg.Pool): Promise<void> {
  await pool.query(
    `delete from posts where id <> all (array(
       select pp.post_id from publish_steps s join platform_posts pp on pp.id = s.platform_post_id
       where s.effect = 'visible' order by s.id desc limit 1))`,
  );
  await pool.query("delete from fault_history");
}

function untrue(sentence: string): Violation {
  return { kind: "untrue", sentence };
}

function heldAs(held: { reason: string } | null): string {
  return held === null ? "not on hold" : `on hold as ${held.reason}`;
}
