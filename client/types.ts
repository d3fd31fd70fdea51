// Printed from the contract by `npm run generate`. Change that, not this.

/** Platform key. X is `twitter`. */
export type Platform = "instagram" | "facebook" | "twitter" | "linkedin" | "tiktok" | "youtube" | "threads";

/** `live` or `test`. In test mode, posts are published only to the built-in sandbox. */
export type Mode = "live" | "test";

export type ErrorCode =
  | "VALIDATION_FAILED"
  | "WARNING"
  | "NO_PLATFORMS_SELECTED"
  | "PLATFORM_NOT_CONNECTED"
  | "CONTENT_TOO_LONG"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "UNSUPPORTED_MEDIA_CONFIG"
  | "INVALID_PLACEMENT"
  | "MIXED_MEDIA_NOT_SUPPORTED"
  | "UNAUTHORIZED"
  | "POLICY_VIOLATION"
  | "APPROVAL_REQUIRED"
  | "PAGE_IDENTITY_CONFIRMATION_REQUIRED"
  | "NOT_FOUND"
  | "POST_NOT_FOUND"
  | "INVALID_STATUS_TRANSITION"
  | "OUTCOME_UNKNOWN"
  | "IDEMPOTENCY_IN_PROGRESS"
  | "PRECONDITION_FAILED"
  | "PAYLOAD_TOO_LARGE"
  | "IDEMPOTENCY_KEY_REUSED"
  | "RATE_LIMITED"
  | "AUTH_EXPIRED"
  | "AUTH_REVOKED"
  | "INTERNAL_ERROR"
  | "MEDIA_UPLOAD_FAILED"
  | "BROKER_ERROR"
  | "PUBLISH_MISSED"
  | "UNAVAILABLE";

/** A broken rule. */
export interface Issue {
  /** ID of the rule. */
  rule: string;
  code: ErrorCode;
  /** The platform the rule belongs to, or null. */
  platform: Platform | null;
  /** JSON Pointer into the request. "" for the whole request. */
  path: string;
  /** What is wrong, in a sentence. */
  message: string;
  /** The value that was sent. */
  actual: unknown;
  /** The value that is allowed. */
  limit: unknown;
  /** What to do. */
  fix: string;
}

export interface ErrorBody {
  /** The first issue's message. */
  error: string;
  code: ErrorCode;
  /** The page that explains the code. */
  docs: string;
  /** Same as the header X-Request-Id. */
  requestId: string;
  issues: Issue[];
  /**
   * Only with `RATE_LIMITED`: the limit that was reached and when it resets. `resetsAt` is null if it does not reset
   * over time.
   */
  limit?: {
    kind: "rate" | "quota";
    name: string;
    limit: number;
    resetsAt: string | null;
  };
  /** Only with `IDEMPOTENCY_KEY_REUSED`: the object that the earlier request with this key created or changed. */
  object?: {
    type: string;
    id: string;
  };
}

export type PostStatus =
  | "draft"
  | "scheduled"
  | "queued"
  | "posting"
  | "published"
  | "partial"
  | "failed"
  | "discarded";

export type PlatformPostStatus = "pending" | "queued" | "posting" | "published" | "failed" | "unknown" | "discarded";

/** Why a platform post failed or is being retried. */
export interface PlatformPostError {
  code: ErrorCode;
  /** The page that explains the code. */
  docs: string;
  message: string;
  /** Whose problem it is. */
  category: "content" | "account" | "rate_limit" | "platform" | "network" | "internal";
  retryable: boolean;
  retryAt: string | null;
  /** What to do. */
  action: string;
  /** The platform's own message, without secrets. */
  platformError: {
    status: number | null;
    code: string | null;
    message: string | null;
    requestId: string | null;
  } | null;
}

export interface PlatformPost {
  id: string;
  /** Platform key. X is `twitter`. */
  platform: Platform;
  status: PlatformPostStatus;
  /** URL of the published post, once the platform has returned it. */
  publishedUrl: string | null;
  /** In test mode, where a browser can open the published post: nothing is at `publishedUrl`. */
  sandboxUrl: string | null;
  /** The account that publishes the post. */
  accountId: string | null;
  /** The platform's ID for the post. */
  platformPostId: string | null;
  /** Of a thread: its parts after the first that are live, in order, each with its own ID and URLs. */
  parts: {
    platformPostId: string;
    publishedUrl: string | null;
    sandboxUrl: string | null;
  }[];
  /** When it went live, as far as can be known. */
  publishedAt: string | null;
  /** Number of publish attempts so far, including the one that is in progress or succeeded. */
  attemptCount: number;
  /**
   * When Ampost continues with it, or checks an unknown outcome again. Null while a step is running or if nothing is
   * left.
   */
  nextAttemptAt: string | null;
  error: PlatformPostError | null;
  warnings: {
    code: string;
    message: string;
  }[];
}

export interface Post {
  id: string;
  userId: string;
  content: {
    text: string;
    /** Media as they were sent. Stored media also have their measured properties and a signed URL. */
    media: MediaEntry[];
    linkUrl: string | null;
    /** Overrides as they were sent. */
    platformOverrides: Record<string, unknown>;
  };
  platformPosts: PlatformPost[];
  status: PostStatus;
  scheduledFor: string | null;
  /** Latest time to publish the post automatically. Null for the instance's default. */
  publishBy: string | null;
  /** What happens if the post's time comes while publishing is paused. */
  onPause: "late" | "skip";
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  /** ISO 8601, UTC, with milliseconds. */
  updatedAt: string;
  platformSetId: string;
  /** `live` or `test`. In test mode, posts are published only to the built-in sandbox. */
  mode: Mode;
  publishedAt: string | null;
  /**
   * Whether the post is approved, if its key or writer needs that. Null once it is published, and after a writer's edit
   * until they try again.
   */
  approval: {
    /** `sent_back` if a person wants it changed first: then an edit by a key makes it `pending` again. */
    state: "pending" | "approved" | "sent_back";
    /** Why a person has sent it back. */
    reason: string | null;
    /** When a person approved the current version. */
    approvedAt: string | null;
    /** Where a person approves the current version. */
    url: string;
  } | null;
}

export interface PostSummary {
  id: string;
  status: PostStatus;
  /** First 100 characters of the text, or of a platform's own text or title. */
  textPreview: string;
  platforms: Platform[];
  mediaCount: number;
  /** Number of published platform posts. */
  publishedCount: number;
  /** Number of failed platform posts, including those whose outcome is unknown. */
  failedCount: number;
  /** Of those, the number that may be live. */
  unknownCount: number;
  /** Scheduled platform posts that wait for somebody to act. */
  blockedCount: number;
  scheduledFor: string | null;
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  /** ISO 8601, UTC, with milliseconds. */
  updatedAt: string;
  platformSetId: string;
  /** `live` or `test`. In test mode, posts are published only to the built-in sandbox. */
  mode: Mode;
  publishedAt: string | null;
}

export interface CreatedInBatch {
  /** A unique value of this post, such as a UUID. */
  idempotencyKey: string;
  /** Whether an earlier request created the post. */
  replayed: boolean;
  /** Problems that do not prevent publishing. */
  warnings: Issue[];
  /** The post now. `null` if there is none. */
  post: PostSummary | null;
  error: {
    code: ErrorCode;
    /** The page that explains the code. */
    docs: string;
    /** What is wrong, in a sentence. */
    message: string;
    issues: Issue[];
  } | null;
}

