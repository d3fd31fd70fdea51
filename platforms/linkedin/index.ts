import type { Platform } from "../platform.ts";
import { broker } from "./broker.ts";
import { check } from "./check.ts";
import { linkedin as definition } from "./definition.ts";
import { deprecations } from "./deprecations.ts";
import { oauth } from "./oauth.ts";

export const linkedin: Platform = { definition, broker, oauth, check, deprecations };
