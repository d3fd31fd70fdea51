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
  type PostFields,
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
    ["coverMediaId", "m1"],
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

test("an Instagram cover frame is for reels, and for carousels with a video", () => {
  const settings = { thumbOffsetMs: 1500 };
  takes("instagram", { media: [video], settings });
  takes("instagram", { media: [image, video], settings });
  for (const media of [[image], [image, image]]) {
    refuses(
      "instagram",
      { media, settings },
      {
        code: "VALIDATION_FAILED",
        path: setting("instagram", "thumbOffsetMs"),
        message: 'Instagram setting "thumbOffsetMs" applies only to reels and to videos of a carousel.',
      },
    );
  }
  refuses(
    "instagram",
    { media: [video, { ...video, durationSeconds: 5 }], settings: { thumbOffsetMs: 5000 } },
    {
      code: "VALIDATION_FAILED",
      path: setting("instagram", "thumbOffsetMs"),
      message: "The cover frame is past the end of the video.",
    },
  );
});

test("a cover is an image of a type that the platform supports, once the file is here, given in one way", () => {
  for (const [platform, label] of [
    ["instagram", "Instagram"],
    ["facebook", "Facebook"],
    ["linkedin", "LinkedIn"],
  ] as const) {
    for (const [member, value] of [
      ["coverUrl", "https://cdn.example/c"],
      ["coverMediaId", "m1"],
    ] as const) {
      const post = { media: [video], settings: { [member]: value } };
      const measured = (facts: Partial<MediaFacts>) => ({
        measured: ({ url, id }: { url?: string | null; id?: string | null }) =>
          (member === "coverUrl" ? url : id) === value ? { ...UNMEASURED, ...facts } : null,
      });
      takes(platform, post, measured({ mimeType: "image/webp" }));
      const path = setting(platform, member);
      refuses(
        platform,
        post,
        { code: "UNSUPPORTED_MEDIA_TYPE", path, message: `A cover on ${label} must be an image.` },
        measured({ type: "video", mimeType: "video/mp4" }),
      );
      refuses(
        platform,
        post,
        {
          code: "UNSUPPORTED_MEDIA_CONFIG",
          path,
          message:
            `${label} does not support image/gif here; ` +
            `content.platformOverrides.${platform}.settings.${member} must be image/jpeg, image/png or image/webp.`,
        },
        measured({ mimeType: "image/gif" }),
      );
    }
    refuses(
      platform,
      { media: [video], settings: { coverUrl: "https://cdn.example/c.mp4" } },
      {
        code: "UNSUPPORTED_MEDIA_TYPE",
        path: setting(platform, "coverUrl"),
        message: `A cover on ${label} must be an image.`,
      },
    );
    refuses(
      platform,
      { media: [video], settings: { coverUrl: "https://cdn.example/c.jpg", coverMediaId: "m1" } },
      {
        code: "VALIDATION_FAILED",
        path: setting(platform, "coverMediaId"),
        message: "coverUrl and coverMediaId cannot be combined.",
      },
    );
  }
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
      message: "The cover image takes precedence over thumbOffsetMs; the frame will not be used.",
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
  const fields: PostFields = { media: [image], settings: { firstComment: "First!" } };
  warns(
    "instagram",
    fields,
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
  assert.deepEqual(validate("instagram", fields, { accounts: { instagram: granted } }).warnings, []);
});

test("the paid partnership label is taken only for Instagram accounts connected through Facebook", () => {
  const fields: PostFields = { media: [image], settings: { isPaidPartnership: true } };
  const connected = (login: string) => ({ accounts: { instagram: account("instagram", { login }) } });
  refuses(
    "instagram",
    fields,
    {
      code: "VALIDATION_FAILED",
      path: setting("instagram", "isPaidPartnership"),
      message: "Instagram takes the paid partnership label only for accounts connected through Facebook.",
    },
    connected("instagram"),
  );
  takes("instagram", fields, connected("facebook"));
  takes("instagram", { media: [image], settings: { isPaidPartnership: false } }, connected("instagram"));
});