export interface CancelledInBatch {
  id: string;
  /** The post now. `null` if there is none. */
  post: PostSummary | null;
  error: {
    code: ErrorCode;
    /** The page that explains the code. */
    docs: string;
    /** What is wrong, in a sentence. */
    message: string;
    issues: Issue[];
  } | null;
}

/** A request to the platform. */
export interface UpstreamRequest {
  method: string;
  /** URL on the platform, without tokens. */
  url: string;
  /** ISO 8601, UTC, with milliseconds. */
  startedAt: string;
  durationMilliseconds: number;
  /** Beginning of the request body, without secrets. Null for binary data. */
  request: string | null;
  /** HTTP status. Null if no complete response arrived. */
  status: number | null;
  /** Beginning of the response, without secrets. */
  answer: string | null;
  /** Why no response arrived. Null if one did. */
  failure: string | null;
  /** False only if the request certainly never reached the platform. */
  reached: boolean;
}

/** A step in publishing a platform post, with every request it made. */
export interface PostAttempt {
  id: string;
  /** ID of the platform post, as in `platformPosts`. */
  platformPostId: string;
  /** Platform key. X is `twitter`. */
  platform: Platform;
  /** Number of the publish attempt. 0 for steps prepared before the scheduled time. */
  attempt: number;
  step: string;
  /** `visible` is the step that publishes. No other step is visible to an audience. */
  effect: "read" | "hidden" | "visible";
  /**
   * `failed`: it certainly had no effect. `unknown`: the outcome cannot be determined. `open`: in progress, or being
   * checked.
   */
  verdict: "done" | "failed" | "unknown" | "open";
  /** The platform's ID for what the step published. */
  remoteId: string | null;
  /**
   * Only of posts that were published with an earlier version: ID of the step whose identical request this one sent
   * once more. Now a step on LinkedIn whose response was lost has both requests.
   */
  repeatOf: string | null;
  /** Why a step before publishing failed, or why the outcome could not be determined. */
  reason: string | null;
  /** ISO 8601, UTC, with milliseconds. */
  startedAt: string;
  endedAt: string | null;
  requests: UpstreamRequest[];
  /** How often the outcome of a publishing request was checked afterwards. */
  readBacks: number;
  /** Requests of the latest check. */
  readBackRequests: UpstreamRequest[];
}

/** An image or video, given by url, by the filename of an uploaded file, or by the id of a stored media object. */
export interface MediaEntry {
  /** ID of a stored media object. With url, a label of your choice. */
  id?: string | null;
  /** Public http or https URL of the file. */
  url?: string | null;
  /** Type of the file: image or video. */
  type?: "image" | "video" | null;
  /** Name of the file. To upload the file with the request, use the name it has in the form. */
  filename?: string | null;
  /** MIME type, such as image/jpeg or video/mp4. */
  mimeType?: string | null;
  /** Size of the file in bytes, at most 209715200. */
  sizeBytes?: number | null;
  /** Width in pixels. */
  width?: number | null;
  /** Height in pixels. */
  height?: number | null;
  /** Duration of the video in seconds. */
  durationSeconds?: number | null;
  /** Alternative text for people who cannot see the media. */
  altText?: string | null;
  /** Public http or https URL of the video's cover image. */
  thumbnailUrl?: string | null;
  /** ID of a stored media object that is the video's cover image, instead of thumbnailUrl. */
  thumbnailMediaId?: string | null;
}

export interface InstagramSettings {
  /**
   * How the content appears. By default, one image becomes a feed post, one video a reel, and 2 to 10 items a carousel.
   */
  placement?: "feed" | "story" | "reel" | "carousel";
  /** ID of a Facebook Page with location data. Not for stories. */
  locationId?: string;
  /** Usernames of up to 3 accounts to invite as collaborators, without @. Not for stories. */
  collaborators?: string[];
  /** Up to 20 accounts to tag in the media. Tags on images require x and y. */
  userTags?: {
    /** Username of the public account to tag, without @. */
    username: string;
    /**
     * Horizontal position on the image, from the left edge (0) to the right (1). Required for images in feed and
     * carousel posts.
     */
    x?: number;
    /**
     * Vertical position on the image, from the top edge (0) to the bottom (1). Required for images in feed and carousel
     * posts.
     */
    y?: number;
    /** Zero-based index of the carousel item to tag. Defaults to the first. */
    mediaIndex?: number;
  }[];
  /**
   * Public URL of the reel's cover image, fetched when the post is created. Takes precedence over thumbOffsetMs. Reels
   * only.
   */
  coverUrl?: string;
  /** ID of a stored media object to use as the reel's cover image, instead of coverUrl. Reels only. */
  coverMediaId?: string;
  /** Position of the cover frame, in milliseconds from the start. For reels, and for every video of a carousel. */
  thumbOffsetMs?: number;
  /** Whether the reel also appears in the feed. Defaults to true. Reels only. */
  shareToFeed?: boolean;
  /** Labels the post as AI-generated. */
  isAiGenerated?: boolean;
  /** Labels the post as a paid partnership. Only for accounts connected through Facebook. */
  isPaidPartnership?: boolean;
  /** A comment to add to the post once it is live. Not for stories. */
  firstComment?: string;
}

export interface FacebookSettings {
  /** How the content appears. Defaults to feed. A reel is one 9:16 video of 4 to 60 seconds. */
  placement?: "feed" | "story" | "reel";
  /** Public URL of the cover image of a feed video or reel, fetched when the post is created. */
  coverUrl?: string;
  /** ID of a stored media object to use as the cover image, instead of coverUrl. */
  coverMediaId?: string;
  /** A comment to add to the post once it is live. Not for stories. */
  firstComment?: string;
  /** Title of a feed video or reel. */
  title?: string;
}

export interface TwitterSettings {
  /** Who can reply. Defaults to everyone. Applies to the first part of a thread. */
  replySettings?: "following" | "mentionedUsers" | "subscribers" | "verified";
  /** ID of the post to reply to. X allows a reply to someone else's post only if that post mentions or quotes you. */
  replyTo?: string;
  /**
   * Parts of a thread after the first, each published as a reply to the one before. content.text and content.media are
   * the first part.
   */
  thread?: {
    /** Text of this part. May be empty if the part has media. */
    text: string;
    /** Media of this part, in the same format as content.media. */
    media?: MediaEntry[] | null;
  }[];
  /** A poll below the text. Cannot be combined with media. */
  poll?: {
    /** 2 to 4 options of 1 to 25 characters each. */
    options: string[];
    /** How long the poll stays open in minutes: 5 minutes to 7 days. */
    durationMinutes: number;
  };
}

export interface LinkedinSettings {
  /** Who can see the post. Defaults to PUBLIC. */
  visibility?: "PUBLIC" | "CONNECTIONS";
  /** Whether resharing the post is disabled. Defaults to false. */
  isReshareDisabledByAuthor?: boolean;
  /** Title of the article card, up to 400 characters. Requires content.linkUrl. */
  articleTitle?: string;
  /** Description of the article card. Requires content.linkUrl. */
  articleDescription?: string;
  /** Title of the video. Only for a post with one video. */
  videoTitle?: string;
  /** Public URL of the video's cover image, fetched when the post is created. Only for a post with one video. */
  coverUrl?: string;
  /** ID of a stored media object to use as the video's cover image, instead of coverUrl. */
  coverMediaId?: string;
  /** A comment to add to the post once it is live. */
  firstComment?: string;
  /**
   * Alternative text of the images. Overrides the altText of media entries. A string applies to all images; an array
   * has one text per image.
   */
  altText?: string | string[];
  /** Only "member". Posting for organizations is not supported. */
  authorType?: "member";
}

