import type { Definition } from "../definition.ts";
import { capabilities } from "./capabilities.ts";
import { examples } from "./examples.ts";
import { preview } from "./preview.ts";
import { rules } from "./rules.ts";
import { scopes } from "./scopes.ts";
import { settings } from "./settings.ts";

export const tiktok: Definition = {
  capabilities,
  settings,
  rules,
  examples,
  scopes,
  preview,
  profileUrl: "https://www.tiktok.com/@{username}",
  postLinks: { hosts: ["www.tiktok.com", "tiktok.com", "m.tiktok.com", "vm.tiktok.com"] },
};
