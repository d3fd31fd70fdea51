import { z } from "zod";

import { PLATFORM_NAMES } from "../model/platform-names.ts";
import { catalog } from "../platforms/catalog.ts";
import type { Definition } from "../platforms/definition.ts";
import { describeShapes, listLimits } from "../platforms/describe.ts";
import { onInstance, type Scheduling } from "../platforms/scheduling.ts";
import { code, table } from "./markdown.ts";
import { fieldRows, jsonSchema, type FieldRow } from "./schema-fields.ts";

/** An overview of the platforms, then each with its settings, limits (with sources) and rules. */
export function platformReference(): string {
  return [
    "# Platforms",
    "",
    "Generated from `platforms/*/capabilities.ts`, `settings.ts` and `rules.ts`, which also validate every post. " +
      "`GET /api/v1/platforms` returns the same as data.",
    "",
    ...platformOverview({ scheduling: "contract" }, (label) => label),
    ...PLATFORM_NAMES.flatMap((name) => section(catalog[name])),
    "",
  ].join("\n");
}

/** One row for each platform; `nameOf` can turn its label into a link. */
export function platformOverview(
  instance: Pick<Scheduling, "scheduling">,
  nameOf: (label: string, platform: string) => string,
): string[] {
  const rows = PLATFORM_NAMES.map((name) => onInstance(catalog[name].capabilities, instance)).map(
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
        scheduling ? "yes" : "no",
        chain === undefined ? "no" : "yes",
      ];
    },
  );
  return table(["Platform", "Key", "Supports", "Text", "Scheduling", "Threads"], rows);
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
    "Rules:",
    "",
    ...table(
      ["Rule", "Code", "Message"],
      definition.rules.map(({ rule, code: publicCode, message }) => [code(rule), code(publicCode), message]),
    ),
  ];
}

/** The settings of a platform. The parts of threads are described on the page on posts. */
export function settingRows({ settings }: Definition): FieldRow[] {
  const schema = jsonSchema.parse(z.toJSONSchema(settings, { io: "input", unrepresentable: "any" }));
  return fieldRows(schema, { closed: (path) => path === "thread" }).map((row) => ({
    ...row,
    isRequired: row.isRequired && !row.path.includes("."),
  }));
}

export function settingsTable(definition: Definition): string[] {
  return table(
    ["Setting", "Type", "Description"],
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
