import type { PublicCode } from "../model/errors.ts";

/** The usual cause of each code and what to do about it. Its status is printed next to it. */
export const ERROR_ADVICE: Readonly<Record<PublicCode, { cause: string; cure: string }>> = {
  VALIDATION_FAILED: {
    cause:
      "A field is missing, unknown, misplaced, or has the wrong type or format, " +
      "or the post breaks a platform rule that has no code of its own. " +
      "On a platform post: the platform itself rejected the content.",
    cure:
      "Read `issues`: each has the location (`path`), the rule, and what to do (`fix`). " +
      "All problems are reported together, so one round of changes is enough. " +
      "Do not repeat the request unchanged: it will fail again.",
  },
  WARNING: {
    cause:
      "Part of the post has no effect or will not be shown, or something may change before it is published. " +
      "Only in `warnings`, never an error.",
    cure: "Read its `message`. If it is not what you want, do what `fix` says; otherwise ignore it.",
  },
  NO_PLATFORMS_SELECTED: {
    cause: "`platforms` is missing or empty.",
    cure: "List at least one platform, without duplicates.",
  },
  PLATFORM_NOT_CONNECTED: {
    cause:
      "The platform set has no active account on one of the `platforms`: it was never connected, or was disconnected.",
    cure:
      "`GET /api/v1/accounts?platformSetId=…` lists the connected accounts. " +
      "Connect the account in the dashboard or with a [connect link](/docs/connecting-accounts), use another set, " +
      "or omit the platform.",
  },
  CONTENT_TOO_LONG: {
    cause:
      "A text, title, description, alt text, tag, poll option or part of a thread exceeds the platform's limit, " +
      "counted the way the platform counts. A link appended to the text counts too.",
    cure:
      "Shorten it to `limit`; `actual` is its current length. " +
      "You can set a different text for the platform in `content.platformOverrides.<platform>.text`.",
  },
  UNSUPPORTED_MEDIA_TYPE: {
    cause: "Ampost does not support the file's type, or the file's content does not match the declared type.",
    cure: "Send one of the types listed under [Media](/docs/media), and correct or omit `mimeType`.",
  },
  UNSUPPORTED_MEDIA_CONFIG: {
    cause:
      "Too many or too few media files, or a size, aspect ratio, duration, " +
      "frame rate or codec that the platform does not support in any placement. " +
      "On a platform post: the platform rejected the file.",
    cure:
      "Compare `actual` with `limit`, and see the limits on the platform's page. " +
      "Ampost has already converted what it can.",
  },
  INVALID_PLACEMENT: {
    cause: "The placement in `settings.placement` does not support this type or number of media, or this link.",
    cure: "Omit the placement, so that Ampost picks one by the number and types of the media; or change the media as `fix` says.",
  },
  MIXED_MEDIA_NOT_SUPPORTED: {
    cause: "The post has both images and a video, and the platform does not support that.",
    cure: "Create two posts, or send only one type.",
  },
  UNAUTHORIZED: {
    cause:
      "The `Authorization: Bearer …` header is missing, the key is invalid, expired or revoked, " +
      "or the endpoint is the dashboard's and does not accept keys.",
    cure:
      "Send a valid key of this instance. The dashboard's endpoints (`/api/keys`, connecting, " +
      "sessions) do not accept keys.",
  },
  POLICY_VIOLATION: {
    cause:
      "The key's [policies](/docs/authentication) allow only drafts, or only some platforms, " +
      "or do not allow OAuth apps. No change of the post helps.",
    cure: "Use a key whose policies allow it. `fix` says which policy it is.",
  },
  APPROVAL_REQUIRED: {
    cause:
      "The key publishes only posts that a person has approved, and this version of the post is not approved. " +
      "Any edit removes an approval.",
    cure: "Send a person the address in `fix`. Once they have approved the post, publish it.",
  },
  PAGE_IDENTITY_CONFIRMATION_REQUIRED: {
    cause: "Meta requires a person who manages the Page to confirm their identity before the Page can publish.",
    cure: "Open the Page in the Facebook mobile app, complete the authorization, then retry the post.",
  },
  NOT_FOUND: {
    cause:
      "The endpoint does not exist, or the key cannot see the object: it belongs to another user, was deleted, " +
      "or is in the other mode (test keys do not see live objects).",
    cure: "Check the ID, the path, the method, and the mode of the key.",
  },
  POST_NOT_FOUND: {
    cause:
      "The key cannot see a post with this ID: it does not exist, belongs to another user, or is in the other mode.",
    cure: "Check the ID and the mode of the key. `GET /api/v1/posts` lists the posts the key can see.",
  },
  INVALID_STATUS_TRANSITION: {
    cause: "The post's status does not allow this action, such as editing a queued post or retrying a published one.",
    cure: "Get the post. The message has its status and what that allows; see the table in [Posts](/docs/posts).",
  },
  OUTCOME_UNKNOWN: {
    cause:
      "The request that publishes the post was sent, its response was lost, " +
      "and checking the platform could not determine whether the post is live. " +
      "In response to a retry: the platform post is `unknown`, and `force` is not set.",
    cure:
      "While the platform post is `posting`, wait: Ampost is still checking, and `action` says until when. " +
      "Once it is `unknown`, check the account on the platform. " +
      "If the post is there, send its link to `POST /api/v1/posts/:id/resolve`. " +
      'If it is not, retry with `{"platforms": ["…"], "force": true}`. ' +
      "[Exactly once](/docs/exactly-once) explains why Ampost does not decide this automatically.",
  },
  IDEMPOTENCY_IN_PROGRESS: {
    cause: "The first request with this `Idempotency-Key` is still running.",
    cure:
      "Wait for `Retry-After` seconds and send the same request with the same key: " +
      "you get the response to the first one.",
  },
  PRECONDITION_FAILED: {
    cause:
      "`If-Match` has the `ETag` of an earlier version of the post, " +
      "or the post has changed since the version to be approved.",
    cure: "Get the post again, check what has changed, and send the request with the new `ETag`.",
  },
  PAYLOAD_TOO_LARGE: {
    cause: "The JSON body or a file exceeds its limit.",
    cure:
      "Send files of at most 200 MB. " +
      "For large files, use a `url` or a [resumable upload](/docs/resumable-uploads).",
  },
  IDEMPOTENCY_KEY_REUSED: {
    cause: "This `Idempotency-Key` was used for a different request.",
    cure:
      "`object` is what the earlier request created or changed: read it first, since it may be what you want. " +
      "Use a new key for every new write. Reuse a key only to repeat exactly the same request.",
  },
  RATE_LIMITED: {
    cause:
      "Too many requests in this rate class, a quota that is used up, or the key's daily limit of posts. " +
      "On a platform post: the platform's limit is used up.",
    cure:
      "Wait for `Retry-After` seconds (`limit.resetsAt` and `X-RateLimit-Reset` say when). " +
      "A platform post with `nextAttemptAt` is retried automatically.",
  },
  AUTH_EXPIRED: {
    cause: "The account's access has expired and could not be renewed.",
    cure: "Reconnect the account, which keeps its ID, then retry the post.",
  },
  AUTH_REVOKED: {
    cause:
      "The user, the platform or an administrator revoked access, " +
      "a permission that publishing needs was not granted, or the platform refused only this post.",
    cure:
      "If the account's `tokenHealth` is `revoked`, reconnect it with all permissions, then retry the post. " +
      "Otherwise the account still works: check that it may publish this post on the platform, then retry.",
  },
  INTERNAL_ERROR: {
    cause: "An error in the server.",
    cure:
      "Send the request again with the same `Idempotency-Key`; nothing happens twice. " +
      "If the error persists, report it with the `requestId`.",
  },
  MEDIA_UPLOAD_FAILED: {
    cause: "A media URL could not be fetched before publishing started, or the platform could not process the file.",
    cure: "Check that the URL is publicly reachable without signing in, then retry the post; or upload the file.",
  },
  BROKER_ERROR: {
    cause: "The platform is down or gave an unexpected response. Nothing was published.",
    cure: "Retry the post later. `platformError` has the platform's own message.",
  },
  PUBLISH_MISSED: {
    cause:
      "Ampost or the platform was down at the post's time, " +
      "and for longer than a post may be late (`AMPOST_LATEST`, or the post's own `publishBy`).",
    cure: "If you still want the post, publish or retry it; otherwise reschedule or cancel it.",
  },
  UNAVAILABLE: {
    cause: "The server cannot reach its database.",
    cure: "Send the request again after `Retry-After` seconds, with the same `Idempotency-Key`.",
  },
};
