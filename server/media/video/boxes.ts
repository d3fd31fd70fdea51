/** A box of an MP4 or QuickTime file. `body` is its content; if its end is beyond its parent's, as much as is there. */
export interface Box {
  name: string;
  body: Buffer;
  isWhole: boolean;
}

/** No index has this many; a larger number is meant to fill memory. */
export const MAX_BOXES = 10_000;

/** The boxes in a sequence, at most MAX_BOXES of them. Only the last can be incomplete. */
export function readBoxes(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let start = 0; start + 8 <= bytes.length && boxes.length < MAX_BOXES;) {
    const declared = bytes.readUInt32BE(start);
    const headBytes = declared === 1 ? 16 : 8;
    if (start + headBytes > bytes.length) break;
    const boxBytes =
      declared === 0 ? bytes.length - start : declared === 1 ? Number(bytes.readBigUInt64BE(start + 8)) : declared;
    if (boxBytes < headBytes) break;
    boxes.push({
      name: bytes.toString("latin1", start + 4, start + 8),
      body: bytes.subarray(start + headBytes, start + boxBytes),
      isWhole: start + boxBytes <= bytes.length,
    });
    start += boxBytes;
  }
  return boxes;
}
