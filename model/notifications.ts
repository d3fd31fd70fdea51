import type { Role } from "./roles.ts";

/** What people can be told by email about a workspace; each can be turned off. */
export const NOTIFICATION_KINDS = ["failed", "unknown", "accountAccess", "approval", "decided"] as const;

export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

/** The roles that can get each: those that can do something about it. In live mode, `true` is on until it is turned off. */
export const NOTIFIED: Readonly<Record<NotificationKind, Readonly<Partial<Record<Role, boolean>>>>> = {
  failed: { owner: true, publisher: false, writer: false },
  unknown: { owner: true, publisher: false },
  accountAccess: { owner: true, publisher: false },
  approval: { owner: true, publisher: true },
  decided: { writer: true },
};
