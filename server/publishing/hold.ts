import { randomUUID } from "node:crypto";

import type pg from "pg";

import { isDatabaseAway, isFromDatabase } from "../db/away.ts";
import { jsonb } from "../db/jsonb.ts";
import { CHANNELS } from "../db/listen.ts";
import { notify } from "../db/notify.ts";
import {
  countHeld,
  endHold,
  findHold,
  hold,
  lockHold,
  openLostCommits,
  openUnsettledCommits,
  noteServer,
} from "../db/queries/hold.ts";
import { addFact, findFact, noteFact } from "../db/queries/instance-facts.ts";
import {
  addPublisher,
  endPublisher,
  findDatabase,
  findTimeline,
  listPublishers,
  type PublisherRow,
  raisePublishers,
} from "../db/queries/publishers.ts";
import { type Db, transaction } from "../db/sql.ts";
import type { Lost } from "./compare.ts";
import { type Noted, openList, type Places, readNoted, writeMark } from "./noted.ts";

/** Why publishing is on hold, in words for people. */
export const HOLD_REASONS = {
  behind:
    "The database is missing posts that this instance has published: it was restored to an earlier state, replaced by " +
    "a standby that was behind, or a copy of it is publishing.",
  failover:
    "Another PostgreSQL server has taken over, and may be missing the latest posts: a process that was publishing " +
    "before is gone with its data folder, and the standby did not confirm every write.",
  copied: "This is a copy: of the database, or of the data folder.",
  foreign: "The database and the data folder or bucket belong to different instances.",
  moved:
    "The database has been used before, but the data folder and bucket have no record of it: " +
    "it is a copy, or its folder or bucket is gone.",
} as const;

export type HoldReason = keyof typeof HOLD_REASONS;

export interface Hold {
  reason: HoldReason;
  since: string;
  /** What was due by then may already have been published. */
  doubtedUntil: string;
}

export interface HoldCounts {
  /** Being read back. */
  doubted: number;
  /** Reading back could not settle it: a person has to look. */
  unknown: number;
  /** Due, and waiting for publishing to be released. */
  waiting: number;
}

/** With these, the original may go on publishing. */
const isCopy = (reason: HoldReason): boolean => reason !== "behind" && reason !== "failover";

/** What to do about it. */
export function holdCure(reason: HoldReason): string {
  return [
    "Nothing is published until you run `ampost publishing release`.",
    ...(isCopy(reason)
      ? ["If this is a copy, only one of the two may publish: leave this one on hold, or stop the original first."]
      : []),
    "`ampost publishing status` shows which posts are still being checked.",
  ].join(" ");
}

/** The current hold and how far reading back has come; null if publishing is not on hold. */
export async function readHold(pool: pg.Pool): Promise<(Hold & HoldCounts) | null> {
  const held = await currentHold(pool);
  if (held === null) return null;
  const counts = (await countHeld.one(pool)) ?? { doubted: 0, unknown: 0, waiting: 0 };
  return { ...held, ...counts };
}

export async function isOnHold(db: Db): Promise<boolean> {
  return (await findHold.one(db)) !== undefined;
}

async function currentHold(db: Db): Promise<Hold | null> {
  const found = await findHold.one(db);
  return found === undefined ? null : (JSON.parse(found.value) as Hold);
}

/**
 * Puts publishing on hold, and into doubt what may have been published without this database knowing. A hold that is
 * in effect keeps its reason. Null: there was one.
 */
export async function holdPublishing(
  tx: pg.PoolClient,
  { reason, until, lost }: { reason: HoldReason; until: Date; lost: Lost },
): Promise<Hold | null> {
  const before = await currentHold(tx);
  const after = before === null ? null : new Date(before.doubtedUntil);
  if (after === null || until > after) {
    const held: Hold = { reason, since: new Date().toISOString(), ...before, doubtedUntil: until.toISOString() };
    await hold.run(tx, [jsonb(held)]);
    await openUnsettledCommits.run(tx, [until, after, null]);
  }
  const { commits, seqs } = lost;
  await openLostCommits.run(tx, [
    commits.map(({ platformPostId }) => platformPostId),
    commits.map(({ at }) => new Date(at)),
  ]);
  await raisePublishers.run(tx, [[...seqs.keys()], [...seqs.values()]]);
  return before === null ? await currentHold(tx) : null;
}

