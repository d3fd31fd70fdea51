import type { MediaFacts } from "../../model/post.ts";
import type { Rendition } from "../../platforms/platform.ts";
import type { FileToMeasure } from "./measure.ts";

/** Part of an image, in pixels of the upright one. */
export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What to make of an image. */
export type Conversion =
  | { to: "rendition"; wanted: Rendition }
  | { to: "thumbnail" }
  | { to: "part"; area: Area; mimeType: string };

/**
 * What a measuring process is asked, one thing at a time. A video is read through its starter, an image at its path.
 */
export type MeasuringTask =
  | { kind: "pixels"; path: string }
  | { kind: "image"; path: string; file: FileToMeasure }
  | { kind: "conversion"; path: string; target: string; conversion: Conversion }
  | { kind: "video"; file: FileToMeasure };

/** What it says: when it is ready, which bytes it needs, and one answer to each task. */
export type MeasuringMessage =
  | { ready: true }
  | { read: number; start: number; end: number }
  | { pixels: number }
  | { facts: MediaFacts }
  | { made: { width: number; height: number } }
  | { unreadable: string }
  | { failed: string };

/** The bytes of a read. */
export interface ReadPiece {
  read: number;
  bytes: Uint8Array;
}

/** Files are read in pieces of this size, so that no file makes its starter hold more. */
export const PIECE_BYTES = 1024 * 1024;
