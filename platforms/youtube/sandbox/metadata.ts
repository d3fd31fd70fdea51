import { z } from "zod";

import type { Call } from "../../../sandbox/platform.ts";
import { badValue, ERRORS, needs, Refusal } from "./errors.ts";

/**
 * A video's metadata from clients, and YouTube's validation of it. Source: YouTube docs, videos resource, 2026-10.
 */
const Snippet = z
  .object({
    title: z.string(),
    description: z.string(),
    tags: z.array(z.string()),
    categoryId: z.string(),
    defaultLanguage: z.string(),
  })
  .partial();

const Status = z
  .object({
    privacyStatus: z.enum(["private", "unlisted", "public"]),
    publishAt: z.string(),
    license: z.enum(["youtube", "creativeCommon"]),
    embeddable: z.boolean(),
    publicStatsViewable: z.boolean(),
    selfDeclaredMadeForKids: z.boolean(),
    containsSyntheticMedia: z.boolean(),
  })
  .partial();

export const Metadata = z
  .object({
    snippet: Snippet,
    status: Status,
    localizations: z.record(z.string(), z.object({ title: z.string().optional(), description: z.string().optional() })),
    recordingDetails: z.object({ recordingDate: z.string().optional() }),
  })
  .partial();

/** A missing part was not sent or not named. */
export type Metadata = z.infer<typeof Metadata>;

export const PARTS = [
  "brandPartner",
  "contentDetails",
  "fileDetails",
  "id",
  "liveStreamingDetails",
  "localizations",
  "paidProductPlacementDetails",
  "player",
  "processingDetails",
  "recordingDetails",
  "snippet",
  "statistics",
  "status",
  "suggestions",
  "topicDetails",
] as const;

export type Part = (typeof PARTS)[number];

export const CATEGORIES: Readonly<Record<string, string>> = {
  "1": "Film & Animation",
  "2": "Autos & Vehicles",
  "10": "Music",
  "15": "Pets & Animals",
  "17": "Sports",
  "19": "Travel & Events",
  "20": "Gaming",
  "22": "People & Blogs",
  "23": "Comedy",
  "24": "Entertainment",
  "25": "News & Politics",
  "26": "Howto & Style",
  "27": "Education",
  "28": "Science & Technology",
  "29": "Nonprofits & Activism",
};

/** A list in the query: Google's own clients repeat the parameter, others separate the values by commas. */
export function listOf({ query }: Call, name: string): string[] {
  return query
    .getAll(name)
    .flatMap((values) => values.split(","))
    .map((value) => value.trim())
    .filter(Boolean);
}

/** The parts that a call about a resource with these parts names. */
export function namedParts<Name extends string>(call: Call, known: readonly Name[]): Name[] {
  const names = listOf(call, "part");
  if (names.length === 0) throw new Refusal(needs("part"));
  return [...new Set(names)].map((name) => {
    const part = known.find((one) => one === name);
    if (part === undefined) throw new Refusal(badValue(`'${name}'`, "part", "parameter"));
    return part;
  });
}

/** The named parts of a video. */
export function partsOf(call: Call): Part[] {
  return namedParts(call, PARTS);
}

/** The window of a list: `maxResults` from `pageToken` on, which is the place of its first item. */
export function windowOf(
  { query }: Call,
  { preset, least, most }: { preset: number; least: number; most: number },
): { from: number; maxResults: number } {
  const maxResults = Number(query.get("maxResults") ?? preset);
  if (!Number.isInteger(maxResults) || maxResults < least || maxResults > most)
    throw new Refusal(badValue(`Values must be within the range: [${least}, ${most}]`, "maxResults", "parameter"));
  const from = Number(query.get("pageToken") ?? 0);
  if (!Number.isInteger(from) || from < 0)
    throw new Refusal(badValue("The request specifies an invalid page token.", "pageToken", "parameter"));
  return { from, maxResults };
}

/** Only the parts that were both sent and named count; nulls count as missing. */
export function readMetadata(value: unknown, parts: readonly Part[]): Metadata {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Refusal(ERRORS.badRequest);
  const named = Object.fromEntries(Object.entries(value).filter(([name]) => parts.some((part) => part === name)));
  const read = Metadata.safeParse(withoutNulls(named));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Refusal(badValue(issue?.message ?? "Invalid value", `body.${(issue?.path ?? []).join(".")}`));
}

export function validateMetadata({ snippet = {}, status = {}, localizations }: Metadata): void {
  const { title = "", description = "", tags = [], categoryId } = snippet;
  if (title.trim() === "" || [...title].length > 100 || /[<>]/.test(title)) throw new Refusal(ERRORS.invalidTitle);
  if (Buffer.byteLength(description) > 5000 || /[<>]|(?![\t\n\r])\p{Cc}/u.test(description))
    throw new Refusal(ERRORS.invalidDescription);
  if (tags.some((tag) => tag.trim() === "" || /[<>]/.test(tag)) || tagsLength(tags) > 500)
    throw new Refusal(ERRORS.invalidTags);
  if (categoryId !== undefined && !Object.hasOwn(CATEGORIES, categoryId)) throw new Refusal(ERRORS.invalidCategoryId);
  if (localizations && snippet.defaultLanguage === undefined) throw new Refusal(ERRORS.defaultLanguageNotSet);
  if (status.publishAt === undefined) return;
  const isTime =
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(status.publishAt) &&
    !Number.isNaN(Date.parse(status.publishAt));
  if (!isTime || status.privacyStatus !== "private") throw new Refusal(ERRORS.invalidPublishAt);
}

/** The list as one text: tags separated by commas, with quotation marks around tags that contain spaces. */
function tagsLength(tags: readonly string[]): number {
  const text = tags.map((tag) => (tag.includes(" ") ? `"${tag}"` : tag)).join(",");
  return [...text].length;
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([name, inner]) => [name, withoutNulls(inner)]),
  );
}
