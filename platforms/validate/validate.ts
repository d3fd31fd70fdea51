import { boundIssues, MAX_ISSUES } from "../../model/bound-issues.ts";
import { COVER_MEDIA_ID, type Capabilities, type TextLimit } from "../../model/capabilities.ts";
import { issueOf, type Issue } from "../../model/errors.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { MediaEntry, PlatformContent, PlatformOverride, PostContent } from "../../model/post.ts";
import { catalog } from "../catalog.ts";
import {
  ISSUE_TOPICS,
  settingPath,
  type AccountFacts,
  type Definition,
  type MeasuredMedia,
  type RuleInput,
} from "../definition.ts";
import { withArticle } from "../describe.ts";
import { countWithin } from "../kit/text.ts";
import { validateAccount, warnOfAccount } from "./account.ts";
import { dotted, thumbnailMember, validateDeclared, validateFiles, type TopicIssue } from "./files.ts";
import { validateMedia, validatePicture } from "./media.ts";
import {
  fittingShapes,
  isBlank,
  measure,
  mediaKind,
  resolve,
  type Measured,
  type Resolved,
} from "./resolve-content.ts";
import { validateLastTime, validateSchedule, refuseSchedule } from "./schedule.ts";
import { validateSettings, type ValidatedSettings } from "./settings.ts";
import { textLimit } from "./text-limit.ts";
import { validateAltTexts, validatePartText, validateSettingTexts, validateText } from "./text.ts";

export { mapMedia } from "./resolve-content.ts";

/** What one platform gets of a post. */
export function resolveContent(
  platform: PlatformName,
  content: PostContent,
  measured?: Measured,
): PlatformContent<MeasuredMedia> {
  return resolve(catalog[platform].capabilities, content, measured).content;
}

/** A parsed post. Malformed fields are missing: whoever parsed it reports them. */
export interface PostToValidate {
  content?: {
    text?: string;
    media?: readonly MediaEntry[] | null;
    linkUrl?: string | null;
    platformOverrides?: Partial<Record<PlatformName, PlatformOverride | null>> | null;
  };
  /** Known platforms, without duplicates. */
  platforms?: readonly PlatformName[];
  /** ISO 8601 with an offset or Z. Null if the post is not scheduled, or when it is due. */
  scheduledFor?: string | null;
  /** In the same format. Null if the post has no last time, or when it is published by a call. */
  publishBy?: string | null;
}

export interface ValidationContext {
  now: Date;
  /** `contract`: only the platforms that the contract allows to be scheduled. `all`: every platform. */
  scheduling: "contract" | "all";
  /** Users are customers, who cannot change settings: errors do not name any. */
  isService?: boolean;
  forcePrivateUploads: boolean;
  /** The set's active accounts as stored, by platform; a missing one is not connected. Null to skip account checks. */
  accounts: Partial<Record<PlatformName, AccountFacts | null>> | null;
  /** Returns what was measured of an entry's file, if it is available. Measured values win over declared ones. */
  measured?: Measured;
}

export interface ValidationResult {
  issues: Issue[];
  warnings: Issue[];
  perPlatform: Partial<Record<PlatformName, PlatformValidation>>;
}

/**
 * What one platform would get, and how long its text is in the platform's own count. Null if the text was too long to
 * count.
 */
export interface PlatformValidation {
  content: PlatformContent<MeasuredMedia>;
  text: { length: number | null; max: number; counting: TextLimit["counting"] };
}

/**
 * Validates a post against what its platforms declare. Reports all problems, never throws whatever the caller sent, and
 * makes no requests. Issues are ordered by `ISSUE_TOPICS`, then by platform.
 */