export interface TiktokSettings {
  /**
   * Who can see the post: one of the levels in the account's creator info. Required, because TikTok does not allow a
   * default.
   */
  privacyLevel: "PUBLIC_TO_EVERYONE" | "MUTUAL_FOLLOW_FRIENDS" | "FOLLOWER_OF_CREATOR" | "SELF_ONLY";
  /**
   * Whether comments are off. Defaults to true: set it to false to allow them, as the person who posts decides. They
   * are always off if the creator has turned them off on TikTok.
   */
  disableComment?: boolean;
  /** Whether duets are off. Defaults to true; set it to false to allow them. Videos only. */
  disableDuet?: boolean;
  /** Whether stitches are off. Defaults to true; set it to false to allow them. Videos only. */
  disableStitch?: boolean;
  /** Position of the cover frame, in milliseconds from the start. Defaults to the first frame. Videos only. */
  videoCoverTimestampMs?: number;
  /** Discloses a paid partnership. Cannot be combined with FOLLOWER_OF_CREATOR or SELF_ONLY. */
  brandContentToggle?: boolean;
  /** Discloses that the post promotes the creator's own business. */
  brandOrganicToggle?: boolean;
  /** Labels the post as AI-generated. TikTok may not show the label on photos. */
  isAigc?: boolean;
  /** Lets TikTok add matching music. Photos only. */
  autoAddMusic?: boolean;
  /** Zero-based index of the cover image. Defaults to the first. Photos only. */
  photoCoverIndex?: number;
  /** Title of a photo post, shown above its description. Photos only. */
  photoTitle?: string;
}

export interface YoutubeSettings {
  /** Title of the video, up to 100 characters. Defaults to content.text; one of the two is required. */
  title?: string;
  /** Description of the video, up to 5000 bytes in UTF-8. */
  description?: string;
  /**
   * Tags of the video, up to 500 characters in total as YouTube counts them: each comma between tags counts as 1, and a
   * tag with a space counts 2 more.
   */
  tags?: string[];
  /** Category ID of the video. Defaults to "22" (People & Blogs). */
  categoryId?: string;
  /**
   * Who can see the video. Defaults to private. An instance can keep all uploads private
   * (YOUTUBE_FORCE_PRIVATE_UPLOADS).
   */
  privacyStatus?: "private" | "unlisted" | "public";
  /**
   * When YouTube makes the private video public. Must be in the future, requires privacyStatus private, and cannot be
   * combined with scheduledFor.
   */
  publishAt?: string;
  /** Whether to notify subscribers. YouTube's default is true. */
  notifySubscribers?: boolean;
  /** Whether the video is made for kids. Defaults to false. */
  selfDeclaredMadeForKids?: boolean;
  /** Discloses realistic content that was altered or generated by AI. */
  containsSyntheticMedia?: boolean;
  /** A comment to add to the video once it is live. YouTube has no comments on private videos. */
  firstComment?: string;
}

export interface ThreadsSettings {
  /** Who can reply. Threads' default is everyone. */
  replyControl?: "everyone" | "accounts_you_follow" | "mentioned_only" | "parent_post_author_only" | "followers_only";
  /** Threads media ID of the published post to reply to. */
  replyTo?: string;
  /**
   * Parts of a thread after the first, each published as a reply to the one before. content.text and content.media are
   * the first part.
   */
  thread?: {
    /** Text of this part. May be empty if the part has media. */
    text: string;
    /** Media of this part, in the same format as content.media. */
    media?: MediaEntry[] | null;
  }[];
  /** Topic of the post, 1 to 50 characters, without #, . or &. */
  topicTag?: string;
  /** Threads media ID of the post to quote. */
  quotePostId?: string;
  /** A poll below the text. Cannot be combined with media. Threads decides how long it is open. */
  poll?: {
    /** 2 to 4 options of 1 to 25 characters each. */
    options: string[];
  };
}

/**
 * Text, media and settings for individual platforms, by platform. Overrides for platforms the post is not published to
 * are stored, and validated once it is.
 */
export interface PlatformOverrides {
  /** Overrides for Instagram. */
  instagram?: {
    /** Replaces `content.text` on this platform. */
    text?: string | null;
    /** Replaces `content.media` on this platform; an empty array means no media. Same format as `content.media`. */
    media?: MediaEntry[] | null;
    settings?: InstagramSettings | null;
  } | null;
  /** Overrides for Facebook. */
  facebook?: {
    /** Replaces `content.text` on this platform. */
    text?: string | null;
    /** Replaces `content.media` on this platform; an empty array means no media. Same format as `content.media`. */
    media?: MediaEntry[] | null;
    settings?: FacebookSettings | null;
  } | null;
  /** Overrides for X (Twitter). */
  twitter?: {
    /** Replaces `content.text` on this platform. */
    text?: string | null;
    /** Replaces `content.media` on this platform; an empty array means no media. Same format as `content.media`. */
    media?: MediaEntry[] | null;
    settings?: TwitterSettings | null;
  } | null;
  /** Overrides for LinkedIn. */
  linkedin?: {
    /** Replaces `content.text` on this platform. */
    text?: string | null;
    /** Replaces `content.media` on this platform; an empty array means no media. Same format as `content.media`. */
    media?: MediaEntry[] | null;
    settings?: LinkedinSettings | null;
  } | null;
  /** Overrides for TikTok. */
  tiktok?: {
    /** Replaces `content.text` on this platform. */
    text?: string | null;
    /** Replaces `content.media` on this platform; an empty array means no media. Same format as `content.media`. */
    media?: MediaEntry[] | null;
    settings?: TiktokSettings | null;
  } | null;
  /** Overrides for YouTube. */
  youtube?: {
    /** Replaces `content.text` on this platform. */
    text?: string | null;
    /** Replaces `content.media` on this platform; an empty array means no media. Same format as `content.media`. */
    media?: MediaEntry[] | null;
    settings?: YoutubeSettings | null;
  } | null;
  /** Overrides for Threads. */
  threads?: {
    /** Replaces `content.text` on this platform. */
    text?: string | null;
    /** Replaces `content.media` on this platform; an empty array means no media. Same format as `content.media`. */
    media?: MediaEntry[] | null;
    settings?: ThreadsSettings | null;
  } | null;
}

export interface NewPost {
  /** Content of the post. */
  content: {
    /** Text of the post. */
    text: string;
    /** Media attachments, in display order. */
    media?: MediaEntry[] | null;
    /** A link to include in the post. */
    linkUrl?: string | null;
    platformOverrides?: PlatformOverrides | null;
  };
  /** Platforms to publish to, without duplicates. */
  platforms: Platform[];
  /**
   * When to publish, at most a year ahead: ISO 8601 with an offset or Z, or local with `timeZone`. `null`: a draft.
   */
  scheduledFor?: string | null;
  /** IANA time zone of local times. */
  timeZone?: string;
  /** Whether to use its accounts' next free posting time instead of `scheduledFor`. */
  nextPostingTime?: boolean;
  /** Whether to use the next time with room if a platform's limits leave none at `scheduledFor`. */
  spread?: boolean;
  /** Latest time to publish it automatically. `null`: the instance's default, usually six hours later. */
  publishBy?: string | null;
  /**
   * If its time comes while publishing is paused: `late` (the default) publishes it afterwards, unless it is too late
   * by then; `skip` does not.
   */
  onPause?: "late" | "skip";
  /** The platform set whose accounts publish the post, from `GET /api/v1/platform-sets` (platform_sets_list). */
  platformSetId: string;
}

