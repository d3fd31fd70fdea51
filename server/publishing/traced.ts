import { type SpanFacts, type SpanName, untraced } from "../../model/trace.ts";
import type { ClaimedWork } from "./work.ts";

/** Runs a part of the work on a platform post as a span. */
export function traced<Result>(
  { deps, row, attempt }: ClaimedWork,
  name: SpanName,
  facts: SpanFacts,
  run: (note: (facts: SpanFacts) => void) => Promise<Result>,
): Promise<Result> {
  const { trace = untraced } = deps;
  const { platform, mode, post_id: postId, id: platformPostId } = row;
  return trace(name, { platform, mode, postId, platformPostId, attempt: attempt.number, ...facts }, run);
}
