import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { PostContent } from "../../model/post.ts";
import { videoExample } from "../conformance/contents.ts";
import { SPEED } from "../conformance/engine.ts";
import type { TestAccount } from "../conformance/posts.ts";
import type { Subject } from "../conformance/subject.ts";
import { startWorld, type World } from "../conformance/world.ts";

/** What is LinkedIn's own, with the real engine against the sandbox. */
const SUBJECT: Subject = { name: "linkedin", readsBack: false, refusals: [] };
let world: World;

before(async () => {
  world = await startWorld(SUBJECT, { settings: { LINKEDIN_API_VERSION: "202605" } });
});

after(() => world?.close());

const post = (text: string, settings: Record<string, unknown> = {}): PostContent => ({
  text,
  media: [],
  linkUrl: null,
  platformOverrides: { linkedin: { settings } },
});

test("every reserved character reaches the audience as written", async () => {
  const account = await world.connect();
  const text =
    "Shipping today (really) #launch\n" +
    '\\ [x] {y} <z> | w a_b*c~d me@example.com C# #AI_tools https://ex.com/a_b(c)?q=1#top (#tag) 👋 "#日本"';
  const published = await world.publish(account, post(text));
  assert.equal(published.status, "published", JSON.stringify(published.error));
  assert.equal((await world.ledger(account))[0]?.text, text);
});

for (const error of ["commit-then-drop", "commit-then-504", "500-without-commit"]) {
  test(`${error} is settled by one identical repeat, with one post`, async () => {
    const account = await world.connect();
    await world.fault({ operation: "publish", kind: "reject", error });
    const published = await world.publish(account, post("once"));
    const entries = await world.ledger(account);
    assert.deepEqual(
      [published.status, published.platformPostId, entries.length],
      ["published", entries[0]?.id, 1],
      JSON.stringify(published.error),
    );
    const calls = (await world.requests()).filter((request) => request.operation === "publish");
    assert.deepEqual(
      calls.map(({ body }) => body),
      [calls[0]?.body, calls[0]?.body],
    );
  });
}

test("a post accepted without an ID is published without a link, with one request", async () => {
  const account = await world.connect();
  await world.fault({ operation: "publish", kind: "reject", error: "201-without-id" });
  const published = await world.publish(account, post("nameless"));
  assert.deepEqual([published.status, published.platformPostId, published.publishedUrl], ["published", null, null]);
  assert.equal((await world.requests()).filter((request) => request.operation === "publish").length, 1);
});

test("posting the same again is rejected, and the error names the first post", async () => {
  const account = await world.connect();
  const first = await world.publish(account, post("again and again"));
  const second = await world.publish(account, post("again and again"));
  assert.deepEqual([second.status, second.error?.code], ["failed", "VALIDATION_FAILED"]);
  assert.ok(first.platformPostId !== null && second.error?.message.includes(first.platformPostId));
  assert.equal((await world.ledger(account)).length, 1);
});

test("a repeat that finds another post of the account is a rejection, and not this post", async () => {
  const account = await world.connect();
  const first = await world.publish(account, post("lost and found"));
  assert.equal(first.status, "published");
  await world.fault({ operation: "publish", kind: "drop_before" });
  const second = await world.publish(account, post("lost and found"));
  assert.deepEqual(
    [second.status, second.error?.code, second.platformPostId],
    ["failed", "VALIDATION_FAILED", null],
    JSON.stringify(second),
  );
  assert.equal((await world.ledger(account)).length, 1);
});

test("a token reported as revoked right after its renewal is retried once", async () => {
  const account = await world.connect();
  await world.fault({ operation: "publish", kind: "expire_token" });
  await world.fault({ operation: "publish", kind: "reject", error: "revoked-after-refresh" });
  const published = await world.publish(account, post("young token"));
  assert.equal(published.status, "published", JSON.stringify(published.error));
  assert.equal((await world.requests()).filter((request) => request.operation === "refresh").length, 1);
});

test("a video whose status cannot be checked is given time, and published with one request", async () => {
  const { published, calls } = await publishUnseen();
  assert.deepEqual([published.status, calls], ["published", [201]], JSON.stringify(published.error));
});

