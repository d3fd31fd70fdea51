import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { ReadableStream } from "node:stream/web";
import { test } from "node:test";

import type { PlatformName } from "../model/platform-names.ts";
import type { PostContent } from "../model/post.ts";
import { packetsOf, quickTime } from "../tests/films.ts";
import { CAMERA_FILM } from "./conformance/media.fixture.ts";
import type { Subject } from "./conformance/subject.ts";
import { startWorld, type World } from "./conformance/world.ts";

/** A film as a camera writes it, with the real engine against the sandbox, which validates what it gets. */
test("a platform that fetches media itself gets the URL of the rewrapped video, created once", () =>
  withWorld({ name: "threads", readsBack: true, refusals: [] }, async (world) => {
    const account = await world.connect();
    const published = await world.publish(account, postOf("threads", 2));
    assert.equal(published.status, "published", JSON.stringify(published.error));
    const [entry, ...others] = await world.ledger(account);
    assert.deepEqual([others.length, entry?.media.map(({ type }) => type)], [0, ["video", "video"]]);
    const addresses = (await world.requests()).flatMap(({ body }) => videoUrlOf(body));
    assert.equal(addresses.length, 2);
    for (const address of addresses) {
      assert.match(address, /\/camera\.mp4\?/);
      const { body } = await fetch(address);
      const bytes = await buffer(body ?? new ReadableStream());
      assert.ok(bytes.indexOf("moov") < bytes.indexOf("mdat"), "the index is at the front");
      assert.deepEqual(await packetsOf(bytes), await packetsOf(await quickTime("landscape-16x9.mp4")));
    }
    assert.equal(new Set(addresses.map((address) => new URL(address).pathname)).size, 1);
  }));

test("a platform that supports only MP4 gets the rewrapped bytes, even if the process was killed while storing them", () =>
  withWorld({ name: "linkedin", readsBack: false, refusals: [] }, async (world) => {
    const account = await world.connect();
    const published = await world.publishThroughCrash(account, postOf("linkedin", 1), { storing: true, when: "after" });
    assert.equal(published.status, "published", JSON.stringify(published.error));
    const [entry, ...others] = await world.ledger(account);
    assert.deepEqual([others.length, entry?.kind, entry?.publishCalls], [0, "video", 1]);
  }));

function postOf(name: PlatformName, count: number): PostContent {
  return {
    text: "From the camera",
    media: Array.from({ length: count }, () => ({ filename: CAMERA_FILM })),
    linkUrl: null,
    platformOverrides: { [name]: {} },
  };
}

function videoUrlOf(body: unknown): string[] {
  return typeof body === "object" && body !== null && "video_url" in body && typeof body.video_url === "string"
    ? [body.video_url]
    : [];
}

async function withWorld(subject: Subject, work: (world: World) => Promise<void>): Promise<void> {
  const world = await startWorld(subject);
  try {
    await work(world);
  } finally {
    await world.close();
  }
}
