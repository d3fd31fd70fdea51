import type { Definition } from "../definition.ts";
import { capabilities } from "./capabilities.ts";
import { examples } from "./examples.ts";
import { preview } from "./preview.ts";
import { rules } from "./rules.ts";
import { scopes } from "./scopes.ts";
import { settings } from "./settings.ts";

export const threads: Definition = {
  capabilities,
  settings,
  rules,
  examples,
  scopes,
  preview,
  profileUrl: "https://www.threads.com/@{username}",
  postLinks: { hosts: ["www.threads.com", "threads.com", "www.threads.net", "threads.net"] },
};
