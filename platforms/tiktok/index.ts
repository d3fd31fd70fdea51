import type { Platform } from "../platform.ts";
import { broker } from "./broker.ts";
import { check } from "./check.ts";
import { tiktok as definition } from "./definition.ts";
import { oauth } from "./oauth.ts";

export const tiktok: Platform = { definition, broker, oauth, check };
