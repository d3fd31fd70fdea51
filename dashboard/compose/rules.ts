import type { Account } from "../../contract/operations/accounts.ts";
import type { Capabilities } from "../../model/capabilities.ts";
import { countWithin } from "../../platforms/kit/text.ts";
import { resolve } from "../../platforms/validate/resolve-content.ts";
import { textLimit } from "../../platforms/validate/text-limit.ts";
import { contentOf, type Draft, shownEntry } from "./draft.ts";

export { cutTo } from "./counting.ts";

/** How long the text that a platform gets of a draft is there; null if that is far beyond its maximum. */
export interface Count {
  length: number | null;
  max: number;
}

/** Counts as the server does. */
export function countOf(draft: Draft, capabilities: Capabilities, account: Account | undefined): Count {
  const { shapes, content } = resolve(capabilities, contentOf(draft, shownEntry));
  const limit = textLimit(capabilities, shapes[0], account?.platformMetadata);
  return { length: countWithin(content.text, limit), max: limit.max };
}
