import { randomUUID } from "node:crypto";

import type pg from "pg";
import type { Logger } from "pino";

import { jsonb } from "../db/jsonb.ts";
import {
  countHeld,
  openLostCommits,
  openUnsettledCommits,
  findContinuity,
  findHold,
  findOthersAtWork,
  hold,
  release,
} from "../db/queries/hold.ts";
import { addFact, findFact } from "../db/queries/instance-facts.ts";
import { transaction } from "../db/sql.ts";
import { type Mark, type MarkPlaces, NO_INTENT, readMarks, readNotedCommits, writeMarks } from "./marks.ts";

/** Why publishing is on hold, in words for people. */
export const HOLD_REASONS = {
  behind:
    "The database is missing a post that this instance has published: it was restored to an earlier state, " +
    "or replaced by a lagging copy.",
  foreign: "The database and the data folder or bucket belong to different instances.",
  moved:
    "The database has been used before, but the data folder and bucket have no record of it: " +
    "it is a copy, or its folder or bucket is gone.",
} as const;

export interface Hold {
  reason: keyof typeof HOLD_REASONS;
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

/** What to do about it. */
export function holdCure(reason: keyof typeof HOLD_REASONS): string {
  return [
    "Nothing is published until you run `ampost publishing release`.",
    ...(reason === "behind"
      ? []
      : ["If this is a copy, only one of the two may publish: leave this one on hold, or stop the original first."]),
    "`ampost publishing status` shows which posts are still being checked.",
  ].join(" ");
}

/** If a mark's commit is older than this, and newer commits exist, it may be missing because the journal was swept. */
const SWEPT_AFTER_DAYS = 7;

/** How far the clocks of the database and of this machine may differ. */
const CLOCKS_APART_SECONDS = 60;

export interface Start {
  pool: pg.Pool;
  places: MarkPlaces;
  log: Pick<Logger, "error">;
  /** How long this process has been running. */
  upSeconds?: number;
}

/**
 * Call before anything is published. Checks that this database is the one that published last. If it is not, publishing
 * is put on hold, what was due in the meantime is read back, and a person decides when to continue. Returns the mark to
 * continue from (null while publishing is on hold), and the hold if this start has begun it.
 */
export async function checkContinuity(start: Start): Promise<{ mark: Mark | null; begun: Hold | null }> {
  const { pool, places, log } = start;
  const isNew = (await addFact.run(pool, [EPOCH, randomUUID()])) > 0;
  if ((await findHold.one(pool)) !== undefined) return { mark: null, begun: null };
  const epoch = await findEpoch(pool);
  const marks = await readMarks(places);
  const newest = marks.reduce((highest, { intentId }) => (intentId > highest ? intentId : highest), NO_INTENT);
  const known = await findContinuity.one(pool, [newest]);
  if (known === undefined || !known.has_posts) return { mark: { epoch, intentId: NO_INTENT }, begun: null };

  const reason = await reasonToHold(start, { epoch, isNew, marks, newest, known });
  if (reason === null) return { mark: { epoch, intentId: newest }, begun: null };
  const until = reason === "behind" ? timeOf(newest) + CLOCKS_APART_SECONDS * 1000 : Date.now();
  const begun = await begin(start, {
    reason,
    since: new Date().toISOString(),
    doubtedUntil: new Date(until).toISOString(),
  });
  if (begun !== null) log.error({ reason }, `Publishing is on hold. ${HOLD_REASONS[reason]} ${holdCure(reason)}`);
  return { mark: null, begun };
}

/** The current hold and how far reading back has come; null if publishing is not on hold. */
export async function readHold(pool: pg.Pool): Promise<(Hold & HoldCounts) | null> {
  const found = await findHold.one(pool);
  if (found === undefined) return null;
  const counts = (await countHeld.one(pool)) ?? { doubted: 0, unknown: 0, waiting: 0 };
  const held: Hold = JSON.parse(found.value);
  return { ...held, ...counts };
}

/**
 * Releases publishing, with fresh marks. False if it was not on hold. A copy's original may have gone on until
 * `otherUntil`: what it knew of and became due by then is read back, too, before anything is done with it.
 */
export async function releaseHold(
  pool: pg.Pool,
  { dataDir, storage }: MarkPlaces,
  otherUntil = new Date(),
): Promise<boolean> {
  const found = await readHold(pool);
  if (found === null) return false;
  const isCopy = found.reason !== "behind";
  // A copy becomes its own instance; otherwise running processes keep the epoch they know.
  const epoch = found.reason === "moved" ? randomUUID() : await findEpoch(pool);
  await writeMarks({ dataDir, storage }, { epoch, intentId: NO_INTENT });
  return transaction(pool, async (tx) => {
    if (isCopy && otherUntil > new Date(found.doubtedUntil))
      await openUnsettledCommits.run(tx, [otherUntil, new Date(found.doubtedUntil), new Date(found.since)]);
    return await release(tx, epoch);
  });
}

export async function findEpoch(pool: pg.Pool): Promise<string> {
  return (await findFact.one(pool, [EPOCH]))?.value ?? "";
}

const EPOCH = "epoch";

interface Continuity {
  epoch: string;
  /** Whether this start created the epoch: nothing is known about the time before it. */
  isNew: boolean;
  marks: readonly Mark[];
  newest: string;
  known: { has_commits: boolean; has_waiting: boolean; knows: boolean; knows_newer: boolean };
}

async function reasonToHold(
  { pool, upSeconds = process.uptime() }: Start,
  { epoch, isNew, marks, newest, known }: Continuity,
): Promise<Hold["reason"] | null> {
  const isSwept = known.knows_newer && timeOf(newest) < Date.now() - SWEPT_AFTER_DAYS * 86_400_000;
  if (newest !== NO_INTENT && !known.knows && !isSwept) return "behind";
  if (isNew) return null;
  if (marks.some((mark) => mark.epoch !== epoch)) return "foreign";
  // A copy that has published nothing so far publishes what its original does, too.
  return marks.length === 0 &&
    (known.has_commits || known.has_waiting) &&
    !(await findOthersAtWork.one(pool, [upSeconds]))?.found
    ? "moved"
    : null;
}

/** Null if publishing was already on hold. */
async function begin({ pool, places }: Start, held: Hold): Promise<Hold | null> {
  const noted = await readNotedCommits(places);
  return transaction(pool, async (tx) => {
    if ((await hold.run(tx, [jsonb(held)])) === 0) return null;
    await openUnsettledCommits.run(tx, [new Date(held.doubtedUntil), null, null]);
    await openLostCommits.run(tx, [
      noted.map(({ intentId }) => intentId),
      noted.map(({ platformPostId }) => platformPostId),
      noted.map(({ intentId }) => new Date(timeOf(intentId))),
    ]);
    return held;
  });
}

/** The first 48 bits of a UUIDv7 are its time in milliseconds. */
function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
