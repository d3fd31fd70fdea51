import { v7 as uuidv7 } from "uuid";
import { z } from "zod";

import { CHANNELS } from "../server/db/listen.ts";
import { notificationsSent, notify } from "../server/db/notify.ts";
import { createPool } from "../server/db/pool.ts";
import { transaction } from "../server/db/sql.ts";
import { INSERT_RAW } from "./raw-inserts.ts";

const NotifyPlan = z.object({
  databaseUrl: z.string(),
  writers: z.int(),
  seconds: z.number(),
  /** `no`: nobody is told; `after`: as the product does; `inside`: in the transaction. */
  tells: z.enum(["no", "after", "inside"]),
});
export type NotifyPlan = z.input<typeof NotifyPlan>;

export const NotifyResult = z.object({ perSecond: z.number() });

/** Transactions that store a row and tell others of it, from this many writers. */
export async function insertAndNotify(unread: unknown): Promise<z.output<typeof NotifyResult>> {
  const { databaseUrl, writers, seconds, tells } = NotifyPlan.parse(unread);
  const pool = createPool(databaseUrl, { max: writers + 1, name: "bench notify" });
  let count = 0;
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: writers }, async () => {
      while (performance.now() - begin < seconds * 1000) {
        const id = uuidv7();
        await transaction(pool, async (tx) => {
          await tx.query({ ...INSERT_RAW, values: [id, "{}"] });
          if (tells === "after") notify(tx, CHANNELS.post, id);
          if (tells === "inside") await tx.query({ ...NOTIFY_RAW, values: [id] });
        });
        count += 1;
      }
    }),
  );
  const elapsedSeconds = (performance.now() - begin) / 1000;
  await notificationsSent(pool);
  await pool.end();
  return { perSecond: count / elapsedSeconds };
}

const NOTIFY_RAW = { name: "bench.notify", text: "select pg_notify('bench', $1)" };
