import type { PublicCode } from "../model/errors.ts";

/**
 * What a person or a program does about each code, and what usually causes it. Where the code stands is printed beside
 * it.
 */
export const ERROR_ADVICE: Readonly<Record<PublicCode, { cause: string; cure: string }>> = {
  VALIDATION_FAILED: {
    cause:
      "A member is missing, has a wrong type or form, is unknown or stands in the wrong place, or a rule of the platform that no other code names is broken. On a platform post: the platform itself refused the content.",
    cure: "Read `issues`: each names the place (`path`), the rule, and what to do (`fix`). All problems are told at once, so one round of changes is enough. The same request will fail again; do not repeat it unchanged.",
  },
  NO_PLATFORMS_SELECTED: { cause: "`platforms` is missing or empty.", cure: "Name at least one platform, each once." },
  PLATFORM_NOT_CONNECTED: {
    cause:
      "The platform set has no active account of a platform that `platforms` names; it was never connected, or was disconnected.",
    cure: "Ask `GET /api/v1/accounts?platformSetId=…` what is connected. Connect the account in the dashboard or by a [connect link](/docs/connecting-accounts), name another set, or leave the platform out.",
  },
  CONTENT_TOO_LONG: {
    cause:
      "A text, title, description, alt text, tag, poll option or part of a chain is over the platform's limit, counted as that platform counts. A link that is appended to the text counts too.",
    cure: "Shorten it to `limit`; `actual` says how long it is. Give that platform a text of its own in `content.platformOverrides.<platform>.text`.",
  },
  UNSUPPORTED_MEDIA_TYPE: {
    cause: "The file is none of the types that Ampost takes, or its bytes are of another type than was claimed.",
    cure: "Send one of the types on [Media](/docs/media), and let `mimeType` say what the bytes are, or leave it out.",
  },
  UNSUPPORTED_MEDIA_CONFIG: {
    cause:
      "Too many or too few media, or a size, ratio, duration, frame rate or codec that the platform does not take in any placement. On a platform post: the platform refused the file.",
    cure: "Compare `actual` with `limit`, and see the limits on the platform's page. What Ampost can convert it has converted already.",
  },
  INVALID_PLACEMENT: {
    cause: "`settings.placement` names a placement that does not take this kind or number of media, or this link.",
    cure: "Leave the placement out, and the one that fits is chosen; or change the media as `fix` says.",
  },
  MIXED_MEDIA_NOT_SUPPORTED: {
    cause: "Images and a video in one post on a platform that never mixes them.",
    cure: "Publish two posts, or give only one kind.",
  },
  UNAUTHORIZED: {
    cause:
      "There is no `Authorization: Bearer …` header, the key is wrong, expired or revoked, or a route of the dashboard was called with a key.",
    cure: "Send a key that is good for this instance. Keys do not open the dashboard's routes (`/api/keys`, connecting, sessions).",
  },
  PAGE_IDENTITY_CONFIRMATION_REQUIRED: {
    cause: "Meta wants the person behind the Page to confirm who they are before the Page may publish.",
    cure: "Open the Page in the Facebook mobile app, complete the authorization that it offers, then retry the post.",
  },
  NOT_FOUND: {
    cause:
      "There is no such address, or no such object for this key: it belongs to somebody else, was deleted, or is of the other mode (a test key sees no live objects).",
    cure: "Check the id, the path and the method, and whether the key's mode is that of the object.",
  },
  POST_NOT_FOUND: {
    cause: "No post has this id for this key: it belongs to somebody else, or is of the other mode.",
    cure: "Check the id and the key's mode. `GET /api/v1/posts` lists what the key sees.",
  },
  INVALID_STATUS_TRANSITION: {
    cause:
      "The post is in a status that does not allow this, such as editing a post that is queued, or retrying one that is published.",
    cure: "Read the post; the message names its status and what is allowed in it. [Posts](/docs/posts) has the table.",
  },
  OUTCOME_UNKNOWN: {
    cause:
      "The call that makes the post visible was sent, its answer was lost, and reading back cannot tell whether the post is live. As an answer to retry: such a platform post was to be retried without `force`.",
    cure: 'Look at the account on the platform. If the post is there, do nothing. If it is not, retry with `{"platforms": ["…"], "force": true}`. [Exactly once](/docs/exactly-once) explains why Ampost does not decide this by itself.',
  },
  IDEMPOTENCY_IN_PROGRESS: {
    cause: "The first call with this `Idempotency-Key` has not been answered yet.",
    cure: "Wait for `Retry-After` seconds and send the same request with the same key: you get the first call's answer.",
  },
  PRECONDITION_FAILED: {
    cause: "`If-Match` carries the `ETag` of an earlier state of the post, or what was to be approved has changed.",
    cure: "Read the post again, look at what has changed, and send the change with the new `ETag`.",
  },
  PAYLOAD_TOO_LARGE: {
    cause: "The JSON body or a file is over its limit.",
    cure: "Send files of at most 200 MB. Give large files by `url`, or by [resumable upload](/docs/resumable-uploads).",
  },
  IDEMPOTENCY_KEY_REUSED: {
    cause: "This `Idempotency-Key` was used for another request.",
    cure: "Use a new key for every new write, and the old one only to repeat the very same request.",
  },
  RATE_LIMITED: {
    cause:
      "Too many calls of this class, a used-up quota, or a key's own number of posts a day. On a platform post: the platform's limit is used up.",
    cure: "Wait for `Retry-After` seconds (`limit.resetsAt` and `X-RateLimit-Reset` say when). A platform post with `nextAttemptAt` is tried again by itself.",
  },
  AUTH_EXPIRED: {
    cause: "The account's access has ended and could not be renewed.",
    cure: "Reconnect the account, which keeps its id, then retry the post.",
  },
  AUTH_REVOKED: {
    cause:
      "The person, the platform or an administrator withdrew the access, or a permission that publishing needs was not given.",
    cure: "Reconnect the account with all permissions, then retry the post.",
  },
  INTERNAL_ERROR: {
    cause: "A fault of the server.",
    cure: "Send the request again with the same `Idempotency-Key`; nothing is done twice. If it stays, report it with the `requestId`.",
  },
  MEDIA_UPLOAD_FAILED: {
    cause: "A media URL could not be fetched until publishing began, or the platform could not take the file.",
    cure: "Check that the address answers without sign-in from the internet, then retry the post; or upload the file itself.",
  },
  BROKER_ERROR: {
    cause: "The platform is away, or gave an answer that is not known. It is certain that nothing was published.",
    cure: "Retry the post later. `platformError` has the platform's own words.",
  },
  PUBLISH_MISSED: {
    cause:
      "Ampost or the platform was down at the post's time, and for longer than a post may be late (`AMPOST_LATEST`, or the post's own `publishBy`).",
    cure: "Publish or retry the post if it is still wanted; give it another time or cancel it if not.",
  },
  UNAVAILABLE: {
    cause: "The server cannot reach its database at the moment.",
    cure: "Send the request again after `Retry-After` seconds, with the same `Idempotency-Key`.",
  },
};
