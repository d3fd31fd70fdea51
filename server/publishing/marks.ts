import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
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

export interface Marks {
  /** Call before a commit is sent. If it throws, the mark was not written and nothing may be sent. */
  note(intentId: string): void;
  /** Writes what has not been written yet. */
  close(): Promise<void>;
}

export interface MarkPlaces {
  dataDir: string;
  storage: Pick<Storage, "readMark" | "writeMark">;
}

/** Sorts before every intent. */
export const NO_INTENT = "00000000-0000-0000-0000-000000000000";

/** How far the mark next to the media may lag behind: writing it costs a call to the store. */
const STORE_SECONDS = 5;

export async function readMarks({ dataDir, storage }: MarkPlaces): Promise<Mark[]> {
  const texts = await Promise.all([readFile(fileOf(dataDir), "utf8").catch(orNothing), storage.readMark()]);
  return texts.flatMap((text) => parseMark(text) ?? []);
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
  let newest = mark.intentId;
  let stored = printMark(mark);
  let storing: Promise<void> | null = null;
  const text = () => printMark({ ...mark, intentId: newest });
  const store = async () => {
    const wanted = text();
    if (wanted === stored) return;
    try {
      fdatasyncSync(place);
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
    note(intentId) {
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
    },
  };
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
