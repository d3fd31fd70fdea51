import { hash } from "node:crypto";

import type { FastifyRequest } from "fastify";

import type { Tenant } from "../../model/tenant.ts";
import { networkOf } from "../auth/throttle.ts";

/** Queues whose requests take turns: of a user in a mode, or of all strangers from one address. */
export interface CallerQueue {
  name: string;
  /** Whose share of the places it uses. */
  shareOf: string;
  /** Live mode does not wait for test mode. Strangers go before nobody. */
  isFirst: boolean;
  /** Whether it is that of callers whom nobody knows. */
  isOfStrangers: boolean;
  /** Calls that are worked on or wait. */
  calls: number;
  /** How long requests were processed, decaying over time. */
  usedMilliseconds: number;
  usedAt: number;
}

export interface CallerQueues {
  /**
   * Determined without a database query: whom the key or cookie belonged to at its last lookup, otherwise the caller's
   * address.
   */
  of(request: FastifyRequest): CallerQueue;
  /** For fetching files of this owner (null: that nobody has) from the caller's address. */
  ofFiles(request: FastifyRequest, owner: Tenant | null): CallerQueue;
  /** Makes later requests with this one's key or cookie queue as the user's; null: as a stranger's. */
  remember(request: FastifyRequest, caller: Tenant | null): void;
}

const MAX_QUEUES = 20_000;
const MOST_REMEMBERED = 10_000;

/**
 * A caller is light with fewer requests here than this, and less than a tenth of a place used in the last two seconds.
 */
const LIGHT = { calls: 4, milliseconds: 200 };
const FADES_IN_MILLISECONDS = 2_000;
const UNMEASURED_MILLISECONDS = 1;

export function createCallerQueues(): CallerQueues {
  const queues = new Map<string, CallerQueue>();
  const holders = new Map<string, { name: string; isFirst: boolean }>();

  function named({ name, shareOf = name, isFirst, isOfStrangers = false }: Named): CallerQueue {
    const known = queues.get(name);
    if (known !== undefined) return known;
    // There are fewer connections than that, so most of them are of the past.
    if (queues.size >= MAX_QUEUES) for (const [old, { calls }] of queues) if (calls === 0) queues.delete(old);
    const queue = { name, shareOf, isFirst, isOfStrangers, calls: 0, usedMilliseconds: 0, usedAt: 0 };
    queues.set(name, queue);
    return queue;
  }

  return {
    of(request) {
      const digest = digestOf(request);
      const holder = digest === null ? undefined : holders.get(digest);
      return named(holder ?? { name: `from ${networkOf(request.ip)}`, isFirst: false, isOfStrangers: true });
    },
    ofFiles({ ip }, owner) {
      const whose = owner === null ? "nobody" : `${owner.mode} ${owner.userId}`;
      const isFirst = owner?.mode === "live";
      return named({ name: `files of ${whose} from ${networkOf(ip)}`, shareOf: `files of ${whose}`, isFirst });
    },
    remember(request, caller) {
      const digest = digestOf(request);
      if (digest === null) return;
      if (caller === null) return void holders.delete(digest);
      const name = `${caller.mode} ${caller.userId}`;
      if (holders.get(digest)?.name === name) return;
      if (holders.size >= MOST_REMEMBERED) holders.clear();
      holders.set(digest, { name, isFirst: caller.mode === "live" });
    },
  };
}

interface Named {
  name: string;
  shareOf?: string;
  isFirst: boolean;
  isOfStrangers?: boolean;
}

/** Whether it has called so little recently that its requests need not queue with those of heavy callers. */
export function isLight(queue: CallerQueue, now: number): boolean {
  return queue.calls < LIGHT.calls && fading(queue, now) < LIGHT.milliseconds;
}

/** Each request costs something in addition to what is measured: reading and responding. */
export function use(queue: CallerQueue, milliseconds: number, now: number): void {
  queue.usedMilliseconds = fading(queue, now) + milliseconds + UNMEASURED_MILLISECONDS;
  queue.usedAt = now;
}

function fading({ usedMilliseconds, usedAt }: CallerQueue, now: number): number {
  return usedMilliseconds * Math.exp((usedAt - now) / FADES_IN_MILLISECONDS);
}

/** No secret is kept for this. */
function digestOf({ headers: { authorization, cookie } }: FastifyRequest): string | null {
  const secret = authorization ?? cookie;
  return secret === undefined ? null : hash("sha256", secret, "base64");
}
