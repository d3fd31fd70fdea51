import assert from "node:assert/strict";
import { test } from "node:test";

import { MIME_TYPES } from "../../model/capabilities.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import type { MediaEntry } from "../../model/post.ts";
import { catalog } from "../catalog.ts";
import {
  account,
  codes,
  context,
  image,
  validate,
  LATER,
  onlyIssue,
  postOf,
  refuses,
  setting,
  minimal,
  takes,
  tiktok,
  essence,
  video,
  warns,
  type Expected,
  type PostFields,
} from "./validate.fixture.ts";
import { validatePost, type PostToValidate } from "./validate.ts";

// Every validation message that callers may rely on, with its exact code and path.

// YouTube

test("a YouTube video without text and title is rejected with every field of the documented issue", () => {
  assert.deepEqual(validate("youtube", { text: "", media: [video] }).issues, [
    {
      rule: "youtube.title.required",
      code: "VALIDATION_FAILED",
      platform: "youtube",
      path: "/content/platformOverrides/youtube/settings/title",
      message: "YouTube video title is required",
      actual: null,
      limit: null,
      fix: "Provide content.text or platformOverrides.youtube.settings.title.",
    },
  ]);
});

test("a YouTube title with only white space does not count, unless the text replaces it", () => {
  const expected: Expected = {
    code: "VALIDATION_FAILED",
    path: setting("youtube", "title"),
    message: "YouTube video title is required",
  };
  refuses("youtube", { text: " \n", media: [video], settings: { title: "  " } }, expected);
  takes("youtube", { text: "Title", media: [video], settings: { title: "  " } });
  takes("youtube", { text: "", media: [video], settings: { title: "Title" } });
  takes("youtube", { text: "", media: [video], overrideText: "Title" });
});

test("a YouTube post can only use one scheduler", () => {
  refuses(
    "youtube",
    { media: [video], settings: { publishAt: "2026-12-01T09:00:00Z" }, scheduledFor: LATER },
    {
      code: "VALIDATION_FAILED",
      path: setting("youtube", "publishAt"),
      message: 'Choose either Ampost scheduling or YouTube setting "publishAt", not both',
    },
  );
  takes("youtube", { media: [video], scheduledFor: LATER });
  takes("youtube", { media: [video], settings: { publishAt: "2026-12-01T09:00:00Z" } });
});

test("YouTube's publishAt requires a private video; private is the default", () => {
  for (const privacyStatus of ["public", "unlisted"]) {
    refuses(
      "youtube",
      { media: [video], settings: { publishAt: "2026-12-01T09:00:00Z", privacyStatus } },
      {
        code: "VALIDATION_FAILED",
        path: setting("youtube", "privacyStatus"),
        message: 'YouTube scheduling requires privacyStatus "private"',
      },
    );
  }
  takes("youtube", { media: [video], settings: { publishAt: "2026-12-01T09:00:00Z", privacyStatus: "private" } });
});

test("YouTube's publishAt must be in the future", () => {
  const expected: Expected = {
    code: "VALIDATION_FAILED",
    path: setting("youtube", "publishAt"),
    message: 'YouTube setting "publishAt" must be in the future.',
  };
  refuses("youtube", { media: [video], settings: { publishAt: "2026-11-01T12:00:00Z" } }, expected);
  takes("youtube", { media: [video], settings: { publishAt: "2026-11-01T12:00:01Z" } });
  refuses("youtube", { media: [video], settings: { publishAt: "2026-11-01T14:00:00+02:00" } }, expected);
  refuses(
    "youtube",
    { media: [video], settings: { publishAt: "tomorrow" } },
    {
      code: "VALIDATION_FAILED",
      path: setting("youtube", "publishAt"),
      message:
        "content.platformOverrides.youtube.settings.publishAt must be a valid ISO 8601 time with an offset or Z.",
    },
  );
});

test("while uploads are kept private, publishAt is rejected, and public and unlisted cause warnings", () => {
  const forced = { forcePrivateUploads: true };
  refuses(
    "youtube",
    { media: [video], settings: { publishAt: "2026-12-01T09:00:00Z" } },
    {
      code: "VALIDATION_FAILED",
      path: setting("youtube", "publishAt"),
      message:
        'YouTube setting "publishAt" cannot be used while this instance keeps uploads private: ' +
        "it would make the video public later.",
    },
    forced,
  );
  warns(
    "youtube",
    { media: [video], settings: { privacyStatus: "public" } },
    {
      code: "VALIDATION_FAILED",
      path: setting("youtube", "privacyStatus"),
      message: "This instance keeps YouTube uploads private; the video will be private.",
    },
    forced,
  );
  assert.deepEqual(
    validate("youtube", { media: [video], settings: { privacyStatus: "private" } }, forced).warnings,
    [],
  );
});

