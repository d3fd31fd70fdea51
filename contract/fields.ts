import { z } from "zod";

import { MODES, PLATFORM_NAMES } from "../model/platform-names.ts";
import { isTimeZone } from "../model/time-zones.ts";
import { EXAMPLE_PLATFORM } from "../platforms/catalog.ts";

/** Fields shared by several resources. A message that begins with "must" follows the field's name. */

/** Of a text's limit: what exceeds it is not looked at any further. Otherwise all that follows would be, too. */
export const FIRST = { abort: true };

export const noParams = z.strictObject({});
export const noQuery = z.strictObject({});
export const noBody = z.undefined();

export const id = z.guid({ error: "must be a UUID, such as 01980b7a-6c00-7000-8000-000000000001" }).meta({
  examples: ["01980b7a-6c00-7000-8000-000000000001"],
});

export const idParam = z.strictObject({ id: id.describe("ID of the object.") });

export const mode = z
  .enum(MODES)
  .describe("`live` or `test`. In test mode, posts are published only to the built-in sandbox.")
  .meta({ examples: ["live"] });

export const platform = z
  .enum(PLATFORM_NAMES)
  .describe("Platform key. X is `twitter`.")
  .meta({ examples: [EXAMPLE_PLATFORM] });

/** A time in responses. */
export const time = z.iso
  .datetime({ precision: 3 })
  .describe("ISO 8601, UTC, with milliseconds.")
  .meta({ examples: ["2026-12-01T09:30:00.000Z"] });

/** A user's ID: the only kind that is not one of our UUIDs. */
export const userId = z.string().meta({ examples: ["01980b7a-6c00-7000-8000-00000000000a"] });

/** A count. */
export const total = z
  .int()
  .min(0)
  .describe("Total number on all pages.")
  .meta({ examples: [1] });

/** The cursor of the next page, in requests. */
export const cursor = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe("`nextCursor` from the previous page.")
  .meta({ examples: ["AZgLemwAcACAAAAAAAAAAQ"] });

export const nextCursor = z
  .string()
  .nullable()
  .describe("Pass it as `cursor` to get the next page. Null on the last page.")
  .meta({ examples: [null] });

/** A time in requests. */
export const timeInput = z.iso
  .datetime({ offset: true, error: "must be an ISO 8601 time with an offset or Z, such as 2026-12-01T09:30:00Z" })
  .meta({ examples: ["2026-12-01T09:30:00Z"] });

/** A time in requests that is local if it has no offset. */
export const localTimeInput = z.iso
  .datetime({
    offset: true,
    local: true,
    error: "must be an ISO 8601 time with an offset or Z, such as 2026-12-01T09:30:00Z, or be local with timeZone",
  })
  // What is generated from it treats it as a time. Schemas that clients check values by omit the format.
  .meta({ format: "date-time", examples: ["2026-12-01T09:30:00Z"] });

export const timeZoneName = z
  .string()
  .max(100, FIRST)
  .refine(isTimeZone, { error: "must be an IANA time zone, such as Europe/Berlin" })
  .meta({ examples: ["Europe/Berlin"] });

export const limit = z
  .int()
  .min(1)
  .max(100)
  .default(20)
  .describe("Number of results: 1 to 100. Defaults to 20.")
  .meta({ examples: [20] });

export const offset = z
  .int()
  .min(0)
  .max(1_000_000_000)
  .default(0)
  .describe("Number of results to skip.")
  .meta({ examples: [0] });

/** An http or https URL of at most 4096 characters, without user name and password. */
export const webUrl = z
  .string()
  .max(4096, FIRST)
  .refine(isWebUrl, {
    error: "must be a complete http or https URL without a password, such as https://cdn.example.com/photo.jpg",
  })
  .meta({ examples: ["https://cdn.example.com/photo.jpg"] });

function isWebUrl(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || /\s/.test(text)) return false;
  const url = URL.parse(text);
  return url !== null && url.username === "" && url.password === "";
}

/** An email address, in lower case: two that differ only in case are the same. */
export const email = z
  .string()
  .max(254, { error: "must have at most 254 characters", ...FIRST })
  .trim()
  .toLowerCase()
  .refine((text) => z.email().safeParse(text).success, { error: "must be an email address, such as ada@example.com" })
  .meta({ examples: ["ada@example.com"] });
