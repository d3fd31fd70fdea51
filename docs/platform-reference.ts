import { z } from "zod";
import { PLATFORM_NAMES } from "../model/platform-names.ts";
import { catalog } from "../platforms/catalog.ts";
import type { Definition } from "../platforms/definition.ts";
import { describeShapes, joinWords, listLimits } from "../platforms/describe.ts";

/** What each platform takes: one overview, then each with its settings and every limit with its source. */
export function platformReference(): string {
  const definitions = PLATFORM_NAMES.map((name) => catalog[name]);
  return [
    "# Platforms",
    "",
    "Printed from what the code declares (`platforms/*/capabilities.ts`, `settings.ts`, `rules.ts`), by which every post is judged. `GET /api/v1/platforms` answers the same as data.",
    "",
    ...table(["Platform", "Key", "Takes", "Text", "Schedules", "Chains"], definitions.map(overviewRow)),
    ...definitions.flatMap(section),
    "",
  ].join("\n");
}

function overviewRow({ capabilities }: Definition): string[] {
  const { label, platform, placements, text, scheduling, chain } = capabilities;
  const takes = placements.map(({ name, shapes }) => (placements.length === 1 ? describeShapes(shapes) : `${name}: ${describeShapes(shapes)}`));
  const needsText = { always: "required", withoutMedia: "required without media", never: "not required" }[text.required];
  return [label, code(platform), takes.join("; "), needsText, scheduling ? "yes" : "at once only", chain === undefined ? "no" : "yes"];
}

function section({ capabilities, settings, rules }: Definition): string[] {
  const { label, platform, launch } = capabilities;
  return [
    "",
    `## ${label}`,
    "",
    launch.sentence,
    "",
    `Settings, in ${code(`content.platformOverrides.${platform}.settings`)}:`,
    "",
    ...table(["Setting", "Type", "What it does"], settingRows(settings)),
    "",
    "Limits:",
    "",
    ...table(["What", "Limit", "Source"], listLimits(capabilities).map(({ what, limit, source }) => [what, limit, source])),
    "",
    "Rules across fields:",
    "",
    ...table(["Rule", "Code", "What is said"], rules.map(({ rule, code: publicCode, message }) => [code(rule), code(publicCode), message])),
  ];
}

const property = z.looseObject({
  description: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  get anyOf() {
    return z.array(property).optional();
  },
});

function settingRows(settings: z.ZodObject): string[][] {
  const { properties } = z.looseObject({ properties: z.record(z.string(), property).default({}) }).parse(z.toJSONSchema(settings, { io: "input", unrepresentable: "any" }));
  return Object.entries(properties).map(([name, schema]) => [code(name), typeOf(schema), schema.description ?? ""]);
}

function typeOf(schema: z.infer<typeof property>): string {
  if (schema.anyOf) return joinWords([...new Set(schema.anyOf.map(typeOf).filter((type) => type !== "null"))], "or");
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum) return joinWords(schema.enum.filter((value) => value !== null).map((value) => code(JSON.stringify(value))), "or");
  return [schema.type ?? "any"].flat().filter((type) => type !== "null").join(" or ");
}

function table(head: string[], rows: string[][]): string[] {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

function code(text: string): string {
  return `\`${text}\``;
}
