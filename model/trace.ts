import type { Mode, PlatformName } from "./platform-names.ts";

/** The work that traces show, beside requests. */
export type SpanName = "claim" | "step" | "commit" | "read-back" | "delivery";

/** All that a span can record: never a text, a token, a URL or a person. */
export interface SpanFacts {
  platform?: PlatformName;
  mode?: Mode;
  lane?: string;
  step?: string;
  attempt?: number;
  /** How it ended. */
  outcome?: string;
  /** HTTP status of the response. */
  status?: number;
  postId?: string;
  platformPostId?: string;
  deliveryId?: string;
}

/** Runs `work` as a span, with what is known before and what `note` adds. Throws what `work` throws. */
export type Trace = <Result>(
  name: SpanName,
  facts: SpanFacts,
  work: (note: (facts: SpanFacts) => void) => Promise<Result>,
) => Promise<Result>;

/** Without tracing. */
export const untraced: Trace = (_name, _facts, work) => work(() => undefined);