export function validatePost(post: PostToValidate, context: ValidationContext): ValidationResult {
  const issues: TopicIssue[] = [];
  const warnings: TopicIssue[] = [];
  const perPlatform: ValidationResult["perPlatform"] = {};
  const content = fillIn(post.content);
  const platforms = post.platforms ?? [];
  const scheduledFor = post.scheduledFor ?? null;
  const refuses = scheduledFor !== null && context.scheduling === "contract";
  const firstRefusing = platforms.find((platform) => !catalog[platform].capabilities.scheduling);
  if (hasOwnMedia(content, platforms)) warnings.push(...warnOfUnusedMedia(content));
  else {
    const media = content.media.map((entry) => measure(entry, context.measured));
    issues.push(...validateFiles(media, "/content/media"));
  }
  issues.push(...validateSchedule(scheduledFor, context.now), ...validateLastTime(post, context.now));
  warnings.push(...warnOfUnused(content, platforms));
  platforms.forEach((platform, index) => {
    const definition = catalog[platform];
    const validated = validateForPlatform(definition, content, scheduledFor, `/platforms/${index}`, context);
    const sharesMedia = platforms.length > 1 && !content.platformOverrides[platform]?.media;
    issues.push(...(sharesMedia ? validated.issues.map(orOwnMedia) : validated.issues));
    if (refuses) {
      const namesSetting = context.isService !== true && platform === firstRefusing;
      issues.push(...refuseSchedule(definition.capabilities, scheduledFor, namesSetting));
    }
    warnings.push(...validated.warnings, ...warnOfReplacedText(definition, content, platforms.length === 1));
    perPlatform[platform] = validated.platform;
  });
  return { issues: inOrder(issues), warnings: inOrder(warnings), perPlatform };
}

/** Other platforms get the content's media, too: they need not change for this one. */
function orOwnMedia({ about, issue }: TopicIssue): TopicIssue {
  const { platform, path, rule, fix } = issue;
  const isOfMedia = /^\/content\/media(?=\/|$)/.test(path) || rule.endsWith(".placement.media");
  const own = `content.platformOverrides.${platform}.media`;
  if (platform === null || !isOfMedia || fix.includes(own)) return { about, issue };
  return { about, issue: { ...issue, fix: `${fix} Set ${own} to use other media on this platform only.` } };
}

type Content = Parameters<typeof resolve>[1];

function fillIn(content: PostToValidate["content"] = {}): Content {
  const overrides: Content["platformOverrides"] = {};
  for (const platform of Object.values(catalog).map((definition) => definition.capabilities.platform)) {
    const override = content.platformOverrides?.[platform];
    if (override) overrides[platform] = override;
  }
  return {
    text: content.text ?? "",
    media: [...(content.media ?? [])],
    linkUrl: content.linkUrl ?? null,
    platformOverrides: overrides,
  };
}

function validateForPlatform(
  definition: Definition,
  content: Content,
  scheduledFor: string | null,
  path: string,
  context: ValidationContext,
): { issues: TopicIssue[]; warnings: TopicIssue[]; platform: PlatformValidation } {
  const { capabilities } = definition;
  const { platform } = capabilities;
  const account = context.accounts?.[platform] ?? null;
  const resolved = resolve(capabilities, content, context.measured);
  const override = content.platformOverrides[platform];
  const settings = validateSettings(definition, override?.settings, account);
  const limit = textLimit(capabilities, resolved.shapes[0], account?.metadata);
  const length = countWithin(resolved.content.text, limit);
  const isReadable = length !== null && unitsOf(resolved.content.thread) <= MAX_CHAIN_UNITS;
  const ruled = applyRules(definition, resolved, settings, content, scheduledFor, { account, isReadable }, context);
  const dueAt = Date.parse(scheduledFor ?? "");
  const publishAt = Number.isNaN(dueAt) ? context.now : new Date(dueAt);
  return {
    issues: [
      ...settings.findings,
      ...(override?.media ? validateFiles(resolved.content.media, resolved.mediaPath) : []),
      ...validateFirstPart(definition, resolved, content, account),
      ...validateCover(capabilities, resolved),
      ...validateChain(definition, resolved, settings, account),
      ...validateText(capabilities, resolved, limit, length),
      ...validateSettingTexts(capabilities, settings.valid),
      ...ruled.issues,
      ...(context.accounts === null ? [] : validateAccount(definition, account, path)),
    ],
    warnings: [
      ...warnOfLosses(definition, resolved, content),
      ...warnOfUnsentMedia(capabilities, resolved),
      ...ruled.warnings,
      ...(account === null ? [] : warnOfAccount(capabilities, account, path, publishAt)),
    ],
    platform: { content: resolved.content, text: { length, max: limit.max, counting: limit.counting } },
  };
}

