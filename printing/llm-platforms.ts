import { catalog } from "../platforms/catalog.ts";
import type { Definition } from "../platforms/definition.ts";
import { describePlatform, listLimits } from "../platforms/describe.ts";
import { onInstance, type Scheduling } from "../platforms/scheduling.ts";
import { code } from "./markdown.ts";
import { settingRows } from "./platform-reference.ts";

/** Each platform in brief: its settings, its limits by shape, and its rules. */
export function llmPlatforms(instance: Pick<Scheduling, "scheduling">): string[] {
  return [
    "Settings go in `content.platformOverrides.<platform>.settings`. " +
      "A rule without a code is `VALIDATION_FAILED`. You don't need to worry about anything that is converted, " +
      "rewrapped or resized.",
    "",
    ...Object.values(catalog).flatMap((definition) => {
      const { label, platform } = definition.capabilities;
      const sentences = describePlatform(onInstance(definition.capabilities, instance)).replace(`${label}: `, "");
      return [
        `### ${label}: ${code(platform)}`,
        "",
        sentences,
        "",
        "Settings:",
        ...settingLines(definition),
        "",
        "Limits:",
        ...limitLines(definition),
        "",
        ...(definition.rules.length === 0 ? [] : ["Rules:", ...ruleLines(definition), ""]),
      ];
    }),
  ];
}

function settingLines(definition: Definition): string[] {
  return settingRows(definition).map(
    ({ path, type, isRequired, description }) =>
      `- ${code(path)} ${type}${isRequired ? ", required" : ""}${description === "" ? "" : `: ${description}`}`,
  );
}

/** One line for each shape and each text. Quotas are listed with the other limits. */
function limitLines({ capabilities }: Definition): string[] {
  const rows = listLimits({ ...capabilities, quotas: [] }).map(({ what, limit }) => {
    const [shape = what, ...more] = what.split(": ");
    return more.length === 0
      ? { shape: "", text: `${what}: ${limit}` }
      : { shape, text: `${more.join(": ")} ${limit}` };
  });
  return [...Map.groupBy(rows, ({ shape }) => shape)].map(
    ([shape, listed]) => `- ${shape === "" ? "" : `${shape}: `}${listed.map(({ text }) => text).join(" · ")}`,
  );
}

/** What is rejected. The fix is in the error itself. */
function ruleLines({ rules }: Definition): string[] {
  return rules.map(
    ({ code: publicCode, message }) =>
      `- ${publicCode === "VALIDATION_FAILED" ? "" : `${code(publicCode)} `}${message.replace(/\.$/, "")}.`,
  );
}
