import { closeSync, fdatasyncSync, fstatSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Logger } from "pino";

import { MARK_NAME, type Storage } from "../storage/storage.ts";

/**
 * The newest commit that may have been sent, noted outside the database: in the data folder and next to the media. A
 * database that does not know this commit was restored to an earlier state.
 */
export interface Mark {
  /** The instance that published. */
  epoch: string;
  /** The commit's intent. Ids grow with time, so the greatest is the newest. */
  intentId: string;
}

/** A commit that may have been sent, and the platform post it was for. */
export interface NotedCommit {
  intentId: string;
  platformPostId: string;
}

export interface Marks {
  /** Call before a commit is sent. If it throws, the mark was not written and nothing may be sent. */
  note(commit: NotedCommit): void;
  /** Writes what has not been written yet. */
  close(): Promise<void>;
}

export interface MarkPlaces {
  dataDir: string;
  storage: Pick<Storage, "readMark" | "writeMark">;
}

/** Sorts before every intent. */
export const NO_INTENT = "00000000-0000-0000-0000-000000000000";

/**
 * Besides the mark, the data folder lists the latest commits: after a restore they tell which posts may be live that
 * the database does not know to have been due, such as drafts that were published by request.
 */
const LIST_NAME = "published.log";

/** The list begins anew at this size; the one before is kept. A line has 74 bytes. */
const LIST_BYTES = 8 * 1024 * 1024;

/** How far the mark next to the media may lag behind: writing it costs a call to the store. */
const STORE_SECONDS = 5;

export async function readMarks({ dataDir, storage }: MarkPlaces): Promise<Mark[]> {
  const texts = await Promise.all([readFile(fileOf(dataDir), "utf8").catch(orNothing), storage.readMark()]);
  return texts.flatMap((text) => parseMark(text) ?? []);
}

/** The listed commits, in no order. */
export async function readNotedCommits({ dataDir }: Pick<MarkPlaces, "dataDir">): Promise<NotedCommit[]> {
  const names = [listOf(dataDir), `${listOf(dataDir)}.1`];
  const texts = await Promise.all(names.map((name) => readFile(name, "utf8").catch(orNothing)));
  return texts.flatMap((text) =>
    [...(text ?? "").matchAll(/^([0-9a-f-]{36}) ([0-9a-f-]{36})$/gm)].map(
      ([, intentId = "", platformPostId = ""]): NotedCommit => ({ intentId, platformPostId }),
    ),
  );
}

export async function writeMarks({ dataDir, storage }: MarkPlaces, mark: Mark): Promise<void> {
  await writeFile(fileOf(dataDir), printMark(mark), { mode: 0o600 });
  await storage.writeMark(printMark(mark));
}

/** Writes `mark` in both places and continues from there. Several processes can share one data folder. */
export async function openMarks(
  { dataDir, storage }: MarkPlaces,
  mark: Mark,
  log: Pick<Logger, "warn">,
): Promise<Marks> {
  await writeMarks({ dataDir, storage }, mark);
  const place = openSync(fileOf(dataDir), "r+");
  const list = openList(listOf(dataDir));
  let newest = mark.intentId;
  let stored = printMark(mark);
  let storing: Promise<void> | null = null;
  const text = () => printMark({ ...mark, intentId: newest });
  const store = async () => {
    const wanted = text();
    if (wanted === stored) return;
    try {
      fdatasyncSync(place);
      list.keep();
      await storage.writeMark(wanted);
      stored = wanted;
    } catch (error) {
      log.warn({ err: error }, "the latest commit could not be recorded next to the media; retrying");
    }
  };
  const keepStored = () => {
    storing ??= store().finally(() => (storing = null));
    return storing;
  };
  const timer = setInterval(() => void keepStored(), STORE_SECONDS * 1000).unref();
  return {
    note({ intentId, platformPostId }) {
      list.add(`${intentId} ${platformPostId}\n`);
      if (intentId <= newest) return;
      newest = intentId;
      // One page of an existing file: written in microseconds, and completely even if the process is killed.
      writeSync(place, text(), 0);
    },
    async close() {
      clearInterval(timer);
      await keepStored();
      await keepStored();
      closeSync(place);
      list.close();
    },
  };
}

/** A file that several processes append to. */
function openList(path: string): { add(line: string): void; keep(): void; close(): void } {
  const open = () => openSync(path, "a", 0o600);
  let file = open();
  return {
    add: (line) => void writeSync(file, line),
    /** Syncs it, and begins it anew if it is long, or another process has. */
    keep() {
      fdatasyncSync(file);
      const { ino, size } = fstatSync(file);
      const isCurrent = statSync(path, { throwIfNoEntry: false })?.ino === ino;
      if (isCurrent && size < LIST_BYTES) return;
      if (isCurrent) renameSync(path, `${path}.1`);
      closeSync(file);
      file = open();
    },
    close: () => closeSync(file),
  };
}

function listOf(dataDir: string): string {
  return join(dataDir, LIST_NAME);
}

function fileOf(dataDir: string): string {
  return join(dataDir, MARK_NAME);
}

/** Always the same length, so that it fully overwrites the previous one. */
function printMark({ epoch, intentId }: Mark): string {
  return `${epoch} ${intentId}\n`;
}

function parseMark(text: string | null): Mark | null {
  const [, epoch, intentId] = /^([0-9a-f-]{36}) ([0-9a-f-]{36})\n$/.exec(text ?? "") ?? [];
  return epoch === undefined || intentId === undefined ? null : { epoch, intentId };
}

function orNothing(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}