test("YouTube supports one video and nothing else", () => {
  refuses(
    "youtube",
    { media: [] },
    {
      code: "UNSUPPORTED_MEDIA_CONFIG",
      path: "/content/media",
      message: "YouTube supports one video; content.media has no media.",
    },
  );
  refuses(
    "youtube",
    { media: [image] },
    {
      code: "UNSUPPORTED_MEDIA_CONFIG",
      path: "/content/media",
      message: "YouTube supports one video; content.media has 1 image.",
    },
  );
  refuses(
    "youtube",
    { media: [video, video] },
    {
      code: "UNSUPPORTED_MEDIA_CONFIG",
      path: "/content/media",
      message: "YouTube supports one video; content.media has 2 videos.",
    },
  );
  refuses(
    "youtube",
    { media: [video, image] },
    {
      code: "MIXED_MEDIA_NOT_SUPPORTED",
      path: "/content/media",
      message: "YouTube does not support images and video in one post; content.media has 1 image and 1 video.",
    },
  );
});

// LinkedIn

test("LinkedIn organizations are gated", () => {
  for (const authorType of ["organization", "page", 1]) {
    refuses(
      "linkedin",
      { settings: { authorType } },
      {
        code: "VALIDATION_FAILED",
        path: setting("linkedin", "authorType"),
        message: "LinkedIn organization posting is intentionally gated for a later operator task.",
      },
    );
  }
  takes("linkedin", { settings: { authorType: "member" } });
});

test("a LinkedIn video by URL only is rejected on both routes", () => {
  const message = "LinkedIn video URLs must be sent with explicit metadata.";
  refuses(
    "linkedin",
    { media: [{ url: "https://cdn.example/demo.mp4" }] },
    { code: "VALIDATION_FAILED", path: "/content/media/0/type", message },
  );
  refuses(
    "linkedin",
    { media: [{ url: "https://cdn.example/demo", type: "video" }] },
    { code: "VALIDATION_FAILED", path: "/content/media/0/mimeType", message },
  );
  takes("linkedin", { media: [{ url: "https://cdn.example/demo", type: "video", mimeType: "video/mp4" }] });
});

test("a LinkedIn article title or description requires a link", () => {
  for (const member of ["articleTitle", "articleDescription"]) {
    refuses(
      "linkedin",
      { settings: { [member]: "Read this" } },
      {
        code: "VALIDATION_FAILED",
        path: setting("linkedin", member),
        message: `LinkedIn ${member} requires content.linkUrl.`,
      },
    );
    takes("linkedin", { settings: { [member]: "Read this" }, linkUrl: "https://example.com/a" });
  }
});

test("a LinkedIn altText array must have one text per image", () => {
  refuses(
    "linkedin",
    { media: [image, image, image], settings: { altText: ["one", "two"] } },
    {
      code: "VALIDATION_FAILED",
      path: setting("linkedin", "altText"),
      message: "A LinkedIn altText array must have one text for each image.",
    },
  );
  takes("linkedin", { media: [image, image], settings: { altText: ["one", "two"] } });
  takes("linkedin", { media: [image, image], settings: { altText: "both" } });
});

test("LinkedIn always requires a text", () => {
  for (const media of [[], [image]]) {
    refuses(
      "linkedin",
      { text: "  ", media },
      { code: "VALIDATION_FAILED", path: "/content/text", message: "LinkedIn posts require text." },
    );
  }
});

test("a LinkedIn link allows at most one image", () => {
  takes("linkedin", { media: [image], linkUrl: "https://example.com/a" });
  assert.deepEqual(codes(validate("linkedin", { media: [image, image], linkUrl: "https://example.com/a" })), [
    "UNSUPPORTED_MEDIA_CONFIG",
  ]);
  assert.deepEqual(codes(validate("linkedin", { media: [video], linkUrl: "https://example.com/a" })), [
    "UNSUPPORTED_MEDIA_CONFIG",
  ]);
});

// Scheduling

const SCHEDULED: readonly PlatformName[] = ["instagram", "facebook", "youtube"];

test("scheduledFor is accepted by the contract's three platforms and rejected by the others", () => {
  for (const platform of PLATFORM_NAMES) {
    const fields: PostFields = { ...minimal[platform], scheduledFor: LATER };
    const message = `${catalog[platform].capabilities.label} posts cannot be scheduled yet.`;
    if (SCHEDULED.includes(platform)) takes(platform, fields);
    else refuses(platform, fields, { code: "VALIDATION_FAILED", path: "/scheduledFor", message });
  }
});

