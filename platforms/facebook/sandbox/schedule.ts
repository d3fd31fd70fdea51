import { invalid, isFalse, isTrue } from "../../../sandbox/meta/graph.ts";
import { timeOf } from "../../../sandbox/meta/list.ts";
import type { Call } from "../../../sandbox/platform.ts";

/** Facebook's own scheduling. Source: Pages API docs, posts; page/videos reference; Reels guide; 2026. */
const LEAST_SECONDS = 600;

/** When the post is published, in milliseconds since 1970: now, at a future time, or null for a draft. */
export function publicationOf(call: Call, { mostSeconds }: { mostSeconds: number }): number | null {
  const { params, now } = call;
  const scheduled = timeOf(params["scheduled_publish_time"], "scheduled_publish_time");
  if (scheduled === null) {
    if (params["unpublished_content_type"] === "SCHEDULED") throw invalid("scheduled_publish_time is missing.");
    return isFalse(params, "published") ? null : now;
  }
  if (isTrue(params, "published") || !isFalse(params, "published"))
    throw invalid("You can't set scheduled_publish_time for a published post: published has to be false.");
  return scheduledAt(call, scheduled, mostSeconds);
}

/** A time in the range that the platform accepts. */
export function scheduledAt({ now }: Call, seconds: number, mostSeconds: number): number {
  const ahead = seconds - now / 1000;
  if (ahead < LEAST_SECONDS || ahead > mostSeconds) {
    throw invalid(
      "The specified scheduled publish time is invalid: " +
        `it has to be at least 10 minutes and at most ${Math.floor(mostSeconds / 86_400)} days ahead.`,
    );
  }
  return seconds * 1000;
}
