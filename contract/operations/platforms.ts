import { z } from "zod";

import { EXAMPLE_PLATFORM } from "../../platforms/catalog.ts";
import { platform } from "../fields.ts";
import { codes } from "../issues.ts";
import { operation, plain } from "../operation.ts";

const description = z
  .object({
    name: platform,
    label: z
      .string()
      .describe("Display name of the platform.")
      .meta({ examples: ["Threads"] }),
    capabilities: z
      .looseObject({})
      .describe("What the platform supports: limits, placements and shapes, scheduling, quotas.")
      .meta({ examples: [{ platform: EXAMPLE_PLATFORM, label: "Threads", scheduling: false }] }),
    settings: z.looseObject({}).describe("JSON Schema of `platformOverrides.<platform>.settings`."),
    description: z
      .string()
      .describe("The same information in sentences.")
      .meta({
        examples: ["Threads supports text of at most 500 characters, alone or with up to 20 images and videos."],
      }),
    limits: z
      .array(
        z.object({
          what: z.string().meta({ examples: ["Text"] }),
          limit: z.string().meta({ examples: ["500 characters"] }),
          source: z.string().meta({ examples: ["Threads API reference, posts"] }),
        }),
      )
      .describe("All limits, with their sources."),
    rules: z
      .array(
        z.object({
          rule: z.string(),
          code: codes,
          severity: z.enum(["error", "warning"]),
          message: z.string(),
          fix: z.string(),
        }),
      )
      .describe("Rules that involve several fields.")
      .meta({ examples: [[]] }),
  })
  .describe("A platform's rules as data.");

export const platformsList = operation({
  ...plain,
  name: "platforms_list",
  method: "GET",
  path: "/api/v1/platforms",
  summary: "List platforms",
  description: "Returns what each platform supports, as data and in sentences. Validation uses the same rules.",
  tool: {
    name: "platforms_describe",
    title: "Describe platforms",
    readOnly: true,
    destructive: false,
    idempotent: true,
    openWorld: false,
    description:
      "Returns what each platform supports, as data and in sentences: text limits, media, placements, scheduling, " +
      "and the JSON Schema of `platformOverrides.<platform>.settings`. " +
      "Ask for one platform: all of them are long. The resource ampost://platforms/NAME has the same.",
  },
  query: z.strictObject({ platform: platform.optional().describe("Only this platform.") }),
  answer: z.object({ platforms: z.array(description) }),
});

export const platformsGet = operation({
  ...plain,
  name: "platforms_get",
  method: "GET",
  path: "/api/v1/platforms/:platform",
  summary: "Get a platform",
  description: "Returns what a platform supports.",
  params: z.strictObject({ platform }),
  answer: z.object({ platform: description }),
  errors: ["NOT_FOUND"],
});
