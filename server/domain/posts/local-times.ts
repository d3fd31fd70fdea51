import type { PostDraft } from "../../../contract/operations/posts.ts";
import { issueOf, type Issue } from "../../../model/errors.ts";
import { readLocalTime } from "../../../model/time-zones.ts";

/** A body of create, update or validate, and what is wrong with it. */
interface Draft {
  body: PostDraft;
  issues: readonly Issue[];
}

const TIMES = ["scheduledFor", "publishBy"] as const;

/** Times without an offset as instants, in the body's time zone. One that is none is left out, with an issue. */
export function atInstants({ body, issues }: Draft): { body: PostDraft; issues: Issue[] } {
  const read = { body, issues: [...issues] };
  for (const name of TIMES) {
    const given = body[name];
    if (typeof given !== "string" || /(Z|[+-]\d\d:?\d\d)$/i.test(given)) continue;
    const found = body.timeZone === undefined ? null : readLocalTime(given, body.timeZone);
    read.body = { ...read.body, [name]: found?.instant?.toISOString() };
    if (found?.instant) continue;
    // An invalid time zone is reported itself.
    if (found === null && issues.some(({ path }) => path === "/timeZone")) continue;
    read.issues.push(found === null ? withoutTimeZone(name, given) : skipped(name, given, found.instead));
  }
  return read;
}

function withoutTimeZone(name: string, given: string): Issue {
  return issueOf({
    rule: "request.format",
    path: `/${name}`,
    message: `${name} must be an ISO 8601 time with an offset or Z, such as 2026-12-01T09:30:00Z`,
    actual: given,
    fix: `Add an offset, or send the time zone of ${name} as timeZone, such as "timeZone": "Europe/Berlin".`,
  });
}

function skipped(name: string, given: string, instead: string): Issue {
  return issueOf({
    rule: `${name}.skipped`,
    path: `/${name}`,
    message: `${name} does not exist in this time zone: clocks are set forward past it`,
    actual: given,
    fix: `Use ${instead}, which is the same time after the change, or another time.`,
  });
}
