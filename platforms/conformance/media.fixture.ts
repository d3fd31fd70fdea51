import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

import type { MediaFacts } from "../../model/post.ts";
import { receiveFile } from "../../server/media/uploads/receive.ts";
import type { Storage } from "../../server/storage/storage.ts";
import { quickTime } from "../../tests/films.ts";

/** A real file, stored and measured. */
export interface Fixture {
  filename: string;
  storageKey: string;
  facts: MediaFacts;
}

const FILES = [
  "photo-1x1.jpg",
  "photo-4x5.jpg",
  "photo-1x1.png",
  "photo-1x1.webp",
  "rotated.jpg",
  "animated.gif",
  "landscape-16x9.mp4",
  "portrait-9x16.mp4",
  "landscape.mov",
];

/** As cameras write it: QuickTime, with the index at the end. */
export const CAMERA_FILM = "camera.mov";

export async function loadFixtures(storage: Storage): Promise<Fixture[]> {
  const fixtures: Fixture[] = [];
  const keep = async (filename: string, bytes: AsyncIterable<Uint8Array>): Promise<void> => {
    const { storageKey, facts } = await receiveFile(storage, {
      owner: { userId: "user_a", mode: "test" },
      bytes,
      name: filename,
      claimedMimeType: null,
    });
    fixtures.push({ filename, storageKey, facts });
  };
  for (const filename of FILES)
    await keep(filename, createReadStream(fileURLToPath(new URL(`../../tests/fixtures/${filename}`, import.meta.url))));
  await keep(CAMERA_FILM, Readable.from([await quickTime("landscape-16x9.mp4")]));
  return fixtures;
}
