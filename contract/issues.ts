import { z } from "zod";

import { PUBLIC_CODES, type PublicCode } from "../model/errors.ts";
import { EXAMPLE_PLATFORMS } from "../platforms/catalog.ts";
import { platform, time } from "./fields.ts";

/** An error code, in responses. */
export const codes = z.enum(Object.keys(PUBLIC_CODES).filter(isPublicCode)).meta({ examples: ["VALIDATION_FAILED"] });
const { withTitle } = EXAMPLE_PLATFORMS;

export const issue = z
  .object({
    rule: z
      .string()
      .describe("ID of the rule.")
      .meta({ examples: ["youtube.title.required"] }),
    code: codes,
    platform: platform
      .nullable()
      .describe("The platform the rule belongs to, or null.")
      .meta({ examples: [withTitle] }),
    path: z
      .string()
      .describe('JSON Pointer into the request. "" for the whole request.')
      .meta({ examples: [`/content/platformOverrides/${withTitle}/settings/title`] }),
    message: z
      .string()
      .describe("What is wrong, in a sentence.")
      .meta({ examples: ["YouTube video title is required"] }),
    actual: z
      .unknown()
      .describe("The value that was sent.")
      .meta({ examples: [null] }),
    limit: z
      .unknown()
      .describe("The value that is allowed.")
      .meta({ examples: [null] }),
    fix: z
      .string()
      .describe("What to do.")
      .meta({ examples: [`Provide content.text or platformOverrides.${withTitle}.settings.title.`] }),
  })
  .describe("A broken rule.");

/** The body of every error. */
export const errorBody = z.object({
  error: z.string().describe("The first issue's message."),
  code: codes,
  docs: z
    .string()
    .describe("The page that explains the code.")
    .meta({ examples: ["https://ampost.io/docs/errors/VALIDATION_FAILED"] }),
  requestId: z.string().describe("Same as the header X-Request-Id."),
  issues: z.array(issue),
  limit: z
    .object({ kind: z.enum(["rate", "quota"]), name: z.string(), limit: z.int(), resetsAt: time.nullable() })
    .optional()
    .describe(
      "Only with `RATE_LIMITED`: the limit that was reached and when it resets. " +
        "`resetsAt` is null if it does not reset over time.",
    ),
  object: z
    .object({ type: z.string().meta({ examples: ["post"] }), id: z.string() })
    .optional()
    .describe(
      "Only with `IDEMPOTENCY_KEY_REUSED`: the object that the earlier request with this key created or changed.",
    ),
});

/** Why one of several things in a request failed. */
export const batchError = z
  .object({
    code: codes,
    docs: errorBody.shape.docs,
    message: z
      .string()
      .describe("What is wrong, in a sentence.")
      .meta({ examples: ["YouTube video title is required"] }),
    issues: z.array(issue),
  })
  .describe("Why it failed: nothing was done for it.");

export const platformPostError = z
  .object({
    code: codes,
    docs: z
      .string()
      .describe("The page that explains the code.")
      .meta({ examples: ["https://ampost.io/docs/errors/VALIDATION_FAILED"] }),
    message: z.string(),
    category: z
      .enum(["content", "account", "rate_limit", "platform", "network", "internal"])
      .describe("Whose problem it is."),
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
      .describe("The platform's own message, without secrets."),
  })
  .describe("Why a platform post failed or is being retried.");

/** The page that explains a code. */
export function docsOf(appUrl: string, code: PublicCode): string {
  return `${appUrl}/docs/errors/${code}`;
}

function isPublicCode(code: string): code is PublicCode {
  return code in PUBLIC_CODES;
}
