import type pg from "pg";

import type { PostDraft } from "../../../contract/operations/posts.ts";
import { issueOf, type Issue } from "../../../model/errors.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import { areSameTimes, type PostingTimes } from "../../../model/posting-times.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { listTimesOfAccounts, lockPostingTimes } from "../../db/queries/platform-sets.ts";
import type { Db } from "../../db/sql.ts";
import { findFreeTime } from "../platform-sets/posting-times.ts";
import type { Services } from "../services.ts";

/** A body of create, update or validate, and what is wrong with it. */
interface Draft {
  body: PostDraft;
  issues: Issue[];
}

/** The post's set and platforms, and its ID if it exists already: it does not take a time from itself. */
interface Target {
  platformSetId?: string | undefined;
  platforms?: readonly PlatformName[] | undefined;
  postId?: string;
}

/**
 * Gives a body with `nextPostingTime` the next time at which each of its accounts has a posting time, by its own or its
 * set's, and no other post, as its `scheduledFor`. Until the transaction ends, no
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
  { platformSetId, platforms = [], postId }: Target,
): Promise<Draft> {
  if (body.nextPostingTime !== true) return { body, issues };
  if (typeof body.scheduledFor === "string") return { body, issues: [...issues, twoTimes(body.scheduledFor)] };
  const rows =
    platformSetId === undefined ? [] : await listTimesOfAccounts.all(db, [platformSetId, caller.userId, caller.mode]);
  const [set] = rows;
  // An unknown set is reported itself.
  if (platformSetId === undefined || set === undefined) return { body, issues };
  // So is a platform without an account; until it has one, it has the times that it would follow.
  const timesOf = (platform: PlatformName | null) =>
    rows.find((row) => row.platform === platform)?.own_times ?? set.set_times;
  const groups = groupByTimes(platforms.length === 0 ? [null] : platforms, timesOf);
  if (groups.some(({ times }) => times === null))
    return { body, issues: [...issues, noTimes(settings.appUrl, platformSetId, groups)] };
  const at = await findFreeTime(
    db,
    caller,
    {
      platformSetId,
      platforms: platforms.length === 0 ? null : platforms,
      all: groups.flatMap(({ times }) => times ?? []),
    },
    postId,
  );
  if (at === "differ") return { body, issues: [...issues, nothingInCommon(groups)] };
  if (at === "taken") return { body, issues: [...issues, allTaken(platformSetId)] };
  return { body: { ...body, scheduledFor: at.toISOString() }, issues };
}

/** Accounts with the same posting times; null: with none. */
interface Group {
  platforms: (PlatformName | null)[];
  times: PostingTimes | null;
}

function groupByTimes(
  platforms: readonly (PlatformName | null)[],
  timesOf: (platform: PlatformName | null) => PostingTimes | null,
): Group[] {
  const groups: Group[] = [];
  for (const platform of platforms) {
    const times = timesOf(platform);
    const same = groups.find((group) => areSameTimes(group.times, times));
    if (same === undefined) groups.push({ platforms: [platform], times });
    else same.platforms.push(platform);
  }
  return groups;
}

/** "Facebook and LinkedIn" */
function namesOf({ platforms }: Group): string {
  const labels = platforms.map((platform) => (platform === null ? "" : catalog[platform].capabilities.label));
  return new Intl.ListFormat("en").format(labels);
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

/** None of the accounts has any, or only some. */
function noTimes(appUrl: string, platformSetId: string, groups: readonly Group[]): Issue {
  const [without] = groups.filter(({ times }) => times === null);
  const isPart = groups.length > 1 && without !== undefined;
  return issueOf({
    rule: "nextPostingTime.none",
    path: "/nextPostingTime",
    message: isPart
      ? `${namesOf(without)}: the platform set has no posting times, and the account none of its own`
      : "The platform set has no posting times",
    actual: platformSetId,
    fix:
      `Set them at ${appUrl}/platforms or with PUT /api/v1/platform-sets/${platformSetId}/posting-times` +
      `${isPart ? " or PUT /api/v1/accounts/:id/posting-times, create a post for each" : ""}, or send scheduledFor.`,
  });
}

function nothingInCommon(groups: readonly Group[]): Issue {
  return issueOf({
    rule: "nextPostingTime.differ",
    path: "/nextPostingTime",
    message: `These accounts have no posting time in common: ${groups.map(namesOf).join("; ")}`,
    actual: groups.map(({ platforms }) => platforms),
    fix: `Create ${groups.length} posts, one for each of them, or send scheduledFor.`,
  });
}

function allTaken(platformSetId: string): Issue {
  return issueOf({
    rule: "nextPostingTime.taken",
    path: "/nextPostingTime",
    message: "Other posts are scheduled for all posting times of the next year",
    actual: platformSetId,
    fix: "Add posting times to the platform set or the account, or send scheduledFor.",
  });
}
