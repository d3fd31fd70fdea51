import assert from "node:assert/strict";
import { test } from "node:test";

import {
  account,
  codes,
  image,
  validate,
  refuses,
  setting,
  takes,
  tiktok,
  video,
  warns,
  type Expected,
} from "../validate/validate.fixture.ts";

test("TikTok's privacyLevel is required", () => {
  const expected: Expected = {
    code: "VALIDATION_FAILED",
    path: setting("tiktok", "privacyLevel"),
    message: "content.platformOverrides.tiktok.settings.privacyLevel is required.",
  };
  refuses("tiktok", { media: [video], settings: {} }, expected);
  refuses("tiktok", { media: [video] }, expected);
  refuses("tiktok", { media: [video], settings: { privacyLevel: null } }, expected);
  refuses(
    "tiktok",
    { media: [video], settings: { privacyLevel: "PUBLIC" } },
    {
      ...expected,
      message:
        'content.platformOverrides.tiktok.settings.privacyLevel must be one of "PUBLIC_TO_EVERYONE", ' +
        '"MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY".',
    },
  );
});

test("TikTok's privacyLevel is one that the account offers", () => {
  const accounts = { tiktok: account("tiktok", { privacyLevelOptions: ["MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"] }) };
  takes("tiktok", { media: [video], settings: tiktok }, { accounts });
  refuses(
    "tiktok",
    { media: [video], settings: { privacyLevel: "PUBLIC_TO_EVERYONE" } },
    {
      code: "VALIDATION_FAILED",
      path: setting("tiktok", "privacyLevel"),
      message: 'The TikTok account does not offer privacyLevel "PUBLIC_TO_EVERYONE".',
    },
    { accounts },
  );
});

test("what is said about a missing or unknown privacyLevel names only levels that the account offers", () => {
  const offered = ["MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"];
  const accounts = { tiktok: account("tiktok", { privacyLevelOptions: offered }) };
  for (const settings of [{}, { privacyLevel: "FRIENDS" }]) {
    const [issue, ...more] = validate("tiktok", { media: [video], settings }, { accounts }).issues;
    assert.deepEqual([issue?.path, issue?.limit, more], [setting("tiktok", "privacyLevel"), offered, []]);
    assert.match(String(issue?.fix), /This account offers MUTUAL_FOLLOW_FRIENDS, SELF_ONLY\.$/);
    assert.doesNotMatch(`${issue?.message} ${issue?.fix}`, /FOLLOWER_OF_CREATOR|PUBLIC_TO_EVERYONE/);
  }
});

