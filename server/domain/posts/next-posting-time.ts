import type pg from "pg";

import type { PostDraft } from "../../../contract/operations/posts.ts";
import { issueOf, type Issue } from "../../../model/errors.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { findPostingTimes, lockPostingTimes } from "../../db/queries/platform-sets.ts";
import type { Db } from "../../db/sql.ts";
import { findFreeTime } from "../platform-sets/posting-times.ts";
import type { Services } from "../services.ts";

/** A body of create, update or validate, and what is wrong with it. */
interface Draft {
  body: PostDraft;
  issues: Issue[];
}

/** The post's set, and its ID if it exists already: it does not take a time from itself. */
interface Target {
  platformSetId?: string | undefined;
  postId?: string;
}

/**
 * Gives a body with `nextPostingTime` the next free posting time as its `scheduledFor`. Until the transaction ends, no
 * other post can take that time in this way.
 */
export async function takePostingTime(
  services: Pick<Services, "settings">,
  tx: pg.PoolClient,
  caller: Tenant,
  draft: Draft,
  target: Target,
): Promise<Draft> {
  if (draft.body.nextPostingTime === true && target.platformSetId !== undefined)
    await lockPostingTimes.run(tx, [target.platformSetId]);
  return await atPostingTime(services, tx, caller, draft, target);
}

/** The same, without taking the time. */
export async function atPostingTime(
  { settings }: Pick<Services, "settings">,
  db: Db,
  caller: Tenant,
  { body, issues }: Draft,
  { platformSetId, postId }: Target,
): Promise<Draft> {
  if (body.nextPostingTime !== true) return { body, issues };
  if (typeof body.scheduledFor === "string") return { body, issues: [...issues, twoTimes(body.scheduledFor)] };
  const set =
    platformSetId === undefined
      ? undefined
      : await findPostingTimes.one(db, [platformSetId, caller.userId, caller.mode]);
  // An unknown set is reported itself.
  if (set === undefined) return { body, issues };
  const { id, posting_times: postingTimes } = set;
  const at = postingTimes === null ? null : await findFreeTime(db, caller, { id, postingTimes }, postId);
  if (at !== null) return { body: { ...body, scheduledFor: at.toISOString() }, issues };
  return { body, issues: [...issues, postingTimes === null ? noTimes(settings.appUrl, id) : allTaken(id)] };
}

function twoTimes(scheduledFor: string): Issue {
  return issueOf({
    rule: "nextPostingTime.scheduledFor",
    path: "/nextPostingTime",
    message: "nextPostingTime cannot be combined with scheduledFor",
    actual: scheduledFor,
    fix: "Omit one of them.",
  });
}

function noTimes(appUrl: string, platformSetId: string): Issue {
  return issueOf({
    rule: "nextPostingTime.none",
    path: "/nextPostingTime",
    message: "The platform set has no posting times",
    actual: platformSetId,
    fix:
      `Set them at ${appUrl}/platforms or with PUT /api/v1/platform-sets/${platformSetId}/posting-times, ` +
      "or send scheduledFor.",
  });
}

function allTaken(platformSetId: string): Issue {
  return issueOf({
    rule: "nextPostingTime.taken",
    path: "/nextPostingTime",
    message: "Posts are scheduled for all posting times of the next year",
    actual: platformSetId,
    fix: "Add posting times to the platform set, or send scheduledFor.",
  });
}
