import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { type Area, largestArea, moved, resized } from "./crop-area.ts";

const image = { width: 1080, height: 1920 };

test("the largest part with a ratio is in the middle of the image", () => {
  assert.deepEqual(largestArea(image, 1), { x: 0, y: 420, width: 1080, height: 1080 });
  assert.deepEqual(largestArea(image, 0.8), { x: 0, y: 285, width: 1080, height: 1350 });
  assert.deepEqual(largestArea({ width: 1920, height: 1080 }, 0.8), { x: 528, y: 0, width: 864, height: 1080 });
  assert.deepEqual(largestArea(image, null), { x: 0, y: 0, ...image });
});

test("rounding never leads beyond a limit that is the ratio itself", () => {
  const side = fc.integer({ min: 20, max: 6000 });
  fc.assert(
    fc.property(side, side, fc.constantFrom(0.8, 1.91, 16 / 9, 9 / 16), (width, height, ratio) => {
      const area = largestArea({ width, height }, ratio);
      assert.ok(ratio < 1 ? area.width / area.height >= ratio : area.width / area.height <= ratio);
    }),
  );
});

test("a part is resized around its middle, and its other side follows its ratio", () => {
  const area = largestArea(image, 1);
  assert.deepEqual(resized(image, area, "width", 540, 1), { x: 270, y: 690, width: 540, height: 540 });
  assert.deepEqual(resized(image, area, "height", 400, null), { x: 0, y: 760, width: 1080, height: 400 });
});

test("no part is outside of its image or empty, whatever is asked for", () => {
  const side = fc.integer({ min: 20, max: 6000 });
  const anywhere = fc.double({ min: -10_000, max: 10_000, noNaN: true });
  fc.assert(
    fc.property(
      side,
      side,
      fc.option(fc.constantFrom(1, 0.8, 1.91, 9 / 16)),
      anywhere,
      anywhere,
      (width, height, ratio, a, b) => {
        const from = { width, height };
        const isWithin = ({ x, y, ...size }: Area) =>
          x >= 0 &&
          y >= 0 &&
          size.width >= 1 &&
          size.height >= 1 &&
          x + size.width <= width &&
          y + size.height <= height;
        const area = largestArea(from, ratio);
        for (const each of [
          area,
          moved(from, area, a, b),
          resized(from, area, "width", a, ratio),
          resized(from, moved(from, area, a, b), "height", b, ratio),
        ])
          assert.ok(isWithin(each) && Object.values(each).every(Number.isInteger), JSON.stringify({ from, each }));
      },
    ),
  );
});