export interface PostChanges {
  /** Content fields to change. */
  content?: {
    /** Text of the post. */
    text?: string;
    /** Media attachments, in display order. */
    media?: MediaEntry[] | null;
    /** A link to include in the post. */
    linkUrl?: string | null;
    platformOverrides?: PlatformOverrides | null;
  };
  /** Platforms to publish to, without duplicates. */
  platforms?: Platform[];
  /**
   * When to publish, at most a year ahead: ISO 8601 with an offset or Z, or local with `timeZone`. `null`: a draft.
   */
  scheduledFor?: string | null;
  /** IANA time zone of local times. */
  timeZone?: string;
  /** Whether to use its accounts' next free posting time instead of `scheduledFor`. */
  nextPostingTime?: boolean;
  /** Whether to use the next time with room if a platform's limits leave none at `scheduledFor`. */
  spread?: boolean;
  /** Latest time to publish it automatically. `null`: the instance's default, usually six hours later. */
  publishBy?: string | null;
  /**
   * If its time comes while publishing is paused: `late` (the default) publishes it afterwards, unless it is too late
   * by then; `skip` does not.
   */
  onPause?: "late" | "skip";
  /** The platform set whose accounts publish the post, from `GET /api/v1/platform-sets` (platform_sets_list). */
  platformSetId?: string;
  /** Accounts of the set to use from now on. */
  accountIds?: string[];
}

export interface PostFilter {
  /** Only posts with this status. */
  status?: PostStatus;
  /** `blocked`: waits for somebody to act. `unknown`: may be live. */
  outcome?: "unknown" | "blocked";
  /** Only posts that target this platform. */
  platform?: Platform;
  /** Only posts of this platform set. */
  platformSetId?: string;
  /** Number of results: 1 to 100. Defaults to 20. */
  limit?: number;
  /** Number of results to skip. */
  offset?: number;
  /** `nextCursor` from the previous page. Use it instead of `offset`. */
  cursor?: string;
  /** Only posts created at or after this time. */
  from?: string;
  /** Only posts created before this time. */
  to?: string;
  /** Only posts scheduled for this time or later, the earliest first. Use `offset` for the next page. */
  scheduledFrom?: string;
  /** Only posts scheduled before this time, the earliest first. */
  scheduledTo?: string;
  /** Only posts published at or after this time, or scheduled for then if not published; the earliest first. */
  timeFrom?: string;
  /** Like `timeFrom`, but before this time. */
  timeTo?: string;
  /**
   * Only posts that contain this in one of their texts, also within a word. Not case-sensitive. `total` counts 1,000 at
   * most.
   */
  search?: string;
}

export interface PostsToCancel {
  /** IDs of 1 to 50 posts. */
  ids: string[];
  /** The `etag` of posts by ID: one that has changed since is not discarded. */
  etags?: Record<string, string>;
}

export interface Retry {
  /** Platforms to retry. Defaults to all failed ones. */
  platforms?: Platform[];
  /** Even if its outcome is unknown and it may be live. */
  force?: boolean;
  /** Accounts of the set to use from now on. */
  accountIds?: string[];
}

export interface Resolution {
  /** Platform key. X is `twitter`. */
  platform: Platform;
  /** Whether it is on the account. */
  isLive: boolean;
  /** Its link, or in test mode its `sandboxUrl`. That of another post is rejected. */
  publishedUrl?: string;
}

export interface Publishing {
  /**
   * `paused` if everything in this mode is; `held` if the database was restored or copied and the operator has not
   * released publishing yet. If it is `running`, single platform sets and accounts can be paused.
   */
  status: "running" | "paused" | "held";
  /** Every pause that concerns you, the widest first. */
  pauses: {
    /** What is paused: the whole instance, everything of yours in this mode, a platform set or an account. */
    scope: "instance" | "user" | "platform_set" | "account";
    platformSetId: string | null;
    accountId: string | null;
    /** ISO 8601, UTC, with milliseconds. */
    since: string;
    /** Whether the operator of the instance paused it. Then only the operator can resume it. */
    byOperator: boolean;
  }[];
}

export interface PauseTarget {
  /** Only this platform set. */
  platformSetId?: string;
  /** Only this account. */
  accountId?: string;
  /** The whole instance. Only for its owner, with a dashboard session. */
  instance?: boolean;
}

export interface PublishingStatsFilter {
  /** Number of days, including today: 1 to 90. Defaults to 30. */
  days?: number;
  /** IANA time zone of the days. Defaults to UTC. */
  timeZone?: string;
  /** Mode for a session. Defaults to `live`. Keys have their own mode. */
  mode?: Mode;
  /** ID of the workspace for a session. Defaults to the user's own. Keys belong to a workspace. */
  workspace?: string;
}

export interface PublishingStats {
  /** Start of the first day. */
  from: string;
  /** The time zone of the days. */
  timeZone: string;
  /** Days on which something was published, by platform, oldest first. */
  days: {
    /** The day in the time zone. */
    date: string;
    /** Platform key. X is `twitter`. */
    platform: Platform;
    /** Number of platform posts that went live. */
    publishedCount: number;
    /** How long after its time half of them were live: the scheduled time, or the publish request. */
    medianLatenessSeconds: number;
    /** How long after its time the last of them was live. */
    maxLatenessSeconds: number;
  }[];
  /** Whether all are counted. If not, only the latest 100,000 are. */
  isComplete: boolean;
}

export interface PlatformSet {
  id: string;
  userId: string;
  name: string;
  isDefault: boolean;
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  /** ISO 8601, UTC, with milliseconds. */
  updatedAt: string;
  /** `live` or `test`. In test mode, posts are published only to the built-in sandbox. */
  mode: Mode;
  /** Number of active accounts in it. */
  connectionCount: number;
}

export interface PostingTimes {
  /** IANA time zone of the times. */
  timeZone: string;
  /** Local times, by day; empty if none are set. */
  times: Record<string, string[]>;
  /** The next of these times for which no other post is scheduled there. `null` if there is none. */
  nextFreeAt: string | null;
}

export interface NewPostingTimes {
  /** IANA time zone of the times. Daylight saving time applies. */
  timeZone: string;
  /** Local times, by day: at most 24 on each. Days that are missing have none. */
  times: Record<string, string[]>;
}

export interface AccountPostingTimes {
  /** IANA time zone of the times. */
  timeZone: string;
  /** Local times, by day; empty if none are set. */
  times: Record<string, string[]>;
  /** The next of these times for which no other post is scheduled there. `null` if there is none. */
  nextFreeAt: string | null;
  /** Whether they are the account's own, not its platform set's. */
  isOwn: boolean;
}

export interface NewAccountPostingTimes {
  /** `null`: the account follows its platform set. */
  postingTimes: NewPostingTimes | null;
}

