import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import type pg from "pg";
import type { Logger } from "pino";

import { isDatabaseAway } from "../db/away.ts";
import { CHANNELS, type Listener } from "../db/listen.ts";
import type { WrittenIntent } from "../db/queries/commits.ts";
import { lockHold } from "../db/queries/hold.ts";
import {
  addPublisher,
  endPublisher,
  findPast,
  findState,
  listPublishers,
  noteAtWork,
  noteCompared,
  raisePublishers,
} from "../db/queries/publishers.ts";
import { transaction } from "../db/sql.ts";
import { type Instant, instant, secondsSince } from "./claim.ts";
import { findLost, judge, type Observed, type Past } from "./compare.ts";
import {
  findHere,
  findHereBefore,
  findIdentity,
  type Here,
  HOLD_REASONS,
  holdCure,
  holdPublishing,
  isOnHold,
  noteHere,
  readOutside,
} from "./hold.ts";
import { type List, openList, type Places, readMark, writeMark } from "./noted.ts";
import { readPlace } from "./place.ts";

/**
 * A process that publishes. Every statement that writes its intents counts them, and is refused by a database that does
 * not know of all that was noted.
 */
export interface Publisher {
  id: string;
  /** The latest that is noted outside the database. */
  noted(): number;
  /** Notes outside the database that a commit is about to be sent. If it throws, nothing may be sent. */
  note(platformPostId: string, written: WrittenIntent): void;
}

export interface Continuity {
  publisher: Publisher;
  /** Can be called more than once. */
  close(): Promise<void>;
}

export interface ContinuityDeps {
  pool: pg.Pool;
  places: Places;
  listener: Pick<Listener, "on" | "onReconnect">;
  log: Pick<Logger, "error" | "warn">;
}

const LOOK_SECONDS = 1;
const AT_WORK_SECONDS = 5;

/** What a process knows of itself. */
interface Own {
  id: string;
  identity: string;
  list: List | null;
  noted: number;
  /** The server on which the past was compared; null: nothing may be noted. */
  server: string | null;
  /** The server on which it was compared while publishing was on hold. */
  heldOn: string | null;
  isFirst: boolean;
  /** Since when it has been comparing, and what was the latest sign of others then. */
  waiting: { since: Instant; seenAt: number; markAt: number } | null;
  /** When it said last that it is at work. */
  atWork: Instant | null;
}

/**
 * Becomes a publisher. Publishing is put on hold if this database is not the one that published last: that is compared
 * before anything is sent, now and whenever the server is another than before.
 */
export async function openContinuity(deps: ContinuityDeps): Promise<Continuity> {
  const { pool, listener, log } = deps;
  const own: Own = {
    id: randomUUID(),
    identity: "",
    list: null,
    noted: 0,
    server: null,
    heldOn: null,
    isFirst: true,
    waiting: null,
    atWork: null,
  };
  await look(deps, own);
  while (own.waiting !== null) {
    await sleep(LOOK_SECONDS * 1000);
    await look(deps, own);
  }
  let isClosing = false;
  let looking: Promise<void> | null = null;
  const lookAgain = () => {
    looking ??= look(deps, own)
      .catch((error: unknown) => {
        if (!isDatabaseAway(error)) log.error({ err: error }, "what was published could not be compared; retrying");
      })
      .finally(() => (looking = null));
  };
  const timer = setInterval(lookAgain, LOOK_SECONDS * 1000).unref();
  const stops = [listener.on(CHANNELS.released, lookAgain), listener.onReconnect(lookAgain)];
  return {
    publisher: publisherOf(own, () => isClosing),
    async close() {
      if (isClosing) return;
      isClosing = true;
      clearInterval(timer);
      for (const stop of stops) stop();
      await looking;
      try {
        if (own.server !== null) await sayAtWork(deps, own);
        await endPublisher.run(pool, [own.id]);
      } catch (error) {
        log.warn({ err: error }, "the database was not told that this process ends");
      } finally {
        own.list?.close();
      }
    },
  };
}

function publisherOf(own: Own, isClosing: () => boolean): Publisher {
  return {
    id: own.id,
    noted: () => (own.server === null ? Number.MAX_SAFE_INTEGER : own.noted),
    note(platformPostId, { seq, at, server }) {
      if (isClosing()) throw new Error("The process stops.");
      if (own.list === null || server !== own.server) throw new Error("What was published is being compared.");
      own.list.add({ publisher: own.id, seq, at, platformPostId });
      own.noted = Math.max(own.noted, seq);
    },
  };
}

