import type { ChildProcessHandle } from "./processes.ts";
import { begin, type World } from "./world.ts";

/** Workers that are replaced when they end. */
export interface WorkerPool {
  /** Those that are at work now. */
  running(): ChildProcessHandle[];
  /** How many have ended. */
  losses(): number;
  /** Ends them all, and replaces none. */
  stop(): Promise<void>;
}

/** Keeps so many workers at work; one stands ready to take the place of the next that ends. */
export async function startWorkerPool(world: World, count: number): Promise<WorkerPool> {
  const members = new Set<ChildProcessHandle>();
  let standby = hold();
  let losses = 0;
  let stopped = false;
  const replacements = new Set<Promise<void>>();

  /** Where the world ends before it is wanted, nobody minds that it did not come. */
  function hold(): Promise<ChildProcessHandle> {
    const worker = world.holdWorker();
    worker.catch(() => undefined);
    return worker;
  }

  async function addWorker(): Promise<void> {
    const worker = await standby;
    standby = hold();
    members.add(worker);
    void worker.gone.then(() => {
      members.delete(worker);
      if (stopped) return;
      losses += 1;
      // Where nobody comes, the posts say so: they are stuck.
      const replacing = addWorker().catch(() => undefined);
      replacements.add(replacing);
      void replacing.finally(() => replacements.delete(replacing));
    });
    // It may come to its end before it has said that it began.
    await begin(worker).catch(() => undefined);
  }

  for (let number = 0; number < count; number += 1) await addWorker();
  return {
    running: () => [...members],
    losses: () => losses,
    stop: async () => {
      stopped = true;
      await Promise.all([...replacements]);
      await Promise.all([...members].map((worker) => worker.kill()));
      await standby.then((worker) => worker.kill());
    },
  };
}
