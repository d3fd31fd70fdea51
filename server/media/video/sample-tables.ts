import { MAX_BOXES, readBoxes } from "./boxes.ts";
import type { Box } from "./boxes.ts";

/** More than ten hours of 60 pictures a second have. */
const MAX_PACKETS = 2_500_000;

/**
 * Whether an index's tables contain what they declare, and no more packets than a video has. Readers allocate memory,
 * or loop, as often as they say, and a few broken or forged bytes can declare four billion. `index` is the content of a
 * `moov` or `moof` box. Source: ISO/IEC 14496-12, 8.6.1, 8.7 and 8.8.8.
 */
export function hasSoundTables(index: Buffer): boolean {
  const boxes = readDeep(index);
  if (boxes.length >= MAX_BOXES) return false;
  const fragments = boxes.filter(({ name }) => name === "trun").reduce((sum, { body }) => sum + count(body), 0);
  return (
    boxes.every(holdsWhatItDeclares) &&
    fragments <= MAX_PACKETS &&
    boxes.filter(({ name }) => name === "trak").every(({ body }) => isSoundTrack(readDeep(body)))
  );
}

/**
 * Why a video's packets cannot be found one after another in reasonable time, completing "The video …"; null if they
 * can. To find one, all of its chunk are traversed.
 */
export function findChunkObstacle(index: Buffer): string | null {
  const tracks = readDeep(index)
    .filter(({ name }) => name === "trak")
    .map(({ body }) => readDeep(body));
  const isSlow = tracks.some((track) => {
    const longest = bodiesOf(track, "stsc").reduce(
      (most, body) => rows(body, 12).reduce((max, at) => Math.max(max, body.readUInt32BE(at + 4)), most),
      0,
    );
    return !isPlain(track) && countPackets(track, "stts") * longest > MAX_VISITS;
  });
  return isSlow ? "has too many frames in one chunk" : null;
}

/** A few seconds of a processor. */
const MAX_VISITS = 1_000_000_000;

function isSoundTrack(track: readonly Box[]): boolean {
  const mayHaveMore = isPlain(track);
  if (countPackets(track, "ctts") > MAX_PACKETS || (countPackets(track, "stts") > MAX_PACKETS && !mayHaveMore))
    return false;
  const [chunks, ...others] = bodiesOf(track, "stsc");
  let last = 0;
  const isInOrder = (body: Buffer) =>
    rows(body, 12).every((at) => {
      const [before, first, packetsEach] = [last, body.readUInt32BE(at), body.readUInt32BE(at + 4)];
      last = first;
      return first >= before && first <= MAX_PACKETS && (mayHaveMore || packetsEach <= MAX_PACKETS);
    });
  return others.length === 0 && (chunks === undefined || isInOrder(chunks));
}

/**
 * Sound that is not compressed has a packet for each of its samples, all of one size, and none is shown at another
 * time.
 */
function isPlain(track: readonly Box[]): boolean {
  const sizes = bodiesOf(track, "stsz");
  return (
    bodiesOf(track, "ctts").length === 0 &&
    sizes.length === 1 &&
    sizes.every((body) => body.length >= 8 && body.readUInt32BE(4) > 0)
  );
}

/** The rows of both time tables stand for a number of packets each. */
function countPackets(track: readonly Box[], table: "stts" | "ctts"): number {
  return bodiesOf(track, table).reduce(
    (sum, body) => sum + rows(body, 8).reduce((counted, at) => counted + body.readUInt32BE(at), 0),
    0,
  );
}

function bodiesOf(track: readonly Box[], wanted: string): Buffer[] {
  return track.filter(({ name }) => name === wanted).map(({ body }) => body);
}

/** Bytes of one row, of the tables whose rows follow their number. */
const ROW_BYTES: ReadonlyMap<string, number> = new Map([
  ["stts", 8],
  ["ctts", 8],
  ["stss", 4],
  ["stsc", 12],
  ["stco", 4],
  ["co64", 8],
]);

function holdsWhatItDeclares({ name, body, isWhole }: Box): boolean {
  if (!isWhole) return false;
  const rowBytes = ROW_BYTES.get(name);
  if (rowBytes !== undefined) return body.length >= 8 && 8 + count(body) * rowBytes <= body.length;
  if (name === "stsz")
    return body.length >= 12 && (body.readUInt32BE(4) > 0 || 12 + body.readUInt32BE(8) * 4 <= body.length);
  return name !== "trun" || body.length >= 8;
}

/** Where a table's rows begin. */
function rows(body: Buffer, rowBytes: number): number[] {
  return Array.from(
    { length: Math.min(count(body), Math.floor((body.length - 8) / rowBytes)) },
    (_, row) => 8 + row * rowBytes,
  );
}

function count(body: Buffer): number {
  return body.length < 8 ? 0 : body.readUInt32BE(4);
}

const CONTAINERS: ReadonlySet<string> = new Set([
  "trak",
  "mdia",
  "minf",
  "dinf",
  "edts",
  "stbl",
  "mvex",
  "moof",
  "traf",
]);

/** The boxes and those in them; of too many only the first. */
function readDeep(bytes: Buffer): Box[] {
  const found = readBoxes(bytes);
  // What is found meanwhile is checked, too.
  for (const { name, body } of found)
    if (CONTAINERS.has(name) && found.length < MAX_BOXES) found.push(...readBoxes(body));
  return found;
}
