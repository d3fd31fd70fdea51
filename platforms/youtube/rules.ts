import { settingPath, type Rule, type RuleInput } from "../definition.ts";
import { scopeRules } from "../kit/scopes.ts";
import { scopes } from "./scopes.ts";
import type { YoutubeSettings } from "./settings.ts";

const MAX_TAGS_LENGTH = 500;
/** Longer videos need a channel that Google has verified. Source: YouTube help 71673, 2026-10. */
const UNVERIFIED_SECONDS = 900;

// `content.text` is the title: settings.title if given, otherwise the text of the post.
export const rules: readonly Rule<YoutubeSettings>[] = [
  {
    rule: "youtube.title.required",
    code: "VALIDATION_FAILED",
    about: "text",
    path: settingPath("youtube", "title"),
    message: "YouTube video title is required",
    fix: "Provide content.text or platformOverrides.youtube.settings.title.",
    broken: ({ content }) => content.text.trim() === "",
  },
  {
    rule: "youtube.title.characters",
    code: "VALIDATION_FAILED",
    about: "text",
    path: settingPath("youtube", "title"),
    message: "A YouTube title cannot contain < or >.",
    fix: "Remove < and > from the title.",
    broken: ({ content, textPath }) => (/[<>]/.test(content.text) ? [{ path: textPath, actual: content.text }] : false),
  },
  {
    rule: "youtube.description.characters",
    code: "VALIDATION_FAILED",
    about: "text",
    path: settingPath("youtube", "description"),
    message: "A YouTube description cannot contain <, > or control characters.",
    fix: "Remove <, > and control characters from the description.",
    broken: ({ settings }) => /[<>]|(?![\t\n\r])\p{Cc}/u.test(settings.description ?? ""),
  },
  {
    rule: "youtube.tags.length",
    code: "CONTENT_TOO_LONG",
    about: "text",
    path: settingPath("youtube", "tags"),
    message: `YouTube tags can have at most ${MAX_TAGS_LENGTH} characters in total, as YouTube counts them.`,
    fix: "Remove some tags. Each comma between tags counts as 1, and a tag with a space counts 2 more.",
    broken: ({ settings }) => {
      const actual = tagsLength(settings.tags ?? []);
      return actual > MAX_TAGS_LENGTH ? [{ actual, limit: MAX_TAGS_LENGTH }] : false;
    },
  },
  {
    rule: "youtube.publishAt.scheduledFor",
    code: "VALIDATION_FAILED",
    about: "scheduling",
    path: settingPath("youtube", "publishAt"),
    message: 'Choose either Ampost scheduling or YouTube setting "publishAt", not both',
    fix: "Use only one scheduler: remove scheduledFor or publishAt.",
    broken: ({ scheduledFor, settings }) => settings.publishAt !== undefined && scheduledFor !== null,
  },
  {
    rule: "youtube.publishAt.private",
    code: "VALIDATION_FAILED",
    about: "scheduling",
    path: settingPath("youtube", "privacyStatus"),
    message: 'YouTube scheduling requires privacyStatus "private"',
    fix: 'Set privacyStatus to "private", or remove publishAt.',
    broken: ({ settings }) =>
      settings.publishAt !== undefined && settings.privacyStatus !== undefined && settings.privacyStatus !== "private"
        ? [{ actual: settings.privacyStatus, limit: "private" }]
        : false,
  },
  {
    rule: "youtube.publishAt.future",
    code: "VALIDATION_FAILED",
    about: "scheduling",
    path: settingPath("youtube", "publishAt"),
    message: 'YouTube setting "publishAt" must be in the future.',
    fix: "Choose a later time, or remove publishAt.",
    // YouTube publishes immediately if the time is past.
    broken: ({ now, settings }) =>
      settings.publishAt !== undefined && Date.parse(settings.publishAt) <= now.getTime()
        ? [{ actual: settings.publishAt }]
        : false,
  },
  {
    rule: "youtube.publishAt.forcedPrivate",
    code: "VALIDATION_FAILED",
    about: "scheduling",
    path: settingPath("youtube", "publishAt"),
    message:
      'YouTube setting "publishAt" cannot be used while this instance keeps uploads private: ' +
      "it would make the video public later.",
    fix: "Remove publishAt, or ask the operator to turn off YOUTUBE_FORCE_PRIVATE_UPLOADS.",
    broken: ({ forcePrivateUploads, settings }) => forcePrivateUploads && settings.publishAt !== undefined,
  },
  {
    rule: "youtube.privacyStatus.forcedPrivate",
    code: "VALIDATION_FAILED",
    about: "settings",
    severity: "warning",
    path: settingPath("youtube", "privacyStatus"),
    message: "This instance keeps YouTube uploads private; the video will be private.",
    fix: 'Set privacyStatus to "private", or ask the operator to turn off YOUTUBE_FORCE_PRIVATE_UPLOADS.',
    broken: ({ forcePrivateUploads, settings }) =>
      forcePrivateUploads && settings.privacyStatus !== undefined && settings.privacyStatus !== "private"
        ? [{ actual: settings.privacyStatus, limit: "private" }]
        : false,
  },
  {
    rule: "youtube.privacyStatus.default",
    code: "VALIDATION_FAILED",
    about: "settings",
    severity: "warning",
    path: settingPath("youtube", "privacyStatus"),
    message: "Nobody else will see the video: without privacyStatus, YouTube uploads are private.",
    fix: "Set privacyStatus to public, unlisted or private.",
    broken: ({ settings }) => settings.privacyStatus === undefined && settings.publishAt === undefined,
  },
  {
    rule: "youtube.firstComment.closed",
    code: "VALIDATION_FAILED",
    about: "settings",
    severity: "warning",
    path: settingPath("youtube", "firstComment"),
    message: "YouTube has no comments on private videos and on videos for kids; the first comment will not be posted.",
    fix: "Set privacyStatus to public or unlisted, or remove firstComment.",
    broken: ({ forcePrivateUploads, settings }) =>
      settings.firstComment !== undefined &&
      (forcePrivateUploads ||
        (settings.privacyStatus ?? "private") === "private" ||
        settings.selfDeclaredMadeForKids === true),
  },
  ...scopeRules("youtube", "YouTube", scopes),
  {
    rule: "youtube.duration.channel",
    code: "UNSUPPORTED_MEDIA_CONFIG",
    about: "account",
    path: "/content/media/0/durationSeconds",
    message: "Videos longer than 15 minutes require a YouTube channel that is verified for long uploads.",
    fix: "Verify the channel's phone number on YouTube and reconnect it, or shorten the video.",
    broken: ({ account, content }) => {
      const uploads = account?.metadata["longUploadsStatus"];
      const actual = durationSeconds(content);
      if (typeof uploads !== "string" || uploads === "allowed" || actual === null || actual <= UNVERIFIED_SECONDS)
        return false;
      return [{ actual, limit: UNVERIFIED_SECONDS }];
    },
  },
];

/**
 * The length of tags as YouTube counts them: the list as one text, with tags separated by commas and quotation marks
 * around tags with a space. Source: YouTube docs, videos resource, snippet.tags, 2026-10.
 */
export function tagsLength(tags: readonly string[]): number {
  const commas = Math.max(tags.length - 1, 0);
  return tags.reduce((length, tag) => length + [...tag].length + (/\s/.test(tag) ? 2 : 0), commas);
}

function durationSeconds(content: RuleInput["content"]): number | null {
  const media = content.media[0];
  return media?.measured?.durationSeconds ?? media?.durationSeconds ?? null;
}
