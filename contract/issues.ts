import { z } from "zod";

import { PUBLIC_CODES, type PublicCode } from "../model/errors.ts";
import { PLATFORM_NAMES } from "../model/platform-names.ts";
import { platform, time } from "./fields.ts";

/** A code of an error, in answers. */
export const codes = z.enum(Object.keys(PUBLIC_CODES).filter(isPublicCode)).meta({ examples: ["VALIDATION_FAILED"] });
const [, , , , , youtube] = PLATFORM_NAMES;

export const issue = z
  .object({
    rule: z
      .string()
      .describe("The rule's id.")
      .meta({ examples: ["youtube.title.required"] }),
    code: codes,
    platform: platform
      .nullable()
      .describe("The platform whose rule it is; null where none is meant.")
      .meta({ examples: [youtube] }),
    path: z
      .string()
      .describe('A JSON Pointer into the request; "" for the whole of it.')
      .meta({ examples: [`/content/platformOverrides/${youtube}/settings/title`] }),
    message: z
      .string()
      .describe("The problem in a sentence.")
      .meta({ examples: ["YouTube video title is required"] }),
    actual: z
      .unknown()
      .describe("What was found.")
      .meta({ examples: [null] }),
    limit: z
      .unknown()
      .describe("What is allowed.")
      .meta({ examples: [null] }),
    fix: z
      .string()
      .describe("What to do.")
      .meta({ examples: [`Provide content.text or platformOverrides.${youtube}.settings.title.`] }),
  })
  .describe("One broken rule.");

/** The body of every refusal. */
export const errorBody = z.object({
  error: z.string().describe("The first issue's message."),
  code: codes,
  requestId: z.string().describe("The same as the header X-Request-Id."),
  issues: z.array(issue),
  limit: z
    .object({ kind: z.enum(["rate", "quota"]), name: z.string(), limit: z.int(), resetsAt: time.nullable() })
    .optional()
    .describe(
      "With `RATE_LIMITED` alone: what is used up, and when there is some of it again; `resetsAt` is null where time alone brings nothing back.",
    ),
});

export const platformPostError = z
  .object({
    code: codes,
    message: z.string(),
    category: z
      .enum(["content", "account", "rate_limit", "platform", "network", "internal"])
      .describe("Whose matter it is."),
    retryable: z.boolean(),
    retryAt: time.nullable(),
    action: z.string().describe("What to do."),
    platformError: z
      .object({
        status: z.int().nullable(),
        code: z.string().nullable(),
        message: z.string().nullable(),
        requestId: z.string().nullable(),
      })
      .nullable()
      .describe("The platform's own words, without secrets."),
  })
  .describe("Why a platform post failed, or is tried again.");

function isPublicCode(code: string): code is PublicCode {
  return code in PUBLIC_CODES;
}