/** Compares the past if the server is another, or the database has lost this publisher, or a hold begins or has ended. */
async function look(deps: ContinuityDeps, own: Own): Promise<void> {
  const state = await findState.one(deps.pool, [own.id]);
  if (state === undefined) return;
  const { server, compared, held, seq } = state;
  const isCompared = held
    ? own.heldOn === server
    : own.server === server && compared === server && seq !== null && seq >= own.noted;
  if (held || !isCompared) own.server = null;
  if (!isCompared) await compare(deps, own, { server, held });
  if (own.server !== null && (own.atWork === null || secondsSince(own.atWork) >= AT_WORK_SECONDS))
    await sayAtWork(deps, own);
}

async function compare(deps: ContinuityDeps, own: Own, { server, held }: { server: string; held: boolean }) {
  const { pool, places, log } = deps;
  await addPublisher.run(pool, [own.id]);
  own.identity = await findIdentity(pool);
  const here = await findHere(pool);
  const past = await readPast(deps, own, { server, here });
  const lost = findLost(past);
  const verdict = judge(past, observe(own, past));
  if (verdict.verdict === "wait" && !held) {
    await noteCompared.run(pool, [own.id]);
    return;
  }
  own.waiting = null;
  own.isFirst = false;
  if (held || verdict.verdict === "hold") {
    const asked =
      verdict.verdict === "hold" && !held
        ? { reason: verdict.reason, until: verdict.doubtedUntil ?? new Date() }
        : { reason: "behind" as const, until: lost.until };
    await transaction(pool, async (tx) => {
      await lockHold.run(tx);
      if (asked.until === null) return;
      const begun = await holdPublishing(tx, { reason: asked.reason, until: asked.until, lost });
      if (begun !== null)
        log.error(
          { reason: begun.reason },
          `Publishing is on hold. ${HOLD_REASONS[begun.reason]} ${holdCure(begun.reason)}`,
        );
    });
    own.heldOn = server;
    return;
  }
  const mayPublish = await transaction(pool, async (tx) => {
    await lockHold.run(tx);
    if (await isOnHold(tx)) return false;
    await raisePublishers.run(tx, [[...lost.seqs.keys()], [...lost.seqs.values()]]);
    await noteCompared.run(tx, [own.id]);
    await noteHere(tx, here);
    return true;
  });
  if (!mayPublish) return;
  own.list?.close();
  own.list = openList(places.dataDir, { publisher: own.id, identity: own.identity });
  own.atWork = null;
  own.server = server;
  own.heldOn = null;
}

async function readPast(
  { pool, places }: ContinuityDeps,
  own: Own,
  { server, here }: { server: string; here: Here },
): Promise<Past> {
  // The past before its publishers: who has begun in between is among them, and is waited for.
  const { posts, past } = (await findPast.one(pool)) ?? { posts: false, past: false };
  const { noted, publishers } = await readOutside(pool, places, [own.id]);
  const before = await findHereBefore(pool);
  return {
    identity: own.identity,
    database: { known: before.database, now: here.database },
    timeline: { known: before.timeline, now: here.timeline },
    server,
    publishers,
    noted,
    here: readPlace(places.dataDir),
    hasPosts: posts,
    hasPast: past,
  };
}

/** What others have said since this process began to compare. */
function observe(own: Own, { publishers, noted }: Past): Observed {
  const others = publishers.filter(({ id }) => id !== own.id);
  const seenAt = Math.max(0, ...others.map(({ seen_at: at }) => at?.getTime() ?? 0));
  const markAt = noted.mark?.at ?? 0;
  own.waiting ??= { since: instant(), seenAt, markAt };
  return {
    publisher: own.id,
    isFirst: own.isFirst,
    seconds: secondsSince(own.waiting.since),
    seesOthers: seenAt > own.waiting.seenAt,
    seesMark: markAt > own.waiting.markAt,
  };
}

/** Tells the database, and whoever uses the same bucket, that this process is at work; syncs what it has noted. */
async function sayAtWork({ pool, places, log }: ContinuityDeps, own: Own): Promise<void> {
  own.atWork = instant();
  const row = await noteAtWork.one(pool, [own.id]);
  if (row === undefined) return;
  try {
    own.list?.keep();
    const mark = await readMark(places);
    if (
      mark !== null &&
      mark.publisher !== own.id &&
      (await listPublishers.all(pool, [[mark.publisher]])).length === 0
    ) {
      // Somebody else's: the next look compares.
      own.server = null;
      return;
    }
    const { id: publisher, identity, noted: seq } = own;
    await writeMark(places, { publisher, identity, seq, at: row.seen_at.getTime() });
  } catch (error) {
    log.warn({ err: error }, "what was published could not be noted next to the media; retrying");
  }
}
