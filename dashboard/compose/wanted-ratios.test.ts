import assert from "node:assert/strict";
import { test } from "node:test";

import type { MediaRule, Placement } from "../../model/capabilities.ts";
import { catalog, EXAMPLE_PLATFORM } from "../../platforms/catalog.ts";
import { wantedRatio } from "./wanted-ratios.ts";

const { capabilities } = catalog[EXAMPLE_PLATFORM];
const image = (ratio?: { min: number; max: number }): MediaRule => ({
  types: ["image/jpeg"],
  converted: [],
  limits: ratio === undefined ? {} : { ratio: { ...ratio, source: "test" } },
  fitted: {},
  source: "test",
});
const placement = (name: string, byDefault: boolean, most: number, rule: MediaRule): Placement => ({
  name,
  byDefault,
  shapes: [{ name: "images", items: { min: most === 1 ? 1 : 2, max: most }, image: rule, link: "dropped" }],
});
const wanted = (placements: [Placement, ...Placement[]], chosen: unknown, count: number) => {
  const limit = wantedRatio({ ...capabilities, placements }, chosen, count);
  return limit === null ? null : [limit.min, limit.max];
};

test("an image is measured by the placement that it goes to, with as many files as there are", () => {
  const all: [Placement, ...Placement[]] = [
    placement("feed", true, 1, image({ min: 0.8, max: 1.91 })),
    placement("carousel", true, 10, image()),
    placement("story", false, 1, image({ min: 0.1, max: 10 })),
  ];
  assert.deepEqual(wanted(all, undefined, 1), [0.8, 1.91]);
  assert.equal(wanted(all, undefined, 3), null);
  assert.deepEqual(wanted(all, "story", 1), [0.1, 10]);
  assert.equal(wanted(all, "story", 2), null);
});

test("of several shapes, the most generous counts", () => {
  const strict = placement("a", true, 1, image({ min: 1, max: 1 }));
  assert.deepEqual(wanted([strict, placement("b", true, 1, image({ min: 0.5, max: 0.9 }))], undefined, 1), [0.5, 1]);
  assert.equal(wanted([strict, placement("b", true, 1, image())], undefined, 1), null);
});
