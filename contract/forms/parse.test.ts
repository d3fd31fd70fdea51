import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { PublicError, type Issue } from "../../model/errors.ts";
import { OPERATIONS } from "../index.ts";
import { postsCreate, postsList, postsUpdate } from "../operations/posts.ts";
import { parseInput, dropImpliedIssues } from "./parse.ts";

const platformSetId = "01980b7a-6c00-7000-8000-000000000001";
const valid = { content: { text: "Hello" }, platforms: ["threads"], platformSetId };

function issuesOf(body: unknown): Issue[] {
  try {
    return parseInput(postsCreate, { params: {}, query: {}, body }).issues;
  } catch (error) {
    if (error instanceof PublicError) return error.issues;
    throw error;
  }
}

function queryIssues(query: unknown): Issue[] {
  try {
    return parseInput(postsList, { params: {}, query, body: undefined }).issues;
  } catch (error) {
    if (error instanceof PublicError) return error.issues;
    throw error;
  }
}

const messages = (issues: Issue[]) => issues.map(({ message }) => message);

test("a valid body has no issues and is passed on unchanged", () => {
  const input = parseInput(postsCreate, { params: {}, query: {}, body: valid });
  assert.deepEqual(input.issues, []);
  assert.deepEqual(input.body, valid);
});

for (const [change, message] of [
  [{ schedueldFor: null }, 'Unknown key "schedueldFor": did you mean "scheduledFor"?'],
  [{ scheduled_for: null }, 'Unknown key "scheduled_for": did you mean "scheduledFor"?'],
  [{ text: "x" }, '"text" belongs at "content.text"'],
  [{ mediaUrls: [] }, '"mediaUrls" is a key of the legacy endpoint. Use "content.media"'],
  [{ content: { text: "", scheduledFor: null } }, '"scheduledFor" belongs at the top level'],
  [
    { privacyStatus: "public" },
    '"privacyStatus" belongs at "content.platformOverrides.youtube.settings.privacyStatus"',
  ],
  [
    { content: { text: "", platformOverrides: { twiter: {} } } },
    'Unknown key "content.platformOverrides.twiter": did you mean "content.platformOverrides.twitter"?',
  ],
  [{ content: { text: "", platformOverrides: { x: {} } } }, 'Unknown key "content.platformOverrides.x"'],
  [{ zzzzzzz: 1 }, 'Unknown key "zzzzzzz"'],
] as const) {
  test(`an unknown or misplaced key names the nearest valid path: ${message}`, () => {
    assert.deepEqual(messages(issuesOf({ ...valid, ...change })), [message]);
  });
}

test("a __proto__ key is rejected like any unknown key", () => {
  const issues = issuesOf(
    JSON.parse(
      `{"content":{"text":"x"},"platforms":["threads"],"platformSetId":"${platformSetId}","__proto__":{"a":1}}`,
    ),
  );
  assert.deepEqual(
    issues.map(({ path }) => path),
    ["/__proto__"],
  );
});

test("wrong fields are reported with dots in the message, a pointer as path, and a fix", () => {
  const [issue] = issuesOf({
    ...valid,
    content: { text: "x", media: [{ url: "https://example.com/a.mp4", sizeBytes: "big" }] },
  });
  assert.equal(issue?.message, "content.media[0].sizeBytes must be a whole number of bytes, not a string");
  assert.equal(issue?.path, "/content/media/0/sizeBytes");
  assert.equal(issue?.actual, "big");
  assert.match(issue?.fix ?? "", /^Correct content\.media\[0\]\.sizeBytes\. /);
});

test("missing and empty platforms have their own code", () => {
  for (const platforms of [undefined, null, []])
    assert.deepEqual(
      issuesOf({ ...valid, platforms }).map(({ code }) => code),
      ["NO_PLATFORMS_SELECTED"],
    );
});

test("a duplicate platform is rejected and counted once", () => {
  const input = parseInput(postsCreate, {
    params: {},
    query: {},
    body: { ...valid, platforms: ["threads", "threads"] },
  });
  assert.deepEqual(
    input.issues.map(({ path }) => path),
    ["/platforms/1"],
  );
  assert.deepEqual(input.body.platforms, ["threads"]);
});

test("invalid parts are removed and the rest is validated", () => {
  const body = {
    content: { text: 5, media: [null, { url: "https://example.com/a.jpg", width: -1 }] },
    platforms: ["threads", 7],
    platformSetId: "x",
  };
  const input = parseInput(postsCreate, { params: {}, query: {}, body });
  assert.deepEqual(
    input.issues.map(({ path }) => path),
    ["/content/text", "/content/media/0", "/content/media/1/width", "/platforms/1", "/platformSetId"],
  );
  assert.deepEqual(input.body, {
    content: { media: [{}, { url: "https://example.com/a.jpg" }] },
    platforms: ["threads"],
  });
});

