import { z } from "zod";

import { PublicError } from "../../../model/errors.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../../model/platform-names.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { describePlatform, listLimits } from "../../../platforms/describe.ts";
import type { Answer } from "../call.ts";

type Described = ReturnType<typeof describe>;

const all = PLATFORM_NAMES.map(describe);

/** What each platform supports, as data and in sentences; or only one platform. */
export function listPlatforms({
  platform,
}: {
  platform?: PlatformName | undefined;
}): Answer<{ platforms: Described[] }> {
  return { body: { platforms: all.filter(({ name }) => platform === undefined || name === platform) } };
}

/** What one platform supports. Throws NOT_FOUND. */
export function getPlatform(name: PlatformName): Answer<{ platform: Described }> {
  const platform = all.find((described) => described.name === name);
  if (platform === undefined) throw new PublicError("NOT_FOUND", "Platform not found.");
  return { body: { platform } };
}

function describe(name: PlatformName) {
  const { capabilities, settings, rules } = catalog[name];
  return {
    name,
    label: capabilities.label,
    description: describePlatform(capabilities),
    capabilities: { ...capabilities },
    settings: z.toJSONSchema(settings, { io: "input", unrepresentable: "any", reused: "inline" }),
    limits: listLimits(capabilities),
    rules: rules.map(({ rule, code, severity = "error" as const, message, fix }) => ({
      rule,
      code,
      severity,
      message,
      fix,
    })),
  };
}
