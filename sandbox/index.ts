import { basename } from "node:path";

import { PLATFORM_NAMES } from "../model/platform-names.ts";
import type { SandboxPlatform } from "./platform.ts";

const FOLDER = new URL("../platforms/", import.meta.url);
/** `index.ts`, or `index.js` in a package. */
const INDEX = basename(import.meta.filename);

/** The platforms' sandboxes, each from its own folder. On a shared host, the first one has priority. */
export const SANDBOX_PLATFORMS: readonly SandboxPlatform[] = await Promise.all(
  PLATFORM_NAMES.map(async (name) => {
    const { sandbox }: { sandbox: SandboxPlatform } = await import(new URL(`${name}/sandbox/${INDEX}`, FOLDER).href);
    return sandbox;
  }),
);
