import { facebookSandbox } from "../platforms/facebook/sandbox/index.ts";
import { instagramSandbox } from "../platforms/instagram/sandbox/index.ts";
import { linkedinSandbox } from "../platforms/linkedin/sandbox/index.ts";
import { threadsSandbox } from "../platforms/threads/sandbox/index.ts";
import { tiktokSandbox } from "../platforms/tiktok/sandbox/index.ts";
import { twitterSandbox } from "../platforms/twitter/sandbox/index.ts";
import { youtubeSandbox } from "../platforms/youtube/sandbox/index.ts";
import type { SandboxPlatform } from "./platform.ts";

/** The platforms that have a sandbox, one line each. On a shared host the earlier one is asked first. */
export const SANDBOX_PLATFORMS: readonly SandboxPlatform[] = [
  threadsSandbox,
  twitterSandbox,
  instagramSandbox,
  facebookSandbox,
  linkedinSandbox,
  tiktokSandbox,
  youtubeSandbox,
];