test("a video whose status cannot be checked, and that takes longer, is rejected until it is ready, and published once", async () => {
  const { published, calls } = await publishUnseen("processing-slow-300s");
  assert.deepEqual([published.status, calls.at(-1)], ["published", 201], JSON.stringify(published.error));
  assert.ok(calls.length > 1 && calls.slice(0, -1).every((status) => status === 400), calls.join(" "));
});

test("an expired token that cannot be renewed requires reconnecting, with the contract's message, and only the profile is read", async () => {
  const selfServe = await startWorld(SUBJECT, { isRenewable: false });
  try {
    const account = await selfServe.connect();
    await selfServe.advance(account, 61 * 86_400);
    const failed = await selfServe.publish(account, post("too late"));
    assert.deepEqual(
      [failed.status, failed.error?.code, failed.error?.message],
      ["failed", "AUTH_EXPIRED", "LinkedIn did not return a refresh token for this app. Reconnect this account."],
    );
    assert.deepEqual(
      (await selfServe.requests()).map(({ operation, status }) => [operation, status]),
      [["read", 401]],
    );
  } finally {
    await selfServe.close();
  }
});

/**
 * Every read of the video is forbidden, as it may be to a member. Answers what LinkedIn said to the calls that publish.
 */
async function publishUnseen(processing?: string) {
  const account = await world.connect();
  await world.fault({ operation: "status", kind: "reject", error: "video-forbidden", times: 50 });
  // The third call that carries the upload closes it.
  if (processing !== undefined) await world.fault({ operation: "upload", kind: "reject", error: processing, after: 2 });
  const published = await world.keepPace(SPEED, () =>
    world.publish(account, videoExample(SUBJECT, world.fixtures).content),
  );
  assert.equal((await world.ledger(account)).length, 1);
  return {
    published,
    calls: (await world.requests()).filter(({ operation }) => operation === "publish").map(({ status }) => status),
  };
}

test("when the version in use is retired, the post goes out in the newest one, in which later posts begin, after a restart too", async () => {
  const account = await world.connect();
  await world.fault({ operation: "publish", kind: "reject", error: "version-retired" });
  const versions = async (text: string) => {
    const published = await world.publish(account, post(text));
    assert.equal(published.status, "published", JSON.stringify(published.error));
    const calls = (await world.requests()).filter(({ operation }) => operation === "publish");
    return calls.map(({ headers }) => headers["linkedin-version"]);
  };
  assert.deepEqual(await versions("retired"), ["202605", "202610"]);
  assert.deepEqual(await versions("later"), ["202605", "202610", "202610"]);
  await world.restart();
  assert.deepEqual(await versions("restarted"), ["202605", "202610", "202610", "202610"]);
});

test("a post that has failed before goes out in the newest version, too", async () => {
  await inFreshWorld(async (fresh, account) => {
    await fresh.fault({ operation: "publish", kind: "reject", error: "CONFLICT" });
    await fresh.fault({ operation: "publish", kind: "reject", error: "version-retired" });
    const published = await fresh.publish(account, post("unlucky"));
    assert.equal(published.status, "published", JSON.stringify(published.error));
    const calls = (await fresh.requests()).filter(({ operation }) => operation === "publish");
    assert.deepEqual(
      calls.map(({ headers }) => headers["linkedin-version"]),
      ["202605", "202605", "202610"],
    );
  });
});

test("a comment whose version was retired after the post went out is left out after a few tries", async () => {
  await inFreshWorld(async (fresh, account) => {
    for (const operation of ["create", "read"])
      await fresh.fault({ operation, kind: "reject", error: "version-retired", times: 50 });
    const published = await fresh.publish(account, post("retired in between", { firstComment: "First" }));
    assert.deepEqual([published.status, published.warnings.length], ["published", 1], JSON.stringify(published));
    const tries = (await fresh.requests()).filter(({ url }) => url.includes("socialActions"));
    assert.ok(tries.length > 1 && tries.length < 10, String(tries.length));
  });
});

/** Where no version has been replaced yet. */
async function inFreshWorld(work: (fresh: World, account: TestAccount) => Promise<void>): Promise<void> {
  const fresh = await startWorld(SUBJECT, { settings: { LINKEDIN_API_VERSION: "202605" } });
  try {
    await work(fresh, await fresh.connect());
  } finally {
    await fresh.close();
  }
}
