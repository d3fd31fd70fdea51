import ipaddr from "ipaddr.js";

import { networkOf } from "../auth/throttle.ts";

/** What an address can do without a valid key or session; null: unlimited. */
export interface AddressLimits {
  /** Requests per minute. */
  callsPerMinute: number | null;
  /** Requests per minute with a key that is not valid. */
  failedKeysPerMinute: number | null;
}

/** Requests of callers whom this process does not know, by address (IPv6: the /64) and minute. */
export interface Strangers {
  /** Counts a request when it arrives. Seconds until it may be repeated; null: it may go on. */
  begin(address: string): number | null;
  /** The same for one that has waited, before its key is looked up: others may have failed meanwhile. */
  refusedSince(address: string): number | null;
  /** The key or session was valid: the request is not a stranger's. */
  isKnown(address: string): void;
  /** The key was not valid. */
  hasFailed(address: string): void;
}

const MINUTE = 60_000;
const MOST_ADDRESSES = 20_000;

/** In memory, for this process. The machine itself is not limited: a proxy on it stands for everybody. */
export function createStrangers(
  { callsPerMinute, failedKeysPerMinute }: AddressLimits,
  clock: () => number = Date.now,
): Strangers {
  let minute = 0;
  const counts = new Map<string, { calls: number; failed: number }>();

  function countOf(address: string): { calls: number; failed: number } | null {
    const now = Math.floor(clock() / MINUTE);
    if (now !== minute) {
      minute = now;
      counts.clear();
    }
    const network = networkOf(address);
    const known = counts.get(network);
    if (known !== undefined) return known;
    // Those that came first stay limited.
    if (counts.size >= MOST_ADDRESSES || isOwnMachine(address)) return null;
    const count = { calls: 0, failed: 0 };
    counts.set(network, count);
    return count;
  }

  const secondsLeft = () => Math.ceil(((minute + 1) * MINUTE - clock()) / 1000);
  const hasFailedTooOften = ({ failed }: { failed: number }) => failed >= (failedKeysPerMinute ?? Infinity);

  return {
    begin(address) {
      const count = countOf(address);
      if (count === null) return null;
      if (count.calls >= (callsPerMinute ?? Infinity) || hasFailedTooOften(count)) return secondsLeft();
      count.calls += 1;
      return null;
    },
    refusedSince(address) {
      const count = countOf(address);
      return count !== null && hasFailedTooOften(count) ? secondsLeft() : null;
    },
    isKnown(address) {
      const count = countOf(address);
      if (count !== null && count.calls > 0) count.calls -= 1;
    },
    hasFailed(address) {
      const count = countOf(address);
      if (count !== null) count.failed += 1;
    },
  };
}

/** Whether a request comes from this machine. */
export function isOwnMachine(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback";
}

/** Whether an address is not that of a proxy nearby, which would be everybody's. */
export function isPublic(address: string): boolean {
  return ipaddr.isValid(address) && !NEARBY.has(ipaddr.process(address).range());
}

const NEARBY: ReadonlySet<string> = new Set(["loopback", "private", "uniqueLocal", "linkLocal", "carrierGradeNat"]);
