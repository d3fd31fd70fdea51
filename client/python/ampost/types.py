# Printed from the contract by `npm run generate`. Change that, not this.
"""What the API accepts and returns, field by field."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

#: Platform key. X is `twitter`.
Platform = Literal["instagram", "facebook", "twitter", "linkedin", "tiktok", "youtube", "threads"]


#: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
Mode = Literal["live", "test"]


ErrorCode = Literal[
    "VALIDATION_FAILED",
    "WARNING",
    "NO_PLATFORMS_SELECTED",
    "PLATFORM_NOT_CONNECTED",
    "CONTENT_TOO_LONG",
    "UNSUPPORTED_MEDIA_TYPE",
    "UNSUPPORTED_MEDIA_CONFIG",
    "INVALID_PLACEMENT",
    "MIXED_MEDIA_NOT_SUPPORTED",
    "UNAUTHORIZED",
    "POLICY_VIOLATION",
    "APPROVAL_REQUIRED",
    "PAGE_IDENTITY_CONFIRMATION_REQUIRED",
    "NOT_FOUND",
    "POST_NOT_FOUND",
    "INVALID_STATUS_TRANSITION",
    "OUTCOME_UNKNOWN",
    "IDEMPOTENCY_IN_PROGRESS",
    "PRECONDITION_FAILED",
    "PAYLOAD_TOO_LARGE",
    "IDEMPOTENCY_KEY_REUSED",
    "RATE_LIMITED",
    "AUTH_EXPIRED",
    "AUTH_REVOKED",
    "INTERNAL_ERROR",
    "MEDIA_UPLOAD_FAILED",
    "BROKER_ERROR",
    "PUBLISH_MISSED",
    "UNAVAILABLE",
]


PostStatus = Literal["draft", "scheduled", "queued", "posting", "published", "partial", "failed", "discarded"]


PlatformPostStatus = Literal["pending", "queued", "posting", "published", "failed", "unknown", "discarded"]


EventType = Literal[
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
]


class Issue(TypedDict):
    """A broken rule."""
    #: ID of the rule.
    rule: str
    code: ErrorCode
    #: The platform the rule belongs to, or null.
    platform: Platform | None
    #: JSON Pointer into the request. "" for the whole request.
    path: str
    #: What is wrong, in a sentence.
    message: str
    #: The value that was sent.
    actual: Any
    #: The value that is allowed.
    limit: Any
    #: What to do.
    fix: str


class ErrorBody(TypedDict):
    #: The first issue's message.
    error: str
    code: ErrorCode
    #: The page that explains the code.
    docs: str
    #: Same as the header X-Request-Id.
    requestId: str
    issues: list[Issue]
    #: Only with `RATE_LIMITED`: the limit that was reached and when it resets. `resetsAt` is null if it does not reset
    #: over time.
    limit: NotRequired[ErrorBodyLimit]
    #: Only with `IDEMPOTENCY_KEY_REUSED`: the object that the earlier request with this key created or changed.
    object: NotRequired[ErrorBodyObject]


class ErrorBodyLimit(TypedDict):
    """
    Only with `RATE_LIMITED`: the limit that was reached and when it resets. `resetsAt` is null if it does not reset
    over time.
    """
    kind: Literal["rate", "quota"]
    name: str
    limit: int
    resetsAt: str | None


class ErrorBodyObject(TypedDict):
    """Only with `IDEMPOTENCY_KEY_REUSED`: the object that the earlier request with this key created or changed."""
    type: str
    id: str


class PlatformPostError(TypedDict):
    """Why a platform post failed or is being retried."""
    code: ErrorCode
    #: The page that explains the code.
    docs: str
    message: str
    #: Whose problem it is.
    category: Literal["content", "account", "rate_limit", "platform", "network", "internal"]
    retryable: bool
    retryAt: str | None
    #: What to do.
    action: str
    #: The platform's own message, without secrets.
    platformError: PlatformPostErrorPlatformError | None


class PlatformPostErrorPlatformError(TypedDict):
    status: int | None
    code: str | None
    message: str | None
    requestId: str | None


class PlatformPost(TypedDict):
    id: str
    #: Platform key. X is `twitter`.
    platform: Platform
    status: PlatformPostStatus
    #: URL of the published post, once the platform has returned it.
    publishedUrl: str | None
    #: In test mode, where a browser can open the published post: nothing is at `publishedUrl`.
    sandboxUrl: str | None
    #: The account that publishes the post.
    accountId: str | None
    #: The platform's ID for the post.
    platformPostId: str | None
    #: Of a thread: its parts after the first that are live, in order, each with its own ID and URLs.
    parts: list[PlatformPostPart]
    #: When it went live, as far as can be known.
    publishedAt: str | None
    #: Number of publish attempts so far, including the one that is in progress or succeeded.
    attemptCount: int
    #: When Ampost continues with it, or checks an unknown outcome again. Null while a step is running or if nothing is
    #: left.
    nextAttemptAt: str | None
    error: PlatformPostError | None
    warnings: list[PlatformPostWarning]


class PlatformPostPart(TypedDict):
    platformPostId: str
    publishedUrl: str | None
    sandboxUrl: str | None


class PlatformPostWarning(TypedDict):
    code: str
    message: str


class Post(TypedDict):
    id: str
    userId: str
    content: PostContent
    platformPosts: list[PlatformPost]
    status: PostStatus
    scheduledFor: str | None
    #: Latest time to publish the post automatically. Null for the instance's default.
    publishBy: str | None
    #: What happens if the post's time comes while publishing is paused.
    onPause: Literal["late", "skip"]
    #: ISO 8601, UTC, with milliseconds.
    createdAt: str
    #: ISO 8601, UTC, with milliseconds.
    updatedAt: str
    platformSetId: str
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: Mode
    publishedAt: str | None
    #: Whether the post is approved, if its key or writer needs that. Null once it is published, and after a writer's
    #: edit until they try again.
    approval: PostApproval | None


class PostContent(TypedDict):
    text: str
    #: Media as they were sent. Stored media also have their measured properties and a signed URL.
    media: list[PostContentMedia]
    linkUrl: str | None
    #: Overrides as they were sent.
    platformOverrides: dict[str, Any]


class PostContentMedia(TypedDict):
    """An image or video, given by url, by the filename of an uploaded file, or by the id of a stored media object."""
    #: ID of a stored media object. With url, a label of your choice.
    id: NotRequired[str | None]
    #: Public http or https URL of the file.
    url: NotRequired[str | None]
    #: Type of the file: image or video.
    type: NotRequired[Literal["image", "video"] | None]
    #: Name of the file. To upload the file with the request, use the name it has in the form.
    filename: NotRequired[str | None]
    #: MIME type, such as image/jpeg or video/mp4.
    mimeType: NotRequired[str | None]
    #: Size of the file in bytes, at most 209715200.
    sizeBytes: NotRequired[int | None]
    #: Width in pixels.
    width: NotRequired[float | None]
    #: Height in pixels.
    height: NotRequired[float | None]
    #: Duration of the video in seconds.
    durationSeconds: NotRequired[float | None]
    #: Alternative text for people who cannot see the media.
    altText: NotRequired[str | None]
    #: Public http or https URL of the video's cover image.
    thumbnailUrl: NotRequired[str | None]
    #: ID of a stored media object that is the video's cover image, instead of thumbnailUrl.
    thumbnailMediaId: NotRequired[str | None]


class PostApproval(TypedDict):
    #: `sent_back` if a person wants it changed first: then an edit by a key makes it `pending` again.
    state: Literal["pending", "approved", "sent_back"]
    #: Why a person has sent it back.
    reason: str | None
    #: When a person approved the current version.
    approvedAt: str | None
    #: Where a person approves the current version.
    url: str


class PostSummary(TypedDict):
    id: str
    status: PostStatus
    #: First 100 characters of the text, or of a platform's own text or title.
    textPreview: str
    platforms: list[Platform]
    mediaCount: int
    #: Number of published platform posts.
    publishedCount: int
    #: Number of failed platform posts, including those whose outcome is unknown.
    failedCount: int
    #: Of those, the number that may be live.
    unknownCount: int
    #: Scheduled platform posts that wait for somebody to act.
    blockedCount: int
    scheduledFor: str | None
    #: ISO 8601, UTC, with milliseconds.
    createdAt: str
    #: ISO 8601, UTC, with milliseconds.
    updatedAt: str
    platformSetId: str
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: Mode
    publishedAt: str | None


class CreatedInBatch(TypedDict):
    #: A unique value of this post, such as a UUID.
    idempotencyKey: str
    #: Whether an earlier request created the post.
    replayed: bool
    #: Problems that do not prevent publishing.
    warnings: list[Issue]
    #: The post now. `null` if there is none.
    post: PostSummary | None
    error: CreatedInBatchError | None


class CreatedInBatchError(TypedDict):
    """Why it failed: nothing was done for it."""
    code: ErrorCode
    #: The page that explains the code.
    docs: str
    #: What is wrong, in a sentence.
    message: str
    issues: list[Issue]


class CancelledInBatch(TypedDict):
    id: str
    #: The post now. `null` if there is none.
    post: PostSummary | None
    error: CreatedInBatchError | None


class UpstreamRequest(TypedDict):
    """A request to the platform."""
    method: str
    #: URL on the platform, without tokens.
    url: str
    #: ISO 8601, UTC, with milliseconds.
    startedAt: str
    durationMilliseconds: float
    #: Beginning of the request body, without secrets. Null for binary data.
    request: str | None
    #: HTTP status. Null if no complete response arrived.
    status: int | None
    #: Beginning of the response, without secrets.
    answer: str | None
    #: Why no response arrived. Null if one did.
    failure: str | None
    #: False only if the request certainly never reached the platform.
    reached: bool


class PostAttempt(TypedDict):
    """A step in publishing a platform post, with every request it made."""
    id: str
    #: ID of the platform post, as in `platformPosts`.
    platformPostId: str
    #: Platform key. X is `twitter`.
    platform: Platform
    #: Number of the publish attempt. 0 for steps prepared before the scheduled time.
    attempt: int
    step: str
    #: `visible` is the step that publishes. No other step is visible to an audience.
    effect: Literal["read", "hidden", "visible"]
    #: `failed`: it certainly had no effect. `unknown`: the outcome cannot be determined. `open`: in progress, or being
    #: checked.
    verdict: Literal["done", "failed", "unknown", "open"]
    #: The platform's ID for what the step published.
    remoteId: str | None
    #: Only of posts that were published with an earlier version: ID of the step whose identical request this one sent
    #: once more. Now a step on LinkedIn whose response was lost has both requests.
    repeatOf: str | None
    #: Why a step before publishing failed, or why the outcome could not be determined.
    reason: str | None
    #: ISO 8601, UTC, with milliseconds.
    startedAt: str
    endedAt: str | None
    requests: list[UpstreamRequest]
    #: How often the outcome of a publishing request was checked afterwards.
    readBacks: int
    #: Requests of the latest check.
    readBackRequests: list[UpstreamRequest]


class MediaEntry(TypedDict):
    """An image or video, given by url, by the filename of an uploaded file, or by the id of a stored media object."""
    #: ID of a stored media object. With url, a label of your choice.
    id: NotRequired[str | None]
    #: Public http or https URL of the file.
    url: NotRequired[str | None]
    #: Type of the file: image or video.
    type: NotRequired[Literal["image", "video"] | None]
    #: Name of the file. To upload the file with the request, use the name it has in the form.
    filename: NotRequired[str | None]
    #: MIME type, such as image/jpeg or video/mp4.
    mimeType: NotRequired[str | None]
    #: Size of the file in bytes, at most 209715200.
    sizeBytes: NotRequired[int | None]
    #: Width in pixels.
    width: NotRequired[float | None]
    #: Height in pixels.
    height: NotRequired[float | None]
    #: Duration of the video in seconds.
    durationSeconds: NotRequired[float | None]
    #: Alternative text for people who cannot see the media.
    altText: NotRequired[str | None]
    #: Public http or https URL of the video's cover image.
    thumbnailUrl: NotRequired[str | None]
    #: ID of a stored media object that is the video's cover image, instead of thumbnailUrl.
    thumbnailMediaId: NotRequired[str | None]


class InstagramSettings(TypedDict):
    #: How the content appears. By default, one image becomes a feed post, one video a reel, and 2 to 10 items a
    #: carousel.
    placement: NotRequired[Literal["feed", "story", "reel", "carousel"]]
    #: ID of a Facebook Page with location data. Not for stories.
    locationId: NotRequired[str]
    #: Usernames of up to 3 accounts to invite as collaborators, without @. Not for stories.
    collaborators: NotRequired[list[str]]
    #: Up to 20 accounts to tag in the media. Tags on images require x and y.
    userTags: NotRequired[list[InstagramSettingsUserTag]]
    #: Public URL of the reel's cover image, fetched when the post is created. Takes precedence over thumbOffsetMs.
    #: Reels only.
    coverUrl: NotRequired[str]
    #: ID of a stored media object to use as the reel's cover image, instead of coverUrl. Reels only.
    coverMediaId: NotRequired[str]
    #: Position of the cover frame, in milliseconds from the start. For reels, and for every video of a carousel.
    thumbOffsetMs: NotRequired[int]
    #: Whether the reel also appears in the feed. Defaults to true. Reels only.
    shareToFeed: NotRequired[bool]
    #: Labels the post as AI-generated.
    isAiGenerated: NotRequired[bool]
    #: Labels the post as a paid partnership. Only for accounts connected through Facebook.
    isPaidPartnership: NotRequired[bool]
    #: A comment to add to the post once it is live. Not for stories.
    firstComment: NotRequired[str]


class InstagramSettingsUserTag(TypedDict):
    #: Username of the public account to tag, without @.
    username: str
    #: Horizontal position on the image, from the left edge (0) to the right (1). Required for images in feed and
    #: carousel posts.
    x: NotRequired[float]
    #: Vertical position on the image, from the top edge (0) to the bottom (1). Required for images in feed and carousel
    #: posts.
    y: NotRequired[float]
    #: Zero-based index of the carousel item to tag. Defaults to the first.
    mediaIndex: NotRequired[int]


class FacebookSettings(TypedDict):
    #: How the content appears. Defaults to feed. A reel is one 9:16 video of 4 to 60 seconds.
    placement: NotRequired[Literal["feed", "story", "reel"]]
    #: Public URL of the cover image of a feed video or reel, fetched when the post is created.
    coverUrl: NotRequired[str]
    #: ID of a stored media object to use as the cover image, instead of coverUrl.
    coverMediaId: NotRequired[str]
    #: A comment to add to the post once it is live. Not for stories.
    firstComment: NotRequired[str]
    #: Title of a feed video or reel.
    title: NotRequired[str]


class TwitterSettings(TypedDict):
    #: Who can reply. Defaults to everyone. Applies to the first part of a thread.
    replySettings: NotRequired[Literal["following", "mentionedUsers", "subscribers", "verified"]]
    #: ID of the post to reply to. X allows a reply to someone else's post only if that post mentions or quotes you.
    replyTo: NotRequired[str]
    #: Parts of a thread after the first, each published as a reply to the one before. content.text and content.media
    #: are the first part.
    thread: NotRequired[list[TwitterSettingsThread]]
    #: A poll below the text. Cannot be combined with media.
    poll: NotRequired[TwitterSettingsPoll]


class TwitterSettingsThread(TypedDict):
    #: Text of this part. May be empty if the part has media.
    text: str
    #: Media of this part, in the same format as content.media.
    media: NotRequired[list[MediaEntry] | None]


class TwitterSettingsPoll(TypedDict):
    """A poll below the text. Cannot be combined with media."""
    #: 2 to 4 options of 1 to 25 characters each.
    options: list[str]
    #: How long the poll stays open in minutes: 5 minutes to 7 days.
    durationMinutes: int


class LinkedinSettings(TypedDict):
    #: Who can see the post. Defaults to PUBLIC.
    visibility: NotRequired[Literal["PUBLIC", "CONNECTIONS"]]
    #: Whether resharing the post is disabled. Defaults to false.
    isReshareDisabledByAuthor: NotRequired[bool]
    #: Title of the article card, up to 400 characters. Requires content.linkUrl.
    articleTitle: NotRequired[str]
    #: Description of the article card. Requires content.linkUrl.
    articleDescription: NotRequired[str]
    #: Title of the video. Only for a post with one video.
    videoTitle: NotRequired[str]
    #: Public URL of the video's cover image, fetched when the post is created. Only for a post with one video.
    coverUrl: NotRequired[str]
    #: ID of a stored media object to use as the video's cover image, instead of coverUrl.
    coverMediaId: NotRequired[str]
    #: A comment to add to the post once it is live.
    firstComment: NotRequired[str]
    #: Alternative text of the images. Overrides the altText of media entries. A string applies to all images; an array
    #: has one text per image.
    altText: NotRequired[str | list[str]]
    #: Only "member". Posting for organizations is not supported.
    authorType: NotRequired[Literal["member"]]


class TiktokSettings(TypedDict):
    #: Who can see the post: one of the levels in the account's creator info. Required, because TikTok does not allow a
    #: default.
    privacyLevel: Literal["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"]
    #: Whether comments are off. Defaults to true: set it to false to allow them, as the person who posts decides. They
    #: are always off if the creator has turned them off on TikTok.
    disableComment: NotRequired[bool]
    #: Whether duets are off. Defaults to true; set it to false to allow them. Videos only.
    disableDuet: NotRequired[bool]
    #: Whether stitches are off. Defaults to true; set it to false to allow them. Videos only.
    disableStitch: NotRequired[bool]
    #: Position of the cover frame, in milliseconds from the start. Defaults to the first frame. Videos only.
    videoCoverTimestampMs: NotRequired[int]
    #: Discloses a paid partnership. Cannot be combined with FOLLOWER_OF_CREATOR or SELF_ONLY.
    brandContentToggle: NotRequired[bool]
    #: Discloses that the post promotes the creator's own business.
    brandOrganicToggle: NotRequired[bool]
    #: Labels the post as AI-generated. TikTok may not show the label on photos.
    isAigc: NotRequired[bool]
    #: Lets TikTok add matching music. Photos only.
    autoAddMusic: NotRequired[bool]
    #: Zero-based index of the cover image. Defaults to the first. Photos only.
    photoCoverIndex: NotRequired[int]
    #: Title of a photo post, shown above its description. Photos only.
    photoTitle: NotRequired[str]


class YoutubeSettings(TypedDict):
    #: Title of the video, up to 100 characters. Defaults to content.text; one of the two is required.
    title: NotRequired[str]
    #: Description of the video, up to 5000 bytes in UTF-8.
    description: NotRequired[str]
    #: Tags of the video, up to 500 characters in total as YouTube counts them: each comma between tags counts as 1, and
    #: a tag with a space counts 2 more.
    tags: NotRequired[list[str]]
    #: Category ID of the video. Defaults to "22" (People & Blogs).
    categoryId: NotRequired[str]
    #: Who can see the video. Defaults to private. An instance can keep all uploads private
    #: (YOUTUBE_FORCE_PRIVATE_UPLOADS).
    privacyStatus: NotRequired[Literal["private", "unlisted", "public"]]
    #: When YouTube makes the private video public. Must be in the future, requires privacyStatus private, and cannot be
    #: combined with scheduledFor.
    publishAt: NotRequired[str]
    #: Whether to notify subscribers. YouTube's default is true.
    notifySubscribers: NotRequired[bool]
    #: Whether the video is made for kids. Defaults to false.
    selfDeclaredMadeForKids: NotRequired[bool]
    #: Discloses realistic content that was altered or generated by AI.
    containsSyntheticMedia: NotRequired[bool]
    #: A comment to add to the video once it is live. YouTube has no comments on private videos.
    firstComment: NotRequired[str]


class ThreadsSettings(TypedDict):
    #: Who can reply. Threads' default is everyone.
    replyControl: NotRequired[Literal["everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only"]]
    #: Threads media ID of the published post to reply to.
    replyTo: NotRequired[str]
    #: Parts of a thread after the first, each published as a reply to the one before. content.text and content.media
    #: are the first part.
    thread: NotRequired[list[TwitterSettingsThread]]
    #: Topic of the post, 1 to 50 characters, without #, . or &.
    topicTag: NotRequired[str]
    #: Threads media ID of the post to quote.
    quotePostId: NotRequired[str]
    #: A poll below the text. Cannot be combined with media. Threads decides how long it is open.
    poll: NotRequired[ThreadsSettingsPoll]


class ThreadsSettingsPoll(TypedDict):
    """A poll below the text. Cannot be combined with media. Threads decides how long it is open."""
    #: 2 to 4 options of 1 to 25 characters each.
    options: list[str]


class PlatformOverrides(TypedDict):
    """
    Text, media and settings for individual platforms, by platform. Overrides for platforms the post is not published to
    are stored, and validated once it is.
    """
    #: Overrides for Instagram.
    instagram: NotRequired[PlatformOverridesInstagram | None]
    #: Overrides for Facebook.
    facebook: NotRequired[PlatformOverridesFacebook | None]
    #: Overrides for X (Twitter).
    twitter: NotRequired[PlatformOverridesTwitter | None]
    #: Overrides for LinkedIn.
    linkedin: NotRequired[PlatformOverridesLinkedin | None]
    #: Overrides for TikTok.
    tiktok: NotRequired[PlatformOverridesTiktok | None]
    #: Overrides for YouTube.
    youtube: NotRequired[PlatformOverridesYoutube | None]
    #: Overrides for Threads.
    threads: NotRequired[PlatformOverridesThreads | None]


class PlatformOverridesInstagram(TypedDict):
    """Overrides for Instagram."""
    #: Replaces `content.text` on this platform.
    text: NotRequired[str | None]
    #: Replaces `content.media` on this platform; an empty array means no media. Same format as `content.media`.
    media: NotRequired[list[MediaEntry] | None]
    settings: NotRequired[InstagramSettings | None]


class PlatformOverridesFacebook(TypedDict):
    """Overrides for Facebook."""
    #: Replaces `content.text` on this platform.
    text: NotRequired[str | None]
    #: Replaces `content.media` on this platform; an empty array means no media. Same format as `content.media`.
    media: NotRequired[list[MediaEntry] | None]
    settings: NotRequired[FacebookSettings | None]


class PlatformOverridesTwitter(TypedDict):
    """Overrides for X (Twitter)."""
    #: Replaces `content.text` on this platform.
    text: NotRequired[str | None]
    #: Replaces `content.media` on this platform; an empty array means no media. Same format as `content.media`.
    media: NotRequired[list[MediaEntry] | None]
    settings: NotRequired[TwitterSettings | None]


class PlatformOverridesLinkedin(TypedDict):
    """Overrides for LinkedIn."""
    #: Replaces `content.text` on this platform.
    text: NotRequired[str | None]
    #: Replaces `content.media` on this platform; an empty array means no media. Same format as `content.media`.
    media: NotRequired[list[MediaEntry] | None]
    settings: NotRequired[LinkedinSettings | None]


class PlatformOverridesTiktok(TypedDict):
    """Overrides for TikTok."""
    #: Replaces `content.text` on this platform.
    text: NotRequired[str | None]
    #: Replaces `content.media` on this platform; an empty array means no media. Same format as `content.media`.
    media: NotRequired[list[MediaEntry] | None]
    settings: NotRequired[TiktokSettings | None]


class PlatformOverridesYoutube(TypedDict):
    """Overrides for YouTube."""
    #: Replaces `content.text` on this platform.
    text: NotRequired[str | None]
    #: Replaces `content.media` on this platform; an empty array means no media. Same format as `content.media`.
    media: NotRequired[list[MediaEntry] | None]
    settings: NotRequired[YoutubeSettings | None]


class PlatformOverridesThreads(TypedDict):
    """Overrides for Threads."""
    #: Replaces `content.text` on this platform.
    text: NotRequired[str | None]
    #: Replaces `content.media` on this platform; an empty array means no media. Same format as `content.media`.
    media: NotRequired[list[MediaEntry] | None]
    settings: NotRequired[ThreadsSettings | None]


class NewPost(TypedDict):
    #: Content of the post.
    content: NewPostContent
    #: Platforms to publish to, without duplicates.
    platforms: list[Platform]
    #: When to publish, at most a year ahead: ISO 8601 with an offset or Z, or local with `timeZone`. `null`: a draft.
    scheduledFor: NotRequired[str | None]
    #: IANA time zone of local times.
    timeZone: NotRequired[str]
    #: Whether to use its accounts' next free posting time instead of `scheduledFor`.
    nextPostingTime: NotRequired[bool]
    #: Whether to use the next time with room if a platform's limits leave none at `scheduledFor`.
    spread: NotRequired[bool]
    #: Latest time to publish it automatically. `null`: the instance's default, usually six hours later.
    publishBy: NotRequired[str | None]
    #: If its time comes while publishing is paused: `late` (the default) publishes it afterwards, unless it is too late
    #: by then; `skip` does not.
    onPause: NotRequired[Literal["late", "skip"]]
    #: The platform set whose accounts publish the post, from `GET /api/v1/platform-sets` (platform_sets_list).
    platformSetId: str


class NewPostContent(TypedDict):
    """Content of the post."""
    #: Text of the post.
    text: str
    #: Media attachments, in display order.
    media: NotRequired[list[MediaEntry] | None]
    #: A link to include in the post.
    linkUrl: NotRequired[str | None]
    platformOverrides: NotRequired[PlatformOverrides | None]


class PostChanges(TypedDict):
    #: Content fields to change.
    content: NotRequired[PostChangesContent]
    #: Platforms to publish to, without duplicates.
    platforms: NotRequired[list[Platform]]
    #: When to publish, at most a year ahead: ISO 8601 with an offset or Z, or local with `timeZone`. `null`: a draft.
    scheduledFor: NotRequired[str | None]
    #: IANA time zone of local times.
    timeZone: NotRequired[str]
    #: Whether to use its accounts' next free posting time instead of `scheduledFor`.
    nextPostingTime: NotRequired[bool]
    #: Whether to use the next time with room if a platform's limits leave none at `scheduledFor`.
    spread: NotRequired[bool]
    #: Latest time to publish it automatically. `null`: the instance's default, usually six hours later.
    publishBy: NotRequired[str | None]
    #: If its time comes while publishing is paused: `late` (the default) publishes it afterwards, unless it is too late
    #: by then; `skip` does not.
    onPause: NotRequired[Literal["late", "skip"]]
    #: The platform set whose accounts publish the post, from `GET /api/v1/platform-sets` (platform_sets_list).
    platformSetId: NotRequired[str]
    #: Accounts of the set to use from now on.
    accountIds: NotRequired[list[str]]


class PostChangesContent(TypedDict):
    """Content fields to change."""
    #: Text of the post.
    text: NotRequired[str]
    #: Media attachments, in display order.
    media: NotRequired[list[MediaEntry] | None]
    #: A link to include in the post.
    linkUrl: NotRequired[str | None]
    platformOverrides: NotRequired[PlatformOverrides | None]


PostFilter = TypedDict("PostFilter", {
    #: Only posts with this status.
    "status": "NotRequired[PostStatus]",
    #: `blocked`: waits for somebody to act. `unknown`: may be live.
    "outcome": "NotRequired[Literal[\"unknown\", \"blocked\"]]",
    #: Only posts that target this platform.
    "platform": "NotRequired[Platform]",
    #: Only posts of this platform set.
    "platformSetId": "NotRequired[str]",
    #: Number of results: 1 to 100. Defaults to 20.
    "limit": "NotRequired[int]",
    #: Number of results to skip.
    "offset": "NotRequired[int]",
    #: `nextCursor` from the previous page. Use it instead of `offset`.
    "cursor": "NotRequired[str]",
    #: Only posts created at or after this time.
    "from": "NotRequired[str]",
    #: Only posts created before this time.
    "to": "NotRequired[str]",
    #: Only posts scheduled for this time or later, the earliest first. Use `offset` for the next page.
    "scheduledFrom": "NotRequired[str]",
    #: Only posts scheduled before this time, the earliest first.
    "scheduledTo": "NotRequired[str]",
    #: Only posts published at or after this time, or scheduled for then if not published; the earliest first.
    "timeFrom": "NotRequired[str]",
    #: Like `timeFrom`, but before this time.
    "timeTo": "NotRequired[str]",
    #: Only posts that contain this in one of their texts, also within a word. Not case-sensitive. `total` counts 1,000
    #: at most.
    "search": "NotRequired[str]",
})


class PostsToCancel(TypedDict):
    #: IDs of 1 to 50 posts.
    ids: list[str]
    #: The `etag` of posts by ID: one that has changed since is not discarded.
    etags: NotRequired[dict[str, str]]


class Retry(TypedDict):
    #: Platforms to retry. Defaults to all failed ones.
    platforms: NotRequired[list[Platform]]
    #: Even if its outcome is unknown and it may be live.
    force: NotRequired[bool]
    #: Accounts of the set to use from now on.
    accountIds: NotRequired[list[str]]


class Resolution(TypedDict):
    #: Platform key. X is `twitter`.
    platform: Platform
    #: Whether it is on the account.
    isLive: bool
    #: Its link, or in test mode its `sandboxUrl`. That of another post is rejected.
    publishedUrl: NotRequired[str]


class Publishing(TypedDict):
    #: `paused` if everything in this mode is; `held` if the database was restored or copied and the operator has not
    #: released publishing yet. If it is `running`, single platform sets and accounts can be paused.
    status: Literal["running", "paused", "held"]
    #: Every pause that concerns you, the widest first.
    pauses: list[PublishingPause]


class PublishingPause(TypedDict):
    #: What is paused: the whole instance, everything of yours in this mode, a platform set or an account.
    scope: Literal["instance", "user", "platform_set", "account"]
    platformSetId: str | None
    accountId: str | None
    #: ISO 8601, UTC, with milliseconds.
    since: str
    #: Whether the operator of the instance paused it. Then only the operator can resume it.
    byOperator: bool


class PauseTarget(TypedDict):
    #: Only this platform set.
    platformSetId: NotRequired[str]
    #: Only this account.
    accountId: NotRequired[str]
    #: The whole instance. Only for its owner, with a dashboard session.
    instance: NotRequired[bool]


class PublishingStatsFilter(TypedDict):
    #: Number of days, including today: 1 to 90. Defaults to 30.
    days: NotRequired[int]
    #: IANA time zone of the days. Defaults to UTC.
    timeZone: NotRequired[str]
    #: Mode for a session. Defaults to `live`. Keys have their own mode.
    mode: NotRequired[Mode]
    #: ID of the workspace for a session. Defaults to the user's own. Keys belong to a workspace.
    workspace: NotRequired[str]


PublishingStats = TypedDict("PublishingStats", {
    #: Start of the first day.
    "from": "str",
    #: The time zone of the days.
    "timeZone": "str",
    #: Days on which something was published, by platform, oldest first.
    "days": "list[PublishingStatsDay]",
    #: Whether all are counted. If not, only the latest 100,000 are.
    "isComplete": "bool",
})


class PublishingStatsDay(TypedDict):
    #: The day in the time zone.
    date: str
    #: Platform key. X is `twitter`.
    platform: Platform
    #: Number of platform posts that went live.
    publishedCount: int
    #: How long after its time half of them were live: the scheduled time, or the publish request.
    medianLatenessSeconds: float
    #: How long after its time the last of them was live.
    maxLatenessSeconds: float


class PlatformSet(TypedDict):
    id: str
    userId: str
    name: str
    isDefault: bool
    #: ISO 8601, UTC, with milliseconds.
    createdAt: str
    #: ISO 8601, UTC, with milliseconds.
    updatedAt: str
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: Mode
    #: Number of active accounts in it.
    connectionCount: int


class PostingTimes(TypedDict):
    #: IANA time zone of the times.
    timeZone: str
    #: Local times, by day; empty if none are set.
    times: dict[str, list[str]]
    #: The next of these times for which no other post is scheduled there. `null` if there is none.
    nextFreeAt: str | None


class NewPostingTimes(TypedDict):
    #: IANA time zone of the times. Daylight saving time applies.
    timeZone: str
    #: Local times, by day: at most 24 on each. Days that are missing have none.
    times: dict[str, list[str]]


class AccountPostingTimes(TypedDict):
    #: IANA time zone of the times.
    timeZone: str
    #: Local times, by day; empty if none are set.
    times: dict[str, list[str]]
    #: The next of these times for which no other post is scheduled there. `null` if there is none.
    nextFreeAt: str | None
    #: Whether they are the account's own, not its platform set's.
    isOwn: bool


class NewAccountPostingTimes(TypedDict):
    #: `null`: the account follows its platform set.
    postingTimes: NewPostingTimes | None


class Account(TypedDict):
    id: str
    #: Platform key. X is `twitter`.
    platform: Platform
    platformSetId: str
    #: The platform's ID for the account.
    platformAccountId: str
    username: str | None
    displayName: str | None
    avatarUrl: str | None
    status: Literal["active", "revoked"]
    #: Granted permissions, by the platform's names.
    scopes: list[str]
    #: When access ends unless the account is reconnected. Null if it renews automatically.
    tokenExpiresAt: str | None
    #: When the platform ends access to the user's data unless they reconnect, even if the token has no expiry.
    dataAccessExpiresAt: str | None
    tokenHealth: Literal["healthy", "expiring", "expired", "revoked", "reconnect_required"]
    tokenHealthReason: str | None
    #: Details about the account from the platform, without secrets.
    platformMetadata: dict[str, Any]
    #: Your ID for the account's owner, if the connect link that connected it had one.
    externalId: str | None
    #: ISO 8601, UTC, with milliseconds.
    connectedAt: str
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: Mode


class PlatformLimit(TypedDict):
    #: What is limited, as in `GET /api/v1/platforms`; `feesMicroUsd` for what platforms charge in a month.
    name: str
    #: Whose limit it is.
    per: Literal["account", "app", "user", "key"]
    #: The length of the time that it counts. Null for a calendar month.
    windowSeconds: int | None
    limit: int | None
    #: What is published and scheduled in the fullest window that includes this time.
    used: int
    remaining: int | None
    #: When more is left. Null if nothing is used.
    resetsAt: str | None


class AccountWithLimits(TypedDict):
    id: str
    #: Platform key. X is `twitter`.
    platform: Platform
    platformSetId: str
    #: The platform's ID for the account.
    platformAccountId: str
    username: str | None
    displayName: str | None
    avatarUrl: str | None
    status: Literal["active", "revoked"]
    #: Granted permissions, by the platform's names.
    scopes: list[str]
    #: When access ends unless the account is reconnected. Null if it renews automatically.
    tokenExpiresAt: str | None
    #: When the platform ends access to the user's data unless they reconnect, even if the token has no expiry.
    dataAccessExpiresAt: str | None
    tokenHealth: Literal["healthy", "expiring", "expired", "revoked", "reconnect_required"]
    tokenHealthReason: str | None
    #: Details about the account from the platform, without secrets.
    platformMetadata: dict[str, Any]
    #: Your ID for the account's owner, if the connect link that connected it had one.
    externalId: str | None
    #: ISO 8601, UTC, with milliseconds.
    connectedAt: str
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: Mode
    #: Number of scheduled posts that are to be published through it.
    scheduledPosts: int
    #: What is left now of the platform's limits for the account, and for the app it is connected with, which other
    #: accounts use too.
    limits: list[PlatformLimit]


class PostFee(TypedDict):
    #: Platform key. X is `twitter`.
    platform: Platform
    #: In millionths of a US dollar.
    microUsd: int


class PostLimit(TypedDict):
    #: What is limited, as in `GET /api/v1/platforms`; `feesMicroUsd` for what platforms charge in a month.
    name: str
    #: Whose limit it is.
    per: Literal["account", "app", "user", "key"]
    #: The length of the time that it counts. Null for a calendar month.
    windowSeconds: int | None
    limit: int | None
    #: What is published and scheduled in the fullest window that includes this time.
    used: int
    remaining: int | None
    #: When more is left. Null if nothing is used.
    resetsAt: str | None
    #: Platform key. X is `twitter`.
    platform: Platform
    #: How much of it the post uses.
    needed: int


class AccountContext(TypedDict):
    userId: str
    name: str
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: Mode
    plan: Literal["free", "creator", "pro", "scale", "self-hosted"]
    #: The user's time zone as an IANA name.
    timeZone: str
    #: Current server time in UTC.
    currentTime: str
    #: Current time in the user's time zone, with its offset.
    localTime: str
    #: What limits the key in its mode.
    quotas: list[AccountContextQuota]
    #: What platforms charge for the user's posts of this month, in millionths of a US dollar.
    fees: AccountContextFees
    #: Restrictions on the key.
    policies: AccountContextPolicies


class AccountContextQuota(TypedDict):
    name: Literal["postsPerMonth", "mediaUploadsPerMonth", "apiRequestsPerMonth", "postsPerDay", "contentBytesPerDay", "maxScheduledPosts", "maxStorageBytes"]
    #: `null` if unlimited.
    limit: int | None
    #: Amount remaining. `null` if unlimited.
    remaining: int | None


class AccountContextFees(TypedDict):
    """What platforms charge for the user's posts of this month, in millionths of a US dollar."""
    limit: int | None
    #: What is published and scheduled in the fullest window that includes this time.
    used: int
    remaining: int | None
    #: When more is left. Null if nothing is used.
    resetsAt: str | None


