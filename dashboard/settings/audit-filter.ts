import type { SearchSchemaInput } from "@tanstack/react-router";
import type { z } from "zod";

import type { AuditEvent, auditList } from "../../contract/operations/audit.ts";
import { MODES, type Mode } from "../../model/platform-names.ts";
import { dayIn, startOfDay, startOfNextDay, textIn } from "../posts/post-filter.ts";

export const ACTORS = [
  "session",
  "key",
  "connect_link",
  "instance",
  "visitor",
] as const satisfies readonly AuditEvent["actor"]["kind"][];

/** The kinds of actions, as their names begin. */
export const KINDS = [
  "user",
  "member",
  "two_factor",
  "passkey",
  "session",
  "api_key",
  "platform_set",
  "post",
  "account",
  "oauth_app",
  "connect_link",
  "webhook",
  "publishing",
  "tenant",
] as const;

/** Which events the audit log shows, as in its address. */
export interface AuditFilter {
  action?: string | undefined;
  actor?: AuditEvent["actor"]["kind"] | undefined;
  /** `mode` is of the view. */
  eventMode?: Mode | undefined;
  /** First and last day, such as "2026-12-01". */
  from?: string | undefined;
  to?: string | undefined;
  /** Where an older page begins. */
  cursor?: string | undefined;
}

export function readAuditFilter({
  action,
  actor,
  eventMode,
  from,
  to,
  cursor,
}: AuditFilter & SearchSchemaInput): AuditFilter {
  return {
    action: KINDS.find((each) => each === action),
    actor: ACTORS.find((each) => each === actor),
    eventMode: MODES.find((each) => each === eventMode),
    from: dayIn(from),
    to: dayIn(to),
    cursor: textIn(cursor),
  };
}

/** The same for the API; days are those of the time zone. */
export function toAuditQuery(
  { from, to, ...same }: AuditFilter,
  timeZone: string,
): Omit<z.input<typeof auditList.query>, "limit"> {
  return {
    ...same,
    from: from && startOfDay(from, timeZone),
    to: to && startOfNextDay(to, timeZone),
  };
}
