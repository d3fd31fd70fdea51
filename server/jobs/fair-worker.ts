import type { JobResult, JobWithMetadata, PgBoss } from "pg-boss";

/** How the places of a queue are shared among those whose jobs wait there. */
export interface Shares {
  /** Maximum concurrency per group, even if places are free. */
  ofGroup: number;
  /** Places that are kept for jobs of a higher priority. */
  reserve: number;
}

/** All groups of an owner who has several: those whose share is used up are not fetched at all. */
export type GroupsOf = (owner: string) => Promise<string[]>;

interface Settings {
  atOnce: number;
  shares: Shares;
  expireInSeconds: number;
  /** A live job reports twice in this time; one that has not is run again elsewhere. */
  heartbeatSeconds: number | undefined;
}

export interface FairWorker {
  /** Accepts no more jobs and lets running ones finish within this time. The rest are aborted and retried. */
  stop(graceSeconds: number): Promise<void>;
}

/** A subdivision of an owner's jobs. An owner whose jobs are all alike is one group. */
export function groupOf(owner: string, part: string): string {
  return `${owner}/${part}`;
}

const LOOK_SECONDS = 0.5;
/** Aborted jobs. */
const ABORT_SECONDS = 1;

interface Held {
  isUrgent: boolean;
  running: Map<string, number>;
  /** Known once its share was taken. */
  groups?: string[];
}

/**
 * Runs a queue's jobs so that nobody occupies all of its places: an owner with as many jobs running as there are free
 * places gets no more. A single owner therefore gets half, the next one half of the rest, and there is always a place
 * for a newcomer.
 */
export function startFairWorker(
  boss: PgBoss,
  queue: string,
  settings: Settings,
  groupsOf: GroupsOf,
  run: (job: JobWithMetadata) => Promise<JobResult>,
): FairWorker {
  const { atOnce, shares, expireInSeconds, heartbeatSeconds } = settings;
  const owners = new Map<string, Held>();
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  const aborting = new AbortController();
  let wake = () => {};

  const ownerOf = (group: string) => (group.includes("/") ? group.slice(0, group.lastIndexOf("/")) : group);
  const tell = (error: unknown) => void boss.emit("error", error instanceof Error ? error : new Error(String(error)));
  const places = (isUrgent: boolean) => atOnce - running.size - (isUrgent ? 0 : shares.reserve);

  /** Groups from which nothing is fetched for now. */
  async function closed(): Promise<string[]> {
    const lists = await Promise.all(
      [...owners].map(async ([owner, held]) => {
        const full = [...held.running].filter(([, count]) => count >= shares.ofGroup).map(([group]) => group);
        if (sum(held.running) < places(held.isUrgent)) return full;
        held.groups ??= held.running.has(owner) ? [] : await groupsOf(owner);
        return [...held.groups, ...held.running.keys()];
      }),
    );
    return lists.flat();
  }

  /** Fetches one job; returns whether there was one. */
  async function takeOne(): Promise<boolean> {
    if (places(true) <= 0) return false;
    const ignoreGroups = await closed();
    const urgentAlone = places(false) <= 0 && { minPriority: 1 };
    const [job] = await boss.fetch<object>(queue, { includeMetadata: true, ignoreGroups, ...urgentAlone });
    if (job === undefined) return false;
    const group = job.groupId ?? job.id;
    const held = owners.get(ownerOf(group)) ?? { isUrgent: job.priority > 0, running: new Map<string, number>() };
    owners.set(ownerOf(group), held);
    held.running.set(group, (held.running.get(group) ?? 0) + 1);
    const handled = doOne(job)
      .catch(tell)
      .finally(() => {
        running.delete(handled);
        const left = (held.running.get(group) ?? 1) - 1;
        if (left > 0) held.running.set(group, left);
        else held.running.delete(group);
        if (held.running.size === 0) owners.delete(ownerOf(group));
        wake();
      });
    running.add(handled);
    return true;
  }

  async function doOne(job: JobWithMetadata): Promise<void> {
    const attempt = { id: job.id, retryCount: job.retryCount };
    const lost = new AbortController();
    const beat = async () => {
      const touched = await boss.touch(queue, attempt);
      if ("affected" in touched && touched.affected === 0)
        lost.abort(new Error("Another worker has taken over the job"));
    };
    const beating =
      heartbeatSeconds === undefined ? undefined : setInterval(() => void beat().catch(tell), heartbeatSeconds * 500);
    const signal = AbortSignal.any([aborting.signal, lost.signal, AbortSignal.timeout(expireInSeconds * 1000)]);
    const result = await run({ ...job, signal }).finally(() => clearInterval(beating));
    if (result.status === "completed") await boss.complete(queue, attempt);
    else await boss.fail(queue, attempt, result.output);
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      const woken = new Promise<void>((resolve) => (wake = resolve));
      const took = await takeOne().catch((error: unknown) => {
        tell(error);
        return false;
      });
      if (took) continue;
      const timer = setTimeout(wake, LOOK_SECONDS * 1000);
      if (stopping.signal.aborted) wake();
      await woken;
      clearTimeout(timer);
    }
  }

  const working = work();
  return {
    stop: async (graceSeconds) => {
      stopping.abort();
      wake();
      await working;
      await within(graceSeconds, running);
      aborting.abort();
      await within(ABORT_SECONDS, running);
    },
  };
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

/** Waits for all, but no longer than so. */
async function within(seconds: number, running: Iterable<Promise<void>>): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, seconds * 1000);
  await Promise.race([Promise.all(running), timeout.promise]);
  clearTimeout(timer);
}