test("a paid partnership on TikTok is for everyone or friends", () => {
  for (const privacyLevel of ["FOLLOWER_OF_CREATOR", "SELF_ONLY"])
    refuses(
      "tiktok",
      { media: [video], settings: { privacyLevel, brandContentToggle: true } },
      {
        code: "VALIDATION_FAILED",
        path: setting("tiktok", "brandContentToggle"),
        message: 'A paid partnership on TikTok cannot have privacyLevel "FOLLOWER_OF_CREATOR" or "SELF_ONLY".',
      },
    );
  takes("tiktok", { media: [video], settings: { ...tiktok, brandContentToggle: false, brandOrganicToggle: true } });
  for (const privacyLevel of ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS"])
    takes("tiktok", { media: [video], settings: { privacyLevel, brandContentToggle: true } });
});

test("a TikTok photo cover is one of the images", () => {
  takes("tiktok", { media: [image, image], settings: { ...tiktok, photoCoverIndex: 1 } });
  refuses(
    "tiktok",
    { media: [image, image], settings: { ...tiktok, photoCoverIndex: 2 } },
    {
      code: "VALIDATION_FAILED",
      path: setting("tiktok", "photoCoverIndex"),
      message: "photoCoverIndex refers to an image that the post does not have.",
    },
  );
});

test("TikTok's settings apply only to the kind of post they are for", () => {
  for (const [member, value] of [
    ["photoTitle", "Title"],
    ["photoCoverIndex", 0],
    ["autoAddMusic", true],
  ] as const) {
    takes("tiktok", { media: [image], settings: { ...tiktok, [member]: value } });
    refuses(
      "tiktok",
      { media: [video], settings: { ...tiktok, [member]: value } },
      {
        code: "VALIDATION_FAILED",
        path: setting("tiktok", member),
        message: `TikTok setting "${member}" applies only to photo posts.`,
      },
    );
  }
  refuses(
    "tiktok",
    { media: [image], settings: { ...tiktok, videoCoverTimestampMs: 0 } },
    {
      code: "VALIDATION_FAILED",
      path: setting("tiktok", "videoCoverTimestampMs"),
      message: 'TikTok setting "videoCoverTimestampMs" applies only to videos.',
    },
  );
  takes("tiktok", {
    media: [image],
    settings: { ...tiktok, disableDuet: true, disableStitch: true, disableComment: true },
  });
  warns(
    "tiktok",
    { media: [video], settings: { ...tiktok, videoCoverTimestampMs: 24_000 } },
    {
      code: "VALIDATION_FAILED",
      path: setting("tiktok", "videoCoverTimestampMs"),
      message: "The cover frame is past the end of the video; TikTok will use the first frame.",
    },
  );
});

test("what has no effect on photos is a warning", () => {
  for (const [member, value, message] of [
    ["isAigc", true, "TikTok may not label photos as AI-generated."],
    ["disableDuet", false, 'TikTok setting "disableDuet" has no effect: photos have no duets or stitches.'],
    ["disableStitch", false, 'TikTok setting "disableStitch" has no effect: photos have no duets or stitches.'],
  ] as const) {
    const settings = { ...tiktok, [member]: value };
    takes("tiktok", { media: [video], settings });
    warns(
      "tiktok",
      { media: [image], settings },
      { code: "VALIDATION_FAILED", path: setting("tiktok", member), message },
    );
  }
});

test("a TikTok video is no longer than its creator can post, nor than ten minutes", () => {
  const accounts = { tiktok: account("tiktok", { maxVideoPostDurationSec: 24 }) };
  takes("tiktok", { media: [video], settings: tiktok }, { accounts });
  refuses(
    "tiktok",
    { media: [{ ...video, durationSeconds: 24.5 }], settings: tiktok },
    {
      code: "UNSUPPORTED_MEDIA_CONFIG",
      path: "/content/media/0/durationSeconds",
      message: "The video is longer than TikTok allows for this creator.",
    },
    { accounts },
  );
  takes("tiktok", { media: [{ ...video, durationSeconds: 600 }], settings: tiktok });
  assert.deepEqual(codes(validate("tiktok", { media: [{ ...video, durationSeconds: 601 }], settings: tiktok })), [
    "UNSUPPORTED_MEDIA_CONFIG",
  ]);
});

test("TikTok media within the limits passes, one past is rejected", () => {
  takes("tiktok", { media: [{ ...video, width: 360, height: 4096 }], settings: tiktok });
  for (const sides of [
    { width: 359, height: 640 },
    { width: 1080, height: 4097 },
  ]) {
    assert.deepEqual(codes(validate("tiktok", { media: [{ ...video, ...sides }], settings: tiktok })), [
      "UNSUPPORTED_MEDIA_CONFIG",
    ]);
  }
  takes("tiktok", { media: [{ ...image, sizeBytes: 20_971_520 }], settings: tiktok });
  assert.deepEqual(codes(validate("tiktok", { media: [{ ...image, sizeBytes: 20_971_521 }], settings: tiktok })), [
    "UNSUPPORTED_MEDIA_CONFIG",
  ]);
});

test("what a TikTok creator has turned off stays off, with a warning", () => {
  for (const [member, flag, noun] of [
    ["disableComment", "commentDisabled", "comments"],
    ["disableDuet", "duetDisabled", "duets"],
    ["disableStitch", "stitchDisabled", "stitches"],
  ] as const) {
    warns(
      "tiktok",
      { media: [video], settings: { ...tiktok, [member]: false } },
      {
        code: "VALIDATION_FAILED",
        path: setting("tiktok", member),
        message: `The creator has turned ${noun} off on TikTok; they stay off for this post.`,
      },
      { accounts: { tiktok: account("tiktok", { [flag]: true }) } },
    );
  }
});
