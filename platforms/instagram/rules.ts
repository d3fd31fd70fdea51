import { settingPath, type IssueDetails, type Rule, type RuleInput } from "../definition.ts";
import { coverRules } from "../kit/cover-rules.ts";
import { scopeRules } from "../kit/scopes.ts";
import { scopes } from "./scopes.ts";
import type { InstagramSettings } from "./settings.ts";

// Source of the numbers: Instagram docs, POST /{ig-user-id}/media, 2026-09-11.
const MAX_HASHTAGS = 30;
const MAX_MENTIONS = 20;
/** Instagram's own app went down to 5 in late 2025, and some posts with more were rejected; the docs still say 30. */
const ADVISED_HASHTAGS = 5;

export const rules: readonly Rule<InstagramSettings>[] = [
  {
    rule: "instagram.caption.hashtags",
    code: "VALIDATION_FAILED",
    about: "text",
    path: "/content/text",
    message: `Instagram allows at most ${MAX_HASHTAGS} hashtags in a caption.`,
    fix: `Use at most ${MAX_HASHTAGS} hashtags in the text.`,
    broken: ({ content, textPath }) => over(countHashtags(content.text), MAX_HASHTAGS, textPath),
  },
  {
    rule: "instagram.caption.hashtags.advised",
    code: "VALIDATION_FAILED",
    about: "text",
    severity: "warning",
    path: "/content/text",
    message:
      `Instagram may reject a caption with more than ${ADVISED_HASHTAGS} hashtags, ` +
      "or show the post to fewer people.",
    fix: `Use ${ADVISED_HASHTAGS} hashtags or fewer.`,
    broken: ({ content, textPath }) => {
      const hashtags = countHashtags(content.text);
      return hashtags <= MAX_HASHTAGS && over(hashtags, ADVISED_HASHTAGS, textPath);
    },
  },
  {
    rule: "instagram.caption.mentions",
    code: "VALIDATION_FAILED",
    about: "text",
    path: "/content/text",
    message: `Instagram allows at most ${MAX_MENTIONS} @mentions in a caption.`,
    fix: `Use at most ${MAX_MENTIONS} @mentions in the text.`,
    broken: ({ content, textPath }) =>
      over(content.text.match(/@[A-Za-z0-9._]+/g)?.length ?? 0, MAX_MENTIONS, textPath),
  },
  ...(["coverUrl", "coverMediaId", "shareToFeed"] as const).map((setting): Rule<InstagramSettings> => ({
    rule: `instagram.${setting}.reel`,
    code: "VALIDATION_FAILED",
    about: "settings",
    path: settingPath("instagram", setting),
    message: `Instagram setting "${setting}" applies only to reels.`,
    fix: `Remove ${setting}, or post one video as a reel.`,
    broken: ({ content, settings }) => settings[setting] !== undefined && content.placement !== "reel",
  })),
  {
    rule: "instagram.thumbOffsetMs.video",
    code: "VALIDATION_FAILED",
    about: "settings",
    path: settingPath("instagram", "thumbOffsetMs"),
    message: 'Instagram setting "thumbOffsetMs" applies only to reels and to videos of a carousel.',
    fix: "Remove thumbOffsetMs, or post a reel or a carousel with a video.",
    broken: ({ content, settings }) => settings.thumbOffsetMs !== undefined && !hasCoverFrame(content),
  },
  ...(["collaborators", "locationId", "firstComment"] as const).map((setting): Rule<InstagramSettings> => ({
    rule: `instagram.${setting}.story`,
    code: "VALIDATION_FAILED",
    about: "settings",
    path: settingPath("instagram", setting),
    message: `Instagram stories do not support "${setting}".`,
    fix: `Remove ${setting}, or choose another placement.`,
    broken: ({ content, settings }) => settings[setting] !== undefined && content.placement === "story",
  })),
  {
    rule: "instagram.isPaidPartnership.login",
    code: "VALIDATION_FAILED",
    about: "account",
    path: settingPath("instagram", "isPaidPartnership"),
    message: "Instagram takes the paid partnership label only for accounts connected through Facebook.",
    fix: "Remove isPaidPartnership, or reconnect the account with Facebook Login.",
    broken: ({ account, settings }) =>
      settings.isPaidPartnership === true && account !== null && account.metadata["login"] !== "facebook",
  },
  {
    rule: "instagram.thumbOffsetMs.range",
    code: "VALIDATION_FAILED",
    about: "settings",
    path: settingPath("instagram", "thumbOffsetMs"),
    message: "The cover frame is past the end of the video.",
    fix: "Set thumbOffsetMs to less than the video's duration.",
    broken: ({ content, settings }) => {
      const actual = settings.thumbOffsetMs;
      if (actual === undefined || !hasCoverFrame(content)) return false;
      const durations = content.media.flatMap(({ type, measured, durationSeconds }) =>
        type === "video" ? (measured?.durationSeconds ?? durationSeconds ?? []) : [],
      );
      const limit = Math.min(...durations) * 1000;
      return actual >= limit ? [{ actual, limit }] : false;
    },
  },
  {
    rule: "instagram.thumbOffsetMs.coverUrl",
    code: "VALIDATION_FAILED",
    about: "settings",
    severity: "warning",
    path: settingPath("instagram", "thumbOffsetMs"),
    message: "The cover image takes precedence over thumbOffsetMs; the frame will not be used.",
    fix: "Remove thumbOffsetMs or the cover image.",
    broken: ({ content, settings }) => content.cover !== null && settings.thumbOffsetMs !== undefined,
  },
  ...coverRules("instagram", "Instagram"),
  {
    rule: "instagram.userTags.mediaIndex",
    code: "VALIDATION_FAILED",
    about: "settings",
    path: settingPath("instagram", "userTags"),
    message: "mediaIndex refers to an item that the post does not have.",
    fix: "Use an index from 0 up to the number of media items minus one.",
    broken: ({ content, settings }) =>
      eachTag(settings, (tag, index): IssueDetails | null =>
        (tag.mediaIndex ?? 0) < Math.max(content.media.length, 1)
          ? null
          : {
              path: settingPath("instagram", "userTags", index, "mediaIndex"),
              actual: tag.mediaIndex,
              limit: content.media.length - 1,
            },
      ),
  },
  {
    rule: "instagram.userTags.position",
    code: "VALIDATION_FAILED",
    about: "settings",
    path: settingPath("instagram", "userTags"),
    message: "A tag on an image requires x and y.",
    fix: "Set x and y between 0 and 1 for every tag on an image.",
    broken: ({ content, settings }) =>
      eachTag(settings, (tag, index): IssueDetails | null => {
        const tagged = content.media[tag.mediaIndex ?? 0];
        const onImage = tagged?.type === "image" && content.placement !== "story";
        return onImage && (tag.x === undefined || tag.y === undefined)
          ? { path: settingPath("instagram", "userTags", index) }
          : null;
      }),
  },
  ...scopeRules("instagram", "Instagram", scopes),
];

function hasCoverFrame({ placement, media }: RuleInput["content"]): boolean {
  return placement === "reel" || (placement === "carousel" && media.some(({ type }) => type === "video"));
}

function countHashtags(text: string): number {
  return text.match(/#[\p{L}\p{M}\p{N}_]+/gu)?.length ?? 0;
}

function over(actual: number, limit: number, path: string): IssueDetails[] {
  return actual > limit ? [{ path, actual, limit }] : [];
}

type UserTag = NonNullable<InstagramSettings["userTags"]>[number];

function eachTag(
  settings: Partial<InstagramSettings>,
  find: (tag: UserTag, index: number) => IssueDetails | null,
): IssueDetails[] {
  return (settings.userTags ?? []).map(find).filter((finding) => finding !== null);
}
