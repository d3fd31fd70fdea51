import ipaddr from "ipaddr.js";

import { networkOf } from "../auth/throttle.ts";

/** What an address can do without a valid key or session; null: unlimited. */
export interface AddressLimits {
  /** Requests per minute. */
  callsPerMinute: number | null;
  /** Requests per minute with a key that is not valid. */
  failedKeysPerMinute: number | null;
}

/** Requests of callers whom this process does not know, by address (IPv6: the /64, and the /48 around it) and minute. */
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
/** What many addresses may do together, compared with one. */
const TOGETHER = 10;

/** In memory, for this process. The machine itself is not limited: a proxy on it stands for everybody. */
export function createStrangers(
  { callsPerMinute, failedKeysPerMinute }: AddressLimits,
  clock: () => number = Date.now,
): Strangers {
  let minute = 0;
  const counts = new Map<string, Count>();
  /** All addresses for which there is no more room. */
  let others: Count = { calls: 0, failed: 0, share: TOGETHER };

  function countOf(name: string, share: number): Count {
    const known = counts.get(name);
    if (known !== undefined || counts.size >= MOST_ADDRESSES) return known ?? others;
    const count = { calls: 0, failed: 0, share };
    counts.set(name, count);
    return count;
  }

  function countsOf(address: string): Set<Count> {
    const now = Math.floor(clock() / MINUTE);
    if (now !== minute) {
      minute = now;
      counts.clear();
      others = { calls: 0, failed: 0, share: TOGETHER };
    }
    if (isOwnMachine(address)) return new Set();
    const network = networkOf(address);
    const counted = new Set([countOf(network, 1)]);
    // Anyone may have all of the /48 around an IPv6 network.
    if (network.includes(":")) counted.add(countOf(network.split(":", 3).join(":"), TOGETHER));
    return counted;
  }

  const secondsLeft = () => Math.ceil(((minute + 1) * MINUTE - clock()) / 1000);
  const hasFailedTooOften = ({ failed, share }: Count) => failed >= share * (failedKeysPerMinute ?? Infinity);

  return {
    begin(address) {
      const counted = [...countsOf(address)];
      if (counted.some(({ calls, share }) => calls >= share * (callsPerMinute ?? Infinity))) return secondsLeft();
      if (counted.some(hasFailedTooOften)) return secondsLeft();
      for (const count of counted) count.calls += 1;
      return null;
    },
    refusedSince: (address) => ([...countsOf(address)].some(hasFailedTooOften) ? secondsLeft() : null),
    isKnown(address) {
      for (const count of countsOf(address)) if (count.calls > 0) count.calls -= 1;
    },
    hasFailed(address) {
      for (const count of countsOf(address)) count.failed += 1;
    },
  };
}

interface Count {
  calls: number;
  failed: number;
  /** How many addresses' limits it may reach. */
  share: number;
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
