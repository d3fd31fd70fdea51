import { BROKEN, UnreadableMediaError } from "../unreadable-media-error.ts";
import { readBoxes } from "./boxes.ts";
import { hasSoundTables } from "./sample-tables.ts";

/** The content of a video's index, its `moov` box, and whether it is before the media data. */
export interface VideoIndex {
  index: Buffer;
  isFirst: boolean;
}

type Read = (start: number, end: number) => Promise<Buffer>;

/** The index of ten hours of video is smaller; a larger one is meant to fill memory. */
const MAX_INDEX_BYTES = 32 * 1024 * 1024;
/** More boxes in a row than a file has that is not in fragments. */
const MAX_OUTER_BOXES = 100;
/** Six hours in fragments of two seconds have as many. */
const MAX_FRAGMENT_BOXES = 20_000;

/**
 * Reads a video's index, and checks everything that readers rely on: each top-level box must end within the file, which
 * detects truncation, and the index and every fragment must have a reasonable size and be valid. Throws an
 * UnreadableMediaError.
 */
export async function readIndex(source: Read, sizeBytes: number): Promise<VideoIndex> {
  const read = ahead(source, sizeBytes);
  let found: VideoIndex | null = null;
  let hasPictures = false;
  let maxBoxes = MAX_OUTER_BOXES;
  const fragments = new Set<number>();
  let start = 0;
  for (let box = 0; box < maxBoxes && start + 8 <= sizeBytes; box += 1) {
    const { name, bodyAt, end } = await readHead(read, start, sizeBytes);
    if (name === "mdat") hasPictures = true;
    if (name === "moov" || name === "moof") {
      if (end - start > MAX_INDEX_BYTES) throw new UnreadableMediaError("has an index of more than 32 MB");
      const body = await read(bodyAt, end);
      if (!hasSoundTables(body)) throw new UnreadableMediaError(BROKEN);
      if (name === "moof") fragments.add(start);
      // Readers go by the first index that they find.
      else found ??= { index: Buffer.from(body), isFirst: !hasPictures };
      if (body.includes("mvex")) maxBoxes = MAX_FRAGMENT_BOXES;
    }
    start = end;
  }
  const isCutShort = start + 8 <= sizeBytes;
  if (found === null) throw new UnreadableMediaError(isCutShort ? BROKEN : "has no video track");
  if (maxBoxes === MAX_FRAGMENT_BOXES) {
    if (isCutShort) throw new UnreadableMediaError(`is split into more than ${MAX_FRAGMENT_BOXES / 2} fragments`);
    await checkFragmentList(read, sizeBytes, fragments);
  }
  return found;
}

async function readHead(
  read: Read,
  start: number,
  sizeBytes: number,
): Promise<{ name: string; bodyAt: number; end: number }> {
  const head = await read(start, Math.min(start + 16, sizeBytes));
  const declared = head.readUInt32BE(0);
  const boxBytes =
    declared === 0
      ? sizeBytes - start
      : declared === 1
        ? head.length < 16
          ? 0
          : Number(head.readBigUInt64BE(8))
        : declared;
  if (boxBytes < (declared === 1 ? 16 : 8) || start + boxBytes > sizeBytes) throw new UnreadableMediaError(BROKEN);
  return { name: head.toString("latin1", 4, 8), bodyAt: start + (declared === 1 ? 16 : 8), end: start + boxBytes };
}

/**
 * Readers follow the list of fragments at the end of the file: they must be among those that were checked. The file's
 * last four bytes say where the list begins. Source: ISO/IEC 14496-12, 8.8.9 to 8.8.11.
 */
async function checkFragmentList(read: Read, sizeBytes: number, fragments: ReadonlySet<number>): Promise<void> {
  const start = sizeBytes - (await read(sizeBytes - 4, sizeBytes)).readUInt32BE(0);
  if (start < 0 || start > sizeBytes - 16 || (await read(start, start + 8)).toString("latin1", 4, 8) !== "mfra") return;
  const { bodyAt, end } = await readHead(read, start, sizeBytes);
  if (end - start > MAX_INDEX_BYTES) throw new UnreadableMediaError("has an index of more than 32 MB");
  const boxes = readBoxes(await read(bodyAt, end));
  if (
    !boxes.every(
      ({ name, body }) =>
        name === "mfro" || (name === "tfra" && listedIn(body)?.every((place) => fragments.has(place))),
    )
  )
    throw new UnreadableMediaError(BROKEN);
}

/** The fragments of a list; null if it declares more than it contains. */
function listedIn(body: Buffer): number[] | null {
  if (body.length < 16) return null;
  const isLong = body[0] === 1;
  const numberBytes = body.readUInt32BE(8);
  const rowBytes = (isLong ? 16 : 8) + ((numberBytes >> 4) & 3) + ((numberBytes >> 2) & 3) + (numberBytes & 3) + 3;
  const count = body.readUInt32BE(12);
  if (16 + count * rowBytes > body.length) return null;
  return Array.from({ length: count }, (_, row) =>
    isLong ? Number(body.readBigUInt64BE(24 + row * rowBytes)) : body.readUInt32BE(20 + row * rowBytes),
  );
}

const AHEAD_BYTES = 64 * 1024;

/** Reads more at a time than requested: the next request is usually for what follows. */
function ahead(source: Read, sizeBytes: number): Read {
  let [at, bytes]: [number, Buffer] = [0, Buffer.alloc(0)];
  return async (start, end) => {
    if (start < at || end > at + bytes.length)
      [at, bytes] = [start, await source(start, Math.max(end, Math.min(start + AHEAD_BYTES, sizeBytes)))];
    return bytes.subarray(start - at, end - at);
  };
}
