// Printed from the contract by `npm run generate`. Change that, not this.

/** A platform, by its key; X is `twitter`. */
export type Platform = "instagram" | "facebook" | "twitter" | "linkedin" | "tiktok" | "youtube" | "threads";

/** `live`, or `test`: published into the built-in sandbox only. */
export type Mode = "live" | "test";

export type ErrorCode =
  | "VALIDATION_FAILED"
  | "NO_PLATFORMS_SELECTED"
  | "PLATFORM_NOT_CONNECTED"
  | "CONTENT_TOO_LONG"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "UNSUPPORTED_MEDIA_CONFIG"
  | "INVALID_PLACEMENT"
  | "MIXED_MEDIA_NOT_SUPPORTED"
  | "UNAUTHORIZED"
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

/** One broken rule. */
export interface Issue {
  /** The rule's id. */
  rule: string;
  code: ErrorCode;
  /** The platform whose rule it is; null where none is meant. */
  platform: Platform | null;
  /** A JSON Pointer into the request; "" for the whole of it. */
  path: string;
  /** The problem in a sentence. */
  message: string;
  /** What was found. */
  actual: unknown;
  /** What is allowed. */
  limit: unknown;
  /** What to do. */
  fix: string;
}

export interface ErrorBody {
  /** The first issue's message. */
  error: string;
  code: ErrorCode;
  /** The same as the header X-Request-Id. */
  requestId: string;
  issues: Issue[];
  /** With `RATE_LIMITED` alone: what is used up, and when there is some of it again; `resetsAt` is null where time alone brings nothing back. */
  limit?: {
    kind: "rate" | "quota";
    name: string;
    limit: number;
    resetsAt: string | null;
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

/** Why a platform post failed, or is tried again. */
export interface PlatformPostError {
  code: ErrorCode;
  message: string;
  /** Whose matter it is. */
  category: "content" | "account" | "rate_limit" | "platform" | "network" | "internal";
  retryable: boolean;
  retryAt: string | null;
  /** What to do. */
  action: string;
  /** The platform's own words, without secrets. */
  platformError: {
    status: number | null;
    code: string | null;
    message: string | null;
    requestId: string | null;
  } | null;
}

export interface PlatformPost {
  id: string;
  /** A platform, by its key; X is `twitter`. */
  platform: Platform;
  status: PlatformPostStatus;
  /** Where it can be seen, once the platform has told. */
  publishedUrl: string | null;
  /** The account that publishes it. */
  accountId: string | null;
  /** The platform's own id of the post. */
  platformPostId: string | null;
  publishedAt: string | null;
  /** How many attempts have failed or are under way. */
  attemptCount: number;
  /** When Ampost looks at it next; null while a step runs or when it is settled. */
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
    /** As they were sent; those that are stored with what their bytes say, and a signed address. */
    media: MediaEntry[];
    linkUrl: string | null;
    /** As they were sent. */
    platformOverrides: Record<string, unknown>;
  };
  platformPosts: PlatformPost[];
  status: PostStatus;
  scheduledFor: string | null;
  /** After this it is not published by itself any more; null leaves that to the instance. */
  publishBy: string | null;
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  /** ISO 8601, UTC, with milliseconds. */
  updatedAt: string;
  platformSetId: string;
  /** `live`, or `test`: published into the built-in sandbox only. */
  mode: Mode;
  publishedAt: string | null;
}

export interface PostSummary {
  id: string;
  status: PostStatus;
  /** The first 100 characters of the text. */
  textPreview: string;
  platforms: Platform[];
  mediaCount: number;
  /** How many platform posts are published. */
  publishedCount: number;
  /** How many platform posts failed; one whose outcome is unknown counts. */
  failedCount: number;
  scheduledFor: string | null;
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  /** ISO 8601, UTC, with milliseconds. */
  updatedAt: string;
  platformSetId: string;
  /** `live`, or `test`: published into the built-in sandbox only. */
  mode: Mode;
  publishedAt: string | null;
}

/** One call to the platform. */
export interface UpstreamRequest {
  method: string;
  /** The platform's own address, without tokens. */
  url: string;
  /** ISO 8601, UTC, with milliseconds. */
  startedAt: string;
  durationMilliseconds: number;
  /** The beginning of what was sent, without secrets; null for bytes. */
  request: string | null;
  /** The HTTP status; null where no whole answer came. */
  status: number | null;
  /** The beginning of the answer, without secrets. */
  answer: string | null;
  /** Why no answer came; null where one did. */
  failure: string | null;
  /** False only where the platform surely saw nothing of it. */
  reached: boolean;
}

/** One step towards publishing a platform post, with every call it made. */
export interface PostAttempt {
  id: string;
  /** The id of the platform post, as in `platformPosts`. */
  platformPostId: string;
  /** A platform, by its key; X is `twitter`. */
  platform: Platform;
  /** Which attempt of the platform post; 0 for what was prepared ahead of the time. */
  attempt: number;
  step: string;
  /** `visible` is the call that publishes; nothing else can be seen by an audience. */
  effect: "read" | "hidden" | "visible";
  /** `failed`: surely nothing came of it. `unknown`: nobody can tell. `open`: under way, or being read back. */
  verdict: "done" | "failed" | "unknown" | "open";
  /** The platform's id of what the step made live. */
  remoteId: string | null;
  /** ISO 8601, UTC, with milliseconds. */
  startedAt: string;
  endedAt: string | null;
  requests: UpstreamRequest[];
  /** How often the outcome of a publishing call was looked up afterwards. */
  readBacks: number;
  /** The calls of the latest look. */
  readBackRequests: UpstreamRequest[];
}

/** An image or a video: by url, by the filename of a file of the request, or by the id of a stored media object. */
export interface MediaEntry {
  /** Id of a stored media object where neither url nor a file is given; beside a url your own label. */
  id?: string | null;
  /** Public address of the file, http or https. */
  url?: string | null;
  /** image or video. */
  type?: "image" | "video" | null;
  /** Name of the file; one sent along under this name gives the entry its bytes. */
  filename?: string | null;
  /** MIME type, such as image/jpeg or video/mp4. */
  mimeType?: string | null;
  /** Size of the file in bytes, at most 209715200. */
  sizeBytes?: number | null;
  /** Width in pixels. */
  width?: number | null;
  /** Height in pixels. */
  height?: number | null;
  /** Length of a video in seconds. */
  durationSeconds?: number | null;
  /** Description for people who cannot see it. */
  altText?: string | null;
  /** Cover picture of a video, http or https. */
  thumbnailUrl?: string | null;
}

export interface InstagramSettings {
  /** How the content appears. Where it is left out, one image goes to the feed, one video becomes a reel, and 2 to 10 items a carousel. */
  placement?: "feed" | "story" | "reel" | "carousel";
  /** Id of a Facebook Page that has location data. Not on stories. */
  locationId?: string;
  /** Usernames of up to 3 accounts invited as collaborators, without @. Not on stories. */
  collaborators?: string[];
  /** Up to 20 accounts tagged in the media; on images each with its x and y. */
  userTags?: {
    /** Username of the public account to tag, without @. */
    username: string;
    /** Where on the image, from the left edge (0) to the right (1). Needed on images of feed and carousel. */
    x?: number;
    /** Where on the image, from the top edge (0) to the bottom (1). Needed on images of feed and carousel. */
    y?: number;
    /** Which item of a carousel is tagged, counted from 0; the first where it is left out. */
    mediaIndex?: number;
  }[];
  /** Public address of a picture to be the reel's cover, fetched when the post is made; it wins over thumbOffsetMs. Reels only. */
  coverUrl?: string;
  /** The frame used as the reel's cover, in milliseconds from its start. Reels only. */
  thumbOffsetMs?: number;
  /** Whether the reel shows in the feed too (true where it is left out). Reels only. */
  shareToFeed?: boolean;
  /** A comment placed under the post once it is live. Not on stories. */
  firstComment?: string;
}

export interface FacebookSettings {
  /** How the content appears; feed where it is left out. A reel is one video of 9:16 and 4 to 60 seconds. */
  placement?: "feed" | "story" | "reel";
  /** The title of a video in the feed or of a reel. */
  title?: string;
}

export interface TwitterSettings {
  /** Who may reply; everyone where it is left out. Holds for the first part of a thread. */
  replySettings?: "following" | "mentionedUsers" | "subscribers" | "verified";
  /** Id of the post to reply to. X takes a reply to someone else's post only where that post mentions or quotes you. */
  replyTo?: string;
  /** The parts after the first, published as replies to the part before. content.text and content.media are the first part. */
  thread?: {
    /** Text of this part; may be empty where the part has media. */
    text: string;
    /** Media of this part, by the same rules as content.media. */
    media?: MediaEntry[] | null;
  }[];
  /** A poll below the text; not together with media. */
  poll?: {
    /** 2 to 4 options of 1 to 25 characters. */
    options: string[];
    /** How long the poll is open: 5 minutes to 7 days. */
    durationMinutes: number;
  };
}

export interface LinkedinSettings {
  /** Who sees the post; PUBLIC where it is left out. */
  visibility?: "PUBLIC" | "CONNECTIONS";
  /** true: members may not reshare the post. false where it is left out. */
  isReshareDisabledByAuthor?: boolean;
  /** Title of the article card, up to 400 characters. Requires content.linkUrl. */
  articleTitle?: string;
  /** Description of the article card. Requires content.linkUrl. */
  articleDescription?: string;
  /** Title of the video. Only for a post of one video. */
  videoTitle?: string;
  /** Alternative text of the images, before that of the media entries. A string is for all images, an array has one for each. */
  altText?: string | string[];
  /** Only "member": organizations cannot be posted for. */
  authorType?: "member";
}

export interface TiktokSettings {
  /** Who may see the post; one of the levels the account's creator info offers. TikTok forbids a default, so it has to be given. */
  privacyLevel: "PUBLIC_TO_EVERYONE" | "MUTUAL_FOLLOW_FRIENDS" | "FOLLOWER_OF_CREATOR" | "SELF_ONLY";
  /** Turns comments off. They are off anyway where the creator has switched them off. */
  disableComment?: boolean;
  /** Turns duets off. Videos only; photos have none. */
  disableDuet?: boolean;
  /** Turns stitches off. Videos only; photos have none. */
  disableStitch?: boolean;
  /** The frame used as cover, in milliseconds from the start; the first where it is left out. Videos only. */
  videoCoverTimestampMs?: number;
  /** Discloses a paid partnership. Not together with SELF_ONLY. */
  brandContentToggle?: boolean;
  /** Discloses that the post promotes the creator's own business. */
  brandOrganicToggle?: boolean;
  /** Labels the post as AI-generated. */
  isAigc?: boolean;
  /** Lets TikTok add music that fits. Photos only. */
  autoAddMusic?: boolean;
  /** Which image is the cover, counted from 0; the first where it is left out. Photos only. */
  photoCoverIndex?: number;
  /** The title above the description of a photo post. Photos only. */
  photoTitle?: string;
}

export interface YoutubeSettings {
  /** The title of the video, up to 100 characters. Falls back to content.text; one of the two is needed. */
  title?: string;
  /** The long description, up to 5000 bytes of UTF-8. */
  description?: string;
  /** Tags, together up to 500 characters as YouTube counts: commas between tags count 1 each, a tag with a space 2 more. */
  tags?: string[];
  /** Category of the video; "22" (People & Blogs) where it is left out. */
  categoryId?: string;
  /** Who may see the video; private where it is left out. It may still be forced to private while the app waits for its audit. */
  privacyStatus?: "private" | "unlisted" | "public";
  /** When YouTube turns the private video public by itself. In the future, with privacyStatus private, and not together with scheduledFor. */
  publishAt?: string;
  /** Whether subscribers are notified (YouTube's own default is true). */
  notifySubscribers?: boolean;
  /** Whether the video is made for children; false where it is left out. */
  selfDeclaredMadeForKids?: boolean;
  /** Discloses realistic content that was altered or made by AI. */
  containsSyntheticMedia?: boolean;
}

export interface ThreadsSettings {
  /** Who may reply. Threads' default is everyone. */
  replyControl?: "everyone" | "accounts_you_follow" | "mentioned_only" | "parent_post_author_only" | "followers_only";
  /** Threads media id of the published post to reply to. */
  replyTo?: string;
  /** The parts after the first, published as replies to the part before. content.text and content.media are the first part. */
  thread?: {
    /** Text of this part; may be empty where the part has media. */
    text: string;
    /** Media of this part, by the same rules as content.media. */
    media?: MediaEntry[] | null;
  }[];
  /** The post's one topic, 1 to 50 characters, without #, . and &. */
  topicTag?: string;
  /** Threads media id of the post to quote. */
  quotePostId?: string;
  /** A poll below a text; not together with media. */
  poll?: {
    /** 2 to 4 options of 1 to 25 characters. */
    options: string[];
  };
}

/** Text and settings that one platform gets differently, by platform. What stands there for platforms that the post does not go to is kept, and judged when it does. */
export interface PlatformOverrides {
  /** What Instagram gets differently. */
  instagram?: {
    /** Replaces `content.text` there. */
    text?: string | null;
    settings?: InstagramSettings | null;
  } | null;
  /** What Facebook gets differently. */
  facebook?: {
    /** Replaces `content.text` there. */
    text?: string | null;
    settings?: FacebookSettings | null;
  } | null;
  /** What X (Twitter) gets differently. */
  twitter?: {
    /** Replaces `content.text` there. */
    text?: string | null;
    settings?: TwitterSettings | null;
  } | null;
  /** What LinkedIn gets differently. */
  linkedin?: {
    /** Replaces `content.text` there. */
    text?: string | null;
    settings?: LinkedinSettings | null;
  } | null;
  /** What TikTok gets differently. */
  tiktok?: {
    /** Replaces `content.text` there. */
    text?: string | null;
    settings?: TiktokSettings | null;
  } | null;
  /** What YouTube gets differently. */
  youtube?: {
    /** Replaces `content.text` there. */
    text?: string | null;
    settings?: YoutubeSettings | null;
  } | null;
  /** What Threads gets differently. */
  threads?: {
    /** Replaces `content.text` there. */
    text?: string | null;
    settings?: ThreadsSettings | null;
  } | null;
}

export interface NewPost {
  /** What is said. */
  content: {
    /** The text of the post. */
    text: string;
    /** Media attachments, in the order in which they are shown. */
    media?: MediaEntry[] | null;
    /** A link to include in the post. */
    linkUrl?: string | null;
    platformOverrides?: PlatformOverrides | null;
  };
  /** The platforms to publish to, each once. */
  platforms: Platform[];
  /** When to publish: ISO 8601 with an offset or `Z`, in the future and at most a year ahead. `null` makes a draft. */
  scheduledFor?: string | null;
  /** After this the post is not published by itself any more: ISO 8601 with an offset or `Z`, later than `scheduledFor`. `null` leaves it to the instance, which usually gives six hours. */
  publishBy?: string | null;
  /** The platform set whose accounts publish the post: one that `GET /api/v1/platform-sets` (platform_sets_list) has. */
  platformSetId: string;
}

export interface PostChanges {
  /** What is said: the members that change. */
  content?: {
    /** The text of the post. */
    text?: string;
    /** Media attachments, in the order in which they are shown. */
    media?: MediaEntry[] | null;
    /** A link to include in the post. */
    linkUrl?: string | null;
    platformOverrides?: PlatformOverrides | null;
  };
  /** The platforms to publish to, each once. */
  platforms?: Platform[];
  /** When to publish: ISO 8601 with an offset or `Z`, in the future and at most a year ahead. `null` makes a draft. */
  scheduledFor?: string | null;
  /** After this the post is not published by itself any more: ISO 8601 with an offset or `Z`, later than `scheduledFor`. `null` leaves it to the instance, which usually gives six hours. */
  publishBy?: string | null;
  /** The platform set whose accounts publish the post: one that `GET /api/v1/platform-sets` (platform_sets_list) has. */
  platformSetId?: string;
}

export interface PostFilter {
  /** Only posts in this status. */
  status?: PostStatus;
  /** Only posts that target this platform. */
  platform?: Platform;
  /** How many to answer with: 1 to 100, 20 where it is left out. */
  limit?: number;
  /** How many to skip. */
  offset?: number;
  /** `nextCursor` of the page before, instead of `offset`. */
  cursor?: string;
  /** Only posts created at this time or later. */
  from?: string;
  /** Only posts created before this time. */
  to?: string;
  /** Only posts with this in one of their texts, upper and lower case alike. */
  search?: string;
}

export interface Retry {
  /** The platforms to retry. All failed ones, where it is left out. */
  platforms?: Platform[];
  /** Retries a platform post whose outcome is unknown although it may be live already. */
  force?: boolean;
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
  /** `live`, or `test`: published into the built-in sandbox only. */
  mode: Mode;
  /** How many active accounts are in it. */
  connectionCount: number;
}

export interface Account {
  id: string;
  /** A platform, by its key; X is `twitter`. */
  platform: Platform;
  platformSetId: string;
  /** The platform's own id of the account. */
  platformAccountId: string;
  username: string | null;
  displayName: string | null;
  avatarUrl: string | null;
  status: "active" | "revoked";
  /** What was granted, by the platform's own names. */
  scopes: string[];
  tokenExpiresAt: string | null;
  tokenHealth: "healthy" | "expiring" | "expired" | "revoked" | "reconnect_required";
  tokenHealthReason: string | null;
  /** What the platform told about the account, without secrets. */
  platformMetadata: Record<string, unknown>;
  /** Your own id of whom the account belongs to, where it was connected by a connect link that had one. */
  externalId: string | null;
  /** ISO 8601, UTC, with milliseconds. */
  connectedAt: string;
  /** `live`, or `test`: published into the built-in sandbox only. */
  mode: Mode;
}

export interface AccountContext {
  userId: string;
  name: string;
  /** `live`, or `test`: published into the built-in sandbox only. */
  mode: Mode;
  plan: "free" | "creator" | "pro" | "scale" | "self-hosted";
  /** The user's time zone, by its IANA name. */
  timeZone: string;
  /** The server's clock, UTC. */
  currentTime: string;
  /** The same moment in the user's time zone, with its offset. */
  localTime: string;
  quotas: {
    name:
      | "postsPerMonth"
      | "mediaUploadsPerMonth"
      | "apiRequestsPerMonth"
      | "postsPerDay"
      | "contentBytesPerDay"
      | "maxScheduledPosts"
      | "maxStorageBytes";
    /** `null`: nothing limits it. */
    limit: number | null;
    /** What is left of it; `null` where nothing limits it. */
    remaining: number | null;
  }[];
  /** What the key may not do. */
  policies: {
    /** Whether it may only make and change drafts: it can neither schedule nor publish. */
    draftOnly: boolean;
    platforms: Platform[] | null;
    /** How many posts it may create in a day, which begins at 00:00 UTC; `null`: any number. */
    postsPerDay: number | null;
    /** Whether it may publish only what a person has approved. It cannot schedule. */
    approvalRequired: boolean;
  };
}

export interface AccountFilter {
  /** Only accounts of this platform. */
  platform?: Platform;
  /** Only accounts in this platform set. */
  platformSetId?: string;
}

export interface Media {
  id: string;
  /** `pending` until the file has been fetched from its URL. */
  status: "pending" | "ready" | "failed";
  /** A signed address of the stored file, good for a day; null while there is none. */
  url: string | null;
  /** Where it is fetched from; null where it was sent along. */
  sourceUrl: string | null;
  type: "image" | "video" | null;
  /** What the bytes say. */
  mimeType: string | null;
  filename: string;
  sizeBytes: number | null;
  width: number | null;
  height: number | null;
  durationSeconds: number | null;
  /** Why it could not be had. */
  error: string | null;
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  /** `live`, or `test`: published into the built-in sandbox only. */
  mode: Mode;
}

export interface NewMedia {
  /** Where the file can be fetched. Left out where the file is sent along. */
  url?: string;
  /** A name for the file. */
  filename?: string | null;
}

export interface MediaFilter {
  /** How many to answer with: 1 to 100, 20 where it is left out. */
  limit?: number;
  /** How many to skip. */
  offset?: number;
}

/** A platform's rules as data. */
export interface PlatformDescription {
  /** A platform, by its key; X is `twitter`. */
  name: Platform;
  /** The name people read. */
  label: string;
  /** What the platform takes: limits, placements and shapes, scheduling, quotas. */
  capabilities: Record<string, unknown>;
  /** JSON Schema of `platformOverrides.<platform>.settings`. */
  settings: Record<string, unknown>;
  /** The same in sentences. */
  description: string;
  /** Every limit, with its source. */
  limits: {
    what: string;
    limit: string;
    source: string;
  }[];
  /** Rules across several fields. */
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
  /** The link to hand on. It is in the answer that creates it and never again; whoever has it can use it. */
  url: string | null;
  /** `pending` until an account has been connected by it, once. */
  status: "pending" | "connected" | "expired" | "revoked";
  platformSetId: string;
  /** `null`: whoever opens the link chooses. */
  platform: Platform | null;
  externalId: string | null;
  returnUrl: string;
  /** The account that was connected by it. */
  accountId: string | null;
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  /** ISO 8601, UTC, with milliseconds. */
  expiresAt: string;
  /** `live`, or `test`: published into the built-in sandbox only. */
  mode: Mode;
}

export interface NewConnectLink {
  /** The platform set that the account is connected into. */
  platformSetId: string;
  /** The platform to connect. Left out: whoever opens the link chooses. */
  platform?: Platform | null;
  externalId?: string | null;
  /** Where the browser is sent afterwards, with the result in the query: `status`, `reason`, `connectLinkId`, `accountId`, `platform`, `externalId`. */
  returnUrl: string;
  /** For how long it works: a minute to 30 days, a day if left out. */
  expiresInSeconds?: number;
}

export interface ConnectLinkFilter {
  /** `pending` until an account has been connected by it, once. */
  status?: "pending" | "connected" | "expired" | "revoked";
  /** Your own id of whom the account belongs to, 1 to 255 characters. */
  externalId?: string;
  /** How many to answer with: 1 to 100, 20 where it is left out. */
  limit?: number;
  /** How many to skip. */
  offset?: number;
}

export type EventType =
  | "post.scheduled"
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
  | "media.failed";

export interface Webhook {
  id: string;
  /** Where events are sent; `null`: nowhere, its deliveries are read. */
  url: string | null;
  description: string;
  events: EventType[];
  status: "active" | "disabled";
  disabledReason: string | null;
  /** What deliveries are signed with (Standard Webhooks). It is shown where it is made, and never again. */
  secret: string | null;
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  /** ISO 8601, UTC, with milliseconds. */
  updatedAt: string;
  /** `live`, or `test`: published into the built-in sandbox only. */
  mode: Mode;
}

export interface NewWebhook {
  /** Where events are sent by POST. It has to be reachable from the internet. `null`: nothing is sent, and you read the deliveries; such a webhook goes away when nobody has read them for a week. */
  url: string | null;
  /** The events to be told of; an empty list means all. */
  events?: EventType[];
  /** A note for yourself. */
  description?: string;
}

export interface WebhookChanges {
  /** Where events are sent by POST. It has to be reachable from the internet. */
  url?: string;
  /** The events to be told of; an empty list means all. */
  events?: EventType[];
  /** A note for yourself. */
  description?: string;
  status?: "active" | "disabled";
}

export interface WebhookDelivery {
  /** The same as the header `webhook-id`, in every try. */
  id: string;
  webhookId: string;
  type: string;
  postId: string | null;
  /** `failed`: it was given up after days of tries, or the endpoint was disabled. */
  status: "pending" | "delivered" | "failed";
  /** The latest tries, oldest first. */
  attempts: {
    /** ISO 8601, UTC, with milliseconds. */
    at: string;
    /** The HTTP status; null where none came. */
    status: number | null;
    durationMilliseconds: number;
    /** Why no answer came. */
    error: string | null;
    /** The beginning of the answer. */
    answer: string | null;
  }[];
  /** The body, as it was sent. */
  payload: string;
  /** ISO 8601, UTC, with milliseconds. */
  createdAt: string;
  deliveredAt: string | null;
  /** `live`, or `test`: published into the built-in sandbox only. */
  mode: Mode;
}

export interface DeliveryFilter {
  status?: "pending" | "delivered" | "failed";
  /** How many to answer with: 1 to 100, 20 where it is left out. */
  limit?: number;
  /** How many to skip. */
  offset?: number;
}
