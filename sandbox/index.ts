import { PLATFORM_NAMES } from "../model/platform-names.ts";
import type { SandboxPlatform } from "./platform.ts";

const FOLDER = new URL("../platforms/", import.meta.url);

/** The platforms' sandboxes, each from its own folder. On a shared host, the first one has priority. */
export const SANDBOX_PLATFORMS: readonly SandboxPlatform[] = await Promise.all(
  PLATFORM_NAMES.map(async (name) => {
    const { sandbox }: { sandbox: SandboxPlatform } = await import(new URL(`${name}/sandbox/index.ts`, FOLDER).href);
    return sandbox;
  }),
);
