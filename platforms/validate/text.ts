import type { Capabilities, Shape, TextLimit } from "../../model/capabilities.ts";
import { issueOf } from "../../model/errors.ts";
import { settingPath, type AccountFacts, type MeasuredMedia, type Settings } from "../definition.ts";
import { COUNTING_WORDS, countWithin } from "../kit/text.ts";
import { dotted, type TopicIssue } from "./files.ts";
import { isBlank, mediaKind, type Resolved } from "./resolve-content.ts";
import { textLimit } from "./text-limit.ts";

/** Checks that the first part has a text if it needs one, and that it is not too long. */
export function validateText(
  capabilities: Capabilities,
  resolved: Resolved,
  limit: TextLimit,
  length: number | null,
): TopicIssue[] {
  const { platform, label, text } = capabilities;
  const { content, ownText, textPath, textHidden, shapes } = resolved;
  if (textHidden) return [];
  if (isBlank(ownText)) {
    const isNeeded =
      text.required === "always" ||
      (text.required === "withoutMedia" && content.media.length === 0 && shapes.length > 0);
    return isNeeded ? [validateNoText(platform, label, textPath, text.required === "always")] : [];
  }
  // A text that comes from a setting has the setting's own limit.
  if (text.replacedBy !== undefined && textPath === settingPath(platform, text.replacedBy)) return [];
  return validateLength(platform, `${label} text`, content.text, length, textPath, limit);
}

/** Checks the text of a later part of a thread. */
export function validatePartText(
  capabilities: Capabilities,
  part: { text: string; media: readonly MeasuredMedia[] },
  path: string,
  shape: Shape | undefined,
  account: AccountFacts | null,
): TopicIssue[] {
  const { platform, label } = capabilities;
  if (isBlank(part.text)) return part.media.length > 0 ? [] : [validateNoText(platform, label, path, false)];
  const limit = textLimit(capabilities, shape, account?.metadata);
  return validateLength(platform, `${label} text`, part.text, countWithin(part.text, limit), path, limit);
}

/** Checks the texts in settings that have their own limit. */
export function validateSettingTexts(
  { platform, label, settingTexts }: Capabilities,
  settings: Settings,
): TopicIssue[] {
  return settingTexts.flatMap((limit) =>
    findTexts(settings, limit.at.split(".")).flatMap(({ text, path }) =>
      validateLength(
        platform,
        `${label} ${limit.label}`,
        text,
        countWithin(text, limit),
        settingPath(platform, ...path),
        limit,
      ),
    ),
  );
}

export function validateAltTexts(
  { platform, label }: Capabilities,
  media: readonly MeasuredMedia[],
  path: string,
  shape: Shape | undefined,
): TopicIssue[] {
  return media.flatMap((entry, index) => {
    const limit = shape?.[mediaKind(entry)]?.altText;
    return limit === undefined || !entry.altText
      ? []
      : validateLength(
          platform,
          `${label} alt text`,
          entry.altText,
          countWithin(entry.altText, limit),
          `${path}/${index}/altText`,
          limit,
        );
  });
}

function validateNoText(platform: Capabilities["platform"], label: string, path: string, always: boolean): TopicIssue {
  return {
    about: "text",
    issue: issueOf({
      rule: `${platform}.text.required`,
      platform,
      path,
      message: always ? `${label} posts require text.` : `${label} posts require text or media.`,
      fix: always ? `Set ${dotted(path)}.` : `Set ${dotted(path)}, or add media.`,
    }),
  };
}

function validateLength(
  platform: Capabilities["platform"],
  what: string,
  text: string,
  length: number | null,
  path: string,
  limit: TextLimit,
): TopicIssue[] {
  if (length !== null && length <= limit.max) return [];
  const fits = `${limit.max} ${COUNTING_WORDS[limit.counting]}`;
  return [
    {
      about: "text",
      issue: {
        rule: `${platform}.${path.endsWith("/text") ? "text" : (path.split("/").findLast((member) => !/^\d+$/.test(member)) ?? "text")}.length`,
        code: "CONTENT_TOO_LONG",
        platform,
        path,
        message: `${what} is too long: ${length === null ? `it has ${text.length} UTF-16 units; the limit is ${fits}` : `${length} of ${fits}`}.`,
        actual: length ?? `${text.length} UTF-16 units`,
        limit: limit.max,
        fix: `Shorten ${dotted(path)} to at most ${fits}${path === "/content/text" ? `, or set content.platformOverrides.${platform}.text to a shorter text` : ""}.`,
      },
    },
  ];
}

/** The strings at a path of members. `*` stands for every member of an array. */
export function findTexts(
  value: unknown,
  at: readonly string[],
  path: readonly (string | number)[] = [],
): { text: string; path: readonly (string | number)[] }[] {
  const [member, ...rest] = at;
  if (member === undefined) return typeof value === "string" ? [{ text: value, path }] : [];
  if (member === "*")
    return Array.isArray(value) ? value.flatMap((each: unknown, index) => findTexts(each, rest, [...path, index])) : [];
  return typeof value === "object" && value !== null && Object.hasOwn(value, member)
    ? findTexts(Reflect.get(value, member), rest, [...path, member])
    : [];
}
