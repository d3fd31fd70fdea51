import { z } from "zod";

import { FIRST, id, idParam, mode, time, userId } from "../fields.ts";
import { operation, plain } from "../operation.ts";

const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });

/** Trimmed, then 1 to 50 characters (grapheme clusters). */
const name = z
  .string()
  .max(1000, FIRST)
  .trim()
  .refine((text) => text !== "", { error: "must have at least 1 character that is not whitespace" })
  .refine((text) => [...segmenter.segment(text)].length <= 50, { error: "must have at most 50 characters" })
  .describe("Name of the platform set, 1 to 50 characters.")
  .meta({ examples: ["My Brand Accounts"] });

const platformSet = z.object({
  id,
  userId,
  name: z.string().meta({ examples: ["My Brand Accounts"] }),
  isDefault: z.boolean().meta({ examples: [false] }),
  createdAt: time,
  updatedAt: time,
  mode,
});
const countedSet = platformSet.extend({
  connectionCount: z
    .int()
    .describe("Number of active accounts in it.")
    .meta({ examples: [3] }),
});
export type PlatformSet = z.output<typeof countedSet>;

export const platformSetsList = operation({
  ...plain,
  name: "platform_sets_list",
  method: "GET",
  path: "/api/v1/platform-sets",
  summary: "List platform sets",
  description: "Lists the platform sets with the number of accounts connected to each. Every post belongs to one.",
  tool: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  answer: z.object({ sets: z.array(countedSet) }),
});

export const platformSetsCreate = operation({
  ...plain,
  name: "platform_sets_create",
  method: "POST",
  path: "/api/v1/platform-sets",
  summary: "Create a platform set",
  description:
    "Creates a platform set. You can have at most 20, including the default one, unless the operator of the instance " +
    "has set another limit.",
  tool: { readOnly: false, destructive: false, idempotent: false, openWorld: false },
  body: z.strictObject({ name }),
  takes: "required",
  writes: true,
  answer: z.object({ set: countedSet }),
});

export const platformSetsRename = operation({
  ...plain,
  name: "platform_sets_rename",
  method: "PATCH",
  path: "/api/v1/platform-sets/:id",
  summary: "Rename a platform set",
  description: "Renames a platform set.",
  tool: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
  params: idParam,
  body: z.strictObject({ name }),
  takes: "required",
  writes: true,
  answer: z.object({ set: countedSet }),
  errors: ["NOT_FOUND"],
});

export const platformSetsDelete = operation({
  ...plain,
  name: "platform_sets_delete",
  method: "DELETE",
  path: "/api/v1/platform-sets/:id",
  summary: "Delete a platform set",
  description:
    "Deletes a platform set. Its accounts are disconnected and its scheduled posts are discarded; " +
    "drafts are kept. The default platform set cannot be deleted.",
  tool: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  params: idParam,
  writes: true,
  answer: z.object({ success: z.literal(true) }),
  errors: ["NOT_FOUND"],
});

/** The older paths, which also accept a dashboard session. */
export const legacySetsList = legacy(platformSetsList);
export const legacySetsCreate = legacy(platformSetsCreate);
export const legacySetsRename = legacy(platformSetsRename);
export const legacySetsDelete = legacy(platformSetsDelete);

function legacy<
  Declared extends
    | typeof platformSetsList
    | typeof platformSetsCreate
    | typeof platformSetsRename
    | typeof platformSetsDelete,
>(declared: Declared): Declared {
  return {
    ...declared,
    name: `legacy_${declared.name}`,
    path: declared.path.replace("/api/v1/platform-sets", "/api/platforms/sets"),
    auth: "either",
    successor: declared.path,
    tool: null,
  };
}
