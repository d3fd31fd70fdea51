/** What the audit log records. */
export type AuditAction =
  | `user.${"created" | "signed_in" | "sign_in_failed" | "signed_out" | "email_verified" | "password_changed" | "password_reset" | "settings_changed" | "exported" | "deleted" | "invited" | "invite_withdrawn" | "plan_changed"}`
  | `member.${"invited" | "invite_withdrawn" | "joined" | "role_changed" | "removed" | "left"}`
  | `two_factor.${"enabled" | "disabled"}`
  | `passkey.${"added" | "removed"}`
  | `session.${"revoked"}`
  | `api_key.${"created" | "rolled" | "revoked"}`
  | `platform_set.${"created" | "renamed" | "posting_times_changed" | "deleted"}`
  | `post.${"approved" | "sent_back" | "resolved"}`
  | `oauth_app.${"saved" | "deleted"}`
  | `account.${"connected" | "reconnected" | "refreshed" | "posting_times_changed" | "disconnected" | "expired" | "revoked" | "data_deleted"}`
  | `connect_link.${"created" | "used" | "revoked"}`
  | `webhook.${"created" | "changed" | "deleted" | "secret_rotated"}`
  | `publishing.${"paused" | "resumed"}`
  | `operator_key.${"created" | "revoked"}`
  | `tenant.${"created" | "changed" | "suspended" | "resumed"}`
  | `encryption.${"rotated"}`;
