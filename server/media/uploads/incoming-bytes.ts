import type { Readable } from "node:stream";

/** A sender's bytes, split into segments that can be stored one by one. */
export interface IncomingBytes {
  /**
   * Waits for bytes and returns at least one: until there are `limitBytes` of them, or slightly more, until none has
   * arrived for a while, or until the sender has ended or disconnected. Null once there are no more. A segment is read
   * to its end before the next is requested.
   */
  next(limitBytes: number): Promise<AsyncIterable<Uint8Array> | null>;
  /** Whether the sender has kept us waiting for a while. */
  isIdle(): boolean;
  /** Returns no more; anything that still arrives is discarded. */
  end(): void;
}

/** Maximum bytes read ahead of what is stored. */
const QUEUE_BYTES = 1024 * 1024;

/**
 * Reads by events, because an iterator would lose its buffer if the source breaks off. A source that breaks off just
 * ends; everything that arrived before is returned.
 */
export function readIncoming(source: Readable, idleSeconds: number): IncomingBytes {
  const queue: Buffer[] = [];
  let queuedBytes = 0;
  let hasEnded = source.readableEnded;
  let waitingSince: number | null = null;
  let wake = () => {};

  const take = (chunk: Buffer) => {
    queue.push(chunk);
    queuedBytes += chunk.length;
    if (queuedBytes > QUEUE_BYTES) source.pause();
    wake();
  };
  const finish = () => {
    if (hasEnded) return;
    detach();
    for (let chunk: unknown = source.read(); Buffer.isBuffer(chunk); chunk = source.read()) take(chunk);
    hasEnded = true;
    wake();
  };
  const detach = () => source.off("data", take).off("end", finish).off("error", finish).off("close", finish);
  if (source.destroyed) finish();
  else if (!hasEnded) source.on("data", take).once("end", finish).once("error", finish).once("close", finish);

  /** False if nothing has happened for that long. */
  async function moved(patienceSeconds?: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = patienceSeconds === undefined ? undefined : setTimeout(() => resolve(false), patienceSeconds * 1000);
    wake = () => resolve(true);
    waitingSince ??= performance.now();
    const hasMoved = await promise;
    if (hasMoved) waitingSince = null;
    clearTimeout(timer);
    return hasMoved;
  }

  async function* segment(limitBytes: number): AsyncGenerator<Uint8Array> {
    for (let sizeBytes = 0; sizeBytes < limitBytes;) {
      const chunk = queue.shift();
      if (chunk === undefined) {
        if (hasEnded || !(await moved(idleSeconds))) return;
        continue;
      }
      sizeBytes += chunk.length;
      queuedBytes -= chunk.length;
      if (queuedBytes < QUEUE_BYTES / 2 && source.isPaused() && !hasEnded) source.resume();
      yield chunk;
    }
  }

  return {
    next: async (limitBytes) => {
      while (queue.length === 0 && !hasEnded) await moved();
      return queue.length === 0 ? null : segment(limitBytes);
    },
    isIdle: () => waitingSince !== null && performance.now() - waitingSince > idleSeconds * 1000,
    end: () => {
      detach();
      source.resume();
    },
  };
}
