import assert from "node:assert/strict";
import { test } from "node:test";

import type { MediaRule } from "../../model/capabilities.ts";
import type { Rendition } from "../platform.ts";
import { film, picture } from "./broker.fixture.ts";
import { renditionFor } from "./rendition.ts";

const source = "test";

/** Without the members that are undefined. */
const plain = (rendition: Rendition | undefined): unknown => JSON.parse(JSON.stringify(rendition));

test("an image is used unchanged if the platform supports it, otherwise as a JPEG that fits", () => {
  const rule = ruleWith({ sizeBytes: { max: 1000, source } });
  assert.equal(renditionFor(picture({}), rule), undefined);
  assert.equal(renditionFor(picture({ type: "video", mimeType: "video/mp4" }), rule), undefined);
  for (const facts of [{ mimeType: "image/webp" }, { sizeBytes: 1001 }, { orientation: 6 }]) {
    assert.deepEqual(plain(renditionFor(picture(facts), rule)), { mimeType: "image/jpeg", maxSizeBytes: 1000 });
  }
});

test("limits on the long and the short side follow the rotation", () => {
  const rule = ruleWith({ longSide: { max: 1920, source }, shortSide: { max: 1080, source } });
  assert.deepEqual(plain(renditionFor(picture({ width: 3000, height: 1000 }), rule)), {
    mimeType: "image/jpeg",
    maxWidth: 1920,
    maxHeight: 1080,
  });
  assert.deepEqual(plain(renditionFor(picture({ width: 1080, height: 1921 }), rule)), {
    mimeType: "image/jpeg",
    maxWidth: 1080,
    maxHeight: 1920,
  });
  assert.equal(renditionFor(picture({ width: 1920, height: 1080 }), rule), undefined);
});

test("a video is used unchanged, or rewrapped if its type or index position is not supported", () => {
  const rewrapped = { mimeType: "video/mp4" };
  const onlyMp4 = { ...ruleWith({}), types: ["video/mp4"], converted: ["video/quicktime"] } satisfies MediaRule;
  assert.equal(renditionFor(film({ indexFirst: false }), onlyMp4), undefined);
  assert.deepEqual(renditionFor(film({ mimeType: "video/quicktime", indexFirst: true }), onlyMp4), rewrapped);
  const indexFirst = {
    ...ruleWith({}),
    types: ["video/mp4", "video/quicktime"],
    converted: [],
    indexFirst: true,
  } satisfies MediaRule;
  assert.deepEqual(renditionFor(film({ indexFirst: false }), indexFirst), rewrapped);
  for (const known of [{ indexFirst: true }, { mimeType: "video/quicktime", indexFirst: true }, {}])
    assert.equal(renditionFor(film(known), indexFirst), undefined);
});

function ruleWith(fitted: MediaRule["fitted"]): MediaRule {
  return { types: ["image/jpeg", "image/png"], converted: ["image/webp"], limits: {}, fitted, source };
}
