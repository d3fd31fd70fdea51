import { createReadStream } from "node:fs";
import { fileURLToPath } from "node:url";

import type { MediaFacts } from "../../model/post.ts";
import { receiveFile } from "../../server/media/receive.ts";
import type { Storage } from "../../server/storage/storage.ts";

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

export async function loadFixtures(storage: Storage): Promise<Fixture[]> {
  const fixtures: Fixture[] = [];
  for (const filename of FILES) {
    const path = fileURLToPath(new URL(`../../tests/fixtures/${filename}`, import.meta.url));
    const { storageKey, facts } = await receiveFile(storage, { bytes: createReadStream(path), name: filename, claimedMimeType: null });
    fixtures.push({ filename, storageKey, facts });
  }
  return fixtures;
}
