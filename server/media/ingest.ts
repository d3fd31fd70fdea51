import { setTimeout as sleep } from "node:timers/promises";

import type pg from "pg";
import type { Logger } from "pino";
import { z } from "zod";

import { MAX_FILE_BYTES } from "../../model/capabilities.ts";
import { PublicError } from "../../model/errors.ts";
import type { PlanOf } from "../../model/plans.ts";
import { MODES } from "../../model/platform-names.ts";
import type { MediaFacts } from "../../model/post.ts";
import type { Tenant } from "../../model/tenant.ts";
import type { LimitsOf } from "../../model/user-limits.ts";
import { guardedFetch, GuardedFetchError } from "../../platforms/kit/guarded-fetch.ts";
import type { JobSender } from "../db/job-sender.ts";
import { jsonb } from "../db/jsonb.ts";
import { findMedia, markMediaFailed, markMediaReady, recordMediaError, setMediaAside } from "../db/queries/media.ts";
import type { MediaRow } from "../db/queries/media.ts";
import { setTryAside } from "../db/queries/tries.ts";
import { transaction } from "../db/sql.ts";
import { tryWork } from "../db/try-work.ts";
import type { Storage } from "../storage/storage.ts";
import { createSlots, turnOf } from "../turns/slots.ts";
import { createStorageQuota, enforceStorageQuota, type StorageQuota } from "./storage-quota.ts";
import { dropReceived, receiveFile } from "./uploads/receive.ts";
import type { ReceivedFile } from "./uploads/receive.ts";

export interface IngestDeps {
  pool: pg.Pool;
  storage: Storage;
  /** AMPOST_ALLOW_PRIVATE_URLS */
  allowPrivateUrls: boolean;
  limitsOf: LimitsOf;
  planOf: PlanOf;
  jobs: JobSender;
  log: Pick<Logger, "warn" | "error">;
}

/** What publishing learns about a media object. */
export type MediaOutcome =
  | { status: "ready"; facts: MediaFacts }
  | { status: "failed"; message: string }
  | { status: "fetching" };

/** Brings media named by URL into storage. */
export interface Ingest {
  /**
   * The job of INGEST_QUEUE. Resolves once the media object is ready, has failed permanently or is gone; throws if a
   * retry may help.
   */
  run(job: unknown, signal?: AbortSignal): Promise<void>;
  /** What becomes of a job on which processes die: its media object fails, and is not fetched again. */
  setAside(job: unknown): Promise<void>;
  /**
   * When publishing starts: the last attempt for everything not stored yet, including failures, since the caller may
   * have fixed the source before a retry. Returns a result for every ID within moments: slower fetches continue in the
   * background, and their result is returned the next time. Never throws for a URL's failure.
   */
  ensureReady(owner: Tenant, mediaIds: readonly string[]): Promise<Map<string, MediaOutcome>>;
  /** Stops the background fetches. */
  stop(): void;
}

const job = z.object({ userId: z.string(), mode: z.enum(MODES), mediaId: z.uuid() });

const SET_ASIDE =
  "The server stopped repeatedly while it worked on this file, so it was set aside. Convert it, and add it again.";

const DELETED = "The media object has been deleted.";

/** The time one URL gets. 200 MB in it are 350 KB a second. */
const FETCH_SECONDS = 600;
/** The time it gets while publishing waits for it. */
const LAST_TRY_SECONDS = 60;
/** A slower one would hold a place for nothing. */
const LEAST_RATE = { bytesPerSecond: 50_000, afterSeconds: 10 };
/** How long publishing waits; after that, it comes back. */
const LOOK_SECONDS = 1;
/** How long the result of a last attempt is kept for callers. */
const KEPT_SECONDS = 30;
/** Last attempts have their own places, some reserved for live mode, with a share for each user. */
const LAST_TRIES = { any: 24, light: 8, ofEach: 4 };

