import type { Platform } from "../platform.ts";
import { broker } from "./broker.ts";
import { youtube as definition } from "./definition.ts";
import { oauth } from "./oauth.ts";

export const youtube: Platform = { definition, broker, oauth };