test("issues at or below an invalid field are dropped as duplicates", () => {
  const [wrong] = issuesOf({ ...valid, content: { text: 5 } });
  assert.ok(wrong);
  const validated = [wrong, { ...wrong, path: "/content/text/x" }, { ...wrong, path: "/content/texts" }];
  assert.deepEqual(
    dropImpliedIssues([wrong], validated).map(({ path }) => path),
    ["/content/texts"],
  );
});

test("a NUL character, half a surrogate pair and an excessive number are rejected by name", () => {
  assert.match(
    messages(issuesOf({ ...valid, content: { text: "a\0b" } }))[0] ?? "",
    /^content\.text contains a NUL character/,
  );
  assert.match(
    messages(issuesOf({ ...valid, content: { text: "\ud83d" } }))[0] ?? "",
    /^content\.text contains half of a surrogate pair/,
  );
  assert.match(
    messages(issuesOf(JSON.parse('{"content":{"media":[{"width":1e400}]}}')))[0] ?? "",
    /^content\.media\[0\]\.width is too large a number/,
  );
});

test("only the first of many unknown keys get a suggestion, wherever they are", () => {
  const media = Array.from({ length: 50 }, () => ({ url: "https://example.com/a.jpg", altTex: "a", widht: 1 }));
  const issues = issuesOf({ ...valid, content: { text: "a", media } });
  assert.equal(issues.length, 100);
  assert.equal(messages(issues).filter((message) => message.includes("did you mean")).length, 20);
});

test("nesting ten thousand levels deep and huge numbers of keys are rejected with a message", () => {
  const deep: unknown = JSON.parse(`${"[".repeat(10_000)}${"]".repeat(10_000)}`);
  assert.match(messages(issuesOf(deep))[0] ?? "", /nested more than 64 levels/);
  const wide = issuesOf({
    ...valid,
    ...Object.fromEntries(Array.from({ length: 4_000 }, (_, index) => [`field${index}`, 1])),
  });
  assert.ok(wide.length < 30);
  assert.equal(
    messages(issuesOf({ list: Array.from({ length: 5_001 }, () => 1) }))[0],
    "The request has too many values",
  );
});

test("a response lists at most a hundred issues, none of them long", () => {
  const platforms = Array.from({ length: 3_000 }, () => "y".repeat(10_000));
  assert.throws(
    () => parseInput(postsUpdate, { params: { id: "z".repeat(10_000) }, query: {}, body: { platforms } }),
    (error) => {
      assert.ok(error instanceof PublicError);
      assert.equal(error.issues.length, 101);
      assert.match(error.issues.at(-1)?.message ?? "", /^There are more than 100 issues/);
      assert.ok(JSON.stringify(error.issues).length < 100_000);
      return true;
    },
  );
});

test("a query reads numbers, and rejects anything else, duplicates, values out of range and unknown parameters", () => {
  const input = parseInput(postsList, { params: {}, query: { limit: "5", search: "12" }, body: undefined });
  assert.equal(input.query.limit, 5);
  assert.equal(input.query.search, "12");
  assert.deepEqual(messages(queryIssues({ limit: "abc", stauts: "draft" })), [
    'limit must be a whole number, not "abc"',
    'Unknown query parameter "stauts": did you mean "status"?',
  ]);
  assert.deepEqual(messages(queryIssues({ limit: "101", offset: "-1" })), [
    "limit must be at most 100",
    "offset must be at least 0",
  ]);
  assert.deepEqual(messages(queryIssues({ limit: ["1", "2"] })), ["limit must be a whole number, not several values"]);
  assert.deepEqual(messages(queryIssues({ limit: "" })), ['limit must be a whole number, not ""']);
});

test("no JSON makes the parser fail, and every issue has its eight fields and a fix", () => {
  const members = ["actual", "code", "fix", "limit", "message", "path", "platform", "rule"];
  fc.assert(
    fc.property(fc.constantFrom(...OPERATIONS), fc.jsonValue(), fc.jsonValue(), (operation, body, query) => {
      try {
        parseInput(operation, { params: { id: "x" }, query, body });
      } catch (error) {
        assert.ok(error instanceof PublicError);
        for (const issue of error.issues) {
          assert.deepEqual(Object.keys(issue).sort(), members);
          assert.notEqual(issue.message, "");
          assert.notEqual(issue.fix, "");
        }
      }
    }),
    { numRuns: 300 },
  );
});