test("a rejected scheduledFor says first what the caller can do, then once which setting the operator can change", () => {
  const fixOf = (isService: boolean) =>
    validatePost(
      { ...postOf("linkedin", { ...minimal.linkedin, scheduledFor: LATER }), platforms: ["linkedin", "threads"] },
      { ...context, isService },
    ).issues.map(({ fix }) => fix);
  const draft = (platform: string) =>
    `Create a draft without scheduledFor and publish it when its time has come, or remove "${platform}" from platforms.`;
  const operator = " The operator of the instance can allow it on every platform: AMPOST_SCHEDULING=all.";
  assert.deepEqual(fixOf(false), [draft("linkedin") + operator, draft("threads")]);
  assert.deepEqual(fixOf(true), [draft("linkedin"), draft("threads")]);
});

test("an operator can enable scheduling on every platform", () => {
  for (const platform of PLATFORM_NAMES)
    takes(platform, { ...minimal[platform], scheduledFor: LATER }, { scheduling: "all" });
});

test("scheduledFor must be in the future and at most a year ahead; a minute ago counts as now", () => {
  const at = (scheduledFor: string): string[] =>
    validate("facebook", { scheduledFor }).issues.map((issue) => `${issue.path} ${issue.message}`);
  assert.deepEqual(at("2026-11-01T11:58:59.999Z"), ["/scheduledFor scheduledFor must be in the future."]);
  assert.deepEqual(at("2026-11-01T11:59:00.000Z"), []);
  assert.deepEqual(at("2026-11-01T12:00:00.001Z"), []);
  assert.deepEqual(at("2027-11-01T12:00:00.000Z"), []);
  assert.deepEqual(at("2027-11-01T12:00:00.001Z"), ["/scheduledFor scheduledFor must be at most one year ahead."]);
});

// Which media each platform supports

test("text alone is accepted by four platforms and rejected by three", () => {
  for (const platform of ["facebook", "twitter", "linkedin", "threads"] as const) takes(platform, {});
  refuses(
    "instagram",
    {},
    {
      code: "UNSUPPORTED_MEDIA_CONFIG",
      path: "/content/media",
      message: "Instagram supports one image, one video or 2 to 10 images and videos; content.media has no media.",
    },
  );
  refuses(
    "tiktok",
    { settings: tiktok },
    {
      code: "UNSUPPORTED_MEDIA_CONFIG",
      path: "/content/media",
      message: "TikTok supports one video or 1 to 35 images; content.media has no media.",
    },
  );
  refuses(
    "youtube",
    {},
    {
      code: "UNSUPPORTED_MEDIA_CONFIG",
      path: "/content/media",
      message: "YouTube supports one video; content.media has no media.",
    },
  );
});

test("media alone needs no text, except on LinkedIn and for YouTube's title", () => {
  takes("instagram", { text: "", media: [image] });
  takes("facebook", { text: "", media: [image] });
  takes("twitter", { text: "", media: [image] });
  takes("threads", { text: "", media: [image] });
  takes("tiktok", { text: "", media: [video], settings: tiktok });
});

test("a text post without text is rejected", () => {
  for (const [platform, label] of [
    ["facebook", "Facebook"],
    ["twitter", "X (Twitter)"],
    ["threads", "Threads"],
  ] as const) {
    refuses(
      platform,
      { text: "" },
      { code: "VALIDATION_FAILED", path: "/content/text", message: `${label} posts require text or media.` },
    );
    takes(platform, { text: "", overrideText: "Only here" });
    refuses(
      platform,
      { overrideText: " " },
      {
        code: "VALIDATION_FAILED",
        path: `/content/platformOverrides/${platform}/text`,
        message: `${label} posts require text or media.`,
      },
    );
  }
});

test("images with video are accepted by the carousels of Instagram and Threads and by no other", () => {
  takes("instagram", { media: [image, video] });
  takes("threads", { media: [image, video] });
  for (const [platform, label] of [
    ["facebook", "Facebook"],
    ["twitter", "X (Twitter)"],
    ["linkedin", "LinkedIn"],
    ["tiktok", "TikTok"],
    ["youtube", "YouTube"],
  ] as const) {
    refuses(
      platform,
      { ...minimal[platform], media: [image, video] },
      {
        code: "MIXED_MEDIA_NOT_SUPPORTED",
        path: "/content/media",
        message: `${label} does not support images and video in one post; content.media has 1 image and 1 video.`,
      },
    );
  }
});

