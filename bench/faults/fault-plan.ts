import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { FaultHook, FaultPlace, FaultPoint } from "../../server/publishing/fault-points.ts";

/** What happens to a worker when it first reaches a place. */
export interface InjectedFault {
  point: FaultPoint;
  /** Null: any. */
  platformPostId: string | null;
  /** Null: any step. */
  step: string | null;
  /**
   * `kill`: the process kills itself with SIGKILL there. `freeze`: this platform post does not continue, so that the
   * process can be killed once all of its faults have been reached. `stop`: the process stops itself with SIGSTOP, and
   * continues on SIGCONT. `hold`: like freeze, until it is released.
   */
  act: "kill" | "freeze" | "stop" | "hold";
}

/**
 * Plans for workers and their results, in files: a process that kills itself cannot send a message, and its successor
 * must know which faults have already been injected.
 */
export interface FaultPlan {
  /** Sets the plan for all workers from now on. With `record`, every place that is reached is written down. */
  plan(injected: readonly InjectedFault[], options?: { record?: boolean }): void;
  /** Which faults have been injected. */
  struck(): InjectedFault[];
  release(fault: InjectedFault): void;
  /** Every place reached while recording, once each, in order of first occurrence. */
  recorded(): FaultPlace[];
}

interface StoredPlan {
  record: boolean;
  injected: readonly InjectedFault[];
}

export function openFaultPlan(folder: string): FaultPlan {
  const files = filesIn(folder);
  let planned: readonly InjectedFault[] = [];
  return {
    plan(injected, { record = false } = {}) {
      planned = injected;
      writeFileSync(`${files.plan}.new`, JSON.stringify({ record, injected } satisfies StoredPlan));
      renameSync(`${files.plan}.new`, files.plan);
    },
    struck: () => {
      const known = linesOf(files.struck);
      return planned.filter((fault) => known.has(keyOf(fault)));
    },
    release: (fault) => appendFileSync(files.released, `${keyOf(fault)}\n`),
    recorded: () => [...linesOf(files.recorded)].map((line): FaultPlace => JSON.parse(line)),
  };
}

/** A worker's hook. */
export function faultHook(folder: string): FaultHook {
  const files = filesIn(folder);
  return (place) => {
    const plan = readPlan(files.plan);
    if (plan.record) appendFileSync(files.recorded, `${JSON.stringify(place)}\n`);
    const known = plan.injected.length === 0 ? new Set() : linesOf(files.struck);
    const fault = plan.injected.find((candidate) => matches(candidate, place) && !known.has(keyOf(candidate)));
    if (fault === undefined) return undefined;
    appendFileSync(files.struck, `${keyOf(fault)}\n`);
    return inject(fault, files.released);
  };
}

function inject(fault: InjectedFault, released: string): void | Promise<void> {
  if (fault.act === "kill") return endHere("SIGKILL");
  if (fault.act === "stop") return endHere("SIGSTOP");
  if (fault.act === "freeze") return new Promise(() => undefined);
  return untilReleased(fault, released);
}

/** A signal that a process sends itself arrives during the call or a moment later; until then, nothing else may run. */
function endHere(signal: NodeJS.Signals): void {
  process.kill(process.pid, signal);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
}

async function untilReleased(fault: InjectedFault, released: string): Promise<void> {
  while (!linesOf(released).has(keyOf(fault))) await sleep(20);
}

function matches(fault: InjectedFault, place: FaultPlace): boolean {
  const { platformPostId, step } = fault;
  return (
    fault.point === place.point &&
    (platformPostId === null || platformPostId === place.platformPostId) &&
    (step === null || step === place.step)
  );
}

function keyOf({ point, platformPostId, step, act }: InjectedFault): string {
  return [point, platformPostId, step, act].join(" ");
}

function filesIn(folder: string) {
  return {
    plan: join(folder, "plan.json"),
    struck: join(folder, "struck"),
    released: join(folder, "released"),
    recorded: join(folder, "recorded"),
  };
}

function readPlan(file: string): StoredPlan {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { record: false, injected: [] };
}

function linesOf(file: string): Set<string> {
  return new Set(
    existsSync(file)
      ? readFileSync(file, "utf8")
          .split("\n")
          .filter((line) => line !== "")
      : [],
  );
}
