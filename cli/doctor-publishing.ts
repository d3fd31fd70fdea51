import type pg from "pg";

import { countMissed } from "../server/db/queries/queue-depth.ts";
import { listSetAside } from "../server/db/queries/set-aside.ts";
import { HOLD_CURE, HOLD_REASONS, readHold } from "../server/publishing/hold.ts";
import { failed, type Finding, ok, warning } from "./finding.ts";

const NAMED = 5;

export const SET_ASIDE_CURE =
  "Report what the log says before each crash. The post's owner can retry it: `ampost posts retry ID`, " +
  "with --force if it is unknown and not on the platform.";

/** Whether posts are published. */
export async function checkHold(pool: pg.Pool): Promise<Finding> {
  const held = await readHold(pool);
  if (held === null) return ok("publishing", "running");
  return failed("publishing", `on hold since ${held.since}. ${HOLD_REASONS[held.reason]}`, HOLD_CURE);
}

/** Jobs the engine gave up on because processes died while running them. */
export async function checkSetAside(pool: pg.Pool): Promise<Finding> {
  const found = await listSetAside.all(pool);
  if (found.length === 0) return ok("publishing", "nothing set aside");
  const named = found.slice(0, NAMED).map(({ postId, platform, status }) => `${postId} (${platform}, ${status})`);
  const more = found.length > NAMED ? `, and ${found.length - NAMED} more` : "";
  const count = found.length === 1 ? "1 platform post was" : `${found.length} platform posts were`;
  return warning(
    "publishing",
    `${count} set aside because workers crashed on it repeatedly: ${named.join(", ")}${more}`,
    SET_ASIDE_CURE,
  );
}

/** Scheduled posts that could not be published in time. */
export async function checkMissed(pool: pg.Pool): Promise<Finding> {
  const { missed = 0 } = (await countMissed.one(pool)) ?? {};
  if (missed === 0) return ok("schedule", "no scheduled post has missed its time");
  const count = missed === 1 ? "1 platform post has" : `${missed} platform posts have`;
  return warning(
    "schedule",
    `${count} missed the scheduled time because nothing could be published then`,
    "Their users see the warning PUBLISH_MISSED and can publish, reschedule or cancel them. " +
      "AMPOST_LATEST sets how late a post may be published.",
  );
}
