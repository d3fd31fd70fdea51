import type { Definition } from "../definition.ts";
import { capabilities } from "./capabilities.ts";
import { examples } from "./examples.ts";
import { preview } from "./preview.ts";
import { rules } from "./rules.ts";
import { scopes } from "./scopes.ts";
import { settings } from "./settings.ts";

export const twitter: Definition = {
  capabilities,
  settings,
  rules,
  examples,
  scopes,
  preview,
  profileUrl: "https://x.com/{username}",
  postLinks: {
    hosts: ["x.com", "twitter.com", "www.x.com", "mobile.twitter.com"],
    post: /^[^/]+\/[^?]+\/status\/(\d+)/,
  },
};
