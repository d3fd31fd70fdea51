import type { Readable } from "node:stream";

import { newId } from "../../model/ids.ts";

/**
 * Where the bytes of media are stored. Objects are written once under a key that is never reused, so no reader sees one
 * change. `newStorageKey` creates keys; both drivers reject any other format.
 */
export interface Storage {
  /**
   * Stores a stream of unknown length without holding it in memory. Nothing is visible under the key until it is
   * complete; if the stream or the store fails, nothing remains and the error is thrown. Never call it twice with one
   * key.
   */
  put(key: string, bytes: AsyncIterable<Uint8Array>): Promise<{ sizeBytes: number }>;
  /** The bytes from `start` up to but excluding `end`. Throws a MissingObjectError if the key does not exist. */
  open(key: string, range?: { start?: number; end?: number }): Promise<Readable>;
  /** Null if the key does not exist. */
  sizeBytes(key: string): Promise<number | null>;
  /** A missing object counts as deleted. */
  delete(key: string): Promise<void>;
  /**
   * Gives `work` a file with the object's bytes, for libraries that cannot read a stream without keeping it. The file
   * is not to be changed and is gone afterwards.
   */
  withFile<Result>(key: string, work: (path: string) => Promise<Result>): Promise<Result>;
  /** Every object, in no order; other files in the same folder or bucket are skipped. */
  list(): AsyncIterable<StoredObject>;
  /** Removes what crashed writers left unfinished before `olderThan`; returns their number. */
  deleteUnfinished(olderThan: Date): Promise<number>;
  /** The mark of whoever publishes, stored next to the objects but not one of them; null if there is none. */
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
 * The store could not be reached or had an internal error, which is temporary. `cause` has the details, so that nobody
 * mistakes it for another error.
 */
export class StorageAwayError extends Error {
  constructor(cause: unknown) {
    super(`The storage is unavailable: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = "StorageAwayError";
  }
}

/** A new key, spread over folders by its random end. */
export function newStorageKey(): string {
  const id = newId();
  return `media/${id.slice(-2)}/${id}`;
}

/** Throws for keys that could name anything but one of our objects. */
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
