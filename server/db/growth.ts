import type { BOUNDS } from "../../model/bounds.ts";
import type { UserLimits } from "../../model/user-limits.ts";

/** What limits a table's growth; at least one of these. */
export interface Growth {
  /** The statement by which a sweep deletes from it. */
  swept?: string;
  /** Its rows go with rows of that table, of which each has a bounded number. */
  with?: string;
  /** Limits the operator can set per user. */
  limits?: readonly (keyof UserLimits)[];
  /** Limits of every instance. */
  bounds?: readonly (keyof typeof BOUNDS)[];
  /** Anything else, in words. */
  because?: string;
}

/** Every table, and what limits it: a test fails until a new one is listed here. */
export const GROWTH: Readonly<Record<string, Growth>> = {
  users: {
    swept: "users.delete_unconfirmed",
    bounds: ["unconfirmedDays"],
    because: "AMPOST_MAX_USERS limits who signs up; the operator's programs create tenants",
  },
  billing_customers: { with: "users" },
  subscriptions: { swept: "subscriptions.delete_old", because: "a user has one at a time" },
  billing_events: { swept: "billing_events.delete_old" },
  sessions: { swept: "sessions.delete_old", bounds: ["sessions"] },
  sign_in_methods: { with: "users" },
  two_factors: { with: "users" },
  passkeys: { with: "users", bounds: ["passkeys"] },
  usage_months: { swept: "usage_months.delete_old" },
  verifications: { swept: "verifications.delete_old" },
  throttles: { swept: "throttles.delete_old" },
  request_counts: { with: "users" },
  invites: { swept: "invites.delete_old" },
  members: { with: "users", bounds: ["members"] },
  member_invites: { swept: "member_invites.delete_old", bounds: ["members"] },
  publishers: {
    because: "each start of a worker leaves one row of 80 bytes, with which what is noted elsewhere is compared",
  },
  api_keys: { swept: "api_keys.delete_ended", bounds: ["activeKeys", "pastOnes", "pastDays"] },
  mcp_tokens: { swept: "mcp_tokens.delete_old" },
  mcp_ended_sessions: { swept: "mcp_ended_sessions.delete_old" },
  platform_sets: { because: "each person has AMPOST_MAX_PLATFORM_SETS in a mode at most" },
  accounts: { bounds: ["notedChanges"] },
  connections: { with: "accounts" },
  oauth_apps: { swept: "oauth_apps.delete_past", bounds: ["notedChanges", "pastDays"] },
  oauth_attempts: { swept: "oauth_attempts.delete_old" },
  connect_links: { swept: "connect_links.delete_ended", bounds: ["pendingConnectLinks", "pastOnes", "pastDays"] },
  data_deletions: { swept: "data_deletions.delete_old" },
  posts: { limits: ["postsPerDay", "contentBytesPerDay"], bounds: ["contentBytes"] },
  post_counts: { swept: "post_counts.fold" },
  post_blocks: { with: "users", limits: ["postsPerDay", "contentBytesPerDay"] },
  platform_posts: { with: "posts", limits: ["postsPerDay"] },
  publish_steps: { swept: "publish_steps.sweep", limits: ["postsPerDay", "callsPerMinute"] },
  budget_uses: { with: "platform_posts", swept: "budget_uses.delete_old" },
  budget_limits: {
    swept: "budget_limits.delete_old",
    because: "an account, an app and a user have a row for each limit",
  },
  post_media: { with: "posts", limits: ["postsPerDay"] },
  post_approvals: { with: "posts" },
  media: { swept: "media.remove_released", limits: ["maxStorageBytes", "postsPerDay", "callsPerMinute"] },
  resumable_uploads: { swept: "resumable_uploads.remove", bounds: ["uploadsUnderWay"] },
  resumable_upload_parts: { with: "resumable_uploads" },
  idempotency_keys: { swept: "idempotency_keys.delete_old", bounds: ["keysOfPost"], limits: ["callsPerMinute"] },
  operator_keys: { because: "the operator creates them, for a few programs" },
  operator_idempotency_keys: { swept: "operator_idempotency_keys.delete_old" },
  publishing_pauses: { swept: "publishing_pauses.delete_old", bounds: ["notedChanges"] },
  outbox: { swept: "outbox.delete_old", limits: ["callsPerMinute"] },
  notification_settings: { because: "a user has one for each kind in each mode" },
  member_notification_settings: { with: "members", because: "a member has one for each kind in each mode" },
  notices: { with: "users", because: "they are sent within minutes" },
  tries: { swept: "tries.delete_old" },
  webhooks: { swept: "webhooks.delete_unread", because: "each person has 20 in a mode at most" },
  webhook_deliveries: {
    swept: "webhook_deliveries.delete_old",
    bounds: ["pendingDeliveries", "keptDeliveries", "keptDeliveryBytes"],
  },
  api_requests: { swept: "api_requests.delete_old", bounds: ["keptRequests", "keptRequestBytes"] },
  audit_events: { swept: "audit_events.delete_old", bounds: ["notedChanges", "notedFailures"] },
  operator_alerts: { because: "it has a row for each thing that the operator is told about now" },
  instance: { because: "it has a row for each thing that the instance knows of itself" },
  schema_migrations: { because: "it has a row for each migration" },
  "jobs.job": { because: "the queue deletes jobs a day after they have finished, and after 14 days without a start" },
  "jobs.job_dependency": { because: "no job depends on another" },
  "jobs.queue": { because: "it has a row for each queue" },
  "jobs.schedule": { because: "it has a row for each queue that runs regularly" },
  "jobs.subscription": { because: "nothing subscribes" },
  "jobs.bam": { because: "it has a row for each change of the queue's own tables" },
  "jobs.warning": { because: "warnings are logged, not stored" },
  "jobs.queue_stats": { because: "statistics are not stored" },
  "jobs.instance": { because: "it has a row for each process that runs, and the queue deletes those of dead ones" },
  "jobs.version": { because: "it has one row" },
};
