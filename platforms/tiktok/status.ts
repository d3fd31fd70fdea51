import { waitAgain } from "../kit/steps.ts";
import { BrokerError, type QuietStep, type StepContext, type StepDone } from "../platform.ts";
import { apiRequest, callTikTok } from "./api.ts";
import { failureOf } from "./errors.ts";
import { publishStatus, type PublishStatus } from "./wire.ts";

/** How far TikTok is with the post. Source: TikTok docs, get video status, confirmed 2026-09-30. */
export function readStatus(context: StepContext): Promise<PublishStatus> {
  return callTikTok(context.http, publishStatus, {
    ...apiRequest(context.accessToken, "/v2/post/publish/status/fetch/", {
      publish_id: String(context.checkpoint.publishId),
    }),
    timeoutSeconds: 15,
  });
}

const LIVE_PATIENCE = { waits: [3, 5, 10], thenSeconds: 15, giveUpSeconds: 600 };

/** TikTok checks and processes what it has accepted, and can still reject it. */
export function awaitLive(): QuietStep {
  return {
    name: "live",
    effect: "read",
    async run(context) {
      const status = await readAccepted(context);
      if (status.status === "PUBLISH_COMPLETE") return withPostId(context, status);
      if (status.status === "FAILED") throw failureOf(status.fail_reason);
      const tooLate = "TikTok accepted the post but has not finished processing it.";
      return waitAgain(context, LIVE_PATIENCE, new BrokerError("OUTCOME_UNKNOWN", tooLate));
    },
  };
}

/** A failed status request is not a failure of the post. */
async function readAccepted(context: StepContext): Promise<PublishStatus> {
  try {
    return await readStatus(context);
  } catch (error) {
    if (
      !(error instanceof BrokerError) ||
      error.code === "AUTH_EXPIRED" ||
      error.code === "RATE_LIMITED" ||
      error.code === "PLATFORM_UNAVAILABLE"
    )
      throw error;
    throw error.with({ code: "OUTCOME_UNKNOWN" });
  }
}

/** Asked at 1, 5, 15 and 60 minutes, then hourly for a day. */
const ID_WAITS = [60, 240, 600, 2700];
const ID_SECONDS = 86_400;

/** The public ID is available after moderation, and only for public posts. */
export function awaitPostId(): QuietStep {
  return {
    name: "post-id",
    effect: "read",
    cosmetic: true,
    async run(context) {
      if (context.checkpoint.postId !== undefined) return { done: {} };
      if (context.content.settings.privacyLevel !== "PUBLIC_TO_EVERYONE")
        return withoutLink("TikTok gives no ID or link of a post that is not public.");
      const done = withPostId(context, await readStatus(context));
      if (done.platformPostId !== undefined) return done;
      if (context.waitedSeconds >= ID_SECONDS)
        return withoutLink("TikTok gave no ID or link of the post within a day of publishing it.");
      return { waitSeconds: ID_WAITS[context.polls] ?? 3600 };
    },
  };
}

function withoutLink(message: string): StepDone {
  return { done: {}, warnings: [{ code: "NO_LINK", message }] };
}

/** The ID and the link, if TikTok returns the ID by now. */
export function withPostId(context: StepContext, status: PublishStatus): StepDone {
  const [id] = [...(status.publicaly_available_post_id ?? []), ...(status.publicly_available_post_id ?? [])];
  if (id === undefined) return { done: {} };
  const username = context.checkpoint.creatorUsername ?? context.account.username;
  const form = context.content.media[0]?.type === "image" ? "photo" : "video";
  const link = typeof username === "string" ? `https://www.tiktok.com/@${username}/${form}/${id}` : undefined;
  return { done: { postId: id }, platformPostId: id, publishedUrl: link };
}