function validateFirstPart(
  { capabilities }: Definition,
  resolved: Resolved,
  content: Content,
  account: AccountFacts | null,
): TopicIssue[] {
  const { platform, label } = capabilities;
  const { shapes, placements, link, mediaPath: path } = resolved;
  const sent = content.platformOverrides[platform]?.media ?? content.media;
  const isNamed = placements.some((placement) => placement.name === resolved.namedPlacement);
  const findings = [
    ...validateDeclared(capabilities, sent, resolved.content.media, path),
    ...validateMedia(
      capabilities,
      {
        media: resolved.content.media,
        path,
        placements,
        shapes,
        placementPath: isNamed ? settingPath(platform, "placement") : null,
      },
      account,
    ),
    ...validateAltTexts(capabilities, resolved.content.media, path, shapes[0]),
  ];
  if (typeof link !== "object" || isBlank(content.linkUrl)) return findings;
  const fix = "Remove content.linkUrl, or put the link in the text.";
  const message = `${label} does not support content.linkUrl with ${shapes[0]?.name}.`;
  return [
    ...findings,
    {
      about: "media",
      issue: {
        rule: `${platform}.linkUrl.media`,
        code: link.refusedWith,
        platform,
        path: "/content/linkUrl",
        message,
        actual: content.linkUrl,
        limit: null,
        fix,
      },
    },
  ];
}

/** The picture that the platform would show as the video's cover. */
function validateCover(capabilities: Capabilities, { content, mediaPath }: Resolved): TopicIssue[] {
  const { platform, cover: member } = capabilities;
  const [video] = content.media;
  if (content.cover !== null && member !== undefined) {
    const named = typeof content.settings[member] === "string" ? member : COVER_MEDIA_ID;
    return validatePicture(capabilities, content.cover, settingPath(platform, named));
  }
  const thumbnail = video === undefined || content.media.length > 1 ? null : thumbnailMember(video);
  if (thumbnail === null || !video?.thumbnail) return [];
  return validatePicture(capabilities, { measured: video.thumbnail }, `${mediaPath}/0/${thumbnail}`);
}

/** Validates the well-formed parts after the first like posts of their own. */
function validateChain(
  { capabilities }: Definition,
  { content }: Resolved,
  settings: ValidatedSettings,
  account: AccountFacts | null,
): TopicIssue[] {
  const { platform, label, chain, placements } = capabilities;
  const open = placements.filter((placement) => placement.byDefault);
  const units = unitsOf(content.thread);
  if (units > MAX_CHAIN_UNITS) {
    const message = `The texts of a thread can have at most ${MAX_CHAIN_UNITS} UTF-16 units in total; these have ${units}.`;
    return [
      {
        about: "text",
        issue: {
          rule: `${platform}.thread.length`,
          code: "CONTENT_TOO_LONG",
          platform,
          path: settingPath(platform, "thread"),
          message,
          actual: units,
          limit: MAX_CHAIN_UNITS,
          fix: "Shorten the parts.",
        },
      },
    ];
  }
  const findings: TopicIssue[] = [];
  for (const [index, part] of content.thread.entries()) {
    if (findings.length > MAX_ISSUES) break;
    if (settings.brokenParts.has(index)) continue;
    const shapes = fittingShapes(open, part.media);
    const path = settingPath(platform, "thread", index);
    findings.push(
      ...validateFiles(part.media, `${path}/media`),
      ...validateMedia(
        capabilities,
        { media: part.media, path: `${path}/media`, placements: open, shapes, placementPath: null },
        account,
      ),
      ...validateAltTexts(capabilities, part.media, `${path}/media`, shapes[0]),
      ...validatePartText(capabilities, part, `${path}/text`, shapes[0], account),
    );
  }
  const max = chain?.maxParts ?? Number.POSITIVE_INFINITY;
  const parts = content.thread.length + 1;
  if (parts <= max) return findings;
  const message = `A thread on ${label} can have at most ${max} parts; this one has ${parts}.`;
  return [
    ...findings,
    {
      about: "settings",
      issue: {
        rule: `${platform}.thread.parts`,
        code: "VALIDATION_FAILED",
        platform,
        path: settingPath(platform, "thread"),
        message,
        actual: parts,
        limit: max,
        fix: "Remove some parts.",
      },
    },
  ];
}