class AccountContextPolicies(TypedDict):
    """Restrictions on the key."""
    #: Whether the key can only create and edit drafts, and cannot schedule or publish.
    draftOnly: bool
    platforms: list[Platform] | None
    #: Maximum number of posts per day, starting at 00:00 UTC. `null` for no limit.
    postsPerDay: int | None
    #: Maximum that platforms may charge for the key's posts in a calendar month (UTC), in millionths of a US dollar.
    #: `null` for no limit.
    feesPerMonthMicroUsd: int | None
    #: Whether a person must approve each post before the key can publish it. Such a key cannot schedule.
    approvalRequired: bool
    #: Whether the key can list and replace the user's own OAuth apps. Other keys cannot.
    oauthApps: bool


class Usage(TypedDict):
    plan: Literal["free", "creator", "pro", "scale", "self-hosted"]
    #: Start of the calendar month (UTC).
    periodStartsAt: str
    #: End of the calendar month (UTC).
    periodEndsAt: str
    #: Live mode only: in test mode, quotas do not apply.
    quotas: UsageQuotas
    #: Requests of each rate class, in both modes together.
    rates: UsageRates


class UsageQuotas(TypedDict):
    """Live mode only: in test mode, quotas do not apply."""
    #: Posts created. A draft or scheduled post that is discarded no longer counts.
    postsPerMonth: UsageQuotasPostsPerMonth
    #: Files and URLs sent to `/api/v1/media`, and files of forms.
    mediaUploadsPerMonth: UsageQuotasPostsPerMonth
    #: Requests with an API key.
    apiRequestsPerMonth: UsageQuotasPostsPerMonth
    #: Scheduled posts.
    maxScheduledPosts: UsageQuotasMaxScheduledPosts
    #: Stored media, including uploads in progress.
    maxStorageBytes: UsageQuotasMaxScheduledPosts


