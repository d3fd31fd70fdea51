import { z } from "zod";

import { about, variables } from "../model/environment.ts";
import { BROKER_CODES, type BrokerCode, PUBLIC_CODES, type PublicCode } from "../model/errors.ts";
import { PLATFORM_NAMES, type PlatformName } from "../model/platform-names.ts";
import { catalog } from "../platforms/catalog.ts";
import type { Definition } from "../platforms/definition.ts";
import { describePlacement, describeShapes, joinWords } from "../platforms/describe.ts";
import { platforms } from "../platforms/index.ts";
import type { Example } from "../platforms/kit/examples.ts";
import { onInstance, type Scheduling } from "../platforms/scheduling.ts";
import { commonRefusals } from "./common-refusals.ts";
import { code, fenced, table } from "./markdown.ts";
import type { DocPage } from "./pages.ts";
import { limitsTable, settingsTable } from "./platform-reference.ts";
import { readSections } from "./platform-sections.ts";
import { scopesTable } from "./scopes-table.ts";

/** A page for each platform: what it supports, its settings, limits, errors and facts. */
export async function platformPages(instance: Scheduling): Promise<DocPage[]> {
  return await Promise.all(
    PLATFORM_NAMES.map(async (name) => ({
      path: `/docs/platforms/${name}`,
      title: catalog[name].capabilities.label,
      group: "Platforms",
      markdown: await platformPage(catalog[name], instance),
    })),
  );
}

async function platformPage(definition: Definition, instance: Scheduling): Promise<string> {
  const capabilities = onInstance(definition.capabilities, instance);
  const { platform, label, launch, text, placements, scheduling } = capabilities;
  const sections = await readSections(platform);
  const part = (title: string) => (sections.has(title) ? [`## ${title}`, "", sections.get(title) ?? "", ""] : []);
  return [
    `# ${label}`,
    "",
    `${launch.sentence} Key: ${code(platform)}.`,
    "",
    ...table(
      ["", ""],
      [
        ["Launch state", launch.state],
        [
          "Supports",
          placements.length === 1
            ? describeShapes(placements[0].shapes)
            : placements.map((each) => `${each.name}: ${describeShapes(each.shapes)}`).join("; "),
        ],
        [
          "Text",
          {
            always: "always required",
            withoutMedia: "required without media",
            never:
              text.replacedBy === undefined
                ? "not required"
                : `required, unless ${code(`settings.${text.replacedBy}`)} is set`,
          }[text.required],
        ],
        [
          "Scheduling",
          scheduling
            ? `supports ${code("scheduledFor")}`
            : `not supported: ${code("scheduledFor")} is rejected` +
              (instance.signUp === "open" ? "" : ` unless the operator sets ${code("AMPOST_SCHEDULING=all")}`),
        ],
      ],
    ),
    "",
    ...part("What this means for you"),
    ...placementSection(definition),
    "## Settings",
    "",
    `Set them in ${code(`content.platformOverrides.${platform}.settings`)}. ` +
      `${code(`content.platformOverrides.${platform}.text`)} replaces the text for ${label} only.`,
    "",
    ...settingsTable(definition),
    "",
    ...exampleSection(definition),
    "## Limits",
    "",
    "Each limit has its source. Files that conversion can fix (an image that is too large or of another type, " +
      "a video in another container format) are converted, not rejected. " +
      "On every platform, a file can have at most 200 MB.",
    "",
    ...limitsTable(definition),
    "",
    ...(await failureSection(definition, instance)),
    ...part("How a post is published"),
    ...part("If the response is lost"),
    ...setUpSection(definition),
    ...part("Going live"),
    ...part("Facts"),
  ].join("\n");
}

function placementSection({ capabilities: { label, placements, platform } }: Definition): string[] {
  if (placements.length === 1) return [];
  const byDefault = placements.filter((each) => each.byDefault).map(({ name }) => code(name));
  return [
    "## Placements",
    "",
    `${code(`platformOverrides.${platform}.settings.placement`)} sets how the content appears. ` +
      `By default, Ampost uses ${joinWords(byDefault, "or")}, whichever fits the media.`,
    "",
    ...placements.map((placement) => `- ${describePlacement(label, placement)}.`),
    "",
  ];
}

