import assert from "node:assert/strict";
import { test } from "node:test";

import type { MediaFacts } from "../../model/post.ts";
import {
  account,
  codes,
  image,
  validate,
  refuses,
  setting,
  takes,
  video,
  warns,
  type Said,
} from "../validate/validate.fixture.ts";

test("an Instagram feed image is between 4:5 and 1.91:1, a reel between 3 seconds and 15 minutes, a story video at most 60 seconds", () => {
  takes("instagram", { media: [{ ...image, width: 1080, height: 1350 }] });
  takes("instagram", { media: [{ ...image, width: 1910, height: 1000 }] });
  for (const [width, height] of [
    [1080, 1351],
    [1911, 1000],
  ] as const) {
    assert.deepEqual(codes(validate("instagram", { media: [{ ...image, width, height }] })), [
      "UNSUPPORTED_MEDIA_CONFIG",
    ]);
  }
  for (const durationSeconds of [3, 900]) takes("instagram", { media: [{ ...video, durationSeconds }] });
  for (const durationSeconds of [2.9, 900.1])
    assert.deepEqual(codes(validate("instagram", { media: [{ ...video, durationSeconds }] })), [
      "UNSUPPORTED_MEDIA_CONFIG",
    ]);
  takes("instagram", { media: [{ ...video, durationSeconds: 60 }], settings: { placement: "story" } });
  assert.deepEqual(
    codes(validate("instagram", { media: [{ ...video, durationSeconds: 61 }], settings: { placement: "story" } })),
    ["UNSUPPORTED_MEDIA_CONFIG"],
  );
});

test("an Instagram caption has at most 30 hashtags and 20 mentions, and more than 5 hashtags are a warning", () => {
  const tags = (count: number): string => Array.from({ length: count }, (_, index) => `#tag${index}`).join(" ");
  const mentions = (count: number): string => Array.from({ length: count }, (_, index) => `@name${index}`).join(" ");
  assert.deepEqual(validate("instagram", { text: tags(5), media: [image] }).warnings, []);
  warns(
    "instagram",
    { text: tags(30), media: [image] },
    {
      code: "VALIDATION_FAILED",
      path: "/content/text",
      message: "Instagram may reject a caption with more than 5 hashtags, or show the post to fewer people.",
    },
  );
  refuses(
    "instagram",
    { text: tags(31), media: [image] },
    { code: "VALIDATION_FAILED", path: "/content/text", message: "Instagram allows at most 30 hashtags in a caption." },
  );
  takes("instagram", { text: mentions(20), media: [image] });
  refuses(
    "instagram",
    { overrideText: mentions(21), media: [image] },
    {
      code: "VALIDATION_FAILED",
      path: "/content/platformOverrides/instagram/text",
      message: "Instagram allows at most 20 @mentions in a caption.",
    },
  );
});

test("Instagram's settings apply only to placements that support them", () => {
  for (const [member, value] of [
    ["coverUrl", "https://cdn.example/c.jpg"],
    ["thumbOffsetMs", 1500],
    ["shareToFeed", true],
  ] as const) {
    takes("instagram", { media: [video], settings: { [member]: value } });
    refuses(
      "instagram",
      { media: [image], settings: { [member]: value } },
      {
        code: "VALIDATION_FAILED",
        path: setting("instagram", member),
        message: `Instagram setting "${member}" applies only to reels.`,
      },
    );
  }
  for (const [member, value] of [
    ["collaborators", ["a_friend"]],
    ["locationId", "123"],
    ["firstComment", "First!"],
  ] as const) {
    takes("instagram", { media: [image], settings: { [member]: value } });
    refuses(
      "instagram",
      { text: "", media: [image], settings: { placement: "story", [member]: value } },
      {
        code: "VALIDATION_FAILED",
        path: setting("instagram", member),
        message: `Instagram stories do not support "${member}".`,
      },
    );
  }
});

test("an Instagram cover is an image, once the file is here", () => {
  const post = { media: [video], settings: { coverUrl: "https://cdn.example/c.jpg" } };
  const measured = (type: "image" | "video") => ({
    measured: ({ url }: { url?: string | null }) => (url === post.settings.coverUrl ? { ...UNMEASURED, type } : null),
  });
  takes("instagram", post, measured("image"));
  refuses(
    "instagram",
    post,
    {
      code: "UNSUPPORTED_MEDIA_TYPE",
      path: setting("instagram", "coverUrl"),
      message: "The cover of a reel must be an image.",
    },
    measured("video"),
  );
});