export interface Account {
  id: string;
  /** Platform key. X is `twitter`. */
  platform: Platform;
  platformSetId: string;
  /** The platform's ID for the account. */
  platformAccountId: string;
  username: string | null;
  displayName: string | null;
  avatarUrl: string | null;
  status: "active" | "revoked";
  /** Granted permissions, by the platform's names. */
  scopes: string[];
  /** When access ends unless the account is reconnected. Null if it renews automatically. */
  tokenExpiresAt: string | null;
  /** When the platform ends access to the user's data unless they reconnect, even if the token has no expiry. */
  dataAccessExpiresAt: string | null;
  tokenHealth: "healthy" | "expiring" | "expired" | "revoked" | "reconnect_required";
  tokenHealthReason: string | null;
  /** Details about the account from the platform, without secrets. */
  platformMetadata: Record<string, unknown>;
  /** Your ID for the account's owner, if the connect link that connected it had one. */
  externalId: string | null;
  /** ISO 8601, UTC, with milliseconds. */
  connectedAt: string;
  /** `live` or `test`. In test mode, posts are published only to the built-in sandbox. */
  mode: Mode;
}

export interface PlatformLimit {
  /** What is limited, as in `GET /api/v1/platforms`; `feesMicroUsd` for what platforms charge in a month. */
  name: string;
  /** Whose limit it is. */
  per: "account" | "app" | "user" | "key";
  /** The length of the time that it counts. Null for a calendar month. */
  windowSeconds: number | null;
  limit: number | null;
  /** What is published and scheduled in the fullest window that includes this time. */
  used: number;
  remaining: number | null;
  /** When more is left. Null if nothing is used. */
  resetsAt: string | null;
}

export interface AccountWithLimits {
  id: string;
  /** Platform key. X is `twitter`. */
  platform: Platform;
  platformSetId: string;
  /** The platform's ID for the account. */
  platformAccountId: string;
  username: string | null;
  displayName: string | null;
  avatarUrl: string | null;
  status: "active" | "revoked";
  /** Granted permissions, by the platform's names. */
  scopes: string[];
  /** When access ends unless the account is reconnected. Null if it renews automatically. */
  tokenExpiresAt: string | null;
  /** When the platform ends access to the user's data unless they reconnect, even if the token has no expiry. */
  dataAccessExpiresAt: string | null;
  tokenHealth: "healthy" | "expiring" | "expired" | "revoked" | "reconnect_required";
  tokenHealthReason: string | null;
  /** Details about the account from the platform, without secrets. */
  platformMetadata: Record<string, unknown>;
  /** Your ID for the account's owner, if the connect link that connected it had one. */
  externalId: string | null;
  /** ISO 8601, UTC, with milliseconds. */
  connectedAt: string;
  /** `live` or `test`. In test mode, posts are published only to the built-in sandbox. */
  mode: Mode;
  /** Number of scheduled posts that are to be published through it. */
  scheduledPosts: number;
  /**
   * What is left now of the platform's limits for the account, and for the app it is connected with, which other
   * accounts use too.
   */
  limits: PlatformLimit[];
}

export interface PostFee {
  /** Platform key. X is `twitter`. */
  platform: Platform;
  /** In millionths of a US dollar. */
  microUsd: number;
}

export interface PostLimit {
  /** What is limited, as in `GET /api/v1/platforms`; `feesMicroUsd` for what platforms charge in a month. */
  name: string;
  /** Whose limit it is. */
  per: "account" | "app" | "user" | "key";
  /** The length of the time that it counts. Null for a calendar month. */
  windowSeconds: number | null;
  limit: number | null;
  /** What is published and scheduled in the fullest window that includes this time. */
  used: number;
  remaining: number | null;
  /** When more is left. Null if nothing is used. */
  resetsAt: string | null;
  /** Platform key. X is `twitter`. */
  platform: Platform;
  /** How much of it the post uses. */
  needed: number;
}

export interface AccountContext {
  userId: string;
  name: string;
  /** `live` or `test`. In test mode, posts are published only to the built-in sandbox. */
  mode: Mode;
  plan: "free" | "creator" | "pro" | "scale" | "self-hosted";
  /** The user's time zone as an IANA name. */
  timeZone: string;
  /** Current server time in UTC. */
  currentTime: string;
  /** Current time in the user's time zone, with its offset. */
  localTime: string;
  /** What limits the key in its mode. */
  quotas: {
    name:
      | "postsPerMonth"
      | "mediaUploadsPerMonth"
      | "apiRequestsPerMonth"
      | "postsPerDay"
      | "contentBytesPerDay"
      | "maxScheduledPosts"
      | "maxStorageBytes";
    /** `null` if unlimited. */
    limit: number | null;
    /** Amount remaining. `null` if unlimited. */
    remaining: number | null;
  }[];
  /** What platforms charge for the user's posts of this month, in millionths of a US dollar. */
  fees: {
    limit: number | null;
    /** What is published and scheduled in the fullest window that includes this time. */
    used: number;
    remaining: number | null;
    /** When more is left. Null if nothing is used. */
    resetsAt: string | null;
  };
  /** Restrictions on the key. */
  policies: {
    /** Whether the key can only create and edit drafts, and cannot schedule or publish. */
    draftOnly: boolean;
    platforms: Platform[] | null;
    /** Maximum number of posts per day, starting at 00:00 UTC. `null` for no limit. */
    postsPerDay: number | null;
    /**
     * Maximum that platforms may charge for the key's posts in a calendar month (UTC), in millionths of a US dollar.
     * `null` for no limit.
     */
    feesPerMonthMicroUsd: number | null;
    /** Whether a person must approve each post before the key can publish it. Such a key cannot schedule. */
    approvalRequired: boolean;
    /** Whether the key can list and replace the user's own OAuth apps. Other keys cannot. */
    oauthApps: boolean;
  };
}

export interface Usage {
  plan: "free" | "creator" | "pro" | "scale" | "self-hosted";
  /** Start of the calendar month (UTC). */
  periodStartsAt: string;
  /** End of the calendar month (UTC). */
  periodEndsAt: string;
  /** Live mode only: in test mode, quotas do not apply. */
  quotas: {
    /** Posts created. A draft or scheduled post that is discarded no longer counts. */
    postsPerMonth: {
      used: number;
      /** `null` if unlimited. */
      limit: number | null;
      /** Amount remaining. `null` if unlimited. */
      remaining: number | null;
      /** When the next month begins. */
      resetsAt: string;
    };
    /** Files and URLs sent to `/api/v1/media`, and files of forms. */
    mediaUploadsPerMonth: {
      used: number;
      /** `null` if unlimited. */
      limit: number | null;
      /** Amount remaining. `null` if unlimited. */
      remaining: number | null;
      /** When the next month begins. */
      resetsAt: string;
    };
    /** Requests with an API key. */
    apiRequestsPerMonth: {
      used: number;
      /** `null` if unlimited. */
      limit: number | null;
      /** Amount remaining. `null` if unlimited. */
      remaining: number | null;
      /** When the next month begins. */
      resetsAt: string;
    };
    /** Scheduled posts. */
    maxScheduledPosts: {
      used: number;
      /** `null` if unlimited. */
      limit: number | null;
      /** Amount remaining. `null` if unlimited. */
      remaining: number | null;
      /** Always `null`: it does not reset. */
      resetsAt: null;
    };
    /** Stored media, including uploads in progress. */
    maxStorageBytes: {
      used: number;
      /** `null` if unlimited. */
      limit: number | null;
      /** Amount remaining. `null` if unlimited. */
      remaining: number | null;
      /** Always `null`: it does not reset. */
      resetsAt: null;
    };
  };
  /** Requests of each rate class, in both modes together. */
  rates: {
    createPost: {
      /** `null` if unlimited. */
      limit: number | null;
      /** Amount remaining. `null` if unlimited. */
      remaining: number | null;
      /** Length of the window in which requests are counted. */
      windowSeconds: number;
      /** When the current window ends. */
      resetsAt: string;
    };
    publishPost: {
      /** `null` if unlimited. */
      limit: number | null;
      /** Amount remaining. `null` if unlimited. */
      remaining: number | null;
      /** Length of the window in which requests are counted. */
      windowSeconds: number;
      /** When the current window ends. */
      resetsAt: string;
    };
    connectPlatform: {
      /** `null` if unlimited. */
      limit: number | null;
      /** Amount remaining. `null` if unlimited. */
      remaining: number | null;
      /** Length of the window in which requests are counted. */
      windowSeconds: number;
      /** When the current window ends. */
      resetsAt: string;
    };
    mediaUpload: {
      /** `null` if unlimited. */
      limit: number | null;
      /** Amount remaining. `null` if unlimited. */
      remaining: number | null;
      /** Length of the window in which requests are counted. */
      windowSeconds: number;
      /** When the current window ends. */
      resetsAt: string;
    };
    apiRead: {
      /** `null` if unlimited. */
      limit: number | null;
      /** Amount remaining. `null` if unlimited. */
      remaining: number | null;
      /** Length of the window in which requests are counted. */
      windowSeconds: number;
      /** When the current window ends. */
      resetsAt: string;
    };
  };
}

