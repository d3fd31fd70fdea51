import assert from "node:assert/strict";
import { test } from "node:test";

import { findEditObstacle } from "./edit-lists.ts";

/** Ten seconds, of which a movie counts 1000 and a track 600 a second. */
const SECONDS = 10;

test("a timeline that is preserved: all of it, a cut-off start, a delay, an end nobody notices", () => {
  for (const edits of [
    [],
    [{ duration: 10_000, at: 0 }],
    [{ duration: 0, at: 600 }],
    [{ duration: 7_000, at: 1_800 }],
    [
      { duration: 2_000, at: -1 },
      { duration: 10_000, at: 0 },
    ],
    [{ duration: 9_950, at: 12 }],
  ]) {
    for (const isLong of [false, true])
      assert.equal(findEditObstacle(indexWith("vide", edits, isLong)), null, JSON.stringify(edits));
  }
});

test("a timeline that is not: several edits, another speed, a pause at the end, a cut-off end", () => {
  const cases: [Edit[], string][] = [
    [
      [
        { duration: 2_000, at: 0 },
        { duration: 3_000, at: 3_000 },
      ],
      "is made up of several edits",
    ],
    [
      [
        { duration: 5_000, at: 0 },
        { duration: 1_000, at: -1 },
      ],
      "is made up of several edits",
    ],
    [[{ duration: 5_000, at: 0, rate: 2 }], "has an edit that changes its speed"],
    [[{ duration: 9_000, at: 0 }], "has an edit that cuts off its end"],
    [
      [
        { duration: 2_000, at: -1 },
        { duration: 8_000, at: 1_200 },
      ],
      "has an edit that both delays its start and cuts it off",
    ],
  ];
  for (const [edits, obstacle] of cases) {
    for (const isLong of [false, true]) assert.equal(findEditObstacle(indexWith("soun", edits, isLong)), obstacle);
  }
});

test("tracks that are not seen or heard do not matter, and a truncated index is checked elsewhere", () => {
  const edits = [
    { duration: 2_000, at: 0 },
    { duration: 3_000, at: 3_000 },
  ];
  assert.equal(findEditObstacle(indexWith("meta", edits, false)), null);
  const index = indexWith("vide", edits, false);
  for (let length = 0; length < index.length; length += 1) findEditObstacle(index.subarray(0, length));
});

interface Edit {
  duration: number;
  at: number;
  rate?: number;
}

function indexWith(handler: string, edits: Edit[], isLong: boolean): Buffer {
  const entries = edits.map(({ duration, at, rate = 1 }) =>
    isLong
      ? Buffer.concat([long(duration), long(at), short(rate * 65_536)])
      : Buffer.concat([short(duration), short(at), short(rate * 65_536)]),
  );
  const list = box("elst", short(isLong ? 0x0100_0000 : 0), short(edits.length), ...entries);
  const media = box(
    "mdia",
    header("mdhd", 600, isLong),
    box("hdlr", Buffer.alloc(8), Buffer.from(handler, "latin1"), Buffer.alloc(12)),
  );
  return Buffer.concat([
    header("mvhd", 1000, isLong),
    box("trak", ...(edits.length === 0 ? [] : [box("edts", list)]), media),
  ]);
}

function header(name: string, scale: number, isLong: boolean): Buffer {
  const duration = scale * SECONDS;
  return isLong
    ? box(name, short(0x0100_0000), Buffer.alloc(16), short(scale), long(duration))
    : box(name, short(0), Buffer.alloc(8), short(scale), short(duration));
}

function box(name: string, ...body: Buffer[]): Buffer {
  const content = Buffer.concat(body);
  return Buffer.concat([short(content.length + 8), Buffer.from(name, "latin1"), content]);
}

function short(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}
