import type { Readable } from "node:stream";

/** What a sender sends, cut into segments that can be stored one by one. */
export interface IncomingBytes {
  /**
   * Waits for bytes and hands them out, at least one: until there are `limitBytes` of them, or a little more, until
   * none has come for a while, or until the sender has ended or gone. Null once there are no more. A segment is read to
   * its end before the next is asked for.
   */
  next(limitBytes: number): Promise<AsyncIterable<Uint8Array> | null>;
  /** Whether the sender has kept us waiting for a while. */
  isIdle(): boolean;
  /** Hands out no more; what still arrives is thrown away. */
  end(): void;
}

/** More than this is not read ahead of what is stored. */
const QUEUE_BYTES = 1024 * 1024;

/**
 * Reads by events: an iterator of a source that breaks off would lose what it had buffered. A source that breaks off
 * just ends; all that arrived before is handed out.
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

  /** False where nothing has happened for so long. */
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
