import type { Platform } from "../platform.ts";
import { broker } from "./broker.ts";
import { linkedin as definition } from "./definition.ts";
import { oauth } from "./oauth.ts";
import { foresee } from "./versions.ts";

export const linkedin: Platform = { definition, broker, oauth, foresee };
