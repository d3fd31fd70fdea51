import type pg from "pg";

import { listAllPauses, type PauseRow } from "../server/db/queries/pauses.ts";
import { countMissed } from "../server/db/queries/queue-depth.ts";
import { listSetAside } from "../server/db/queries/set-aside.ts";
import { HOLD_REASONS, holdCure, readHold } from "../server/publishing/hold.ts";
import { SET_ASIDE_CURE } from "../server/publishing/set-aside.ts";
import { failed, type Finding, ok, warning } from "./finding.ts";

const NAMED = 5;

/** Whether posts are published. */
export async function checkHold(pool: pg.Pool): Promise<Finding> {
  const held = await readHold(pool);
  if (held === null) return ok("publishing", "running");
  return failed("publishing", `on hold since ${held.since}. ${HOLD_REASONS[held.reason]}`, holdCure(held.reason));
}

/** What is paused, in words. */
export function describePause(row: PauseRow & { email: string | null }): string {
  const { email, mode, platform_set_id, account_id, by_operator } = row;
  if (row.user_id === null) return "the whole instance";
  const what =
    account_id !== null
      ? `account ${account_id}`
      : platform_set_id !== null
        ? `platform set ${platform_set_id}`
        : "everything";
  return `${what} of ${email} in ${mode} mode, by ${by_operator ? "the operator" : "the user"}`;
}

/** What is paused, by the operator or by users. */
export async function checkPauses(pool: pg.Pool): Promise<Finding> {
  const found = await listAllPauses.all(pool, [NAMED]);
  const total = found[0]?.total ?? 0;
  if (total === 0) return ok("publishing", "nothing paused");
  const named = found.map((row) => `${describePause(row)} since ${row.since.toISOString()}`);
  const more = total > found.length ? `, and ${total - found.length} more` : "";
  return warning(
    "publishing",
    `paused: ${named.join("; ")}${more}`,
    "`ampost publishing resume` ends what the operator paused, with the options it was paused with. " +
      "Users resume what they paused themselves.",
  );
}

/** Jobs the engine gave up on because processes died while running them. */
export async function checkSetAside(pool: pg.Pool): Promise<Finding> {
  const found = await listSetAside.all(pool, [null]);
  if (found.length === 0) return ok("publishing", "nothing set aside");
  const named = found.slice(0, NAMED).map(({ postId, platform, status }) => `${postId} (${platform}, ${status})`);
  const more = found.length > NAMED ? `, and ${found.length - NAMED} more` : "";
  const [count, them] =
    found.length === 1 ? ["1 platform post was", "it"] : [`${found.length} platform posts were`, "them"];
  return warning(
    "publishing",
    `${count} set aside because workers crashed on ${them} repeatedly: ${named.join(", ")}${more}`,
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
