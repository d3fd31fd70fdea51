import { deprecations } from "../kit/meta/versions.ts";
import type { Platform } from "../platform.ts";
import { broker } from "./broker.ts";
import { check } from "./check.ts";
import { facebook as definition } from "./definition.ts";
import { oauth } from "./oauth.ts";

export const facebook: Platform = { definition, broker, oauth, check, deprecations };