const UNMEASURED: MediaFacts = {
  type: "image",
  mimeType: "image/jpeg",
  sizeBytes: 1,
  width: null,
  height: null,
  durationSeconds: null,
  frameRate: null,
  bitRate: null,
  videoCodec: null,
  audioCodec: null,
  audioChannels: null,
  audioSampleRate: null,
  animated: false,
  orientation: 1,
};

test("an Instagram cover frame is within the reel, and a cover image takes precedence", () => {
  takes("instagram", { media: [video], settings: { thumbOffsetMs: 23_999 } });
  refuses(
    "instagram",
    { media: [video], settings: { thumbOffsetMs: 24_000 } },
    {
      code: "VALIDATION_FAILED",
      path: setting("instagram", "thumbOffsetMs"),
      message: "The cover frame is past the end of the video.",
    },
  );
  warns(
    "instagram",
    { media: [video], settings: { thumbOffsetMs: 0, coverUrl: "https://cdn.example/c.jpg" } },
    {
      code: "VALIDATION_FAILED",
      path: setting("instagram", "thumbOffsetMs"),
      message: "coverUrl takes precedence over thumbOffsetMs; the frame will not be used.",
    },
  );
});

test("an Instagram tag on an image has a position, and refers to an existing item", () => {
  const tag = { username: "a.friend", x: 0.5, y: 1 };
  takes("instagram", { media: [image], settings: { userTags: [tag] } });
  takes("instagram", { media: [video], settings: { userTags: [{ username: "a.friend" }] } });
  takes("instagram", {
    text: "",
    media: [image],
    settings: { placement: "story", userTags: [{ username: "a.friend" }] },
  });
  refuses(
    "instagram",
    { media: [image], settings: { userTags: [tag, { username: "b" }] } },
    {
      code: "VALIDATION_FAILED",
      path: setting("instagram", "userTags/1"),
      message: "A tag on an image requires x and y.",
    },
  );
  takes("instagram", { media: [image, image], settings: { userTags: [{ ...tag, mediaIndex: 1 }] } });
  refuses(
    "instagram",
    { media: [image, image], settings: { userTags: [{ ...tag, mediaIndex: 2 }] } },
    {
      code: "VALIDATION_FAILED",
      path: setting("instagram", "userTags/0/mediaIndex"),
      message: "mediaIndex refers to an item that the post does not have.",
    },
  );
});

test("Instagram supports 3 collaborators and 20 tags", () => {
  const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `name${index}`);
  takes("instagram", { media: [image], settings: { collaborators: names(3) } });
  refuses(
    "instagram",
    { media: [image], settings: { collaborators: names(4) } },
    {
      code: "VALIDATION_FAILED",
      path: setting("instagram", "collaborators"),
      message: "content.platformOverrides.instagram.settings.collaborators must be at most 3 items long.",
    },
  );
  refuses(
    "instagram",
    { media: [image], settings: { collaborators: ["@name"] } },
    {
      code: "VALIDATION_FAILED",
      path: setting("instagram", "collaborators/0"),
      message: 'An Instagram username is 1 to 30 letters, digits, dots or underscores, without "@".',
    },
  );
  takes("instagram", { media: [video], settings: { userTags: names(20).map((username) => ({ username })) } });
  assert.deepEqual(
    codes(
      validate("instagram", { media: [video], settings: { userTags: names(21).map((username) => ({ username })) } }),
    ),
    ["VALIDATION_FAILED"],
  );
});

test("an Instagram first comment without the permission for it is a warning", () => {
  const said: Said = { media: [image], settings: { firstComment: "First!" } };
  warns(
    "instagram",
    said,
    {
      code: "VALIDATION_FAILED",
      path: setting("instagram", "firstComment"),
      message:
        "The Instagram account has not granted instagram_business_manage_comments, " +
        'which "firstComment" requires; it will be ignored.',
    },
    { accounts: { instagram: account("instagram") } },
  );
  const granted = {
    ...account("instagram"),
    scopes: [...account("instagram").scopes, "instagram_business_manage_comments"],
  };
  assert.deepEqual(validate("instagram", said, { accounts: { instagram: granted } }).warnings, []);
});