class UsageQuotasPostsPerMonth(TypedDict):
    """Posts created. A draft or scheduled post that is discarded no longer counts."""
    used: int
    #: `null` if unlimited.
    limit: int | None
    #: Amount remaining. `null` if unlimited.
    remaining: int | None
    #: When the next month begins.
    resetsAt: str


class UsageQuotasMaxScheduledPosts(TypedDict):
    """Scheduled posts."""
    used: int
    #: `null` if unlimited.
    limit: int | None
    #: Amount remaining. `null` if unlimited.
    remaining: int | None
    #: Always `null`: it does not reset.
    resetsAt: None


class UsageRates(TypedDict):
    """Requests of each rate class, in both modes together."""
    createPost: UsageRatesCreatePost
    publishPost: UsageRatesCreatePost
    connectPlatform: UsageRatesCreatePost
    mediaUpload: UsageRatesCreatePost
    apiRead: UsageRatesCreatePost


class UsageRatesCreatePost(TypedDict):
    #: `null` if unlimited.
    limit: int | None
    #: Amount remaining. `null` if unlimited.
    remaining: int | None
    #: Length of the window in which requests are counted.
    windowSeconds: int
    #: When the current window ends.
    resetsAt: str


class AccountFilter(TypedDict):
    #: Only accounts of this platform.
    platform: NotRequired[Platform]
    #: Only accounts in this platform set.
    platformSetId: NotRequired[str]