test("each platform accepts its maximum number of images, and rejects one more with the number", () => {
  const most: Partial<Record<PlatformName, number>> = {
    instagram: 10,
    facebook: 10,
    twitter: 4,
    linkedin: 20,
    tiktok: 35,
    threads: 20,
  };
  for (const platform of PLATFORM_NAMES) {
    const max = most[platform];
    if (max === undefined) continue;
    takes(platform, { ...minimal[platform], media: Array.from({ length: max }, () => image) });
    const { issues } = validate(platform, {
      ...minimal[platform],
      media: Array.from({ length: max + 1 }, () => image),
    });
    assert.deepEqual(
      issues.map(({ code, path, actual, limit }) => [code, path, actual, limit]),
      [["UNSUPPORTED_MEDIA_CONFIG", "/content/media", max + 1, max]],
    );
  }
});

test("an unlisted media type is rejected, and a GIF on all platforms but X", () => {
  const { issues } = validate("facebook", { media: [{ ...image, mimeType: "image/tiff" }] });
  assert.deepEqual(
    issues.map(({ code, path, platform, actual, limit }) => ({ code, path, platform, actual, limit })),
    [
      {
        code: "UNSUPPORTED_MEDIA_TYPE",
        path: "/content/media/0/mimeType",
        platform: null,
        actual: "image/tiff",
        limit: MIME_TYPES,
      },
    ],
  );
  const gif: MediaEntry = {
    ...image,
    url: "https://cdn.example/a.gif",
    mimeType: "image/gif",
    width: 400,
    height: 400,
  };
  takes("twitter", { media: [gif] });
  for (const platform of PLATFORM_NAMES.filter((name) => name !== "twitter" && name !== "youtube")) {
    assert.deepEqual(
      codes(validate(platform, { ...minimal[platform], media: [gif] })),
      ["UNSUPPORTED_MEDIA_TYPE"],
      platform,
    );
  }
});

test("files that can be converted are accepted: WebP on Instagram, PNG on TikTok", () => {
  takes("instagram", { media: [{ ...image, mimeType: "image/webp" }] });
  takes("instagram", { media: [{ ...image, mimeType: "image/png", sizeBytes: 50_000_000 }] });
  takes("facebook", { media: [{ ...image, mimeType: "image/webp", sizeBytes: 50_000_000 }] });
  takes("tiktok", { media: [{ ...image, mimeType: "image/png", width: 4000, height: 3000 }], settings: tiktok });
});

test("a file has at most 200 MB", () => {
  takes("facebook", { media: [{ ...video, sizeBytes: 209_715_200 }] });
  assert.deepEqual(
    validate("facebook", { media: [{ ...video, sizeBytes: 209_715_201 }] }).issues.map(
      ({ code, path, actual, limit }) => [code, path, actual, limit],
    ),
    [["UNSUPPORTED_MEDIA_CONFIG", "/content/media/0/sizeBytes", 209_715_201, 209_715_200]],
  );
});

test("TikTok and YouTube require declared media", () => {
  const bare: MediaEntry = { url: "https://cdn.example/v.mp4" };
  for (const [platform, label] of [
    ["tiktok", "TikTok"],
    ["youtube", "YouTube"],
  ] as const) {
    assert.deepEqual(
      validate(platform, { ...minimal[platform], media: [bare] }).issues.map(essence),
      ["type", "mimeType", "sizeBytes", "durationSeconds"].map((member) => ({
        code: "VALIDATION_FAILED",
        path: `/content/media/0/${member}`,
        message: `${label} media must declare ${member}: content.media[0].${member} is missing.`,
      })),
    );
  }
  for (const platform of ["instagram", "facebook", "twitter", "threads"] as const)
    takes(platform, { ...minimal[platform], media: [bare] });
});

// Placements

