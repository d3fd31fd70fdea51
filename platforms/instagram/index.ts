import { deprecations } from "../kit/meta/versions.ts";
import type { Platform } from "../platform.ts";
import { broker } from "./broker.ts";
import { check } from "./check.ts";
import { instagram as definition } from "./definition.ts";
import { facebookLogin, oauth } from "./oauth.ts";

export const instagram: Platform = {
  definition,
  broker,
  oauth,
  check,
  otherLogins: { facebook: facebookLogin },
  deprecations,
};