class SandboxFault(TypedDict):
    kind: Literal["reject", "rate_limit", "http_500", "timeout", "drop_before", "drop_after", "error_after", "cut_body", "broken_json", "slow", "process_forever", "expire_token", "revoke_token"]
    #: When it ends if no call has met it.
    expiresAt: str


class NewSandboxFaults(TypedDict):
    #: How they fail, in order.
    faults: list[Literal["reject", "rate_limit", "http_500", "timeout", "drop_before", "drop_after", "error_after", "cut_body", "broken_json", "slow", "process_forever", "expire_token", "revoke_token"]]


class ApiRequest(TypedDict):
    #: The X-Request-Id of the response, and `requestId` of an error.
    id: str
    #: The operation, which is also the name of its MCP tool.
    operation: str
    #: How it was called.
    via: Literal["api", "mcp", "dashboard"]
    method: str
    #: The endpoint, with the names of its parameters. `/mcp` over MCP.
    route: str
    #: The ID in the path.
    target: str | None
    #: HTTP status of the response; over MCP, the one that the endpoint would have returned.
    status: int
    #: `null` if it succeeded.
    error: ApiRequestError | None
    durationMilliseconds: int
    #: Who sent it.
    actor: ApiRequestActor
    #: ISO 8601, UTC, with milliseconds.
    createdAt: str
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: Mode


