import { closeSync, fdatasyncSync, fstatSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";

import { z } from "zod";

import type { Storage } from "../storage/storage.ts";
import { readPlace } from "./place.ts";

/**
 * What is noted outside the database of what was sent: a list in the data folder, which has every commit, and a mark
 * next to the media, which is a few seconds behind. A database that does not know of something noted was restored to an
 * earlier state, or belongs to another instance.
 */
export interface Places {
  dataDir: string;
  storage: Pick<Storage, "readMark" | "writeMark">;
}

const publisher = z.uuid();
const seq = z.int().nonnegative();
/** In milliseconds since 1970, by the database's clock. */
const at = z.int();

/** A commit that may have been sent: which intents of its publisher it was with, and when they were written. */
const notedCommit = z.object({ publisher, seq, at, platformPostId: z.uuid() });
export type NotedCommit = z.infer<typeof notedCommit>;

/** A publisher that notes its commits in this list, for which instance, and where the folder was. */
const opening = z.object({ publisher, identity: z.string(), place: z.string() });
export type Opening = z.infer<typeof opening>;

/** The latest that a publisher has noted, and when it was at work last. */
const mark = z.object({ publisher, identity: z.string(), seq, at });
export type Mark = z.infer<typeof mark>;

export interface Noted {
  openings: Opening[];
  commits: NotedCommit[];
  mark: Mark | null;
}

const LIST_NAME = "published.log";

/** The list begins anew at this size; the one before is kept. A commit has about 150 bytes. */
const LIST_BYTES = 8 * 1024 * 1024;

/** Everything that is noted, in no order. Lines that a crash has cut off are left out. */
export async function readNoted({ dataDir, storage }: Places): Promise<Noted> {
  const path = join(dataDir, LIST_NAME);
  const texts = await Promise.all([`${path}.1`, path].map((name) => readFile(name, "utf8").catch(orNothing)));
  const lines = texts.flatMap((text) => parseLines(text ?? ""));
  return {
    openings: lines.flatMap((line) => opening.safeParse(line).data ?? []),
    commits: lines.flatMap((line) => notedCommit.safeParse(line).data ?? []),
    mark: await readMark({ storage }),
  };
}

export async function readMark({ storage }: Pick<Places, "storage">): Promise<Mark | null> {
  const text = await storage.readMark();
  return parseLines(text ?? "").flatMap((line) => mark.safeParse(line).data ?? [])[0] ?? null;
}

export async function writeMark({ storage }: Pick<Places, "storage">, latest: Mark): Promise<void> {
  await storage.writeMark(printLine(latest));
}

/** The list could not be written, so nothing may be sent. */
export class ListUnwritable extends Error {
  constructor(path: string, cause?: unknown) {
    super(`${path} could not be written`, { cause });
  }
}

export interface List {
  /** Throws ListUnwritable. */
  add(commit: NotedCommit): void;
  /** Syncs it, and begins it anew if it is long. */
  keep(): void;
  close(): void;
}

/** Opens the list, to which several processes append, and writes that this publisher does from now on. */
export function openList(dataDir: string, { publisher: id, identity }: Omit<Opening, "place">): List {
  const path = join(dataDir, LIST_NAME);
  let file = open();

  function open(): number {
    const fresh = openSync(path, "a", 0o600);
    write(fresh, printLine({ publisher: id, identity, place: readPlace(dataDir) } satisfies Opening));
    return fresh;
  }

  /** What stands in one write is whole, even if the process is killed. */
  function write(to: number, line: string): void {
    let written = 0;
    try {
      written = writeSync(to, line);
    } catch (error) {
      throw new ListUnwritable(path, error);
    }
    if (written < line.length) throw new ListUnwritable(path);
  }

  return {
    add: (commit) => write(file, printLine(commit)),
    keep() {
      fdatasyncSync(file);
      const { ino, size } = fstatSync(file);
      const isCurrent = statSync(path, { throwIfNoEntry: false })?.ino === ino;
      if (isCurrent && size < LIST_BYTES) return;
      if (isCurrent) renameSync(path, `${path}.1`);
      closeSync(file);
      file = open();
    },
    close: () => {
      fdatasyncSync(file);
      closeSync(file);
    },
  };
}

/** A line proves itself: a check, and a flat object. */
function printLine(object: object): string {
  const json = JSON.stringify(object);
  return `${check(json)} ${json}\n`;
}

/** What was cut off stands before the next whole one. */
function parseLines(text: string): unknown[] {
  return [...text.matchAll(/([0-9a-f]{8}) (\{[^{}\n]*\})\n/g)].flatMap(([, sum, json = ""]) =>
    sum === check(json) ? [JSON.parse(json) as unknown] : [],
  );
}

function check(json: string): string {
  return crc32(json).toString(16).padStart(8, "0");
}

function orNothing(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}
