import assert from "node:assert/strict";
import { test } from "node:test";

import { account, validate, onlyIssue, refuses, setting, takes, video } from "../validate/validate.fixture.ts";
import type { ValidationContext } from "../validate/validate.ts";

test("YouTube tags are counted with the commas between them and the quotation marks around those with a space", () => {
  const path = setting("youtube", "tags");
  const message = "YouTube tags can have at most 500 characters in total, as YouTube counts them.";
  const letters = (count: number): string => "a".repeat(count);
  takes("youtube", { media: [video], settings: { tags: [letters(500)] } });
  refuses(
    "youtube",
    { media: [video], settings: { tags: [letters(501)] } },
    { code: "CONTENT_TOO_LONG", path, message },
  );
  takes("youtube", { media: [video], settings: { tags: [letters(249), letters(250)] } });
  refuses(
    "youtube",
    { media: [video], settings: { tags: [letters(249), `${letters(100)} ${letters(149)}`] } },
    { code: "CONTENT_TOO_LONG", path, message },
  );
  const [issue] = validate("youtube", {
    media: [video],
    settings: { tags: [letters(249), `${letters(100)} ${letters(149)}`] },
  }).issues;
  assert.deepEqual([issue?.actual, issue?.limit], [502, 500]);
});

test("a YouTube tag is not empty and holds none of the characters that part tags", () => {
  for (const tag of ["", "  ", "a,b", 'a"b', "a<b", "a>b"]) {
    refuses(
      "youtube",
      { media: [video], settings: { tags: ["ok", tag] } },
      {
        code: "VALIDATION_FAILED",
        path: setting("youtube", "tags/1"),
        message: 'A YouTube tag cannot be empty and cannot contain <, >, " or a comma.',
      },
    );
  }
});

test("a YouTube title has at most 100 characters, wherever it comes from", () => {
  const long = "a".repeat(101);
  takes("youtube", { text: "a".repeat(100), media: [video] });
  takes("youtube", { text: "🎬".repeat(100), media: [video] });
  assert.deepEqual(onlyIssue(validate("youtube", { text: long, media: [video] })), [
    "CONTENT_TOO_LONG",
    "/content/text",
    101,
    100,
  ]);
  assert.deepEqual(onlyIssue(validate("youtube", { media: [video], overrideText: long })), [
    "CONTENT_TOO_LONG",
    "/content/platformOverrides/youtube/text",
    101,
    100,
  ]);
  assert.deepEqual(onlyIssue(validate("youtube", { media: [video], settings: { title: long } })), [
    "CONTENT_TOO_LONG",
    setting("youtube", "title"),
    101,
    100,
  ]);
  takes("youtube", { text: long, media: [video], settings: { title: "Title" } });
});

test("a YouTube title and description hold no angle brackets", () => {
  const message = "A YouTube title cannot contain < or >.";
  refuses("youtube", { text: "a<b", media: [video] }, { code: "VALIDATION_FAILED", path: "/content/text", message });
  refuses(
    "youtube",
    { media: [video], overrideText: "a>b" },
    { code: "VALIDATION_FAILED", path: "/content/platformOverrides/youtube/text", message },
  );
  refuses(
    "youtube",
    { text: "a<b", media: [video], settings: { title: "<3" } },
    { code: "VALIDATION_FAILED", path: setting("youtube", "title"), message },
  );
  takes("youtube", { text: "a<b", media: [video], settings: { title: "Love" } });
  refuses(
    "youtube",
    { media: [video], settings: { description: "a<b" } },
    {
      code: "VALIDATION_FAILED",
      path: setting("youtube", "description"),
      message: "A YouTube description cannot contain <, > or control characters.",
    },
  );
  takes("youtube", { media: [video], settings: { description: "Two\nlines" } });
});

test("a YouTube description has at most 5000 bytes", () => {
  takes("youtube", { media: [video], settings: { description: "ä".repeat(2500) } });
  assert.deepEqual(onlyIssue(validate("youtube", { media: [video], settings: { description: "ä".repeat(2501) } })), [
    "CONTENT_TOO_LONG",
    setting("youtube", "description"),
    5002,
    5000,
  ]);
});

test("a long YouTube video wants a channel that may upload it", () => {
  const long = { ...video, durationSeconds: 901 };
  const connected = (longUploadsStatus: string): Partial<ValidationContext> => ({
    accounts: { youtube: account("youtube", { longUploadsStatus }) },
  });
  for (const status of ["eligible", "disallowed"]) {
    refuses(
      "youtube",
      { media: [long] },
      {
        code: "UNSUPPORTED_MEDIA_CONFIG",
        path: "/content/media/0/durationSeconds",
        message: "Videos longer than 15 minutes require a YouTube channel that is verified for long uploads.",
      },
      connected(status),
    );
  }
  takes("youtube", { media: [long] }, connected("allowed"));
  takes("youtube", { media: [{ ...video, durationSeconds: 900 }] }, connected("disallowed"));
});
