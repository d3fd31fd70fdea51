import type { Instance } from "../server/instance.ts";
import { HOLD_CURE, HOLD_REASONS, readHold, releaseHold } from "../server/publishing/hold.ts";
import { openStorage } from "../server/storage/open-storage.ts";
import { answer } from "./answer.ts";
import { type InstanceOptions, withInstance } from "./instance-command.ts";

/** Whether posts go out, and what keeps them. */
export function runPublishingStatus(options: InstanceOptions): Promise<void> {
  return withInstance(async ({ pool }) => {
    const held = await readHold(pool);
    if (held === null) return answer(options, { publishing: "running" }, ["Publishing is running."]);
    const { reason, since, doubtedUntil, doubted, unknown, waiting } = held;
    answer(options, { publishing: "held", reason, since, doubtedUntil, doubted, unknown, waiting }, [
      `Publishing has been held since ${since}. ${HOLD_REASONS[reason]}`,
      `Posts that were due by ${doubtedUntil} may already be live: ${doubted} are being checked, ${unknown} need a person to check.`,
      `${waiting} are due and waiting for release.`,
      HOLD_CURE,
    ]);
  });
}

/** A person has decided that this instance is the one that goes on. */
export function runRelease(options: InstanceOptions): Promise<void> {
  return withInstance(async ({ pool, config }: Instance) => {
    const storage = await openStorage(config.storage);
    try {
      const released = await releaseHold(pool, { dataDir: config.dataDir, storage });
      answer(options, { publishing: "running", released }, [
        released ? "Publishing has resumed." : "Publishing was not held.",
      ]);
    } finally {
      storage.close();
    }
  });
}