/** Far more than anyone writes. The parts of a thread are counted one after the other. */
const MAX_CHAIN_UNITS = 200_000;

function unitsOf(parts: readonly { text: string }[]): number {
  return parts.reduce((units, { text }) => units + text.length, 0);
}

function applyRules(
  { capabilities, rules }: Definition,
  resolved: Resolved,
  settings: ValidatedSettings,
  content: Content,
  scheduledFor: string | null,
  { account, isReadable }: { account: AccountFacts | null; isReadable: boolean },
  context: ValidationContext,
): { issues: TopicIssue[]; warnings: TopicIssue[] } {
  const input: RuleInput = {
    content: resolved.content,
    settings: settings.valid,
    textPath: resolved.textPath,
    linkUrl: isBlank(content.linkUrl) ? null : content.linkUrl,
    scheduledFor,
    now: context.now,
    forcePrivateUploads: context.forcePrivateUploads,
    account,
  };
  const issues: TopicIssue[] = [];
  const warnings: TopicIssue[] = [];
  for (const { rule, code, about, path, message, fix, severity, broken } of rules) {
    // A text that is far too long is not checked further.
    if (about === "text" && !isReadable) continue;
    const verdict = broken(input);
    const found = typeof verdict === "boolean" ? (verdict ? [{}] : []) : verdict;
    for (const each of found) {
      (severity === "warning" ? warnings : issues).push({
        about,
        issue: {
          rule,
          code,
          platform: capabilities.platform,
          path: path.replace(/^\/content\/media(?=\/|$)/, resolved.mediaPath),
          message,
          actual: null,
          limit: null,
          fix,
          ...each,
        },
      });
    }
  }
  return { issues, warnings };
}

/** Warns about what the audience will not see of what the caller sent. */
function warnOfLosses(
  { capabilities: { platform, label } }: Definition,
  resolved: Resolved,
  content: Content,
): TopicIssue[] {
  const warnings: TopicIssue[] = [];
  const warn = (rule: string, path: string, message: string, actual: string, fix: string): void => {
    warnings.push({
      about: "media",
      issue: issueOf({ rule: `${platform}.${rule}`, platform, path, message, actual, fix }),
    });
  };
  const { shapes, link, textHidden, ownText, textPath } = resolved;
  if (textHidden && !isBlank(ownText)) {
    warn(
      "text.hidden",
      textPath,
      `${withArticle(label)} ${resolved.content.placement} does not show text; the text will not be sent.`,
      ownText,
      "Put the text in the image, or choose another placement.",
    );
  }
  if (shapes.length > 0 && link === "dropped" && content.linkUrl !== null && !isBlank(content.linkUrl)) {
    warn(
      "linkUrl.dropped",
      "/content/linkUrl",
      `${label} does not support a link here; content.linkUrl will not be sent.`,
      content.linkUrl,
      "Put the link in the text, or remove it.",
    );
  }
  return warnings;
}

