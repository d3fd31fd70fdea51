import type { Definition } from "../definition.ts";
import { capabilities } from "./capabilities.ts";
import { examples } from "./examples.ts";
import { preview } from "./preview.ts";
import { rules } from "./rules.ts";
import { scopes } from "./scopes.ts";
import { settings } from "./settings.ts";

export const youtube: Definition = {
  capabilities,
  settings,
  rules,
  examples,
  scopes,
  preview,
  profileUrl: "https://www.youtube.com/channel/{id}",
  postLinks: {
    hosts: ["www.youtube.com", "youtube.com", "m.youtube.com", "youtu.be", "studio.youtube.com"],
    post: /^(?:youtu\.be|[^/]+\/(?:watch\?(?:.*&)?v=|shorts|live|video))[=/]?([\w-]{11})(?![\w-])/,
  },
};
