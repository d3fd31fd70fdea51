import type { Capabilities } from "../../model/capabilities.ts";
import { issueOf } from "../../model/errors.ts";
import type { TopicIssue } from "./files.ts";

/** A time at most this far in the past counts as now. */
const GRACE_SECONDS = 60;

/**
 * Checks that the time is in the future and at most a year ahead. Malformed times are reported when the request is
 * parsed.
 */
export function validateSchedule(scheduledFor: string | null, now: Date): TopicIssue[] {
  const time = Date.parse(scheduledFor ?? "");
  if (Number.isNaN(time)) return [];
  const earliest = now.getTime() - GRACE_SECONDS * 1000;
  const latest = new Date(now);
  latest.setUTCFullYear(latest.getUTCFullYear() + 1);
  if (time < earliest)
    return [
      refuse(
        "past",
        "scheduledFor must be in the future.",
        scheduledFor,
        now,
        "Choose a later time, or omit scheduledFor and publish the post yourself.",
      ),
    ];
  if (time > latest.getTime())
    return [
      refuse(
        "tooFar",
        "scheduledFor must be at most one year ahead.",
        scheduledFor,
        latest,
        "Choose a time within the next year.",
      ),
    ];
  return [];
}

/** Checks that the last time to publish is later than the first and at most a year ahead. */
export function validateLastTime(
  { scheduledFor, publishBy }: { scheduledFor?: string | null; publishBy?: string | null },
  now: Date,
): TopicIssue[] {
  const last = Date.parse(publishBy ?? "");
  const first = Math.max(now.getTime(), Date.parse(scheduledFor ?? "") || 0);
  const latest = new Date(now);
  latest.setUTCFullYear(latest.getUTCFullYear() + 1);
  if (last <= first)
    return [
      refuseLastTime(
        "early",
        "publishBy must be in the future and later than scheduledFor.",
        publishBy,
        new Date(first),
        "Choose a later time, or omit publishBy.",
      ),
    ];
  if (last > latest.getTime())
    return [
      refuseLastTime(
        "tooFar",
        "publishBy must be at most one year ahead.",
        publishBy,
        latest,
        "Choose a time within the next year.",
      ),
    ];
  return [];
}

/**
 * Rejects `scheduledFor` on a platform that the contract does not allow to be scheduled. `namesSetting`: whether it says
 * what the operator can change.
 */
export function refuseSchedule(
  { platform, label, scheduling }: Capabilities,
  scheduledFor: string,
  namesSetting: boolean,
): TopicIssue[] {
  if (scheduling) return [];
  const setting = " The operator of the instance can allow it on every platform: AMPOST_SCHEDULING=all.";
  return [
    {
      about: "scheduling",
      issue: issueOf({
        rule: `${platform}.scheduling`,
        platform,
        path: "/scheduledFor",
        message: `${label} posts cannot be scheduled yet.`,
        actual: scheduledFor,
        fix:
          "Create a draft without scheduledFor and publish it when its time has come, " +
          `or remove "${platform}" from platforms.${namesSetting ? setting : ""}`,
      }),
    },
  ];
}

function refuseLastTime(
  rule: string,
  message: string,
  actual: string | null | undefined,
  limit: Date,
  fix: string,
): TopicIssue {
  return {
    about: "scheduling",
    issue: issueOf({
      rule: `publishBy.${rule}`,
      path: "/publishBy",
      message,
      actual: actual ?? null,
      limit: limit.toISOString(),
      fix,
    }),
  };
}

function refuse(rule: string, message: string, actual: string | null, limit: Date, fix: string): TopicIssue {
  return {
    about: "scheduling",
    issue: issueOf({
      rule: `scheduledFor.${rule}`,
      path: "/scheduledFor",
      message,
      actual,
      limit: limit.toISOString(),
      fix,
    }),
  };
}