export interface AccountFilter {
  /** Only accounts of this platform. */
  platform?: Platform;
  /** Only accounts in this platform set. */
  platformSetId?: string;
}

export interface SandboxFault {
  kind:
    | "reject"
    | "rate_limit"
    | "http_500"
    | "timeout"
    | "drop_before"
    | "drop_after"
    | "error_after"
    | "cut_body"
    | "broken_json"
    | "slow"
    | "process_forever"
    | "expire_token"
    | "revoke_token";
  /** When it ends if no call has met it. */
  expiresAt: string;
}

export interface NewSandboxFaults {
  /** How they fail, in order. */
  faults: (
    | "reject"
    | "rate_limit"
    | "http_500"
    | "timeout"
    | "drop_before"
    | "drop_after"
    | "error_after"
    | "cut_body"
    | "broken_json"
    | "slow"
    | "process_forever"
    | "expire_token"
    | "revoke_token"
  )[];
}

export interface ApiRequest {
  /** The X-Request-Id of the response, and `requestId` of an error. */
  id: string;
  /** The operation, which is also the name of its MCP tool. */
  operation: string;
  /** How it was called. */
  via: "api" | "mcp" | "dashboard";
  method: string;
  /** The endpoint, with the names of its parameters. `/mcp` over MCP. */
  route: string;
  /** The ID in the path. */
  target: string | null;
  /** HTTP status of the response; over MCP, the one that the endpoint would have returned. */
  status: number;
  /** `null` if it succeeded. */
  error: {
    code: string;
    message: string;
  } | null;
  durationMilliseconds: number;
  /** Who sent it. */
  actor: {
    /** An MCP client that a person authorized is a key, too. */
    kind: "key" | "person";
    /** ID of the key, or of the person's user. */
    id: string;
    /** `null` if the key is deleted, or the person is no longer in the workspace. */
    name: string | null;
  };
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  /** `live` or `test`. In test mode, posts are published only to the built-in sandbox. */
  mode: Mode;
}

export interface ApiRequestDetails {
  /** The X-Request-Id of the response, and `requestId` of an error. */
  id: string;
  /** The operation, which is also the name of its MCP tool. */
  operation: string;
  /** How it was called. */
  via: "api" | "mcp" | "dashboard";
  method: string;
  /** The endpoint, with the names of its parameters. `/mcp` over MCP. */
  route: string;
  /** The ID in the path. */
  target: string | null;
  /** HTTP status of the response; over MCP, the one that the endpoint would have returned. */
  status: number;
  /** `null` if it succeeded. */
  error: {
    code: string;
    message: string;
  } | null;
  durationMilliseconds: number;
  /** Who sent it. */
  actor: {
    /** An MCP client that a person authorized is a key, too. */
    kind: "key" | "person";
    /** ID of the key, or of the person's user. */
    id: string;
    /** `null` if the key is deleted, or the person is no longer in the workspace. */
    name: string | null;
  };
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  /** `live` or `test`. In test mode, posts are published only to the built-in sandbox. */
  mode: Mode;
  hasIdempotencyKey: boolean;
  /** The network of the caller's IP address: its first three bytes, or six of IPv6. */
  network: string | null;
  /** The query's parameters, recorded like the body. */
  query: Record<string, unknown> | null;
  /**
   * The request's body without secrets and unknown fields, and at most 8,000 characters of its texts. `null` if there
   * was none, or it could not be read.
   */
  body: Record<string, unknown> | null;
  /** What was wrong with it, and how to fix it. */
  issues: {
    rule: string;
    /** JSON pointer to the field. */
    path: string;
    message: string;
    fix: string;
  }[];
}

export interface RequestFilter {
  /** Only responses of this class. `failed` is 4xx and 5xx. */
  status?: "2xx" | "3xx" | "4xx" | "5xx" | "failed";
  /** Only this operation. */
  operation?: string;
  /** Only this HTTP method. */
  method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Only this endpoint. */
  route?: string;
  /** Only requests with this key. */
  keyId?: string;
  /** Only requests at this time or later. */
  from?: string;
  /** Only requests before this time. */
  to?: string;
  /** Number of results: 1 to 100. Defaults to 20. */
  limit?: number;
  /** `nextCursor` from the previous page. */
  cursor?: string;
}

export interface Media {
  id: string;
  /** `pending` until the file has been fetched from its URL. */
  status: "pending" | "ready" | "failed";
  /** Signed URL of the stored file, valid for a day. Null until the file is stored. */
  url: string | null;
  /** Signed URL of a small WebP image, valid for a day. Null for videos and until the file is stored. */
  thumbnailUrl: string | null;
  /** URL the file is fetched from. Null if it was uploaded. */
  sourceUrl: string | null;
  type: "image" | "video" | null;
  /** Properties measured from the file. */
  mimeType: string | null;
  filename: string;
  sizeBytes: number | null;
  width: number | null;
  height: number | null;
  durationSeconds: number | null;
  /** Alternative text that the dashboard suggests when the file is added to a post. */
  altText: string | null;
  /**
   * Until then, the file is not deleted automatically; `forever`: never. Null: it is deleted 7 days after its creation,
   * or 30 days after the last change of the posts that use it.
   */
  keepUntil: "forever" | string | null;
  /** Why the file could not be fetched. */
  error: string | null;
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  /** `live` or `test`. In test mode, posts are published only to the built-in sandbox. */
  mode: Mode;
}

export interface NewMedia {
  /** Public URL of the file. Omit it when you upload the file. */
  url?: string;
  /** Name of the file. */
  filename?: string | null;
}

export interface MediaChanges {
  /** Alternative text, for people who cannot see the file. Null removes it. */
  altText?: string | null;
  /** Time until which the file is not deleted automatically, or `forever`. Null: see `Media.keepUntil`. */
  keepUntil?: string | null;
}

export interface Crop {
  /** Left edge of the part, in pixels of the upright image. */
  x: number;
  /** Top edge of the part. */
  y: number;
  /** Width of the part. */
  width: number;
  /** Height of the part. */
  height: number;
}

export interface UploadUrl {
  /** Where to send the file. Anyone who has it can use it. Null once it has expired. */
  url: string | null;
  maxSizeBytes: number;
  /** ISO 8601, UTC, with milliseconds. */
  expiresAt: string;
}