class ApiRequestError(TypedDict):
    code: str
    message: str


class ApiRequestActor(TypedDict):
    """Who sent it."""
    #: An MCP client that a person authorized is a key, too.
    kind: Literal["key", "person"]
    #: ID of the key, or of the person's user.
    id: str
    #: `null` if the key is deleted, or the person is no longer in the workspace.
    name: str | None


class ApiRequestDetails(TypedDict):
    #: The X-Request-Id of the response, and `requestId` of an error.
    id: str
    #: The operation, which is also the name of its MCP tool.
    operation: str
    #: How it was called.
    via: Literal["api", "mcp", "dashboard"]
    method: str
    #: The endpoint, with the names of its parameters. `/mcp` over MCP.
    route: str
    #: The ID in the path.
    target: str | None
    #: HTTP status of the response; over MCP, the one that the endpoint would have returned.
    status: int
    #: `null` if it succeeded.
    error: ApiRequestError | None
    durationMilliseconds: int
    #: Who sent it.
    actor: ApiRequestActor
    #: ISO 8601, UTC, with milliseconds.
    createdAt: str
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: Mode
    hasIdempotencyKey: bool
    #: The network of the caller's IP address: its first three bytes, or six of IPv6.
    network: str | None
    #: The query's parameters, recorded like the body.
    query: dict[str, Any] | None
    #: The request's body without secrets and unknown fields, and at most 8,000 characters of its texts. `null` if there
    #: was none, or it could not be read.
    body: dict[str, Any] | None
    #: What was wrong with it, and how to fix it.
    issues: list[ApiRequestDetailsIssue]


