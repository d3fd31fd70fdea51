import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { z } from "zod";

import type { WorkName } from "./child-main.ts";
import { ROOT } from "./installation.ts";

/** Runs work in a separate process, so that it shares no thread with what it measures. */
export interface ChildWork<Result> {
  result: Result;
  pid: number;
  stop(): Promise<void>;
}

const Answer = z.union([z.object({ result: z.unknown() }), z.object({ failure: z.string() })]);

/** Starts work that continues after its first result, such as a server. */
export async function startInChild<Result>(
  name: WorkName,
  plan: object,
  schema: z.ZodType<Result>,
): Promise<ChildWork<Result>> {
  // Caches compiled code, like the product's own command, for a fair comparison.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(ROOT, "node_modules/.cache/compile") };
  const child = fork(join(import.meta.dirname, "child-main.ts"), [name], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env,
  });
  const ended = once(child, "exit");
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  try {
    child.send(plan);
    const [message] = await Promise.race([
      once(child, "message"),
      ended.then(() => [{ failure: "it ended without an answer" }]),
    ]);
    const answer = Answer.parse(message);
    if ("failure" in answer) throw new Error(`${name}: ${answer.failure}`);
    return { result: schema.parse(answer.result), pid: child.pid ?? 0, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Runs work to completion. */
export async function runInChild<Result>(name: WorkName, plan: object, schema: z.ZodType<Result>): Promise<Result> {
  const { result, stop } = await startInChild(name, plan, schema);
  await stop();
  return result;
}
