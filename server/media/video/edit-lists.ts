import { readBoxes } from "./boxes.ts";

/**
 * What a video's index says about its timeline that copying its packets would not preserve; null if nothing. Completes
 * the sentence "The video …". A cut-off start, a delay, and the few padding samples that encoders hide at the end are
 * preserved or unnoticeable. `index` is the content of the `moov` box. Source: ISO/IEC 14496-12, 8.6.6; QuickTime File
 * Format, edit list atoms.
 */
export function findEditObstacle(index: Buffer): string | null {
  const boxes = readBoxes(index);
  const movieScale = readScale(boxes.find(({ name }) => name === "mvhd")?.body)?.scale;
  if (movieScale === undefined) return null;
  for (const { body } of boxes.filter(({ name }) => name === "trak")) {
    const obstacle = findTrackObstacle(body, movieScale);
    if (obstacle !== null) return obstacle;
  }
  return null;
}

/** What nobody sees or hears: padding of the last audio packet, a decoder's delay of one frame. */
const UNNOTICED_SECONDS = 0.1;

function findTrackObstacle(track: Buffer, movieScale: number): string | null {
  const media = findBox(track, "mdia");
  const handler = findBox(media, "hdlr").toString("latin1", 8, 12);
  const scale = readScale(findBox(media, "mdhd"));
  if (scale === null || (handler !== "vide" && handler !== "soun")) return null;
  const edits = readEdits(findBox(findBox(track, "edts"), "elst"));
  const shown = edits.filter(({ mediaTime }) => mediaTime >= 0);
  const [edit] = shown;
  if (edit === undefined) return null;
  if (shown.length > 1 || edits.at(-1) !== edit) return "is made up of several edits";
  if (edit.rate !== 1) return "has an edit that changes its speed";
  const startSeconds = edit.mediaTime / scale.scale;
  if (edits.length > 1 && startSeconds > UNNOTICED_SECONDS)
    return "has an edit that both delays its start and cuts it off";
  const hiddenSeconds = scale.duration / scale.scale - startSeconds - edit.duration / movieScale;
  return edit.duration > 0 && hiddenSeconds > UNNOTICED_SECONDS ? "has an edit that cuts off its end" : null;
}

interface Edit {
  /** In the movie's time units; 0 stands for everything. */
  duration: number;
  /** In units of the track; -1 is a pause. */
  mediaTime: number;
  rate: number;
}

function readEdits(box: Buffer): Edit[] {
  if (box.length < 8) return [];
  const isLong = box[0] === 1;
  const entryBytes = isLong ? 20 : 12;
  const count = Math.min(box.readUInt32BE(4), Math.floor((box.length - 8) / entryBytes));
  return Array.from({ length: count }, (_, entry) => {
    const at = 8 + entry * entryBytes;
    return isLong
      ? {
          duration: Number(box.readBigUInt64BE(at)),
          mediaTime: Number(box.readBigInt64BE(at + 8)),
          rate: box.readInt32BE(at + 16) / 65_536,
        }
      : { duration: box.readUInt32BE(at), mediaTime: box.readInt32BE(at + 4), rate: box.readInt32BE(at + 8) / 65_536 };
  });
}

/** Units a second, and how many of them: `mvhd` and `mdhd` have both in the same places. */
function readScale(header: Buffer | undefined): { scale: number; duration: number } | null {
  const isLong = header?.[0] === 1;
  if (header === undefined || header.length < (isLong ? 32 : 20)) return null;
  const scale = header.readUInt32BE(isLong ? 20 : 12);
  return scale === 0
    ? null
    : { scale, duration: isLong ? Number(header.readBigUInt64BE(24)) : header.readUInt32BE(16) };
}

function findBox(within: Buffer, wanted: string): Buffer {
  return readBoxes(within).find(({ name }) => name === wanted)?.body ?? Buffer.alloc(0);
}
