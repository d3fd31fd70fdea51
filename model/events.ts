/** Event types, as used in webhooks. */
export const EVENT_TYPES = [
  "post.scheduled",
  "post.approved",
  "post.sent_back",
  "post.missed",
  "post.publishing",
  "post.published",
  "post.partial",
  "post.failed",
  "post.discarded",
  "platform_post.published",
  "platform_post.failed",
  "platform_post.retry_scheduled",
  "platform_post.unknown",
  "account.connected",
  "account.expiring",
  "account.disconnected",
  "media.failed",
  "publishing.paused",
  "publishing.resumed",
  "usage.threshold_reached",
] as const;

export type EventType = (typeof EVENT_TYPES)[number];
