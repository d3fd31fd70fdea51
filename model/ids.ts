import { randomFillSync } from "node:crypto";

import { v7 } from "uuid";

const random = new Uint8Array(16 * 256);
let used = random.length;
let lastMilliseconds = 0;
let sequence = 0;

/**
 * A UUIDv7, greater than all earlier ones from this process. Random bytes are drawn in batches: a draw costs more than
 * the rest of an ID.
 */
export function newId(): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const bytes = random.subarray(used, (used += 16));
  const now = Date.now();
  if (now > lastMilliseconds) {
    lastMilliseconds = now;
    // Half of the 32 bits, to leave room for counting up within the millisecond.
    sequence = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) >>> 1;
  } else {
    sequence += 1;
  }
  return v7({ random: bytes, msecs: lastMilliseconds, seq: sequence });
}

/** Lower than every ID created from then on. */
export function firstIdAt(time: Date): string {
  return v7({ random: new Uint8Array(16), msecs: time.getTime(), seq: 0 });
}

/** When an ID was created. */
export function timeOf(id: string): Date {
  return new Date(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16));
}
