import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { PlatformName } from "../model/platform-names.ts";

/** The sections of the platform's README, by heading. */
export async function readSections(platform: PlatformName): Promise<Map<string, string>> {
  const text = await readFile(join(import.meta.dirname, "../platforms", platform, "README.md"), "utf8");
  return new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((section): [string, string] => [
        section.slice(0, section.indexOf("\n")).trim(),
        section.slice(section.indexOf("\n")).trim(),
      ]),
  );
}
