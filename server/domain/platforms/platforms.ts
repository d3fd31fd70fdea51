import { z } from "zod";

import { PublicError } from "../../../model/errors.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../../model/platform-names.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { describePlatform, listLimits } from "../../../platforms/describe.ts";
import { onInstance } from "../../../platforms/scheduling.ts";
import type { Answer } from "../call.ts";
import type { Services, Settings } from "../services.ts";

type Described = ReturnType<typeof describe>;

/** What each platform supports, as data and in sentences; or only one platform. */
export function listPlatforms(
  { settings }: Pick<Services, "settings">,
  { platform }: { platform?: PlatformName | undefined },
): Answer<{ platforms: Described[] }> {
  const names = PLATFORM_NAMES.filter((name) => platform === undefined || name === platform);
  return { body: { platforms: names.map((name) => describeOnce(settings, name)) } };
}

/** What one platform supports. Throws NOT_FOUND. */
export function getPlatform(
  { settings }: Pick<Services, "settings">,
  name: PlatformName,
): Answer<{ platform: Described }> {
  if (!PLATFORM_NAMES.includes(name)) throw new PublicError("NOT_FOUND", "Platform not found.");
  return { body: { platform: describeOnce(settings, name) } };
}

const described = new Map<string, Described>();

function describeOnce({ scheduling }: Settings, name: PlatformName): Described {
  const key = `${scheduling} ${name}`;
  const known = described.get(key) ?? describe(name, scheduling);
  described.set(key, known);
  return known;
}

function describe(name: PlatformName, scheduling: Settings["scheduling"]) {
  const { capabilities: declared, settings, rules } = catalog[name];
  const capabilities = onInstance(declared, { scheduling });
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
