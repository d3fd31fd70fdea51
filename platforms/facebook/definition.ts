import type { Definition } from "../definition.ts";
import { capabilities } from "./capabilities.ts";
import { examples } from "./examples.ts";
import { preview } from "./preview.ts";
import { rules } from "./rules.ts";
import { scopes } from "./scopes.ts";
import { settings } from "./settings.ts";

export const facebook: Definition = {
  capabilities,
  settings,
  rules,
  examples,
  scopes,
  preview,
  profileUrl: "https://www.facebook.com/{id}",
  postLinks: { hosts: ["www.facebook.com", "facebook.com", "m.facebook.com", "fb.watch"] },
};
