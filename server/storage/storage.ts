import type { Readable } from "node:stream";

import { newId } from "../../model/ids.ts";

/**
 * Where the bytes of media lie. Objects are written once under a key that is never used again, so no reader ever sees
 * one change. Keys are made by `newStorageKey`; both drivers refuse any other form.
 */
export interface Storage {
  /**
   * Stores a stream of unknown length without holding it in memory. Nothing is to be seen under the key until all of
   * it is there; where the stream or the store fails, nothing stays and the failure is thrown. Not to be called twice
   * with one key.
   */
  put(key: string, bytes: AsyncIterable<Uint8Array>): Promise<{ sizeBytes: number }>;
  /** The bytes from `start` up to and without `end`. Throws a MissingObjectError where there are none under the key. */
  open(key: string, range?: { start?: number; end?: number }): Promise<Readable>;
  /** Null where there is nothing under the key. */
  sizeBytes(key: string): Promise<number | null>;
  /** What is not there any more counts as deleted. */
  delete(key: string): Promise<void>;
  /**
   * Gives `work` a file with the object's bytes, for libraries that cannot read a stream without keeping it. The file
   * is not to be changed and is gone afterwards.
   */
  withFile<Result>(key: string, work: (path: string) => Promise<Result>): Promise<Result>;
  /** Every object, in no order; what else lies in the same folder or bucket is left out. */
  list(): AsyncIterable<StoredObject>;
  /** Removes what writers that died before `olderThan` left unfinished; answers how many there were. */
  deleteUnfinished(olderThan: Date): Promise<number>;
  /** The instance's mark, which lies beside the objects and is none of them; null where there is none. */
  readMark(): Promise<string | null>;
  /** Replaces the mark, whole or not at all. */
  writeMark(text: string): Promise<void>;
  /** Lets go of connections. */
  close(): void;
}

export interface StoredObject {
  key: string;
  sizeBytes: number;
  writtenAt: Date;
}

export class MissingObjectError extends Error {
  constructor(key: string) {
    super(`Nothing is stored under ${key}`);
    this.name = "MissingObjectError";
  }
}

/**
 * The store could not be asked, or had a fault of its own: that passes. What is behind it is in `cause`, where nobody
 * takes it for a fault of something else.
 */
export class StorageAwayError extends Error {
  constructor(cause: unknown) {
    super(`The storage is unavailable: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = "StorageAwayError";
  }
}

/** A key never used before, spread over folders by its random end. */
export function newStorageKey(): string {
  const id = newId();
  return `media/${id.slice(-2)}/${id}`;
}

/** Throws for a key that could name anything but one object of ours. */
export function checkStorageKey(key: string): string {
  if (!isStorageKey(key)) throw new Error(`Not a storage key: ${JSON.stringify(key)}`);
  return key;
}

export function isStorageKey(key: string): boolean {
  return STORAGE_KEY.test(key);
}

/** The name under which every driver keeps the mark: never a storage key. */
export const MARK_NAME = "published-up-to";

const STORAGE_KEY = /^media\/[0-9a-f]{2}\/[0-9a-f-]{36}$/;
