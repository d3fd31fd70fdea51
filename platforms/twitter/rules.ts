import { settingPath, type IssueDetails, type Rule, type RuleInput } from "../definition.ts";
import type { TwitterSettings } from "./settings.ts";

export const rules: readonly Rule<TwitterSettings>[] = [
  {
    rule: "twitter.poll.withMedia",
    code: "UNSUPPORTED_MEDIA_CONFIG",
    about: "media",
    path: settingPath("twitter", "poll"),
    message: "X (Twitter) supports either a poll or media, not both.",
    fix:
      "Set content.platformOverrides.twitter.media to [] for a post without media, " +
      "or remove content.platformOverrides.twitter.settings.poll.",
    broken: ({ settings, content }) => settings.poll !== undefined && content.media.length > 0,
  },
  {
    rule: "twitter.text.characters",
    code: "VALIDATION_FAILED",
    about: "text",
    path: "/content/text",
    message: "The text contains a character that X (Twitter) rejects: U+FEFF, U+FFFE or U+FFFF.",
    fix: "Remove the invisible character from the text.",
    broken: (input) => findInParts(input, (text) => /[\uFEFF\uFFFE\uFFFF]/.test(text)),
  },
  {
    // On self-serve plans. Source: X docs, posts, 2026-02-23.
    rule: "twitter.cashtags.count",
    code: "VALIDATION_FAILED",
    about: "text",
    path: "/content/text",
    message: "X (Twitter) allows at most one cashtag per post.",
    fix: "Keep only one cashtag, such as $ABC, in the text.",
    broken: (input) => findInParts(input, (text) => countCashtags(text) > 1),
  },
  {
    rule: "twitter.thread.repeated",
    code: "VALIDATION_FAILED",
    about: "text",
    severity: "warning",
    path: settingPath("twitter", "thread"),
    message: "Two parts of the thread have the same text; X (Twitter) may reject the second as a duplicate.",
    fix: "Give every part a different text.",
    broken: ({ content }) => {
      const texts = [content.text, ...content.thread.map((part) => part.text)]
        .map((text) => text.trim())
        .filter((text) => text !== "");
      return new Set(texts).size < texts.length;
    },
  },
  {
    rule: "twitter.replyTo.restricted",
    code: "VALIDATION_FAILED",
    about: "settings",
    severity: "warning",
    path: settingPath("twitter", "replyTo"),
    message: "X (Twitter) allows a reply to someone else's post only if that post mentions or quotes the account.",
    fix: "Reply to one of the account's own posts, or to a post that mentions or quotes it.",
    broken: ({ settings }) => settings.replyTo !== undefined,
  },
];

function findInParts({ content, textPath }: RuleInput, isBroken: (text: string) => boolean): IssueDetails[] {
  const found: IssueDetails[] = isBroken(content.text) ? [{ path: textPath, actual: content.text }] : [];
  content.thread.forEach((part, index) => {
    if (isBroken(part.text)) found.push({ path: settingPath("twitter", "thread", index, "text"), actual: part.text });
  });
  return found;
}

/** Source: twitter-text 3.1.0, cashtags. */
function countCashtags(text: string): number {
  return text.match(/(?<![^\s])\$[a-z]{1,6}(?:[._][a-z]{1,2})?(?=$|\s|[!-#%-,./:;?@[-\]^`{|}~])/gi)?.length ?? 0;
}
