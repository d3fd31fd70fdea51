import type { PublicCode } from "../../model/errors.ts";
import { testPlatform } from "../conformance/index.ts";
import type { Refusal } from "../conformance/subject.ts";

testPlatform({
  name: "tiktok",
  settings: { privacyLevel: "PUBLIC_TO_EVERYONE" },
  readsBack: true,
  // Photos have no handle before the call that publishes them, and TikTok lists no tasks.
  unreadable: "image",
  // Moderation.
  idAfterSeconds: 60,
  refusals: [
    ...whilePreparing(),
    ...whileProcessing(),
    ...leftOpen(),
    { error: "spam_risk_too_many_posts", operation: "read", code: "RATE_LIMITED" },
    { error: "reached_active_user_cap", operation: "read", code: "RATE_LIMITED" },
    { error: "spam_risk_user_banned_from_posting", operation: "read", code: "BROKER_ERROR" },
    { error: "upload-malformed", operation: "publish", code: "MEDIA_UPLOAD_FAILED" },
    { error: "rate_limit_exceeded", operation: "status", code: "BROKER_ERROR", isLive: true },
  ],
});

/** Every row of the table of errors, at the call that opens a video. */
function whilePreparing(): Refusal[] {
  const codes: Record<string, PublicCode> = {
    access_token_invalid: "AUTH_EXPIRED",
    scope_not_authorized: "AUTH_REVOKED",
    scope_permission_missed: "AUTH_REVOKED",
    rate_limit_exceeded: "RATE_LIMITED",
    spam_risk_too_many_posts: "RATE_LIMITED",
    reached_active_user_cap: "RATE_LIMITED",
    spam_risk_too_many_pending_share: "RATE_LIMITED",
    spam_risk_user_banned_from_posting: "BROKER_ERROR",
    unaudited_client_can_only_post_to_private_accounts: "VALIDATION_FAILED",
    privacy_level_option_mismatch: "VALIDATION_FAILED",
    url_ownership_unverified: "UNSUPPORTED_MEDIA_CONFIG",
    invalid_param: "VALIDATION_FAILED",
    invalid_params: "VALIDATION_FAILED",
    "chunk-size-invalid": "MEDIA_UPLOAD_FAILED",
    "title-too-long": "CONTENT_TOO_LONG",
    invalid_file_upload: "MEDIA_UPLOAD_FAILED",
    app_version_check_failed: "BROKER_ERROR",
    invalid_publish_id: "BROKER_ERROR",
    token_not_authorized_for_specified_publish_id: "BROKER_ERROR",
    internal_error: "BROKER_ERROR",
    "500-empty": "BROKER_ERROR",
  };
  return Object.entries(codes).map(([error, code]) => ({ error, operation: "create", code, times: 50 }));
}

/** What TikTok finds in what it has accepted. */
function whileProcessing(): Refusal[] {
  const codes: Record<string, PublicCode> = {
    file_format_check_failed: "UNSUPPORTED_MEDIA_CONFIG",
    duration_check_failed: "UNSUPPORTED_MEDIA_CONFIG",
    frame_rate_check_failed: "UNSUPPORTED_MEDIA_CONFIG",
    picture_size_check_failed: "UNSUPPORTED_MEDIA_CONFIG",
    internal: "BROKER_ERROR",
    video_pull_failed: "MEDIA_UPLOAD_FAILED",
    photo_pull_failed: "MEDIA_UPLOAD_FAILED",
    publish_cancelled: "BROKER_ERROR",
    auth_removed: "AUTH_REVOKED",
    spam_risk_too_many_posts: "RATE_LIMITED",
    spam_risk_user_banned_from_posting: "BROKER_ERROR",
    spam_risk_text: "VALIDATION_FAILED",
    spam_risk: "BROKER_ERROR",
  };
  return Object.entries(codes).map(([reason, code]) => ({ error: `fail-${reason}`, operation: "create", code }));
}

/** What proves nothing at the last bytes: the state is read, and the video goes out in the end, once. */
function leftOpen(): Refusal[] {
  const errors = ["upload-expired", "upload-unknown", "upload-416", "chunk-502", "chunk-502-but-stored"];
  return errors.map((error) => ({ error, operation: "publish", code: "BROKER_ERROR", isLive: true }));
}
