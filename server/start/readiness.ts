import type pg from "pg";
import { z } from "zod";

import { pendingMigrations } from "../db/migrate.ts";
import { findInstancePause } from "../db/queries/pauses.ts";
import { HOLD_REASONS, holdCure, readHold } from "../publishing/hold.ts";
import type { AttachedProcess } from "./attached-process.ts";
import type { Runtime } from "./runtime.ts";
import type { Worker } from "./worker.ts";

export interface Readiness {
  ready: boolean;
  /** Each check with "ok" or what is wrong. */
  checks: Record<string, string>;
  /**
   * Whether publishing is running. An instance that is paused or on hold is ready: it responds to everything. Null if
   * unknown.
   */
  publishing: "running" | "paused" | "held" | null;
  /** What is on hold or paused, in a sentence; null if nothing is, or it is unknown. */
  publishingDetail: string | null;
}

/** Checks what this process needs to serve: for load balancers, and for waiting until startup is complete. */
export function readiness(
  { instance }: Runtime,
  parts: {
    work: Worker | undefined;
    worker: AttachedProcess | undefined;
    sandbox: AttachedProcess | undefined;
    /** Aborted when the process is about to stop. */
    draining: AbortSignal;
    /** Whether requests are refused because everything is late. */
    isBusy: () => boolean;
  },
): () => Promise<Readiness> {
  const { pool } = instance;
  const { sandbox, work, worker, draining, isBusy } = parts;
  const looks: Record<string, () => Promise<string>> = {
    process: async () => (draining.aborted ? "stops" : isBusy() ? "is too busy to answer in time" : OK),
    database: async () => ((await pool.query("select 1")).rowCount === 1 ? OK : "does not respond"),
    migrations: async () => {
      const pending = await pendingMigrations(pool);
      return pending.length === 0 ? OK : `${pending.join(", ")} did not run yet`;
    },
    queue: async () => {
      await pool.query("select version from jobs.version");
      return OK;
    },
  };
  if (worker) {
    looks.worker = async () => {
      const { checks } = readyAnswer.parse(await worker.ask("ready"));
      const wrong = Object.entries(checks).filter(([, check]) => check !== OK);
      return wrong.length === 0 ? OK : wrong.map(([name, check]) => `${name}: ${check}`).join("; ");
    };
  }
  if (work) {
    looks.worker = async () => {
      if (!work.isRunning()) return "stops";
      await work.look();
      return OK;
    };
  }
  if (sandbox) {
    looks.sandbox = async () => {
      await sandbox.ask("alive");
      return OK;
    };
  }
  return async () => {
    const [publishing, ...looked] = await Promise.all([
      readState(pool).catch(() => ({ publishing: null, publishingDetail: null })),
      ...Object.entries(looks).map(async ([name, look]) => [name, await look().catch(sentenceOf)] as const),
    ]);
    const checks = Object.fromEntries(looked);
    return { ready: Object.values(checks).every((check) => check === OK), checks, ...publishing };
  };
}

async function readState(pool: pg.Pool): Promise<Pick<Readiness, "publishing" | "publishingDetail">> {
  const held = await readHold(pool);
  if (held !== null) {
    const { since, reason, doubted, unknown, waiting } = held;
    const counts = `${doubted} being checked, ${unknown} unknown, ${waiting} waiting`;
    return {
      publishing: "held",
      publishingDetail: `on hold since ${since}: ${counts}. ${HOLD_REASONS[reason]} ${holdCure(reason)}`,
    };
  }
  const pause = await findInstancePause.one(pool);
  if (pause === undefined) return { publishing: "running", publishingDetail: null };
  return { publishing: "paused", publishingDetail: `paused since ${pause.since.toISOString()} by the operator` };
}

const OK = "ok";

const readyAnswer = z.object({ checks: z.record(z.string(), z.string()) });

function sentenceOf(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : "cannot be reached";
}