/** Warns about alt texts and thumbnails of media that the platform shows without them. */
function warnOfUnsentMedia(
  { platform, label, thumbnail, placements }: Capabilities,
  { content: { media, thread }, shapes, mediaPath }: Resolved,
): TopicIssue[] {
  const open = placements.filter((placement) => placement.byDefault);
  const parts = [
    { media, shapes, path: mediaPath },
    ...thread.map((part, index) => ({
      media: part.media,
      shapes: fittingShapes(open, part.media),
      path: `${settingPath(platform, "thread", index)}/media`,
    })),
  ];
  const warn = (rule: string, noun: string, path: string): TopicIssue => ({
    about: "media",
    issue: issueOf({
      rule: `${platform}.${rule}.dropped`,
      platform,
      path,
      message: `${label} does not support ${noun} here; ${dotted(path)} will not be sent.`,
      fix: "Remove it, or leave it for the post's other platforms.",
    }),
  });
  return parts.flatMap((part) => {
    const [shape] = part.shapes;
    if (shape === undefined) return [];
    return part.media.flatMap((entry, index) => {
      const path = `${part.path}/${index}`;
      const kind = mediaKind(entry);
      const cover = thumbnailMember(entry);
      const isCovered =
        thumbnail !== undefined && shape.cover !== "dropped" && kind === "video" && part.media.length === 1;
      return [
        ...(isBlank(entry.altText) || shape[kind]?.altText !== undefined
          ? []
          : [warn("altText", "alt text", `${path}/altText`)]),
        ...(cover === null || isCovered ? [] : [warn("thumbnail", "a thumbnail", `${path}/${cover}`)]),
      ];
    });
  });
}

/** Warns about a text that a setting replaces. The content's own text is not lost if other platforms get it. */
function warnOfReplacedText(
  { capabilities: { platform, label, text } }: Definition,
  content: Content,
  isAlone: boolean,
): TopicIssue[] {
  const { replacedBy } = text;
  if (replacedBy === undefined) return [];
  const { text: own, settings } = content.platformOverrides[platform] ?? {};
  const replacement = settings?.[replacedBy];
  const lost = own ?? (isAlone ? content.text : "");
  if (typeof replacement !== "string" || isBlank(replacement) || isBlank(lost) || lost === replacement) return [];
  const path = (own ?? null) === null ? "/content/text" : `/content/platformOverrides/${platform}/text`;
  return [
    {
      about: "text",
      issue: issueOf({
        rule: `${platform}.text.replaced`,
        platform,
        path,
        message: `${dotted(path)} will not be sent: on ${label}, settings.${replacedBy} replaces it.`,
        actual: lost,
        fix: "Remove it, or move it to a setting of the platform that shows it.",
      }),
    },
  ];
}

function warnOfUnused(content: Content, platforms: readonly PlatformName[]): TopicIssue[] {
  return Object.values(catalog).flatMap(({ capabilities: { platform, label } }): TopicIssue[] => {
    if (platforms.length === 0 || platforms.includes(platform) || content.platformOverrides[platform] === undefined)
      return [];
    const message = `content.platformOverrides.${platform} has no effect: the post is not published to ${label}.`;
    const fix = `Add "${platform}" to platforms, or remove the override.`;
    return [
      {
        about: "structure",
        issue: {
          rule: "request.unusedOverride",
          code: "VALIDATION_FAILED",
          platform,
          path: `/content/platformOverrides/${platform}`,
          message,
          actual: platform,
          limit: platforms,
          fix,
        },
      },
    ];
  });
}

/** Whether every platform of the post has media of its own, so that no one gets those of the content. */
function hasOwnMedia(content: Content, platforms: readonly PlatformName[]): boolean {
  return platforms.length > 0 && platforms.every((platform) => content.platformOverrides[platform]?.media);
}

function warnOfUnusedMedia({ media }: Content): TopicIssue[] {
  if (media.length === 0) return [];
  return [
    {
      about: "structure",
      issue: issueOf({
        rule: "request.unusedMedia",
        path: "/content/media",
        message: "content.media has no effect: every platform of the post has media of its own.",
        actual: media.length,
        fix: "Remove content.media, or the media of an override.",
      }),
    },
  ];
}

function inOrder(findings: readonly TopicIssue[]): Issue[] {
  const sorted = findings.toSorted((a, b) => ISSUE_TOPICS.indexOf(a.about) - ISSUE_TOPICS.indexOf(b.about));
  return boundIssues(sorted.map(({ issue }) => issue));
}