/**
 * Releases publishing here. False if it was not on hold. A copy becomes an instance of its own; its original may have
 * gone on until `otherUntil`: what it knew of and became due by then is read back, too, before anything is done with it.
 */
export async function releaseHold(pool: pg.Pool, places: Places, otherUntil = new Date()): Promise<boolean> {
  const held = await currentHold(pool);
  if (held === null) return false;
  const identity = isCopy(held.reason) ? randomUUID() : await findIdentity(pool);
  // What is noted from now on is known to the database as soon as it is released.
  const publisher = randomUUID();
  openList(places.dataDir, { publisher, identity }).close();
  await writeMark(places, { publisher, identity, seq: 0, at: Date.now() });
  const here = await findHere(pool);
  await transaction(pool, async (tx) => {
    await lockHold.run(tx);
    if (isCopy(held.reason) && otherUntil > new Date(held.doubtedUntil))
      await openUnsettledCommits.run(tx, [otherUntil, new Date(held.doubtedUntil), new Date(held.since)]);
    await addPublisher.run(tx, [publisher]);
    await endPublisher.run(tx, [publisher]);
    await noteFact.run(tx, [IDENTITY_FACT, identity]);
    await noteHere(tx, here);
    await endHold.run(tx);
    notify(tx, CHANNELS.released);
    notify(tx, CHANNELS.due);
  });
  return true;
}

const IDENTITY_FACT = "identity";

/** A new instance gets one. */
export async function findIdentity(db: Db): Promise<string> {
  await addFact.run(db, [IDENTITY_FACT, randomUUID()]);
  return (await findFact.one(db, [IDENTITY_FACT]))?.value ?? "";
}

/** Which database this is, and its server's timeline. Null: managed PostgreSQL that does not say. */
export interface Here {
  database: string | null;
  timeline: string | null;
}

const HERE_FACTS = ["database", "timeline"] as const;

export async function findHere(pool: pg.Pool): Promise<Here> {
  const unlessRefused = (error: unknown) => {
    if (isFromDatabase(error) && !isDatabaseAway(error)) return undefined;
    throw error;
  };
  const database = await findDatabase.one(pool).catch(unlessRefused);
  const timeline = await findTimeline.one(pool).catch(unlessRefused);
  return { database: database?.database ?? null, timeline: timeline?.timeline ?? null };
}

/** As it was when the past was compared last. */
export async function findHereBefore(db: Db): Promise<Here> {
  const [database, timeline] = await Promise.all(HERE_FACTS.map((name) => findFact.one(db, [name])));
  return { database: database?.value ?? null, timeline: timeline?.value ?? null };
}

/** The past has been compared on this server: nobody has to compare it again before publishing. */
export async function noteHere(tx: pg.PoolClient, here: Here): Promise<void> {
  for (const name of HERE_FACTS) if (here[name] !== null) await noteFact.run(tx, [name, here[name]]);
  await noteServer.run(tx);
}

/** What is noted outside of the database, and its publishers that are noted or were at work last. */
export async function readOutside(
  pool: pg.Pool,
  places: Places,
  own: readonly string[] = [],
): Promise<{ noted: Noted; publishers: PublisherRow[] }> {
  const noted = await readNoted(places);
  const named = [...noted.openings, ...noted.commits, ...(noted.mark === null ? [] : [noted.mark])];
  const ids = new Set([...own, ...named.map(({ publisher }) => publisher)]);
  return { noted, publishers: await listPublishers.all(pool, [[...ids]]) };
}
