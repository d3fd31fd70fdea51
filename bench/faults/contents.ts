import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PlatformName } from "../../model/platform-names.ts";
import type { Api } from "./api.ts";
import type { Person } from "./world.ts";

/** The network whose sandbox the faults are made in. */
export const PLATFORM: PlatformName = "threads";

export const KINDS = ["text", "image", "carousel", "chain"] as const;

export type Kind = (typeof KINDS)[number];

export interface Draft {
  parts: string[];
  body: { content: { text: string; media?: { id: string }[]; platformOverrides?: Record<string, unknown> }; platforms: PlatformName[]; platformSetId: string; scheduledFor?: string };
}

/** The body of a create. `text` is the text of its first part. */
export async function draftOf(kind: Kind, text: string, person: Person, api: Api): Promise<Draft> {
  const place = { platforms: [PLATFORM], platformSetId: person.platformSetId };
  if (kind === "text") return { parts: [text], body: { content: { text }, ...place } };
  if (kind === "chain") {
    const thread = [{ text: `${text}, part 2` }, { text: `${text}, part 3` }];
    const platformOverrides = { [PLATFORM]: { settings: { thread } } };
    return { parts: [text, ...thread.map((part) => part.text)], body: { content: { text, platformOverrides }, ...place } };
  }
  const pictures = kind === "image" ? PICTURES.slice(0, 1) : PICTURES;
  const media = await Promise.all(pictures.map(async (name) => ({ id: await upload(name, person, api) })));
  return { parts: [text], body: { content: { text, media }, ...place } };
}

const PICTURES = ["photo-1x1.jpg", "photo-4x5.jpg", "photo-1.91x1.jpg"];
const FIXTURES = join(import.meta.dirname, "../../tests/fixtures");

async function upload(name: string, person: Person, api: Api): Promise<string> {
  const form = new FormData();
  form.append("file", new Blob([await readFile(join(FIXTURES, name))], { type: "image/jpeg" }), name);
  return await api.upload(person, form);
}