/** The request body for an example. */
export function bodyOf(platform: PlatformName, { content, settings }: Example): object {
  const platformOverrides = settings === undefined ? undefined : { [platform]: { settings } };
  return { content: { ...content, platformOverrides }, platforms: [platform], platformSetId: SET };
}

const SET = "01980b7a-6c00-7000-8000-000000000001";

function exampleSection({ capabilities: { platform }, examples }: Definition): string[] {
  if (examples.length === 0) return [];
  return [
    "## Examples",
    "",
    "Each is a body for `POST /api/v1/posts`; replace the platform set ID with yours.",
    "",
    ...examples.flatMap((example) => [
      `**${example.title}**`,
      "",
      ...fenced("json", JSON.stringify(bodyOf(platform, example), null, 2)),
      "",
    ]),
  ];
}

/** What validation rejects, and what can fail while publishing. */
async function failureSection(
  { capabilities: { platform, label }, settings, rules }: Definition,
  instance: Scheduling,
): Promise<string[]> {
  const common = commonRefusals(platform, Object.keys(settings.shape), instance);
  const ruled = rules.filter(({ message }) => !common.some((each) => each.message === message));
  const refused = [
    ...common.map(({ code: publicCode, message, fix }) => [codeLink(publicCode), message, fix]),
    ...ruled.map(({ code: publicCode, severity, message, fix }) => [
      severity === "warning" ? "Warning" : codeLink(publicCode),
      message,
      fix,
    ]),
  ];
  const seen = new Set<string>();
  const failed = (await readErrors(platform)).flatMap(({ brokerCode, publicCode, message, about }) => {
    if (seen.has(message)) return [];
    seen.add(message);
    const broker = BROKER_CODES[brokerCode];
    return [[codeLink(publicCode ?? broker.publicCode), message, about, broker.action]];
  });
  return [
    "## Errors",
    "",
    "Validation errors include:",
    "",
    ...table(["Code", "Message", "What to do"], refused),
    "",
    `Errors while publishing, in the ${code("error")} of the platform post:`,
    "",
    ...table(["Code", "Message", `Reported by ${label}`, "What to do"], failed),
    "",
  ];
}

function setUpSection({ capabilities: { platform }, scopes }: Definition): string[] {
  const { oauth } = platforms[platform];
  if (oauth === undefined) return [];
  const prefix = oauth.environmentPrefix;
  const shared = ["CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI"].map((part) => `${prefix}_${part}`);
  const own = variables.filter(([name]) => name.startsWith(`${prefix}_`) && !shared.includes(name));
  const others = own.map(([name, schema]) => [code(name), about.get(schema)?.about ?? ""]);
  return [
    "## Setup",
    "",
    `Live mode needs an app on the platform, set with ${joinWords(shared.map(code), "and")}; ` +
      `the last is needed only if the callback is not ${code(`AMPOST_APP_URL/api/platforms/${platform}/callback`)}. ` +
      "Test mode needs no app. See [Connecting accounts](/docs/connecting-accounts) for the steps.",
    "",
    ...(others.length === 0 ? [] : [...table(["Variable", "Description"], others), ""]),
    ...Object.entries(scopes).flatMap(([app, asked]) => [
      `Permissions (scopes) that connecting asks for${app === prefix ? "" : ` if the account is connected with the app in ${code(`${app}_CLIENT_ID`)}`}; ` +
        `${code(`${app}_SCOPES`)} can leave out those that publishing does not require:`,
      "",
      ...scopesTable(asked),
      "",
    ]),
  ];
}

const errorModule = z.object({
  errors: z.array(
    z.object({
      about: z.string(),
      brokerCode: z.custom<BrokerCode>((value) => typeof value === "string" && value in BROKER_CODES),
      publicCode: z.custom<PublicCode>((value) => typeof value === "string" && value in PUBLIC_CODES).optional(),
      message: z.string(),
    }),
  ),
});

/** The platform's own table of errors. */
async function readErrors(platform: PlatformName): Promise<z.infer<typeof errorModule>["errors"]> {
  const module: unknown = await import(`../platforms/${platform}/errors.ts`);
  return errorModule.parse(module).errors;
}

function codeLink(publicCode: PublicCode): string {
  return `[${code(publicCode)}](/docs/errors/${publicCode})`;
}