class ApiRequestDetailsIssue(TypedDict):
    rule: str
    #: JSON pointer to the field.
    path: str
    message: str
    fix: str


RequestFilter = TypedDict("RequestFilter", {
    #: Only responses of this class. `failed` is 4xx and 5xx.
    "status": "NotRequired[Literal[\"2xx\", \"3xx\", \"4xx\", \"5xx\", \"failed\"]]",
    #: Only this operation.
    "operation": "NotRequired[str]",
    #: Only this HTTP method.
    "method": "NotRequired[Literal[\"GET\", \"HEAD\", \"POST\", \"PUT\", \"PATCH\", \"DELETE\"]]",
    #: Only this endpoint.
    "route": "NotRequired[str]",
    #: Only requests with this key.
    "keyId": "NotRequired[str]",
    #: Only requests at this time or later.
    "from": "NotRequired[str]",
    #: Only requests before this time.
    "to": "NotRequired[str]",
    #: Number of results: 1 to 100. Defaults to 20.
    "limit": "NotRequired[int]",
    #: `nextCursor` from the previous page.
    "cursor": "NotRequired[str]",
})


class Media(TypedDict):
    id: str
    #: `pending` until the file has been fetched from its URL.
    status: Literal["pending", "ready", "failed"]
    #: Signed URL of the stored file, valid for a day. Null until the file is stored.
    url: str | None
    #: Signed URL of a small WebP image, valid for a day. Null for videos and until the file is stored.
    thumbnailUrl: str | None
    #: URL the file is fetched from. Null if it was uploaded.
    sourceUrl: str | None
    type: Literal["image", "video"] | None
    #: Properties measured from the file.
    mimeType: str | None
    filename: str
    sizeBytes: int | None
    width: int | None
    height: int | None
    durationSeconds: float | None
    #: Alternative text that the dashboard suggests when the file is added to a post.
    altText: str | None
    #: Until then, the file is not deleted automatically; `forever`: never. Null: it is deleted 7 days after its
    #: creation, or 30 days after the last change of the posts that use it.
    keepUntil: Literal["forever"] | str | None
    #: Why the file could not be fetched.
    error: str | None
    #: ISO 8601, UTC, with milliseconds.
    createdAt: str
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: Mode


class NewMedia(TypedDict):
    #: Public URL of the file. Omit it when you upload the file.
    url: NotRequired[str]
    #: Name of the file.
    filename: NotRequired[str | None]


class MediaChanges(TypedDict):
    #: Alternative text, for people who cannot see the file. Null removes it.
    altText: NotRequired[str | None]
    #: Time until which the file is not deleted automatically, or `forever`. Null: see `Media.keepUntil`.
    keepUntil: NotRequired[str | None]


class Crop(TypedDict):
    #: Left edge of the part, in pixels of the upright image.
    x: int
    #: Top edge of the part.
    y: int
    #: Width of the part.
    width: int
    #: Height of the part.
    height: int


class UploadUrl(TypedDict):
    #: Where to send the file. Anyone who has it can use it. Null once it has expired.
    url: str | None
    maxSizeBytes: int
    #: ISO 8601, UTC, with milliseconds.
    expiresAt: str


class MediaFilter(TypedDict):
    #: Only images or only videos.
    type: NotRequired[Literal["image", "video"]]
    #: Only files that a post uses, or only files that none does.
    use: NotRequired[Literal["used", "unused"]]
    #: Only files with this in their name. Not case-sensitive.
    search: NotRequired[str]
    #: Number of results: 1 to 100. Defaults to 20.
    limit: NotRequired[int]
    #: Number of results to skip.
    offset: NotRequired[int]


class PlatformDescription(TypedDict):
    """A platform's rules as data."""
    #: Platform key. X is `twitter`.
    name: Platform
    #: Display name of the platform.
    label: str
    #: What the platform supports: limits, placements and shapes, scheduling, quotas.
    capabilities: dict[str, Any]
    #: JSON Schema of `platformOverrides.<platform>.settings`.
    settings: dict[str, Any]
    #: The same information in sentences.
    description: str
    #: All limits, with their sources.
    limits: list[PlatformDescriptionLimit]
    #: Rules that involve several fields.
    rules: list[PlatformDescriptionRule]


class PlatformDescriptionLimit(TypedDict):
    what: str
    limit: str
    source: str


class PlatformDescriptionRule(TypedDict):
    rule: str
    code: ErrorCode
    severity: Literal["error", "warning"]
    message: str
    fix: str


class ConnectLink(TypedDict):
    id: str
    #: The link to share. Returned only when the link is created. Anyone who has it can use it.
    url: str | None
    #: `pending` until an account is connected, or the link expires or is revoked. One for several platforms stays
    #: `pending` until then.
    status: Literal["pending", "connected", "expired", "revoked"]
    platformSetId: str
    #: `null` if the person who opens the link chooses the platform.
    platform: Platform | None
    externalId: str | None
    returnUrl: str
    #: The account that was connected, the last one if there are several.
    accountId: str | None
    #: All accounts that were connected.
    accountIds: list[str]
    #: ISO 8601, UTC, with milliseconds.
    createdAt: str
    #: ISO 8601, UTC, with milliseconds.
    expiresAt: str
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: Mode


class NewConnectLink(TypedDict):
    #: The platform set to connect the account to.
    platformSetId: str
    #: The platform to connect. If omitted, the person who opens the link chooses.
    platform: NotRequired[Platform | None]
    #: Your ID for the account's owner, 1 to 255 characters.
    externalId: NotRequired[str | None]
    #: Where to send the browser afterwards, with the result in the query. If omitted, a page of Ampost shows it, and
    #: without a `platform` it lists all of them: the person can connect an account on each.
    returnUrl: NotRequired[str | None]
    #: How long the link works: 1 minute to 30 days. Defaults to 1 day.
    expiresInSeconds: NotRequired[int]


class ConnectLinkFilter(TypedDict):
    #: `pending` until an account is connected, or the link expires or is revoked. One for several platforms stays
    #: `pending` until then.
    status: NotRequired[Literal["pending", "connected", "expired", "revoked"]]
    #: Your ID for the account's owner, 1 to 255 characters.
    externalId: NotRequired[str]
    #: Number of results: 1 to 100. Defaults to 20.
    limit: NotRequired[int]
    #: Number of results to skip.
    offset: NotRequired[int]


class Webhook(TypedDict):
    id: str
    #: URL that events are sent to. `null` if you read the deliveries instead.
    url: str | None
    description: str
    events: list[EventType]
    status: Literal["active", "disabled"]
    disabledReason: str | None
    #: Secret for verifying signatures (Standard Webhooks). Returned only when it is created.
    secret: str | None
    #: ISO 8601, UTC, with milliseconds.
    createdAt: str
    #: ISO 8601, UTC, with milliseconds.
    updatedAt: str
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: Mode


