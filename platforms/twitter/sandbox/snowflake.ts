import type { Call } from "../../../sandbox/platform.ts";

const EPOCH_MS = 1_288_834_974_657n;
const COUNTER_BITS = 22n;

/** An ID like X's: time in the upper bits, a counter in the lower ones, so that later IDs are greater. */
export function newId(call: Call): string {
  const count = BigInt(call.world.store.next("twitter.id")) % (1n << COUNTER_BITS);
  return String(((BigInt(call.now) - EPOCH_MS) << COUNTER_BITS) | count);
}
