import { z } from "zod";

import { PLATFORM_NAMES } from "../model/platform-names.ts";
import { catalog } from "../platforms/catalog.ts";
import type { Definition } from "../platforms/definition.ts";
import { describeShapes, listLimits } from "../platforms/describe.ts";
import { code, table } from "./markdown.ts";
import { fieldRows, jsonSchema, type FieldRow } from "./schema-fields.ts";

/** What each platform takes: one overview, then each with its settings and every limit with its source. */
export function platformReference(): string {
  return [
    "# Platforms",
    "",
    "Printed from what the code declares (`platforms/*/capabilities.ts`, `settings.ts`, `rules.ts`), by which every post is judged. `GET /api/v1/platforms` answers the same as data.",
    "",
    ...platformOverview((label) => label),
    ...PLATFORM_NAMES.flatMap((name) => section(catalog[name])),
    "",
  ].join("\n");
}

/** One row for each platform; `nameOf` may make a link of its label. */
export function platformOverview(nameOf: (label: string, platform: string) => string): string[] {
  const rows = PLATFORM_NAMES.map((name) => catalog[name].capabilities).map(
    ({ label, platform, placements, text, scheduling, chain }) => {
      const takes = placements.map(({ name, shapes }) =>
        placements.length === 1 ? describeShapes(shapes) : `${name}: ${describeShapes(shapes)}`,
      );
      const needsText = { always: "required", withoutMedia: "required without media", never: "not required" }[
        text.required
      ];
      return [
        nameOf(label, platform),
        code(platform),
        takes.join("; "),
        needsText,
        scheduling ? "yes" : "at once only",
        chain === undefined ? "no" : "yes",
      ];
    },
  );
  return table(["Platform", "Key", "Takes", "Text", "Schedules", "Chains"], rows);
}

function section(definition: Definition): string[] {
  const { label, platform, launch } = definition.capabilities;
  return [
    "",
    `## ${label}`,
    "",
    launch.sentence,
    "",
    `Settings, in ${code(`content.platformOverrides.${platform}.settings`)}:`,
    "",
    ...settingsTable(definition),
    "",
    "Limits:",
    "",
    ...limitsTable(definition),
    "",
    "Rules across fields:",
    "",
    ...table(
      ["Rule", "Code", "What is said"],
      definition.rules.map(({ rule, code: publicCode, message }) => [code(rule), code(publicCode), message]),
    ),
  ];
}

/** Each setting; the parts of chains, which are media entries, are left to the page on posts. */
export function settingRows({ settings }: Definition): FieldRow[] {
  const schema = jsonSchema.parse(z.toJSONSchema(settings, { io: "input", unrepresentable: "any" }));
  return fieldRows(schema, { closed: (path) => path === "thread" }).map((row) => ({
    ...row,
    isRequired: row.isRequired && !row.path.includes("."),
  }));
}

export function settingsTable(definition: Definition): string[] {
  return table(
    ["Setting", "Type", "What it does"],
    settingRows(definition).map(({ path, type, isRequired, description }) => [
      code(path),
      type,
      isRequired ? `Required. ${description}` : description,
    ]),
  );
}

export function limitsTable({ capabilities }: Definition): string[] {
  return table(
    ["What", "Limit", "Source"],
    listLimits(capabilities).map(({ what, limit, source }) => [what, limit, source]),
  );
}
