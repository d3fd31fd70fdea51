/**
 * The states of posts and platform posts, who changes them, and what a caller can do in each. A post's status is a pure
 * fold over its platform posts, except for the three states that a caller sets.
 */

/** Each status of a post, its meaning, and who changes it. */
export const POST_STATUS_MEANINGS = {
  /** Set by creating without a time, or by removing the time. Left by editing, publishing or discarding. */
  draft: "Not scheduled. Publish it or set a time.",
  /** Set by creating with a time. Left by the engine at that time, by editing, publishing or discarding. */
  scheduled: "Will be published automatically at its scheduled time.",
  /** Set by publish or retry. Left by the engine as soon as it starts, or by discarding. */
  queued: "Accepted for publishing; publishing has not started.",
  /**
   * Set by the engine, at the first step on any platform after the due time. Left when all platform posts are settled.
   */
  posting: "Publishing has started on at least one platform and has not finished on all of them.",
  /** Set by the engine. Left only if what was found for a lost platform post turns out to be another one. */
  published: "Live on every platform.",
  /** Set by the engine. Left by retry or discarding, and when reading back finds a lost platform post live. */
  partial: "Live on some platforms, but failed or unknown on others.",
  /** Set by the engine. Left by retry or discarding, and when reading back finds a lost platform post live. */
  failed: "Not known to be live on any platform.",
  /** Set by cancel or delete. Final. */
  discarded: "Cancelled. Anything not yet published will not be published.",
} as const;

export type PostStatus = keyof typeof POST_STATUS_MEANINGS;

export const POST_STATUSES = [
  "draft",
  "scheduled",
  "queued",
  "posting",
  "published",
  "partial",
  "failed",
  "discarded",
] as const satisfies readonly PostStatus[];

/** Each status of a platform post, its meaning, and who changes it. */
export const PLATFORM_POST_STATUS_MEANINGS = {
  /** Set by creating. Left by publish, by the engine when it is due, or by discarding. It can be prepared before. */
  pending: "Waiting for its scheduled time or to be published.",
  /** Set by publish or retry. Left by the engine when it starts, or by discarding. */
  queued: "Due; publishing has not started.",
  /** Set by the engine. Waiting for the next attempt or for reading back also counts as posting. */
  posting: "Publishing is in progress, or waiting for the next attempt.",
  /**
   * Set by the engine, on the platform's confirmation or what it has read back. Left for unknown if that turns out to be
   * another post.
   */
  published: "Live on the platform.",
  /**
   * Set by the engine. Left by retry or discarding, and for published if a late response says it is live.
   */
  failed: "Not live, and not retried automatically.",
  /**
   * Set by the engine, or when a forced retry is cancelled. Left when reading back settles it within a day, when a person
   * says what is on the account, or by a forced retry.
   */
  unknown: "The platform's response was lost, and checking could not determine whether the post is live.",
  /**
   * Set by cancel or delete, or with its platform set. Left only for published, if a late response says it is live.
   */
  discarded: "Cancelled before it was published.",
} as const;

export type PlatformPostStatus = keyof typeof PLATFORM_POST_STATUS_MEANINGS;

export const PLATFORM_POST_STATUSES = [
  "pending",
  "queued",
  "posting",
  "published",
  "failed",
  "unknown",
  "discarded",
] as const satisfies readonly PlatformPostStatus[];

/** A caller's actions on a post. Both cancel and delete are `discard`. */
export const POST_ACTIONS = ["edit", "publish", "discard", "retry"] as const;

export type PostAction = (typeof POST_ACTIONS)[number];

/**
 * The actions allowed in each status. While `posting`, discarding also requires that nothing is in progress: see
 * `post-actions.ts`.
 */
const ALLOWED_ACTIONS: Record<PostStatus, readonly PostAction[]> = {
  draft: ["edit", "publish", "discard"],
  scheduled: ["edit", "publish", "discard"],
  queued: ["discard"],
  posting: ["discard"],
  published: [],
  partial: ["discard", "retry"],
  failed: ["discard", "retry"],
  discarded: [],
};

export function allowedActions(status: PostStatus): readonly PostAction[] {
  return ALLOWED_ACTIONS[status];
}

export function isAllowed(status: PostStatus, action: PostAction): boolean {
  return ALLOWED_ACTIONS[status].includes(action);
}

const PAST_TENSE: Record<PostAction, string> = {
  edit: "edited",
  publish: "published",
  discard: "cancelled",
  retry: "retried",
};

/** The message of a 409: the requested action, the current status, and the actions it allows. */
export function refusalOf(action: PostAction, status: PostStatus): string {
  const allowed = ALLOWED_ACTIONS[status].map((other) => PAST_TENSE[other]);
  const list = allowed.length > 1 ? `${allowed.slice(0, -1).join(", ")} or ${allowed.at(-1)}` : allowed[0];
  const possible = list === undefined ? "this status is final" : `it can only be ${list}`;
  const isBroken = (status === "failed" || status === "partial") && (action === "edit" || action === "publish");
  const instead = isBroken ? " If an error has the category content, create a new post for its platform instead." : "";
  return (
    `A post in status "${status}" cannot be ${PAST_TENSE[action]}: ` +
    `${status === "posting" ? "it is being published, and can only be cancelled while every platform is waiting for its next attempt" : possible}.${instead}`
  );
}