export interface MediaFilter {
  /** Only images or only videos. */
  type?: "image" | "video";
  /** Only files that a post uses, or only files that none does. */
  use?: "used" | "unused";
  /** Only files with this in their name. Not case-sensitive. */
  search?: string;
  /** Number of results: 1 to 100. Defaults to 20. */
  limit?: number;
  /** Number of results to skip. */
  offset?: number;
}

/** A platform's rules as data. */
export interface PlatformDescription {
  /** Platform key. X is `twitter`. */
  name: Platform;
  /** Display name of the platform. */
  label: string;
  /** What the platform supports: limits, placements and shapes, scheduling, quotas. */
  capabilities: Record<string, unknown>;
  /** JSON Schema of `platformOverrides.<platform>.settings`. */
  settings: Record<string, unknown>;
  /** The same information in sentences. */
  description: string;
  /** All limits, with their sources. */
  limits: {
    what: string;
    limit: string;
    source: string;
  }[];
  /** Rules that involve several fields. */
  rules: {
    rule: string;
    code: ErrorCode;
    severity: "error" | "warning";
    message: string;
    fix: string;
  }[];
}

export interface ConnectLink {
  id: string;
  /** The link to share. Returned only when the link is created. Anyone who has it can use it. */
  url: string | null;
  /**
   * `pending` until an account is connected, or the link expires or is revoked. One for several platforms stays
   * `pending` until then.
   */
  status: "pending" | "connected" | "expired" | "revoked";
  platformSetId: string;
  /** `null` if the person who opens the link chooses the platform. */
  platform: Platform | null;
  externalId: string | null;
  returnUrl: string;
  /** The account that was connected, the last one if there are several. */
  accountId: string | null;
  /** All accounts that were connected. */
  accountIds: string[];
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  /** ISO 8601, UTC, with milliseconds. */
  expiresAt: string;
  /** `live` or `test`. In test mode, posts are published only to the built-in sandbox. */
  mode: Mode;
}

export interface NewConnectLink {
  /** The platform set to connect the account to. */
  platformSetId: string;
  /** The platform to connect. If omitted, the person who opens the link chooses. */
  platform?: Platform | null;
  /** Your ID for the account's owner, 1 to 255 characters. */
  externalId?: string | null;
  /**
   * Where to send the browser afterwards, with the result in the query. If omitted, a page of Ampost shows it, and
   * without a `platform` it lists all of them: the person can connect an account on each.
   */
  returnUrl?: string | null;
  /** How long the link works: 1 minute to 30 days. Defaults to 1 day. */
  expiresInSeconds?: number;
}

export interface ConnectLinkFilter {
  /**
   * `pending` until an account is connected, or the link expires or is revoked. One for several platforms stays
   * `pending` until then.
   */
  status?: "pending" | "connected" | "expired" | "revoked";
  /** Your ID for the account's owner, 1 to 255 characters. */
  externalId?: string;
  /** Number of results: 1 to 100. Defaults to 20. */
  limit?: number;
  /** Number of results to skip. */
  offset?: number;
}

export type EventType =
  | "post.scheduled"
  | "post.approved"
  | "post.sent_back"
  | "post.missed"
  | "post.publishing"
  | "post.published"
  | "post.partial"
  | "post.failed"
  | "post.discarded"
  | "platform_post.published"
  | "platform_post.failed"
  | "platform_post.retry_scheduled"
  | "platform_post.unknown"
  | "account.connected"
  | "account.expiring"
  | "account.disconnected"
  | "media.failed"
  | "publishing.paused"
  | "publishing.resumed"
  | "usage.threshold_reached";

export interface Webhook {
  id: string;
  /** URL that events are sent to. `null` if you read the deliveries instead. */
  url: string | null;
  description: string;
  events: EventType[];
  status: "active" | "disabled";
  disabledReason: string | null;
  /** Secret for verifying signatures (Standard Webhooks). Returned only when it is created. */
  secret: string | null;
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  /** ISO 8601, UTC, with milliseconds. */
  updatedAt: string;
  /** `live` or `test`. In test mode, posts are published only to the built-in sandbox. */
  mode: Mode;
}

export interface NewWebhook {
  /**
   * URL to send events to by POST. Must be publicly reachable. `null` if you read the deliveries instead; such a
   * webhook is deleted if its deliveries are not read for a week.
   */
  url: string | null;
  /** Events to send. An empty list means all. */
  events?: EventType[];
  /** A note for your own use. */
  description?: string;
}

export interface WebhookChanges {
  /** URL to send events to by POST. Must be publicly reachable. */
  url?: string;
  /** Events to send. An empty list means all. */
  events?: EventType[];
  /** A note for your own use. */
  description?: string;
  /** `active` enables a disabled webhook. */
  status?: "active" | "disabled";
}

export interface WebhookDelivery {
  /** Same as the header `webhook-id` in every attempt. */
  id: string;
  webhookId: string;
  type: string;
  postId: string | null;
  /** `failed` if all attempts over several days failed, or the webhook was disabled. */
  status: "pending" | "delivered" | "failed";
  /** Latest attempts, oldest first. */
  attempts: {
    /** ISO 8601, UTC, with milliseconds. */
    at: string;
    /** HTTP status. Null if no response arrived. */
    status: number | null;
    durationMilliseconds: number;
    /** Why no response arrived. */
    error: string | null;
    /** Beginning of the response. */
    answer: string | null;
  }[];
  /** The body that was sent. */
  payload: string;
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  deliveredAt: string | null;
  /** `live` or `test`. In test mode, posts are published only to the built-in sandbox. */
  mode: Mode;
}

export interface DeliveryFilter {
  status?: "pending" | "delivered" | "failed";
  /** Number of results: 1 to 100. Defaults to 20. */
  limit?: number;
  /** Number of results to skip. */
  offset?: number;
}

export interface OwnApp {
  /** Platform key. X is `twitter`. */
  platform: Platform;
  clientId: string;
  /** Redirect URI to register on the platform's developer portal. */
  redirectUri: string;
  /** Permissions that the app asks for; null: those that the platform's page lists. */
  scopes: string[] | null;
  /** Facebook only: the app's configuration of Facebook Login for Business. */
  configId: string | null;
  /** What the platform limits for each app, and has granted to this one; null: its documented limit. */
  limits: Record<string, number | null>;
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  /** `live` or `test`. In test mode, posts are published only to the built-in sandbox. */
  mode: Mode;
}

export interface NewOwnApp {
  /** Client ID of the app, as shown on the platform's developer portal. */
  clientId: string;
  /** Client secret of the app. It is encrypted and never returned. */
  clientSecret: string;
  /** Permissions to ask for, with all that publishing requires. By default, those on the platform's page. */
  scopes?: string[] | null;
  /** Facebook only: a configuration of Facebook Login for Business, which replaces scopes. */
  configId?: string | null;
  /**
   * Limits that the platform has granted to this app, by the names of its `quotas` per app in `GET /api/v1/platforms`.
   * `null` for the documented limit. Those left out stay as they are.
   */
  limits?: Record<string, number | null>;
}

