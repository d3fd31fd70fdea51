import { type LoadPlan, LoadResult } from "./http-load.ts";
import { type InsertPlan, InsertResult } from "./raw-inserts.ts";
import { runInChild } from "./run-in-child.ts";

/**
 * Sends requests from a separate process. Throws if any was rejected: then the measurement is invalid.
 */
export async function drive(plan: LoadPlan): Promise<LoadResult> {
  const result = await runInChild("load", plan, LoadResult);
  if (result.refused > 0)
    throw new Error(`${result.refused} of ${result.count} requests were refused; the first: ${result.firstRefusal}`);
  return result;
}

export async function driveInserts(plan: InsertPlan): Promise<ReturnType<typeof InsertResult.parse>> {
  return await runInChild("insertRaw", plan, InsertResult);
}