/**
 * Whether the platform post is in a state that the engine does not change, except by reading back a lost commit.
 */
export function isSettled(status: PlatformPostStatus): boolean {
  return SETTLED.has(status);
}

const SETTLED: ReadonlySet<PlatformPostStatus> = new Set(["published", "failed", "unknown", "discarded"]);

/**
 * A platform post's progress. It only increases, except that a caller's retry starts over, and proof that a commit
 * published nothing can return `posting` to its preparation without changing the status.
 */
export const RANK = {
  pending: 0,
  queued: 1,
  posting: 2,
  unknown: 3,
  failed: 4,
  discarded: 4,
  published: 5,
} as const satisfies Record<PlatformPostStatus, number>;

/** The usual status changes of a post, and their causes. Each starts with creating it. */
export const POST_MOVES: readonly [from: PostStatus, to: PostStatus, by: string][] = [
  ["draft", "scheduled", "edit: a time"],
  ["scheduled", "draft", "edit: no time"],
  ["draft", "queued", "publish"],
  ["scheduled", "queued", "publish"],
  ["scheduled", "posting", "its time has come"],
  ["queued", "posting", "the engine begins"],
  ["posting", "published", "live everywhere"],
  ["posting", "partial", "live on some"],
  ["posting", "failed", "live on none"],
  ["published", "partial", "what was found is another post"],
  ["published", "failed", "what was found is another post"],
  ["partial", "failed", "what was found is another post"],
  ["partial", "published", "a lost answer is found"],
  ["failed", "partial", "a lost answer is found"],
  ["failed", "published", "a lost answer is found"],
  ["partial", "queued", "retry"],
  ["failed", "queued", "retry"],
  ["draft", "discarded", "cancel"],
  ["scheduled", "discarded", "cancel"],
  ["queued", "discarded", "cancel"],
  ["posting", "discarded", "cancel between attempts"],
  ["partial", "discarded", "cancel"],
  ["failed", "discarded", "cancel"],
];

/** Like `POST_MOVES`, for one platform. */
export const PLATFORM_POST_MOVES: readonly [from: PlatformPostStatus, to: PlatformPostStatus, by: string][] = [
  ["pending", "queued", "publish"],
  ["pending", "posting", "its time has come"],
  ["pending", "failed", "preparing failed for good"],
  ["queued", "posting", "the engine begins"],
  ["queued", "failed", "preparing failed for good"],
  ["posting", "published", "answered, or read back"],
  ["posting", "failed", "refused, and no call in doubt"],
  ["posting", "unknown", "reading back cannot tell"],
  ["published", "unknown", "what was found is another post"],
  ["unknown", "published", "read back, a late answer, or a person's"],
  ["unknown", "failed", "proved not to be live, or a person's answer"],
  ["unknown", "queued", "retry with force"],
  ["failed", "queued", "retry"],
  ["failed", "published", "a late answer"],
  ["queued", "unknown", "a forced retry is cancelled"],
  ["pending", "discarded", "cancel"],
  ["queued", "discarded", "cancel"],
  ["posting", "discarded", "cancel between attempts"],
  ["failed", "discarded", "cancel"],
];

/**
 * Whether the engine can make this status change on its own. Staying is allowed. One that loses what was found for it to
 * another, which has stronger evidence, also goes from published to unknown.
 */
export function mayBecome(from: PlatformPostStatus, to: PlatformPostStatus): boolean {
  if (from === to) return true;
  if (from === "published") return false;
  if (from === "failed" || from === "discarded") return to === "published";
  return RANK[to] > RANK[from];
}

/**
 * A post's status from its platform posts' statuses. `draft`, `scheduled` and `discarded` are set by callers and stay
 * until the engine starts; individually discarded platform posts do not count. An unknown outcome counts as failed.
 */
export function foldStatus(current: PostStatus, platformPosts: readonly PlatformPostStatus[]): PostStatus {
  if (current === "discarded") return "discarded";
  const counted = platformPosts.filter((status) => status !== "discarded");
  if (counted.length === 0) return platformPosts.length === 0 ? current : "discarded";
  if (counted.includes("posting")) return "posting";
  if (counted.includes("queued"))
    return counted.some((status) => status !== "queued" && status !== "pending") ? "posting" : "queued";
  if (counted.includes("pending")) return counted.every((status) => status === "pending") ? current : "posting";
  const published = counted.filter((status) => status === "published").length;
  if (published === counted.length) return "published";
  return published === 0 ? "failed" : "partial";
}

export const CONNECT_LINK_STATUSES = ["pending", "connected", "expired", "revoked"] as const;
export type ConnectLinkStatus = (typeof CONNECT_LINK_STATUSES)[number];

/** What a person has said about a post whose key waits for approval. */
export const APPROVAL_STATES = ["pending", "approved", "sent_back"] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];
