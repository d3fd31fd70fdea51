import type pg from "pg";
import { z } from "zod";
import { MAX_FILE_BYTES } from "../../model/capabilities.ts";
import { PublicError } from "../../model/errors.ts";
import { MODES } from "../../model/platform-names.ts";
import type { MediaFacts } from "../../model/post.ts";
import { jsonb } from "../db/jsonb.ts";
import { findMedia, markMediaFailed, markMediaReady, noteMediaError } from "../db/media.ts";
import type { MediaRow } from "../db/media.ts";
import type { Storage } from "../storage/storage.ts";
import { guardedFetch, GuardedFetchError } from "../../platforms/kit/guarded-fetch.ts";
import type { Owner } from "./media-objects.ts";
import { dropReceived, receiveFile } from "./receive.ts";

export interface IngestDeps {
  pool: pg.Pool;
  storage: Storage;
  /** AMPOST_ALLOW_PRIVATE_URLS */
  allowPrivateUrls: boolean;
}

/** What publishing gets to know of a media object. */
export type MediaOutcome = { status: "ready"; filename: string; facts: MediaFacts } | { status: "failed"; message: string };

/** Brings media named by URL into storage. */
export interface Ingest {
  /**
   * The chore of INGEST_QUEUE. Resolves once the media object is ready, has failed for good or is gone; throws where
   * trying again later may help.
   */
  run(job: unknown, signal?: AbortSignal): Promise<void>;
  /**
   * When publishing begins: the last try for whatever is not there yet, failed ones included, since the caller may have
   * mended the source before a retry. Answers for every id; never throws for what a URL does.
   */
  ensureReady(owner: Owner, mediaIds: readonly string[], signal?: AbortSignal): Promise<Map<string, MediaOutcome>>;
}

const job = z.object({ userId: z.string(), mode: z.enum(MODES), mediaId: z.uuid() });

const DELETED = "The media object has been deleted.";

/** The time one URL gets. 200 MB in it are 350 KB a second. */
const FETCH_SECONDS = 600;

export function createIngest(deps: IngestDeps): Ingest {
  // Several platform posts of one post begin at once and need the same media.
  const underWay = new Map<string, Promise<Attempt>>();

  function attempt(owner: Owner, row: MediaRow, signal?: AbortSignal): Promise<Attempt> {
    const running = underWay.get(row.id) ?? fetchMedia(deps, owner, row, signal).finally(() => underWay.delete(row.id));
    underWay.set(row.id, running);
    return running;
  }

  async function ensureOne(owner: Owner, id: string, row: MediaRow | undefined, signal?: AbortSignal): Promise<[string, MediaOutcome]> {
    if (row === undefined) return [id, { status: "failed", message: DELETED }];
    if (row.facts !== null) return [id, { status: "ready", filename: row.filename, facts: row.facts }];
    const tried = await attempt(owner, row, signal);
    return [id, tried.facts === null ? { status: "failed", message: tried.message } : { status: "ready", filename: row.filename, facts: tried.facts }];
  }

  return {
    async run(data, signal) {
      const { mediaId, ...owner } = job.parse(data);
      const [row] = await findMedia.all(deps.pool, [owner.userId, owner.mode, [mediaId]]);
      if (row === undefined || row.status !== "pending") return;
      const tried = await attempt(owner, row, signal);
      if (tried.facts === null && !tried.final) throw new Error(tried.message);
    },

    async ensureReady(owner, mediaIds, signal) {
      const rows = await findMedia.all(deps.pool, [owner.userId, owner.mode, mediaIds]);
      const byId = new Map(rows.map((row) => [row.id, row]));
      return new Map(await Promise.all(mediaIds.map((id) => ensureOne(owner, id, byId.get(id), signal))));
    },
  };
}

/** One try: what the bytes say, or why they could not be had and whether that is for good. */
type Attempt = { facts: MediaFacts } | { facts: null; message: string; final: boolean };

async function fetchMedia(deps: IngestDeps, owner: Owner, row: MediaRow, signal?: AbortSignal): Promise<Attempt> {
  try {
    return { facts: await fetchAndStore(deps, owner, row, signal) };
  } catch (error) {
    const failure = explain(error);
    if (failure === null) throw error;
    const mark = failure.final ? markMediaFailed : noteMediaError;
    await mark.run(deps.pool, [owner.userId, owner.mode, row.id, failure.message]);
    return { facts: null, ...failure };
  }
}

async function fetchAndStore({ pool, storage, allowPrivateUrls }: IngestDeps, owner: Owner, row: MediaRow, signal?: AbortSignal): Promise<MediaFacts> {
  const answer = await guardedFetch(row.source_url ?? "", {
    allowPrivate: allowPrivateUrls,
    maxBytes: MAX_FILE_BYTES,
    totalSeconds: FETCH_SECONDS,
    ...(signal === undefined ? {} : { signal }),
  });
  if (answer.status !== 200) {
    answer.discard();
    throw new GuardedFetchError("unreachable", `The URL answers with status ${answer.status}.`);
  }
  const received = await receiveFile(storage, { bytes: answer.body, name: "The file at the URL", claimedMimeType: null });
  const written = await markMediaReady.run(pool, [owner.userId, owner.mode, row.id, received.storageKey, jsonb(received.facts)]);
  if (written === 1) return received.facts;
  // Another process was faster, or nobody wants it any more: its file stays, ours goes.
  await dropReceived(storage, [received]);
  const [kept] = await findMedia.all(pool, [owner.userId, owner.mode, [row.id]]);
  if (!kept?.facts) throw new PublicError("NOT_FOUND", DELETED);
  return kept.facts;
}

/** Null for what is no matter of the URL: the database or the storage is away, or the process is stopping. */
function explain(error: unknown): { message: string; final: boolean } | null {
  if (error instanceof GuardedFetchError) return { message: error.message, final: error.final };
  if (error instanceof PublicError) return { message: error.message, final: true };
  return null;
}
