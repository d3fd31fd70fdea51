import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { PLATFORM_NAMES } from "../../model/platform-names.ts";
import { readHold, releaseHold } from "../../server/publishing/hold.ts";
import { createDiskStorage } from "../../server/storage/disk.ts";
import { type Expectation, untilSettled, type Violation } from "./checker.ts";
import { draftOf, type Kind } from "./contents.ts";
import { KIND_OF } from "./platforms.ts";
import { type ScenarioResult, pick, runScenario } from "./scenario.ts";
import type { Subject, World } from "./world.ts";

/** The contents of a database backup about posts. */
const TABLES = ["posts", "platform_posts", "publish_steps", "outbox", "post_counts", "post_media"];

/**
 * The database is restored to a state from before everything was published, and a worker starts. It must notice, read
 * back what it can, send nothing until a person allows it, and send nothing twice after that.
 */
export function restoreBackup({ people }: { people: number }): Promise<ScenarioResult> {
  return runScenario("Restored database", { people, slots: people, platforms: PLATFORM_NAMES }, async (world) => {
    await world.sandbox.fault({
      platform: "tiktok",
      operation: "create",
      kind: "reject",
      error: "moderation-2s",
      times: 1_000_000,
    });
    const lost = await Promise.all(
      world.people.flatMap((_, index) =>
        PLATFORM_NAMES.map((platform) => create(world, platform, KIND_OF[platform], index)),
      ),
    );
    await Promise.all(lost.map((subject) => world.api.publish(subject)));
    await backUp(world);
    const first = await world.startWorker();
    await untilSettled(world, lost, 120);
    const before = (await world.sandbox.ledger()).length;
    await first.kill();
    await restore(world);

    const second = await world.startWorker();
    const violations = await checkHold(world, before);
    const fresh = await create(world, "threads", "text", 0);
    await world.api.publish(fresh);
    await untilRead(world);
    if ((await world.sandbox.ledger()).length !== before)
      violations.push({ kind: "untrue", sentence: "something was published while publishing was held" });
    const storage = await createDiskStorage(join(world.folder, "data/storage"));
    await releaseHold(world.pool, { dataDir: join(world.folder, "data"), storage });
    await untilSettled(world, [fresh, ...lost], 120);
    await second.kill();
    const third = await world.startWorker();
    if ((await readHold(world.pool)) !== null)
      violations.push({ kind: "untrue", sentence: "publishing is held again after the release" });
    await third.kill();
    return {
      did:
        `${lost.length} posts on all seven networks published, then the database restored to an earlier state and ` +
        "the hold released",
      faults: lost.length,
      expectations: [
        { subject: fresh },
        ...lost.map((subject): Expectation => ({ subject, fates: ["published", "unknown"], publishCalls: 1 })),
      ],
      violations,
    };
  });
}

async function create(world: World, platform: Subject["platform"], kind: Kind, index: number): Promise<Subject> {
  const person = pick(world.people, index);
  return world.api.create(
    person,
    await draftOf(kind, `restored ${index} ${platform} ${crypto.randomUUID()}`, person, world.api, platform),
  );
}

async function backUp({ pool }: World): Promise<void> {
  await pool.query("create schema backup");
  for (const table of TABLES) await pool.query(`create table backup.${table} as table public.${table}`);
}

/** Like a restore: without triggers, which would count everything again. */
async function restore({ pool }: World): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("set local session_replication_role = replica");
    for (const table of TABLES) await client.query(`delete from public.${table}`);
    for (const table of TABLES)
      await client.query(`insert into public.${table} overriding system value select * from backup.${table}`);
    await client.query("delete from fault_history");
    await client.query("commit");
  } finally {
    client.release();
  }
}

async function checkHold({ pool }: World, before: number): Promise<Violation[]> {
  const held = await readHold(pool);
  return held?.reason === "behind"
    ? []
    : [
        {
          kind: "untrue",
          sentence:
            `after ${before} posts were lost, ` +
            `publishing is ${held === null ? "not held" : `held as ${held.reason}`}`,
        },
      ];
}

async function untilRead({ pool }: World): Promise<void> {
  const end = performance.now() + 120_000;
  while (((await readHold(pool))?.doubted ?? 0) > 0 && performance.now() < end) await sleep(200);
}
