import { runApart } from "./apart.ts";
import { type LoadPlan, LoadResult } from "./http-load.ts";
import { type InsertPlan, InsertResult } from "./raw-inserts.ts";

/**
 * Sends requests from a process of its own. Throws where one was refused: what was measured then is not what was meant.
 */
export async function drive(plan: LoadPlan): Promise<LoadResult> {
  const result = await runApart("load", plan, LoadResult);
  if (result.refused > 0)
    throw new Error(`${result.refused} of ${result.count} requests were refused; the first: ${result.firstRefusal}`);
  return result;
}

export async function driveInserts(plan: InsertPlan): Promise<ReturnType<typeof InsertResult.parse>> {
  return await runApart("insertRaw", plan, InsertResult);
}