test("a placement that does not accept these media is INVALID_PLACEMENT, and the message lists what it accepts", () => {
  const cases: [PlatformName, string, MediaEntry[], string][] = [
    ["instagram", "feed", [video], "Instagram feed supports one image; content.media has 1 video."],
    ["instagram", "feed", [image, image], "Instagram feed supports one image; content.media has 2 images."],
    ["instagram", "reel", [image], "Instagram reel supports one video; content.media has 1 image."],
    ["instagram", "reel", [video, video], "Instagram reel supports one video; content.media has 2 videos."],
    [
      "instagram",
      "carousel",
      [image],
      "Instagram carousel supports 2 to 10 images and videos; content.media has 1 image.",
    ],
    [
      "instagram",
      "carousel",
      Array.from({ length: 11 }, () => image),
      "Instagram carousel supports 2 to 10 images and videos; content.media has 11 images.",
    ],
    [
      "instagram",
      "story",
      [image, image],
      "Instagram story supports one image or one video; content.media has 2 images.",
    ],
    ["instagram", "story", [], "Instagram story supports one image or one video; content.media has no media."],
    ["facebook", "reel", [image], "Facebook reel supports one video; content.media has 1 image."],
    ["facebook", "reel", [], "Facebook reel supports one video; content.media has no media."],
    [
      "facebook",
      "story",
      [image, image],
      "Facebook story supports one image or one video; content.media has 2 images.",
    ],
    [
      "facebook",
      "feed",
      [video, video],
      "Facebook feed supports text, 1 to 10 images or one video; content.media has 2 videos.",
    ],
  ];
  for (const [platform, placement, media, message] of cases) {
    refuses(
      platform,
      { media, settings: { placement } },
      { code: "INVALID_PLACEMENT", path: setting(platform, "placement"), message },
    );
  }
});

test("a default placement counts as not set", () => {
  assert.deepEqual(codes(validate("facebook", { media: [video, video] })), ["UNSUPPORTED_MEDIA_CONFIG"]);
  assert.deepEqual(codes(validate("instagram", { media: Array.from({ length: 11 }, () => image) })), [
    "UNSUPPORTED_MEDIA_CONFIG",
  ]);
});

test("without a placement, Instagram uses the one that fits the media, and Facebook its feed", () => {
  const placementOf = (platform: PlatformName, media: MediaEntry[]): string | null | undefined =>
    validate(platform, { media }).perPlatform[platform]?.content.placement;
  assert.equal(placementOf("instagram", [image]), "feed");
  assert.equal(placementOf("instagram", [video]), "reel");
  assert.equal(placementOf("instagram", [image, video]), "carousel");
  assert.equal(placementOf("facebook", [video]), "feed");
});

test("an unknown placement is reported with the available ones", () => {
  refuses(
    "instagram",
    { media: [image], settings: { placement: "wall" } },
    {
      code: "VALIDATION_FAILED",
      path: setting("instagram", "placement"),
      message:
        'content.platformOverrides.instagram.settings.placement must be one of "feed", "story", "reel", "carousel".',
    },
  );
});

test("a story needs no text and shows none, which causes a warning", () => {
  for (const [platform, label] of [
    ["instagram", "Instagram"],
    ["facebook", "Facebook"],
  ] as const) {
    const settings = { placement: "story" };
    assert.deepEqual(validate(platform, { text: "", media: [image], settings }), {
      ...validate(platform, { text: "", media: [image], settings }),
      issues: [],
      warnings: [],
    });
    warns(
      platform,
      { text: "Hello", media: [image], settings },
      {
        code: "VALIDATION_FAILED",
        path: "/content/text",
        message: `${label === "Instagram" ? "An" : "A"} ${label} story does not show text; the text will not be sent.`,
      },
    );
    assert.equal(
      validate(platform, { text: "Hello", media: [image], settings }).perPlatform[platform]?.content.text,
      "",
    );
  }
});

// Links

test("a link is a field on Facebook, LinkedIn and Threads, and part of the text on X and with Facebook's media", () => {
  const linkUrl = "https://example.com/a";
  const sent = (platform: PlatformName, media: MediaEntry[], text = "Read"): (string | null | undefined)[] => {
    const content = validate(platform, { text, media, linkUrl }).perPlatform[platform]?.content;
    return [content?.text, content?.linkUrl];
  };
  for (const platform of ["facebook", "linkedin", "threads"] as const)
    assert.deepEqual(sent(platform, []), ["Read", linkUrl]);
  assert.deepEqual(sent("facebook", [image]), [`Read ${linkUrl}`, null]);
  assert.deepEqual(sent("twitter", []), [`Read ${linkUrl}`, null]);
  assert.deepEqual(sent("twitter", [], `See ${linkUrl}.`), [`See ${linkUrl}.`, null]);
});

test("Threads accepts no link with media", () => {
  refuses(
    "threads",
    { media: [image], linkUrl: "https://example.com/a" },
    {
      code: "INVALID_PLACEMENT",
      path: "/content/linkUrl",
      message: "Threads does not support content.linkUrl with one image.",
    },
  );
});

