import { settingsReader } from "../kit/settings.ts";
import { BrokerError, type StepContext, type StepDone } from "../platform.ts";
import { settings } from "./settings.ts";
import type { Video } from "./wire.ts";

export const settingsOf = settingsReader(settings);

/**
 * YouTube chooses defaults for omitted fields; privacy and audience are always sent. Source: YouTube docs, videos
 * resource, 2026-11-02.
 */
export function resourceOf(context: StepContext): Record<string, unknown> {
  const {
    description,
    tags,
    categoryId = "22",
    publishAt,
    selfDeclaredMadeForKids = false,
    containsSyntheticMedia,
  } = settingsOf(context);
  if (publishAt !== undefined && isForcedPrivate(context)) {
    throw new BrokerError(
      "CONTENT_REJECTED",
      'YouTube setting "publishAt" cannot be used while uploads are kept private: ' +
        "it would make the video public later.",
    );
  }
  return {
    snippet: {
      title: context.content.text,
      description,
      tags,
      categoryId,
    },
    status: {
      privacyStatus: sentPrivacy(context),
      publishAt,
      selfDeclaredMadeForKids,
      containsSyntheticMedia,
    },
  };
}

/** What is known about an existing video, and a warning for the user about its privacy. */
export function doneOf(context: StepContext, { id, status }: Video): StepDone {
  const asked = settingsOf(context).privacyStatus ?? "private";
  const effective = status?.privacyStatus ?? sentPrivacy(context);
  const why = isForcedPrivate(context) ? "uploads are kept private here" : "YouTube changed it";
  const warnings: NonNullable<StepDone["warnings"]> =
    effective === asked
      ? []
      : [{ code: "PRIVACY_FORCED", message: `The video is ${effective}, not ${asked}: ${why}.` }];
  const live = liveAs(id);
  return {
    ...live,
    done: { ...live.done, privacyStatus: effective },
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** What is known of a video by its ID alone. */
export function liveAs(id: string): StepDone {
  return {
    done: { video: id },
    remoteId: id,
    platformPostId: id,
    publishedUrl: `https://www.youtube.com/watch?v=${id}`,
  };
}

function sentPrivacy(context: StepContext): string {
  return isForcedPrivate(context) ? "private" : (settingsOf(context).privacyStatus ?? "private");
}

function isForcedPrivate({ environment }: StepContext): boolean {
  return environment?.["YOUTUBE_FORCE_PRIVATE_UPLOADS"] === "true";
}
