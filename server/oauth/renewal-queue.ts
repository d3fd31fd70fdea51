import type pg from "pg";

import type { Mode, PlatformName } from "../../model/platform-names.ts";
import { catalog } from "../../platforms/catalog.ts";
import { BrokerError } from "../../platforms/platform.ts";

/** How many renewals of a platform a process runs concurrently. */
const AT_ONCE = 4;
/** How long one waits for its turn, and how old those before it are when waiting for them is given up. */
const PATIENCE_SECONDS = 5;

interface RenewalQueue {
  /** When each that is under way began. */
  running: Set<{ since: number }>;
  waiting: (() => void)[];
}

/**
 * The renewals of this process, queued per platform and mode: a hanging token endpoint blocks only these, and all
 * others fail immediately. Waiting uses no connection. Processes are identified by their pool.
 */
const queues = new WeakMap<pg.Pool, Map<string, RenewalQueue>>();

export async function runInQueue<Result>(
  pool: pg.Pool,
  { platform, mode }: { platform: PlatformName; mode: Mode },
  renew: () => Promise<Result>,
): Promise<Result> {
  const line = queueOf(pool, `${platform} ${mode}`);
  const deadline = performance.now() + PATIENCE_SECONDS * 1000;
  while (line.running.size >= AT_ONCE) {
    const now = performance.now();
    const isStuck = [...line.running].every(({ since }) => now - since >= PATIENCE_SECONDS * 1000);
    if (isStuck || now >= deadline || !(await waitForTurn(line, deadline - now))) throw busy(platform);
  }
  const own = { since: performance.now() };
  line.running.add(own);
  try {
    return await renew();
  } finally {
    line.running.delete(own);
    line.waiting.shift()?.();
  }
}

/** False if none becomes free in time. */
function waitForTurn({ waiting }: RenewalQueue, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const turn = () => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(turn), 1);
      resolve(false);
    }, milliseconds);
    waiting.push(turn);
  });
}

function busy(platform: PlatformName): BrokerError {
  return new BrokerError(
    "PLATFORM_UNAVAILABLE",
    `${catalog[platform].capabilities.label} is slow to renew access right now.`,
  );
}

function queueOf(pool: pg.Pool, name: string): RenewalQueue {
  const known = queues.get(pool) ?? new Map<string, RenewalQueue>();
  queues.set(pool, known);
  const line = known.get(name) ?? { running: new Set(), waiting: [] };
  known.set(name, line);
  return line;
}