class NewWebhook(TypedDict):
    #: URL to send events to by POST. Must be publicly reachable. `null` if you read the deliveries instead; such a
    #: webhook is deleted if its deliveries are not read for a week.
    url: str | None
    #: Events to send. An empty list means all.
    events: NotRequired[list[EventType]]
    #: A note for your own use.
    description: NotRequired[str]


class WebhookChanges(TypedDict):
    #: URL to send events to by POST. Must be publicly reachable.
    url: NotRequired[str]
    #: Events to send. An empty list means all.
    events: NotRequired[list[EventType]]
    #: A note for your own use.
    description: NotRequired[str]
    #: `active` enables a disabled webhook.
    status: NotRequired[Literal["active", "disabled"]]


class WebhookDelivery(TypedDict):
    #: Same as the header `webhook-id` in every attempt.
    id: str
    webhookId: str
    type: str
    postId: str | None
    #: `failed` if all attempts over several days failed, or the webhook was disabled.
    status: Literal["pending", "delivered", "failed"]
    #: Latest attempts, oldest first.
    attempts: list[WebhookDeliveryAttempt]
    #: The body that was sent.
    payload: str
    #: ISO 8601, UTC, with milliseconds.
    createdAt: str
    deliveredAt: str | None
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: Mode


class WebhookDeliveryAttempt(TypedDict):
    #: ISO 8601, UTC, with milliseconds.
    at: str
    #: HTTP status. Null if no response arrived.
    status: int | None
    durationMilliseconds: float
    #: Why no response arrived.
    error: str | None
    #: Beginning of the response.
    answer: str | None


class DeliveryFilter(TypedDict):
    status: NotRequired[Literal["pending", "delivered", "failed"]]
    #: Number of results: 1 to 100. Defaults to 20.
    limit: NotRequired[int]
    #: Number of results to skip.
    offset: NotRequired[int]


class OwnApp(TypedDict):
    #: Platform key. X is `twitter`.
    platform: Platform
    clientId: str
    #: Redirect URI to register on the platform's developer portal.
    redirectUri: str
    #: Permissions that the app asks for; null: those that the platform's page lists.
    scopes: list[str] | None
    #: Facebook only: the app's configuration of Facebook Login for Business.
    configId: str | None
    #: What the platform limits for each app, and has granted to this one; null: its documented limit.
    limits: dict[str, int | None]
    #: ISO 8601, UTC, with milliseconds.
    createdAt: str
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: Mode


class NewOwnApp(TypedDict):
    #: Client ID of the app, as shown on the platform's developer portal.
    clientId: str
    #: Client secret of the app. It is encrypted and never returned.
    clientSecret: str
    #: Permissions to ask for, with all that publishing requires. By default, those on the platform's page.
    scopes: NotRequired[list[str] | None]
    #: Facebook only: a configuration of Facebook Login for Business, which replaces scopes.
    configId: NotRequired[str | None]
    #: Limits that the platform has granted to this app, by the names of its `quotas` per app in `GET
    #: /api/v1/platforms`. `null` for the documented limit. Those left out stay as they are.
    limits: NotRequired[dict[str, int | None]]


class ApiKey(TypedDict):
    id: str
    name: str
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: Mode
    #: First 12 characters of the raw key. `null` for a grant, which has no key.
    prefix: str | None
    #: For a grant, the client ID of the MCP client that a person authorized. `null` for a key.
    clientId: str | None
    #: Restrictions on the key.
    policies: AccountContextPolicies
    #: ISO 8601, UTC, with milliseconds.
    createdAt: str
    #: Accurate to the minute.
    lastUsedAt: str | None
    expiresAt: str | None
    revokedAt: str | None
    #: The key that replaced it when it was rolled: it works until `expiresAt`, unless it is revoked.
    replacedBy: str | None


class CreatedApiKey(TypedDict):
    id: str
    name: str
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: Mode
    #: First 12 characters of the raw key. `null` for a grant, which has no key.
    prefix: str | None
    #: For a grant, the client ID of the MCP client that a person authorized. `null` for a key.
    clientId: str | None
    #: Restrictions on the key.
    policies: AccountContextPolicies
    #: ISO 8601, UTC, with milliseconds.
    createdAt: str
    #: Accurate to the minute.
    lastUsedAt: str | None
    expiresAt: str | None
    revokedAt: str | None
    #: The key that replaced it when it was rolled: it works until `expiresAt`, unless it is revoked.
    replacedBy: str | None
    #: The raw key. Store it securely.
    apiKey: str | None


class NewApiKey(TypedDict):
    #: Name of the key, 1 to 100 characters.
    name: str
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: Mode
    #: When the key expires: ISO 8601 with an offset or `Z`, in the future. If omitted, the key works until it is
    #: revoked.
    expiresAt: NotRequired[str | None]
    policies: NotRequired[NewApiKeyPolicies]


class NewApiKeyPolicies(TypedDict):
    #: Whether the key can only create and edit drafts, and cannot schedule or publish.
    draftOnly: NotRequired[bool]
    #: Platforms the key can post to. `null` for all.
    platforms: NotRequired[list[Platform] | None]
    #: Maximum number of posts per day, starting at 00:00 UTC. `null` for no limit.
    postsPerDay: NotRequired[int | None]
    #: Maximum that platforms may charge for the key's posts in a calendar month (UTC), in millionths of a US dollar.
    #: `null` for no limit.
    feesPerMonthMicroUsd: NotRequired[int | None]
    #: Whether a person must approve each post before the key can publish it. Such a key cannot schedule.
    approvalRequired: NotRequired[bool]
    #: Whether the key can list and replace the user's own OAuth apps. Other keys cannot.
    oauthApps: NotRequired[bool]


class Tenant(TypedDict):
    id: str
    #: Your ID for the tenant.
    externalId: str | None
    name: str
    #: Email address with which a person can sign in.
    email: str | None
    #: Plan of the tenant. `null` for the instance's default.
    plan: Literal["free", "creator", "pro", "scale", "self-hosted"] | None
    #: Limits that differ from the plan's, by name. `null` for no limit.
    limits: dict[str, int | None]
    #: A suspended tenant's keys, sessions and tokens are rejected, and nothing of it is published.
    status: Literal["active", "suspended"]
    #: How the tenant looks on pages and in emails. `null`: as the instance.
    branding: TenantBranding
    #: ISO 8601, UTC, with milliseconds.
    createdAt: str


class TenantBranding(TypedDict):
    """How the tenant looks on pages and in emails. `null`: as the instance."""
    #: Name on pages and in emails, instead of the instance's.
    name: str | None
    hasLogo: bool
    #: Color of the main buttons on light pages.
    color: str | None
    #: The same on dark pages.
    darkColor: str | None
    #: Email address or https URL for questions.
    supportAddress: str | None


class NewTenant(TypedDict):
    #: Your ID for the tenant, unique on this instance.
    externalId: NotRequired[str | None]
    #: Name of the tenant, 1 to 100 characters. Connect pages show it.
    name: str
    #: Email address with which a person can sign in, after setting a password by email.
    email: NotRequired[str | None]
    #: Plan of the tenant. `null` for the instance's default.
    plan: NotRequired[Literal["free", "creator", "pro", "scale", "self-hosted"] | None]
    #: Limits that differ from the plan's, by name. `null` for no limit.
    limits: NotRequired[dict[str, int | None]]
    #: A suspended tenant's keys, sessions and tokens are rejected, and nothing of it is published.
    status: NotRequired[Literal["active", "suspended"]]
    #: How the tenant looks on pages and in emails. Fields that are not given are kept.
    branding: NotRequired[NewTenantBranding]


class NewTenantBranding(TypedDict):
    """How the tenant looks on pages and in emails. Fields that are not given are kept."""
    #: Name on pages and in emails, instead of the instance's.
    name: NotRequired[str | None]
    #: A PNG as a data URL (`data:image/png;base64,…`): at most 64 kB, and 1024 pixels wide and high.
    logo: NotRequired[str | None]
    #: Color of the main buttons on light pages. It must stand out from white.
    color: NotRequired[str | None]
    #: The same on dark pages. It must stand out from #181818. By default, `color` if it does.
    darkColor: NotRequired[str | None]
    #: Email address or https URL for questions.
    supportAddress: NotRequired[str | None]


