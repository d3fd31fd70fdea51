import { isMimeType, MAX_FILE_BYTES, MIME_TYPES, typesLike, type Capabilities } from "../../model/capabilities.ts";
import { issueOf, type Issue } from "../../model/errors.ts";
import type { IssueTopic, MeasuredMedia } from "../definition.ts";
import { joinWords } from "../describe.ts";
import { endsLikeVideo, isBlank, mediaKind } from "./resolve-content.ts";

/** An issue and its topic, which determines its position among the issues. */
export interface TopicIssue {
  about: IssueTopic;
  issue: Issue;
}

/**
 * Checks that apply to files on every platform: the type is supported, the size within the limit, the declarations
 * true, and the thumbnail an image.
 */
export function validateFiles(media: readonly MeasuredMedia[], path: string): TopicIssue[] {
  return media.flatMap((entry, index) => [
    ...validateType(entry, `${path}/${index}`),
    ...validateSize(entry, `${path}/${index}`),
    ...validateThumbnail(entry, `${path}/${index}`),
  ]);
}

/**
 * Fields that the platform requires to be declared if the file is not available. `sent` has the entries as the caller
 * sent them.
 */
export function validateDeclared(
  { platform, label, declares }: Capabilities,
  sent: readonly MeasuredMedia[],
  measuredToo: readonly MeasuredMedia[],
  path: string,
): TopicIssue[] {
  return sent.flatMap((entry, index) => {
    if (declares === undefined || measuredToo[index]?.measured) return [];
    const missing = (declares[mediaKind(entry)] ?? []).filter((member) => (entry[member] ?? null) === null);
    const reported = declares.message === undefined ? missing : missing.slice(0, 1);
    return reported.map((member): TopicIssue => ({
      about: "media",
      issue: issueOf({
        rule: `${platform}.media.declared`,
        platform,
        path: `${path}/${index}/${member}`,
        message:
          declares.message ??
          `${label} media must declare ${member}: ${dotted(`${path}/${index}/${member}`)} is missing.`,
        fix: `Set ${joinWords(missing, "and")} in ${dotted(`${path}/${index}`)}, or upload the file with the request.`,
      }),
    }));
  });
}

/** A JSON Pointer as messages write it: content.media[0].width. */
export function dotted(path: string): string {
  return path
    .slice(1)
    .replaceAll(/\/(\d+)(?=\/|$)/g, "[$1]")
    .replaceAll("/", ".")
    .replaceAll("~1", "/")
    .replaceAll("~0", "~");
}

function validateType(entry: MeasuredMedia, path: string): TopicIssue[] {
  const claimed = entry.mimeType === "application/octet-stream" ? null : (entry.mimeType ?? null);
  const problem = (
    rule: string,
    member: string,
    message: string,
    actual: unknown,
    limit: unknown,
    fix: string,
  ): TopicIssue[] => [
    {
      about: "mediaType",
      issue: {
        rule,
        code: "UNSUPPORTED_MEDIA_TYPE",
        platform: null,
        path: `${path}/${member}`,
        message,
        actual,
        limit,
        fix,
      },
    },
  ];
  if (claimed !== null && !isMimeType(claimed)) {
    return problem(
      "media.type",
      "mimeType",
      `${dotted(path)}: the media type ${claimed} is not supported.`,
      claimed,
      MIME_TYPES,
      `Send ${joinWords(typesLike(claimed), "or")}.`,
    );
  }
  const { measured } = entry;
  if (measured && claimed !== null && claimed !== measured.mimeType) {
    const message = `${dotted(path)} is declared as ${claimed}, but the file is ${measured.mimeType}.`;
    return problem(
      "media.type.declared",
      "mimeType",
      message,
      measured.mimeType,
      claimed,
      "Declare the actual type of the file, or send another file.",
    );
  }
  const kind = measured?.type ?? (claimed === null ? null : claimed.startsWith("video/") ? "video" : "image");
  if (entry.type && kind !== null && entry.type !== kind) {
    const message = `${dotted(path)} is declared as ${entry.type}, but ${measured ? "the file is" : "its MIME type is"} ${kind}.`;
    return problem(
      "media.type.declared",
      "type",
      message,
      kind,
      entry.type,
      `Set type to ${kind}, or send another file.`,
    );
  }
  return [];
}

function validateThumbnail(entry: MeasuredMedia, parent: string): TopicIssue[] {
  const { thumbnail, thumbnailUrl, thumbnailMediaId } = entry;
  const member = thumbnailMember(entry);
  if (member === null) return [];
  const path = `${parent}/${member}`;
  const findings: TopicIssue[] = [];
  if (!isBlank(thumbnailUrl) && !isBlank(thumbnailMediaId)) {
    findings.push({
      about: "structure",
      issue: issueOf({
        rule: "media.thumbnail.both",
        path: `${parent}/thumbnailMediaId`,
        message: `${dotted(parent)} has both thumbnailUrl and thumbnailMediaId.`,
        actual: thumbnailMediaId,
        fix: "Use one of the two.",
      }),
    });
  }
  const isVideo = thumbnail ? thumbnail.type === "video" : endsLikeVideo(thumbnailUrl ?? "");
  if (!isVideo) return findings;
  findings.push({
    about: "mediaType",
    issue: issueOf({
      rule: "media.thumbnail",
      code: "UNSUPPORTED_MEDIA_TYPE",
      path,
      message: `${dotted(path)} is a video; a thumbnail must be an image.`,
      actual: entry[member] ?? null,
      fix: `Set it to the ${member === "thumbnailUrl" ? "URL" : "ID"} of an image, or omit ${member}.`,
    }),
  });
  return findings;
}

/** The member by which an entry names its thumbnail; null if it has none. */
export function thumbnailMember({
  thumbnailUrl,
  thumbnailMediaId,
}: MeasuredMedia): "thumbnailUrl" | "thumbnailMediaId" | null {
  if (!isBlank(thumbnailUrl)) return "thumbnailUrl";
  return isBlank(thumbnailMediaId) ? null : "thumbnailMediaId";
}

function validateSize(entry: MeasuredMedia, path: string): TopicIssue[] {
  const actual = entry.measured?.sizeBytes ?? entry.sizeBytes ?? 0;
  if (actual <= MAX_FILE_BYTES) return [];
  return [
    {
      about: "media",
      issue: {
        rule: "media.sizeBytes",
        code: "UNSUPPORTED_MEDIA_CONFIG",
        platform: null,
        path: `${path}/sizeBytes`,
        message: `${dotted(path)} is ${actual} bytes; the limit is ${MAX_FILE_BYTES} (200 MB).`,
        actual,
        limit: MAX_FILE_BYTES,
        fix: "Send a smaller file.",
      },
    },
  ];
}