test("Instagram, TikTok and YouTube do not send a link, which causes a warning", () => {
  for (const [platform, label] of [
    ["instagram", "Instagram"],
    ["tiktok", "TikTok"],
    ["youtube", "YouTube"],
  ] as const) {
    warns(
      platform,
      {
        ...minimal[platform],
        ...(platform === "youtube" ? { settings: { privacyStatus: "public" } } : {}),
        linkUrl: "https://example.com/a",
      },
      {
        code: "VALIDATION_FAILED",
        path: "/content/linkUrl",
        message: `${label} does not support a link here; content.linkUrl will not be sent.`,
      },
    );
  }
});

test("an alt text that a platform does not send causes a warning, in parts of threads, too", () => {
  const altText = "A red bicycle";
  const warned = (platform: PlatformName, fields: PostFields) =>
    validate(platform, fields).warnings.flatMap(({ rule, path }) => (rule.endsWith(".altText.dropped") ? [path] : []));
  const path = "/content/media/0/altText";
  for (const platform of ["instagram", "facebook", "twitter", "linkedin", "tiktok", "youtube"] as const)
    assert.deepEqual(warned(platform, { ...minimal[platform], media: [{ ...video, altText }] }), [path], platform);
  assert.deepEqual(warned("threads", { media: [{ ...video, altText }] }), []);
  assert.deepEqual(warned("tiktok", { media: [{ ...image, altText }], settings: tiktok }), [path]);
  assert.deepEqual(warned("instagram", { media: [{ ...image, altText }] }), []);
  const story = { placement: "story" };
  assert.deepEqual(warned("instagram", { text: "", media: [{ ...image, altText }], settings: story }), [path]);
  const thread = [
    { text: "Two", media: [{ ...video, altText }] },
    { text: "Three", media: [{ ...image, altText }] },
  ];
  assert.deepEqual(warned("twitter", { settings: { thread } }), [
    "/content/platformOverrides/twitter/settings/thread/0/media/0/altText",
  ]);
  warns(
    "twitter",
    { media: [{ ...video, altText }] },
    {
      code: "VALIDATION_FAILED",
      path,
      message: "X (Twitter) does not support alt text here; content.media[0].altText will not be sent.",
    },
  );
});

test("a thumbnail that a platform does not send causes a warning", () => {
  const thumbnailMediaId = "01980b7a-6c00-7000-8000-000000000001";
  const warned = (platform: PlatformName, media: MediaEntry[], settings = minimal[platform].settings) =>
    validate(platform, { ...minimal[platform], media, settings }).warnings.flatMap(({ rule, path }) =>
      rule.endsWith(".thumbnail.dropped") ? [path] : [],
    );
  const cover = { ...video, thumbnailMediaId };
  const path = "/content/media/0/thumbnailMediaId";
  for (const platform of ["twitter", "tiktok", "threads"] as const)
    assert.deepEqual(warned(platform, [cover]), [path], platform);
  for (const platform of ["instagram", "facebook", "linkedin", "youtube"] as const)
    assert.deepEqual(warned(platform, [cover]), [], platform);
  assert.deepEqual(warned("instagram", [image, { ...video, thumbnailUrl: "https://cdn.example/cover.jpg" }]), [
    "/content/media/1/thumbnailUrl",
  ]);
  for (const platform of ["instagram", "facebook"] as const)
    assert.deepEqual(warned(platform, [cover], { placement: "story" }), [path], platform);
});

test("a text that YouTube's title replaces causes a warning, unless other platforms get it", () => {
  const settings = { title: "Our release", privacyStatus: "public" };
  const expected = (path: string, field: string): Expected => ({
    code: "VALIDATION_FAILED",
    path,
    message: `${field} will not be sent: on YouTube, settings.title replaces it.`,
  });
  const own = "/content/platformOverrides/youtube/text";
  warns("youtube", { media: [video], settings }, expected("/content/text", "content.text"));
  warns(
    "youtube",
    { media: [video], settings, overrideText: "What changed" },
    expected(own, "content.platformOverrides.youtube.text"),
  );
  const silent: PostFields[] = [{ text: settings.title }, { text: "" }, { overrideText: "" }];
  for (const fields of silent)
    assert.deepEqual(validate("youtube", { media: [video], settings, ...fields }).warnings, []);
  const shared = postOf("youtube", { media: [video], settings });
  assert.deepEqual(validatePost({ ...shared, platforms: ["youtube", "facebook"] }, context).warnings, []);
});

