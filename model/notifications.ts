/** What users can be told by email; each can be turned off. */
export const NOTIFICATION_KINDS = ["failed", "unknown", "accountAccess", "approval"] as const;

export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];