class TenantChanges(TypedDict):
    #: Your ID for the tenant, unique on this instance.
    externalId: NotRequired[str | None]
    #: Name of the tenant, 1 to 100 characters. Connect pages show it.
    name: NotRequired[str]
    #: Email address with which a person can sign in, after setting a password by email.
    email: NotRequired[str | None]
    #: Plan of the tenant. `null` for the instance's default.
    plan: NotRequired[Literal["free", "creator", "pro", "scale", "self-hosted"] | None]
    #: Limits that differ from the plan's, by name. `null` for no limit.
    limits: NotRequired[dict[str, int | None]]
    #: A suspended tenant's keys, sessions and tokens are rejected, and nothing of it is published.
    status: NotRequired[Literal["active", "suspended"]]
    #: How the tenant looks on pages and in emails. Fields that are not given are kept.
    branding: NotRequired[NewTenantBranding]


class TenantFilter(TypedDict):
    #: Only the tenant with this ID of yours.
    externalId: NotRequired[str]
    #: A suspended tenant's keys, sessions and tokens are rejected, and nothing of it is published.
    status: NotRequired[Literal["active", "suspended"]]
    #: Number of results: 1 to 100. Defaults to 20.
    limit: NotRequired[int]
    #: `nextCursor` from the previous page.
    cursor: NotRequired[str]


class PostsCreateAnswer(TypedDict):
    post: Post
    #: Problems that do not prevent publishing.
    warnings: list[Issue]
    #: What platforms charge the app's owner for publishing the post; empty if all are free.
    fees: list[PostFee]
    #: Pass it as `if_match` to an update.
    etag: str | None


class PostsCreateManyBody(TypedDict):
    #: 1 to 50 posts: each has the fields of posts_create (POST /api/v1/posts) and an idempotencyKey.
    posts: list[PostsCreateManyBodyPost]
    #: Whether to only report what is wrong with each post, without creating any.
    dryRun: NotRequired[bool]


class PostsCreateManyBodyPost(TypedDict):
    #: A unique value of this post, such as a UUID.
    idempotencyKey: str


class PostsCreateManyAnswer(TypedDict):
    #: In the order of the request. In a dry run, `post` is null, and `error` is null if it is valid.
    results: list[CreatedInBatch]
    #: Number of posts that this request created, without `replayed` ones.
    created: int
    #: Number of results with an error.
    failed: int


class PostsListAnswer(TypedDict):
    posts: list[PostSummary]
    #: Total number on all pages.
    total: int
    #: Pass it as `cursor` to get the next page. Null on the last page.
    nextCursor: str | None


class PostsValidateAnswer(TypedDict):
    valid: bool
    issues: list[Issue]
    #: Problems that do not prevent publishing.
    warnings: list[Issue]
    #: When it would be published: with `spread`, the next free time. Null for a draft.
    scheduledFor: str | None
    #: What is left of each platform limit that the post uses, at its time, or now if it has none.
    limits: list[PostLimit]
    #: What platforms charge the app's owner for publishing the post; empty if all are free.
    fees: list[PostFee]
    #: What is left of the user's limits that creating the post counts against. What does not fit is an issue.
    quotas: list[PostsValidateAnswerQuota]


class PostsValidateAnswerQuota(TypedDict):
    name: Literal["postsPerMonth", "mediaUploadsPerMonth", "apiRequestsPerMonth", "postsPerDay", "contentBytesPerDay", "maxScheduledPosts", "maxStorageBytes"]
    #: `null` if unlimited.
    limit: int | None
    #: Amount remaining. `null` if unlimited.
    remaining: int | None
    #: How much of it the post uses.
    needed: int


class PostAnswer(TypedDict):
    post: Post
    #: Pass it as `if_match` to an update.
    etag: str | None


class PostsCancelManyAnswer(TypedDict):
    #: In the order of the request.
    results: list[CancelledInBatch]
    #: Number of posts that are discarded now.
    cancelled: int
    #: Number of results with an error.
    failed: int


class PostsAttemptsAnswer(TypedDict):
    attempts: list[PostAttempt]


class PublishingGetFilter(TypedDict):
    #: Mode for a session. Defaults to `live`. Keys have their own mode.
    mode: NotRequired[Mode]
    #: ID of the workspace for a session. Defaults to the user's own. Keys belong to a workspace.
    workspace: NotRequired[str]


class PublishingAnswer(TypedDict):
    publishing: Publishing


class PublishingStatsAnswer(TypedDict):
    stats: PublishingStats


class PlatformSetsListAnswer(TypedDict):
    sets: list[PlatformSet]


class PlatformSetsCreateBody(TypedDict):
    #: Name of the platform set, 1 to 50 characters.
    name: str


class PlatformSetAnswer(TypedDict):
    set: PlatformSet


class PostingTimesAnswer(TypedDict):
    postingTimes: PostingTimes


class PlatformSetsDeleteAnswer(TypedDict):
    success: Literal[True]


class AccountsListAnswer(TypedDict):
    accounts: list[Account]


class AccountWithLimitsAnswer(TypedDict):
    account: AccountWithLimits


class AccountPostingTimesAnswer(TypedDict):
    postingTimes: AccountPostingTimes


class SandboxFaultsGetAnswer(TypedDict):
    #: What the next calls meet, in this order.
    faults: list[SandboxFault]


class UsageAnswer(TypedDict):
    usage: Usage


class ConnectLinkAnswer(TypedDict):
    connectLink: ConnectLink


class ConnectLinksListAnswer(TypedDict):
    connectLinks: list[ConnectLink]
    #: Total number on all pages.
    total: int


class AppsListAnswer(TypedDict):
    apps: list[OwnApp]


class OwnAppAnswer(TypedDict):
    app: OwnApp


class MediaAnswer(TypedDict):
    media: Media
    #: Pass it as `if_match` to an update.
    etag: str | None


class MediaUploadUrlBody(TypedDict):
    #: Name of the file.
    filename: NotRequired[str | None]


class UploadUrlAnswer(TypedDict):
    upload: UploadUrl


class MediaListAnswer(TypedDict):
    media: list[Media]
    #: Total number on all pages.
    total: int


class MediaPostsFilter(TypedDict):
    #: Number of results: 1 to 100. Defaults to 20.
    limit: NotRequired[int]


class MediaPostsAnswer(TypedDict):
    posts: list[PostSummary]
    #: Total number on all pages.
    total: int


class PlatformsListFilter(TypedDict):
    #: Only this platform.
    platform: NotRequired[Platform]


class PlatformsListAnswer(TypedDict):
    platforms: list[PlatformDescription]


class PlatformDescriptionAnswer(TypedDict):
    #: A platform's rules as data.
    platform: PlatformDescription


class WebhookAnswer(TypedDict):
    webhook: Webhook


class WebhooksListAnswer(TypedDict):
    webhooks: list[Webhook]


class WebhookDeliveryAnswer(TypedDict):
    delivery: WebhookDelivery


class WebhooksDeliveriesAnswer(TypedDict):
    deliveries: list[WebhookDelivery]
    #: Total number on all pages.
    total: int


class RequestsListAnswer(TypedDict):
    requests: list[ApiRequest]
    #: Pass it as `cursor` to get the next page. Null on the last page.
    nextCursor: str | None


class ApiRequestDetailsAnswer(TypedDict):
    request: ApiRequestDetails


class TenantsListAnswer(TypedDict):
    tenants: list[Tenant]
    #: Pass it as `cursor` to get the next page. Null on the last page.
    nextCursor: str | None


class TenantAnswer(TypedDict):
    tenant: Tenant
    #: Pass it as `if_match` to an update.
    etag: str | None


class TenantsListKeysAnswer(TypedDict):
    keys: list[ApiKey]


class CreatedApiKeyAnswer(TypedDict):
    key: CreatedApiKey


class TenantsRollKeyBody(TypedDict):
    #: How long the old key still works: up to a week. By default, it is revoked immediately.
    overlapSeconds: NotRequired[int]


class ApiKeyAnswer(TypedDict):
    key: ApiKey


class TenantsListAppsFilter(TypedDict):
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: NotRequired[Mode]


class TenantsSaveAppBody(TypedDict):
    #: Client ID of the app, as shown on the platform's developer portal.
    clientId: str
    #: Client secret of the app. It is encrypted and never returned.
    clientSecret: str
    #: Permissions to ask for, with all that publishing requires. By default, those on the platform's page.
    scopes: NotRequired[list[str] | None]
    #: Facebook only: a configuration of Facebook Login for Business, which replaces scopes.
    configId: NotRequired[str | None]
    #: Limits that the platform has granted to this app, by the names of its `quotas` per app in `GET
    #: /api/v1/platforms`. `null` for the documented limit. Those left out stay as they are.
    limits: NotRequired[dict[str, int | None]]
    #: `live` or `test`. In test mode, posts are published only to the built-in sandbox.
    mode: NotRequired[Mode]
