import { settingPath, type IssueDetails, type Rule, type RuleInput } from "../definition.ts";
import { scopeRules } from "../kit/scopes.ts";
import { findUrls } from "../kit/urls.ts";
import { scopes } from "./scopes.ts";
import type { ThreadsSettings } from "./settings.ts";

/** Source: Threads docs, changelog, 2025-12-22. */
const MAX_LINKS = 5;

export const rules: readonly Rule<ThreadsSettings>[] = [
  {
    rule: "threads.poll.withMedia",
    code: "INVALID_PLACEMENT",
    about: "media",
    path: settingPath("threads", "poll"),
    message: "Threads supports a poll only with text, not with media.",
    fix:
      "Set content.platformOverrides.threads.media to [] for a post without media, " +
      "or remove content.platformOverrides.threads.settings.poll.",
    broken: ({ settings, content }) => settings.poll !== undefined && content.media.length > 0,
  },
  {
    rule: "threads.links.count",
    code: "VALIDATION_FAILED",
    about: "text",
    path: "/content/text",
    message: `A Threads post can contain at most ${MAX_LINKS} different links.`,
    fix: `Use at most ${MAX_LINKS} different links in the text and content.linkUrl combined.`,
    broken: findLinkExcess,
  },
  {
    rule: "threads.topics.several",
    code: "VALIDATION_FAILED",
    about: "text",
    severity: "warning",
    path: "/content/text",
    message: "A Threads post has one topic: the first hashtag, or settings.topicTag. Other hashtags stay plain text.",
    fix: "Keep one hashtag, or set the topic with platformOverrides.threads.settings.topicTag.",
    broken: ({ settings, content }) => countHashtags(content.text) > (settings.topicTag === undefined ? 1 : 0),
  },
  ...scopeRules("threads", "Threads", scopes),
];

function findLinkExcess({ content, textPath }: RuleInput): IssueDetails[] {
  const found: IssueDetails[] = [];
  const first = countLinks(content.text, content.linkUrl);
  if (first > MAX_LINKS) found.push({ path: textPath, actual: first, limit: MAX_LINKS });
  content.thread.forEach((part, index) => {
    const links = countLinks(part.text, null);
    if (links > MAX_LINKS)
      found.push({ path: settingPath("threads", "thread", index, "text"), actual: links, limit: MAX_LINKS });
  });
  return found;
}

/** Host names without a scheme are excluded: README.md is not meant as a link. */
function countLinks(text: string, linkUrl: string | null): number {
  const links = new Set(Array.from(findUrls(text), (found) => found.url).filter((url) => /^https?:/i.test(url)));
  if (linkUrl !== null) links.add(linkUrl);
  return links.size;
}

function countHashtags(text: string): number {
  return text.match(/(?<![\p{L}\p{N}_&/])#(?=[^\s#]*\p{L})[^\s.&@!?,;:#]+/gu)?.length ?? 0;
}