export function createIngest(given: IngestDeps): Ingest {
  const deps: FetchDeps = { ...given, storageQuota: createStorageQuota(given) };
  // Several platform posts of a post start at the same time and need the same media.
  const underWay = new Map<string, Promise<Attempt>>();
  const lastTries = new Map<string, Promise<Attempt | null>>();
  const places = createSlots(LAST_TRIES);
  const stopping = new AbortController();

  function attempt(owner: Tenant, row: MediaRow, totalSeconds: number, signal?: AbortSignal): Promise<Attempt> {
    const running =
      underWay.get(row.id) ?? fetchMedia(deps, owner, row, totalSeconds, signal).finally(() => underWay.delete(row.id));
    underWay.set(row.id, running);
    return running;
  }

  /** Counted, because publishing does not hold the post meanwhile. Null while another process is at it, or has just died. */
  async function countedTry(owner: Tenant, row: MediaRow): Promise<Attempt | null> {
    let tried: PromiseSettledResult<Attempt> | undefined;
    const isOver = await tryWork(deps, {
      work: "files from URLs",
      subject: row.id,
      run: async () => {
        [tried] = await Promise.allSettled([attempt(owner, row, LAST_TRY_SECONDS, stopping.signal)]);
      },
      setAside: async () => {
        await setMediaAside.run(deps.pool, [owner.userId, owner.mode, row.id, SET_ASIDE]);
        await setTryAside.run(deps.pool, ["a file from a URL", row.id]);
      },
    });
    if (tried?.status === "rejected") throw tried.reason;
    return tried?.value ?? (isOver ? { facts: null, message: SET_ASIDE, final: true } : null);
  }

  /** Shared by all who need it, and kept until one of them has received the result. */
  function lastTry(owner: Tenant, row: MediaRow): Promise<Attempt | null> {
    const begun = lastTries.get(row.id);
    if (begun !== undefined) return begun;
    const trying =
      underWay.get(row.id) ?? places.run(turnOf(owner, owner.mode === "live"), () => countedTry(owner, row));
    lastTries.set(row.id, trying);
    const forget = () => void (lastTries.get(row.id) === trying && lastTries.delete(row.id));
    trying.then((tried) => (tried === null ? forget() : setTimeout(forget, KEPT_SECONDS * 1000).unref()), forget);
    return trying;
  }

  async function ensureOne(owner: Tenant, id: string, row: MediaRow | undefined): Promise<[string, MediaOutcome]> {
    if (row === undefined) return [id, { status: "failed", message: DELETED }];
    if (row.facts !== null) return [id, { status: "ready", facts: row.facts }];
    if (row.error === SET_ASIDE) return [id, { status: "failed", message: SET_ASIDE }];
    const trying = lastTry(owner, row);
    const looked = new AbortController();
    const tried = await Promise.race([trying, sleep(LOOK_SECONDS * 1000, null, { signal: looked.signal })]).finally(
      () => looked.abort(),
    );
    if (tried === null) return [id, { status: "fetching" }];
    lastTries.delete(id);
    return [
      id,
      tried.facts === null ? { status: "failed", message: tried.message } : { status: "ready", facts: tried.facts },
    ];
  }

  return {
    async run(data, signal) {
      const { mediaId, ...owner } = job.parse(data);
      const [row] = await findMedia.all(deps.pool, [owner.userId, owner.mode, [mediaId]]);
      if (row === undefined || row.status !== "pending") return;
      const tried = await attempt(owner, row, FETCH_SECONDS, signal);
      if (tried.facts === null && !tried.final) throw new Error(tried.message);
    },

    async setAside(data) {
      const { mediaId, userId, mode } = job.parse(data);
      await setMediaAside.run(deps.pool, [userId, mode, mediaId, SET_ASIDE]);
    },

    async ensureReady(owner, mediaIds) {
      const rows = await findMedia.all(deps.pool, [owner.userId, owner.mode, mediaIds]);
      const byId = new Map(rows.map((row) => [row.id, row]));
      return new Map(await Promise.all(mediaIds.map((id) => ensureOne(owner, id, byId.get(id)))));
    },

    stop: () => stopping.abort(),
  };
}

/** What fetching needs. */
interface FetchDeps extends IngestDeps {
  storageQuota: StorageQuota;
}

/** One attempt: the measured bytes, or why they were not available and whether that is permanent. */
type Attempt = { facts: MediaFacts } | { facts: null; message: string; final: boolean };

async function fetchMedia(
  deps: FetchDeps,
  owner: Tenant,
  row: MediaRow,
  totalSeconds: number,
  signal?: AbortSignal,
): Promise<Attempt> {
  try {
    return { facts: await fetchAndStore(deps, owner, row, totalSeconds, signal) };
  } catch (error) {
    const failure = explain(error);
    if (failure === null) throw error;
    const mark = failure.final ? markMediaFailed : recordMediaError;
    await mark.run(deps.pool, [owner.userId, owner.mode, row.id, failure.message]);
    return { facts: null, ...failure };
  }
}

async function fetchAndStore(
  deps: FetchDeps,
  owner: Tenant,
  row: MediaRow,
  totalSeconds: number,
  signal?: AbortSignal,
): Promise<MediaFacts> {
  const reservation = await deps.storageQuota.reserve(owner, 1);
  try {
    const answer = await guardedFetch(row.source_url ?? "", {
      allowPrivate: deps.allowPrivateUrls,
      maxBytes: MAX_FILE_BYTES,
      totalSeconds,
      leastRate: LEAST_RATE,
      signal,
    });
    if (answer.status !== 200) {
      answer.discard();
      throw new GuardedFetchError("unreachable", `The URL responds with status ${answer.status}.`);
    }
    const received = await receiveFile(deps.storage, {
      owner,
      isPatient: true,
      bytes: answer.body,
      name: "The file at the URL",
      claimedMimeType: null,
      reservation,
    });
    return await keep(deps, owner, row.id, received);
  } finally {
    reservation.release();
  }
}

async function keep(deps: IngestDeps, owner: Tenant, id: string, received: ReceivedFile): Promise<MediaFacts> {
  const { pool, storage } = deps;
  try {
    const isKept = await transaction(pool, async (tx) => {
      const written = await markMediaReady.run(tx, [
        owner.userId,
        owner.mode,
        id,
        received.storageKey,
        jsonb(received.facts),
      ]);
      await enforceStorageQuota(tx, deps, owner, written * received.facts.sizeBytes);
      return written === 1;
    });
    if (isKept) return received.facts;
  } catch (error) {
    if (error instanceof PublicError) await dropReceived(storage, [received]);
    throw error;
  }
  // Another process was faster, or nobody needs it anymore: its file stays, ours is deleted.
  await dropReceived(storage, [received]);
  const [kept] = await findMedia.all(pool, [owner.userId, owner.mode, [id]]);
  if (!kept?.facts) throw new PublicError("NOT_FOUND", DELETED);
  return kept.facts;
}

/** Null if it is not the URL's fault: the database or storage is down, or the process is stopping. */
function explain(error: unknown): { message: string; final: boolean } | null {
  if (error instanceof GuardedFetchError) return { message: error.message, final: error.final };
  if (error instanceof PublicError) return { message: error.message, final: true };
  return null;
}