test("a YouTube video without privacyStatus causes a warning: it will be private", () => {
  warns(
    "youtube",
    { media: [video] },
    {
      code: "VALIDATION_FAILED",
      path: setting("youtube", "privacyStatus"),
      message: "Nobody else will see the video: without privacyStatus, YouTube uploads are private.",
    },
  );
  for (const settings of [{ privacyStatus: "private" }, { publishAt: "2026-12-01T09:00:00Z" }])
    assert.deepEqual(validate("youtube", { media: [video], settings }).warnings, []);
});

// Lengths

test("a text at its limit passes, one past it is CONTENT_TOO_LONG with the platform's own count", () => {
  const cases: [PlatformName, number, PostFields][] = [
    ["instagram", 2200, { media: [image] }],
    ["instagram", 2200, { media: [video] }],
    ["facebook", 63_206, {}],
    ["facebook", 2200, { media: [video], settings: { placement: "reel" } }],
    ["twitter", 280, {}],
    ["linkedin", 3000, {}],
    ["tiktok", 2200, { media: [video], settings: tiktok }],
    ["tiktok", 4000, { media: [image], settings: tiktok }],
    ["threads", 500, {}],
  ];
  for (const [platform, max, fields] of cases) {
    takes(platform, { ...fields, text: "a".repeat(max) });
    assert.deepEqual(
      onlyIssue(validate(platform, { ...fields, text: "a".repeat(max + 1) })),
      ["CONTENT_TOO_LONG", "/content/text", max + 1, max],
      platform,
    );
    const overridden = validate(platform, { ...fields, overrideText: "a".repeat(max + 1) });
    assert.deepEqual(
      onlyIssue(overridden),
      ["CONTENT_TOO_LONG", `/content/platformOverrides/${platform}/text`, max + 1, max],
      platform,
    );
  }
});

test("TikTok counts UTF-16 units, Threads an emoji as its bytes, Instagram code points", () => {
  takes("tiktok", { text: "🎬".repeat(1100), media: [video], settings: tiktok });
  assert.deepEqual(onlyIssue(validate("tiktok", { text: "🎬".repeat(1101), media: [video], settings: tiktok })), [
    "CONTENT_TOO_LONG",
    "/content/text",
    2202,
    2200,
  ]);
  takes("threads", { text: `${"a".repeat(496)}👍` });
  assert.deepEqual(onlyIssue(validate("threads", { text: `${"a".repeat(497)}👍` })), [
    "CONTENT_TOO_LONG",
    "/content/text",
    501,
    500,
  ]);
  takes("instagram", { text: "🎬".repeat(2200), media: [image] });
});

test("other texts at their limit pass, one past it is CONTENT_TOO_LONG", () => {
  const cases: [PlatformName, string, number, PostFields][] = [
    ["facebook", "title", 255, { media: [video] }],
    ["tiktok", "photoTitle", 90, { media: [image], settings: tiktok }],
    ["instagram", "firstComment", 2200, { media: [image] }],
    ["linkedin", "videoTitle", 400, { media: [video] }],
    ["linkedin", "articleTitle", 400, { linkUrl: "https://example.com/a" }],
    ["threads", "topicTag", 50, {}],
  ];
  for (const [platform, member, max, fields] of cases) {
    takes(platform, { ...fields, settings: { ...fields.settings, [member]: "a".repeat(max) } });
    const { issues } = validate(platform, {
      ...fields,
      settings: { ...fields.settings, [member]: "a".repeat(max + 1) },
    });
    assert.deepEqual(
      issues.map(({ code, path, actual, limit }) => [code, path, actual, limit]),
      [["CONTENT_TOO_LONG", setting(platform, member), max + 1, max]],
    );
  }
});

test("alt text can have 1,000 characters on Instagram, Facebook, X and Threads", () => {
  for (const platform of ["instagram", "facebook", "twitter", "threads"] as const) {
    takes(platform, { media: [{ ...image, altText: "a".repeat(1000) }] });
    assert.deepEqual(onlyIssue(validate(platform, { media: [{ ...image, altText: "a".repeat(1001) }] })), [
      "CONTENT_TOO_LONG",
      "/content/media/0/altText",
      1001,
      1000,
    ]);
  }
});

// Accounts

test("a platform without a connected account is rejected by its index in platforms", () => {
  for (const platform of PLATFORM_NAMES) {
    const { issues } = validate(platform, minimal[platform], { accounts: {} });
    assert.deepEqual(
      issues.map(({ code, path, platform: of }) => [code, path, of]),
      [["PLATFORM_NOT_CONNECTED", "/platforms/0", platform]],
    );
    takes(platform, minimal[platform], { accounts: { [platform]: account(platform) } });
  }
});

