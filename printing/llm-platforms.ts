import { catalog } from "../platforms/catalog.ts";
import type { Definition } from "../platforms/definition.ts";
import { describePlatform } from "../platforms/describe.ts";
import { onInstance } from "../platforms/scheduling.ts";
import { code } from "./markdown.ts";
import type { InstanceFacts } from "./pages.ts";
import { settingRows } from "./platform-reference.ts";

/** Each platform in brief, and the page with its settings, limits and rules. */
export function llmPlatforms(instance: InstanceFacts): string[] {
  return [
    "Settings go in `content.platformOverrides.<platform>.settings`; required ones are in bold. " +
      "`GET /api/v1/platforms/:platform` (`platforms_describe`) has their values, and all limits and rules, as data. " +
      "You don't need to worry about anything that is converted, rewrapped or resized.",
    "",
    ...Object.values(catalog).flatMap((definition) => {
      const { label, platform } = definition.capabilities;
      const sentences = describePlatform(onInstance(definition.capabilities, instance)).replace(`${label}: `, "");
      return [
        `### ${label}: ${code(platform)}`,
        "",
        `${sentences} Settings: ${settingNames(definition)}. More: ${instance.appUrl}/docs/platforms/${platform}.md`,
        "",
      ];
    }),
  ];
}

function settingNames(definition: Definition): string {
  return settingRows(definition)
    .filter(({ path }) => !/[.[]/.test(path))
    .map(({ path, isRequired }) => (isRequired ? `**${code(path)}**` : code(path)))
    .join(", ");
}
