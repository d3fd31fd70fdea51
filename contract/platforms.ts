import { z } from "zod";

import { noBody, noParams, noQuery, platform } from "./fields.ts";
import { operation } from "./operation.ts";

const description = z
  .looseObject({
    name: platform,
    label: z.string().describe("The name people read."),
    capabilities: z.looseObject({}).describe("What the platform takes: limits, placements and shapes, scheduling, quotas."),
    settings: z.looseObject({}).describe("JSON Schema of `platformOverrides.<platform>.settings`."),
    description: z.string().describe("The same in sentences."),
    limits: z.array(z.object({ what: z.string(), limit: z.string(), source: z.string() })).describe("Every limit, with its source."),
    rules: z.array(z.looseObject({ rule: z.string(), message: z.string(), fix: z.string() })).describe("Rules across several fields."),
  })
  .describe("A platform's rules as data.");

export const platformsList = operation({
  name: "platforms_list",
  method: "GET",
  path: "/api/v1/platforms",
  summary: "List platforms",
  description: "What each platform takes, as data and in sentences: the rules that validation judges by.",
  rateClass: "apiRead",
  tool: { name: "platforms_describe", title: "Describe platforms", readOnly: true, destructive: false, idempotent: true, openWorld: false, description: "What each platform takes, as data and in sentences: text limits, media, placements, scheduling, and the JSON Schema of `platformOverrides.<platform>.settings`. Name one platform: all of them are 18 000 tokens." },
  params: noParams,
  query: z.strictObject({ platform: platform.optional().describe("Only this platform.") }),
  body: noBody,
  takes: "none",
  writes: false,
  answer: z.object({ platforms: z.array(description) }),
  status: 200,
  errors: [],
});

export const platformsGet = operation({
  name: "platforms_get",
  method: "GET",
  path: "/api/v1/platforms/:platform",
  summary: "Get a platform",
  description: "What one platform takes.",
  rateClass: "apiRead",
  tool: null,
  params: z.strictObject({ platform }),
  query: noQuery,
  body: noBody,
  takes: "none",
  writes: false,
  answer: z.object({ platform: description }),
  status: 200,
  errors: ["NOT_FOUND"],
});