test("an account without the scopes to publish is rejected", () => {
  for (const platform of PLATFORM_NAMES) {
    const { issues } = validate(platform, minimal[platform], {
      accounts: { [platform]: { ...account(platform), scopes: ["something.else"] } },
    });
    assert.deepEqual(
      issues.map(({ code, path, platform: of }) => [code, path, of]),
      [["VALIDATION_FAILED", "/platforms/0", platform]],
    );
  }
});

test("a token that expires before the scheduled time causes a warning", () => {
  const { issues, warnings } = validate(
    "facebook",
    { scheduledFor: LATER },
    { accounts: { facebook: { ...account("facebook"), tokenExpiresAt: "2026-11-02T11:00:00.000Z" } } },
  );
  assert.deepEqual([issues.length, warnings.length], [0, 1]);
});

// Keys

test("an unknown or misplaced setting is rejected with the closest valid one", () => {
  const message = (platform: PlatformName, settings: Record<string, unknown>): string[] =>
    validate(platform, { ...minimal[platform], settings: { ...minimal[platform].settings, ...settings } }).issues.map(
      (issue) => issue.message,
    );
  assert.deepEqual(message("youtube", { privacystatus: "private" }), [
    'Unknown key "content.platformOverrides.youtube.settings.privacystatus": ' +
      'did you mean "content.platformOverrides.youtube.settings.privacyStatus"?',
  ]);
  assert.deepEqual(message("instagram", { scheduledFor: LATER }), ['"scheduledFor" belongs at the top level']);
  assert.deepEqual(message("facebook", { text: "Hi" }), [
    '"text" belongs at "content.platformOverrides.facebook.text"',
  ]);
});

// All together

test("all problems of all platforms are reported together, ordered by topic and then by platform", () => {
  const post: PostToValidate = {
    content: {
      text: "a".repeat(3001),
      media: [image, video],
      linkUrl: null,
      platformOverrides: {
        youtube: { settings: { publishAt: "2026-12-01T09:00:00Z", colour: "red" } },
        tiktok: { settings: { privacyLevel: "PUBLIC" } },
      },
    },
    platforms: ["tiktok", "linkedin", "youtube"],
    scheduledFor: LATER,
  };
  const { issues } = validatePost(post, { ...context, accounts: {} });
  assert.deepEqual(
    issues.map(({ code, platform }) => `${platform} ${code}`),
    [
      "youtube VALIDATION_FAILED",
      "tiktok MIXED_MEDIA_NOT_SUPPORTED",
      "linkedin MIXED_MEDIA_NOT_SUPPORTED",
      "youtube MIXED_MEDIA_NOT_SUPPORTED",
      "tiktok CONTENT_TOO_LONG",
      "linkedin CONTENT_TOO_LONG",
      "youtube CONTENT_TOO_LONG",
      "tiktok VALIDATION_FAILED",
      "tiktok VALIDATION_FAILED",
      "linkedin VALIDATION_FAILED",
      "youtube VALIDATION_FAILED",
      "tiktok PLATFORM_NOT_CONNECTED",
      "linkedin PLATFORM_NOT_CONNECTED",
      "youtube PLATFORM_NOT_CONNECTED",
    ],
  );
});

test("every issue and warning has its eight fields, with a JSON Pointer as path and a sentence as fix", () => {
  const posts: PostToValidate[] = PLATFORM_NAMES.flatMap((platform) => [
    postOf(platform, {
      text: "",
      media: [],
      scheduledFor: LATER,
      linkUrl: "https://example.com",
      settings: { nonsense: 1, placement: 3, tags: 4, userTags: 5, thread: 6, altText: 7 },
    }),
    postOf(platform, {
      text: `${"#tag @name < $ABC ".repeat(5000)}`,
      media: [image, video, { ...image, mimeType: "image/gif" }],
      settings: { placement: "story", title: "<".repeat(300) },
    }),
  ]);
  for (const post of posts) {
    const { issues, warnings } = validatePost(post, { ...context, accounts: {}, forcePrivateUploads: true });
    for (const issue of [...issues, ...warnings]) {
      assert.deepEqual(Object.keys(issue).sort(), [
        "actual",
        "code",
        "fix",
        "limit",
        "message",
        "path",
        "platform",
        "rule",
      ]);
      assert.match(issue.path, /^(\/[^/]+)*$/);
      assert.match(issue.fix, /^[A-Z].*\.$/, issue.rule);
      assert.notEqual(issue.message, "");
    }
  }
});
