import type { Capabilities, Limit, Shape, TextLimit } from "../../model/capabilities.ts";
import type { AccountFacts } from "../definition.ts";

/** The limit for the text of a post with this shape. */
export function textLimit(
  capabilities: Capabilities,
  shape: Shape | undefined,
  metadata: AccountFacts["metadata"] | undefined,
): TextLimit {
  return raise(typeof shape?.text === "object" ? shape.text : capabilities.text, metadata);
}

/** The limit for the account that says this of itself. */
export function raise<L extends { max?: number; raised?: Limit["raised"] }>(
  limit: L,
  metadata: AccountFacts["metadata"] | undefined,
): L {
  const { raised } = limit;
  const said = raised === undefined ? undefined : metadata?.[raised.metadata];
  return raised !== undefined && typeof said === "string" && raised.values.includes(said)
    ? { ...limit, max: raised.max }
    : limit;
}
