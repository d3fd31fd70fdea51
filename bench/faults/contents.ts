import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { PlatformName } from "../../model/platform-names.ts";
import type { Api } from "./api.ts";
import type { Person } from "./world.ts";

/** The network whose sandbox is used for faults by default. */
export const PLATFORM: PlatformName = "threads";

export const KINDS = ["text", "image", "carousel", "chain"] as const;

export type Kind = (typeof KINDS)[number] | "link" | "video";

export interface Draft {
  parts: string[];
  body: {
    content: { text: string; linkUrl?: string; media?: { id: string }[]; platformOverrides?: Record<string, unknown> };
    platforms: PlatformName[];
    platformSetId: string;
    scheduledFor?: string;
  };
}

/** The body of a create request. `text` is the text of its first part. */
export async function draftOf(kind: Kind, text: string, person: Person, api: Api, platform = PLATFORM): Promise<Draft> {
  const place = { platforms: [platform], platformSetId: person.platformSetId };
  if (kind === "text") return { parts: [text], body: { content: { text }, ...place } };
  if (kind === "link") return { parts: [text], body: { content: { text, linkUrl: "https://example.com/" }, ...place } };
  if (kind === "chain") {
    const thread = [{ text: `${text}, part 2` }, { text: `${text}, part 3` }];
    const platformOverrides = { [platform]: { settings: { thread } } };
    return {
      parts: [text, ...thread.map((part) => part.text)],
      body: { content: { text, platformOverrides }, ...place },
    };
  }
  const files = kind === "video" ? [VIDEO] : kind === "image" ? PICTURES.slice(0, 1) : PICTURES;
  const media = await Promise.all(files.map(async (file) => ({ id: await upload(file, person, api) })));
  const platformOverrides =
    NEEDED_SETTINGS[platform] === undefined ? {} : { [platform]: { settings: NEEDED_SETTINGS[platform] } };
  return { parts: [text], body: { content: { text, media, platformOverrides }, ...place } };
}

const PICTURES = ["photo-1x1.jpg", "photo-4x5.jpg", "photo-1.91x1.jpg"].map((name) => ({ name, type: "image/jpeg" }));
const VIDEO = { name: "portrait-9x16.mp4", type: "video/mp4" };
/** Required for any post on the network. */
const NEEDED_SETTINGS: Partial<Record<PlatformName, Record<string, unknown>>> = {
  tiktok: { privacyLevel: "PUBLIC_TO_EVERYONE" },
};
const FIXTURES = join(import.meta.dirname, "../../tests/fixtures");

async function upload({ name, type }: { name: string; type: string }, person: Person, api: Api): Promise<string> {
  const form = new FormData();
  form.append("file", new Blob([await readFile(join(FIXTURES, name))], { type }), name);
  return await api.upload(person, form);
}
