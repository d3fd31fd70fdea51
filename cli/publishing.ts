import type pg from "pg";

import { listSetAside } from "../server/db/queries/set-aside.ts";
import { HOLD_CURE, HOLD_REASONS, readHold, releaseHold } from "../server/publishing/hold.ts";
import type { Instance } from "../server/start/instance.ts";
import { openStorage } from "../server/storage/open-storage.ts";
import { answer } from "./answer.ts";
import { SET_ASIDE_CURE } from "./doctor-publishing.ts";
import { type InstanceOptions, withInstance } from "./instance-command.ts";

/** Whether posts are published, and what prevents it. */
export function runPublishingStatus(options: InstanceOptions): Promise<void> {
  return withInstance(async ({ pool }) => {
    const { told, lines } = await readPublishing(pool);
    answer(options, told, lines);
  });
}

/** The state of publishing, for programs and for people. */
export async function readPublishing(pool: pg.Pool): Promise<{ told: object; lines: string[] }> {
  const held = await readHold(pool);
  const setAside = await listSetAside.all(pool);
  const aside =
    setAside.length === 0
      ? []
      : [
          "Set aside because workers crashed on them repeatedly:",
          ...setAside.map(({ postId, platform, status }) => `  ${postId} on ${platform}: ${status}`),
          SET_ASIDE_CURE,
        ];
  if (held === null) return { told: { publishing: "running", setAside }, lines: ["Publishing is running.", ...aside] };
  const { reason, since, doubtedUntil, doubted, unknown, waiting } = held;
  return {
    told: { publishing: "held", reason, since, doubtedUntil, doubted, unknown, waiting, setAside },
    lines: [
      `Publishing has been on hold since ${since}. ${HOLD_REASONS[reason]}`,
      `Posts that were due by ${doubtedUntil} may already be live: ${doubted} are being checked, ` +
        `${unknown} need a person to check.`,
      `${waiting} are due and waiting for release.`,
      HOLD_CURE,
      ...aside,
    ],
  };
}

/** A person has confirmed that this instance is the one that continues. */
export function runRelease(options: InstanceOptions): Promise<void> {
  return withInstance(async ({ pool, config }: Instance) => {
    const storage = await openStorage(config.storage);
    try {
      const released = await releaseHold(pool, { dataDir: config.dataDir, storage });
      answer(options, { publishing: "running", released }, [
        released ? "Publishing has resumed." : "Publishing was not on hold.",
      ]);
    } finally {
      storage.close();
    }
  });
}