export interface ApiKey {
  id: string;
  name: string;
  /** `live` or `test`. In test mode, posts are published only to the built-in sandbox. */
  mode: Mode;
  /** First 12 characters of the raw key. `null` for a grant, which has no key. */
  prefix: string | null;
  /** For a grant, the client ID of the MCP client that a person authorized. `null` for a key. */
  clientId: string | null;
  /** Restrictions on the key. */
  policies: {
    /** Whether the key can only create and edit drafts, and cannot schedule or publish. */
    draftOnly: boolean;
    platforms: Platform[] | null;
    /** Maximum number of posts per day, starting at 00:00 UTC. `null` for no limit. */
    postsPerDay: number | null;
    /**
     * Maximum that platforms may charge for the key's posts in a calendar month (UTC), in millionths of a US dollar.
     * `null` for no limit.
     */
    feesPerMonthMicroUsd: number | null;
    /** Whether a person must approve each post before the key can publish it. Such a key cannot schedule. */
    approvalRequired: boolean;
    /** Whether the key can list and replace the user's own OAuth apps. Other keys cannot. */
    oauthApps: boolean;
  };
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  /** Accurate to the minute. */
  lastUsedAt: string | null;
  expiresAt: string | null;
  revokedAt: string | null;
  /** The key that replaced it when it was rolled: it works until `expiresAt`, unless it is revoked. */
  replacedBy: string | null;
}

export interface CreatedApiKey {
  id: string;
  name: string;
  /** `live` or `test`. In test mode, posts are published only to the built-in sandbox. */
  mode: Mode;
  /** First 12 characters of the raw key. `null` for a grant, which has no key. */
  prefix: string | null;
  /** For a grant, the client ID of the MCP client that a person authorized. `null` for a key. */
  clientId: string | null;
  /** Restrictions on the key. */
  policies: {
    /** Whether the key can only create and edit drafts, and cannot schedule or publish. */
    draftOnly: boolean;
    platforms: Platform[] | null;
    /** Maximum number of posts per day, starting at 00:00 UTC. `null` for no limit. */
    postsPerDay: number | null;
    /**
     * Maximum that platforms may charge for the key's posts in a calendar month (UTC), in millionths of a US dollar.
     * `null` for no limit.
     */
    feesPerMonthMicroUsd: number | null;
    /** Whether a person must approve each post before the key can publish it. Such a key cannot schedule. */
    approvalRequired: boolean;
    /** Whether the key can list and replace the user's own OAuth apps. Other keys cannot. */
    oauthApps: boolean;
  };
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  /** Accurate to the minute. */
  lastUsedAt: string | null;
  expiresAt: string | null;
  revokedAt: string | null;
  /** The key that replaced it when it was rolled: it works until `expiresAt`, unless it is revoked. */
  replacedBy: string | null;
  /** The raw key. Store it securely. */
  apiKey: string | null;
}

export interface NewApiKey {
  /** Name of the key, 1 to 100 characters. */
  name: string;
  /** `live` or `test`. In test mode, posts are published only to the built-in sandbox. */
  mode: Mode;
  /**
   * When the key expires: ISO 8601 with an offset or `Z`, in the future. If omitted, the key works until it is revoked.
   */
  expiresAt?: string | null;
  policies?: {
    /** Whether the key can only create and edit drafts, and cannot schedule or publish. */
    draftOnly?: boolean;
    /** Platforms the key can post to. `null` for all. */
    platforms?: Platform[] | null;
    /** Maximum number of posts per day, starting at 00:00 UTC. `null` for no limit. */
    postsPerDay?: number | null;
    /**
     * Maximum that platforms may charge for the key's posts in a calendar month (UTC), in millionths of a US dollar.
     * `null` for no limit.
     */
    feesPerMonthMicroUsd?: number | null;
    /** Whether a person must approve each post before the key can publish it. Such a key cannot schedule. */
    approvalRequired?: boolean;
    /** Whether the key can list and replace the user's own OAuth apps. Other keys cannot. */
    oauthApps?: boolean;
  };
}

export interface Tenant {
  id: string;
  /** Your ID for the tenant. */
  externalId: string | null;
  name: string;
  /** Email address with which a person can sign in. */
  email: string | null;
  /** Plan of the tenant. `null` for the instance's default. */
  plan: "free" | "creator" | "pro" | "scale" | "self-hosted" | null;
  /** Limits that differ from the plan's, by name. `null` for no limit. */
  limits: Record<string, number | null>;
  /** A suspended tenant's keys, sessions and tokens are rejected, and nothing of it is published. */
  status: "active" | "suspended";
  /** How the tenant looks on pages and in emails. `null`: as the instance. */
  branding: {
    /** Name on pages and in emails, instead of the instance's. */
    name: string | null;
    hasLogo: boolean;
    /** Color of the main buttons on light pages. */
    color: string | null;
    /** The same on dark pages. */
    darkColor: string | null;
    /** Email address or https URL for questions. */
    supportAddress: string | null;
  };
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
}

export interface NewTenant {
  /** Your ID for the tenant, unique on this instance. */
  externalId?: string | null;
  /** Name of the tenant, 1 to 100 characters. Connect pages show it. */
  name: string;
  /** Email address with which a person can sign in, after setting a password by email. */
  email?: string | null;
  /** Plan of the tenant. `null` for the instance's default. */
  plan?: "free" | "creator" | "pro" | "scale" | "self-hosted" | null;
  /** Limits that differ from the plan's, by name. `null` for no limit. */
  limits?: Record<string, number | null>;
  /** A suspended tenant's keys, sessions and tokens are rejected, and nothing of it is published. */
  status?: "active" | "suspended";
  /** How the tenant looks on pages and in emails. Fields that are not given are kept. */
  branding?: {
    /** Name on pages and in emails, instead of the instance's. */
    name?: string | null;
    /** A PNG as a data URL (`data:image/png;base64,…`): at most 64 kB, and 1024 pixels wide and high. */
    logo?: string | null;
    /** Color of the main buttons on light pages. It must stand out from white. */
    color?: string | null;
    /** The same on dark pages. It must stand out from #181818. By default, `color` if it does. */
    darkColor?: string | null;
    /** Email address or https URL for questions. */
    supportAddress?: string | null;
  };
}

export interface TenantChanges {
  /** Your ID for the tenant, unique on this instance. */
  externalId?: string | null;
  /** Name of the tenant, 1 to 100 characters. Connect pages show it. */
  name?: string;
  /** Email address with which a person can sign in, after setting a password by email. */
  email?: string | null;
  /** Plan of the tenant. `null` for the instance's default. */
  plan?: "free" | "creator" | "pro" | "scale" | "self-hosted" | null;
  /** Limits that differ from the plan's, by name. `null` for no limit. */
  limits?: Record<string, number | null>;
  /** A suspended tenant's keys, sessions and tokens are rejected, and nothing of it is published. */
  status?: "active" | "suspended";
  /** How the tenant looks on pages and in emails. Fields that are not given are kept. */
  branding?: {
    /** Name on pages and in emails, instead of the instance's. */
    name?: string | null;
    /** A PNG as a data URL (`data:image/png;base64,…`): at most 64 kB, and 1024 pixels wide and high. */
    logo?: string | null;
    /** Color of the main buttons on light pages. It must stand out from white. */
    color?: string | null;
    /** The same on dark pages. It must stand out from #181818. By default, `color` if it does. */
    darkColor?: string | null;
    /** Email address or https URL for questions. */
    supportAddress?: string | null;
  };
}

export interface TenantFilter {
  /** Only the tenant with this ID of yours. */
  externalId?: string;
  /** A suspended tenant's keys, sessions and tokens are rejected, and nothing of it is published. */
  status?: "active" | "suspended";
  /** Number of results: 1 to 100. Defaults to 20. */
  limit?: number;
  /** `nextCursor` from the previous page. */
  cursor?: string;
}
