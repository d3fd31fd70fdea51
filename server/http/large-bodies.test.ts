import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { z } from "zod";

import { PLATFORM_NAMES } from "../../model/platform-names.ts";
import { createWorld, type World } from "../../tests/world.ts";

let world: World;
before(async () => {
  world = await createWorld();
});
after(() => world.close());

const masses = (count: number, make: (index: number) => unknown) =>
  Array.from({ length: count }, (_, index) => make(index));
const keys = (count: number) => Object.fromEntries(masses(count, (index) => [`key${index}`, 1]) as [string, number][]);
const onEach = (override: unknown) => Object.fromEntries(PLATFORM_NAMES.map((name) => [name, override]));
const chain = (thread: unknown) => onEach({ settings: { thread } });

/** Bodies whose responses once took megabytes or seconds, with about as many values as are accepted. */
const BODIES: Record<string, { content?: object; body?: object; isMany: boolean }> = {
  "a text of megabytes": { content: { text: "a.co/(".repeat(600_000) }, isMany: false },
  "a text of megabytes for each platform": {
    content: { platformOverrides: onEach({ text: "a.co/(".repeat(90_000) }) },
    isMany: false,
  },
  "emoji that never end": { content: { text: "\u{1f468}\u200d".repeat(500_000) }, isMany: false },
  "marks that never end": { content: { text: `a${"\u0316\u0300".repeat(500_000)}` }, isMany: false },
  "unknown keys at the top": { body: keys(4_000), isMany: false },
  "unknown keys in the content": { content: keys(4_000), isMany: false },
  "unknown keys in the settings": { content: { platformOverrides: onEach({ settings: keys(600) }) }, isMany: true },
  "unknown keys in a thread": { content: { platformOverrides: chain([{ text: "x", ...keys(600) }]) }, isMany: false },
  "unknown keys in every part of a thread": {
    content: { platformOverrides: chain(masses(50, () => ({ text: "x", ...keys(10) }))) },
    isMany: true,
  },
  "a thread of too many parts": {
    content: { platformOverrides: chain(masses(300, () => ({ text: "x" }))) },
    isMany: false,
  },
  "a thread of wrong parts": { content: { platformOverrides: chain(masses(600, (index) => index)) }, isMany: false },
  "a thread of long parts": {
    content: { platformOverrides: chain(masses(200, (index) => ({ text: `${index} ${"word ".repeat(120)}` }))) },
    isMany: true,
  },
  "wrong media": {
    content: { media: masses(100, () => ({ ...keys(30), altText: "x".repeat(20_000), url: "y".repeat(20_000) })) },
    isMany: true,
  },
  "platforms that nobody knows": { body: { platforms: masses(4_000, (index) => `platform${index}`) }, isMany: true },
  "one platform again and again": { body: { platforms: masses(4_000, () => "threads") }, isMany: true },
  "wrong tags": {
    content: { platformOverrides: onEach({ settings: { tags: masses(600, () => "<") } }) },
    isMany: true,
  },
  "a key of megabytes": {
    content: { ["k".repeat(1_000_000)]: 1, platformOverrides: onEach({ settings: { ["k".repeat(300_000)]: 1 } }) },
    isMany: false,
  },
  "wrong values of megabytes": {
    body: { platformSetId: "x".repeat(1_000_000), scheduledFor: "y".repeat(1_000_000) },
    content: { linkUrl: "z".repeat(1_000_000) },
    isMany: false,
  },
};

const answered = z.object({ issues: z.array(z.object({ rule: z.string(), path: z.string(), message: z.string() })) });

for (const [name, { content, body, isMany }] of Object.entries(BODIES)) {
  test(`the response is short, however large the request: ${name}`, async () => {
    const sent = {
      content: { text: "Hi", ...content },
      platforms: PLATFORM_NAMES,
      platformSetId: world.test.platformSetId,
      ...body,
    };
    for (const operation of ["/api/v1/posts/validate", "/api/v1/posts"]) {
      const { status, body: answer } = await world.call(world.test, "POST", operation, sent);
      assert.equal(status, operation.endsWith("validate") ? 200 : 400, JSON.stringify(answer).slice(0, 500));
      const { issues } = answered.parse(answer);
      assert.ok(issues.length > 0 && issues.length <= 101, `${issues.length} issues`);
      assert.ok(JSON.stringify(answer).length < 100_000, `${JSON.stringify(answer).length} characters`);
      assert.equal(
        issues.some(({ rule }) => rule === "request.issues"),
        isMany,
      );
      assert.equal(issues.length === 101 ? issues.at(-1)?.rule : "request.issues", "request.issues");
    }
  });
}

test("more values than are accepted are one issue, and nothing of them is looked at", async () => {
  for (const body of [keys(40_000), { platforms: masses(40_000, () => "threads") }]) {
    const { platformSetId } = world.test;
    const sent = { content: { text: "Hi" }, platformSetId, ...body };
    const { status, body: answer } = await world.call(world.test, "POST", "/api/v1/posts/validate", sent);
    assert.equal(status, 400);
    assert.deepEqual(
      answered.parse(answer).issues.map(({ rule }) => rule),
      ["request.size"],
    );
  }
});

test("a text that is far too long is reported on every platform, with its length and the limit", async () => {
  const sent = {
    content: { text: "a.co/(".repeat(20_000) },
    platforms: PLATFORM_NAMES,
    platformSetId: world.test.platformSetId,
  };
  const { issues } = answered.parse((await world.call(world.test, "POST", "/api/v1/posts/validate", sent)).body);
  const tooLong = issues.filter(({ rule }) => /\.text\.length$/.test(rule));
  assert.ok(tooLong.length >= 5);
  for (const { message } of tooLong)
    assert.match(message, / is too long: it has 120000 UTF-16 units; the limit is \d+ .+\.$/);
});
