import { z } from "zod";

import { PUBLIC_CODES, type PublicCode } from "../model/errors.ts";
import { platform, time } from "./fields.ts";

const codes = z.enum(Object.keys(PUBLIC_CODES).filter(isPublicCode));

export const issue = z
  .object({
    rule: z.string().describe("The rule's id.").meta({ examples: ["youtube.title.required"] }),
    code: codes,
    platform: platform.nullable().describe("The platform whose rule it is; null where none is meant."),
    path: z.string().describe('A JSON Pointer into the request; "" for the whole of it.').meta({ examples: ["/content/text"] }),
    message: z.string().describe("The problem in a sentence."),
    actual: z.unknown().describe("What was found."),
    limit: z.unknown().describe("What is allowed."),
    fix: z.string().describe("What to do."),
  })
  .describe("One broken rule.");

/** The body of every refusal. */
export const errorBody = z.object({
  error: z.string().describe("The first issue's message."),
  code: codes,
  requestId: z.string().describe("The same as the header X-Request-Id."),
  issues: z.array(issue),
});

export const platformPostError = z
  .object({
    code: codes,
    message: z.string(),
    category: z.enum(["content", "account", "rate_limit", "platform", "network", "internal"]).describe("Whose matter it is."),
    retryable: z.boolean(),
    retryAt: time.nullable(),
    action: z.string().describe("What to do."),
    platformError: z
      .object({ status: z.int().nullable(), code: z.string().nullable(), message: z.string().nullable(), requestId: z.string().nullable() })
      .nullable()
      .describe("The platform's own words, without secrets."),
  })
  .describe("Why a platform post failed, or is tried again.");

function isPublicCode(code: string): code is PublicCode {
  return code in PUBLIC_CODES;
}
