import type { ChildProcessHandle } from "./processes.ts";
import { begin, type World } from "./world.ts";

/** Workers that are replaced when they exit. */
export interface WorkerPool {
  /** Those that are running now. */
  running(): ChildProcessHandle[];
  /** How many have exited. */
  losses(): number;
  /** Ends them all, without replacements. */
  stop(): Promise<void>;
}

/** Keeps this many workers running; one more is ready to replace the next that exits. */
export async function startWorkerPool(world: World, count: number): Promise<WorkerPool> {
  const members = new Set<ChildProcessHandle>();
  let standby = hold();
  let losses = 0;
  let stopped = false;
  const replacements = new Set<Promise<void>>();

  /** If the world ends before it is needed, its failure to start does not matter. */
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
      // If no worker starts, the posts show it: they are stuck.
      const replacing = addWorker().catch(() => undefined);
      replacements.add(replacing);
      void replacing.finally(() => replacements.delete(replacing));
    });
    // It may exit before it has reported its start.
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
