import assert from "node:assert/strict";
import { test } from "node:test";

import {
  image,
  validate,
  onlyIssue,
  refuses,
  setting,
  takes,
  video,
  type Expected,
} from "../validate/validate.fixture.ts";

test("a Facebook reel is 9:16 and 4 to 60 seconds long", () => {
  const settings = { placement: "reel" };
  for (const durationSeconds of [4, 60]) takes("facebook", { media: [{ ...video, durationSeconds }], settings });
  for (const durationSeconds of [3.9, 60.1]) {
    refuses(
      "facebook",
      { media: [{ ...video, durationSeconds }], settings },
      {
        code: "UNSUPPORTED_MEDIA_CONFIG",
        path: "/content/media/0/durationSeconds",
        message: `The duration of content.media[0] is ${durationSeconds} s; Facebook allows between 4 and 60 seconds.`,
      },
    );
  }
  takes("facebook", { media: [{ ...video, width: 540, height: 960 }], settings });
  for (const [width, height] of [
    [1920, 1080],
    [1080, 1350],
    [1080, 1080],
  ] as const) {
    assert.deepEqual(onlyIssue(validate("facebook", { media: [{ ...video, width, height }], settings })).slice(0, 2), [
      "UNSUPPORTED_MEDIA_CONFIG",
      "/content/media/0",
    ]);
  }
});

test("a Facebook title requires a video", () => {
  const expected: Expected = {
    code: "VALIDATION_FAILED",
    path: setting("facebook", "title"),
    message: 'Facebook setting "title" applies only to a feed video or a reel.',
  };
  takes("facebook", { media: [video], settings: { title: "Title" } });
  takes("facebook", { media: [video], settings: { title: "Title", placement: "reel" } });
  refuses("facebook", { settings: { title: "Title" } }, expected);
  refuses("facebook", { media: [image], settings: { title: "Title" } }, expected);
  refuses("facebook", { text: "", media: [video], settings: { title: "Title", placement: "story" } }, expected);
});
