import { useLingui } from "@lingui/react/macro";
import { useContext } from "react";

import type { PlatformName } from "../../model/platform-names.ts";
import { textLimit } from "../../platforms/validate/text-limit.ts";
import { labelOf } from "../start.ts";
import { Tag } from "../ui/surfaces.tsx";
import { CountsContext, DraftContext, useComposer } from "./context.ts";
import type { Counts } from "./counts.ts";

/** Far enough from full, a text needs no attention. */
const ALMOST = 0.9;

const LIST = "flex flex-wrap gap-1.5";

/** How long a text is for each platform, by its own counting; what is at `at` in a request, or the lines below it. */
export function Counters({
  at,
  only,
  isBrief = false,
}: {
  at: string;
  only?: PlatformName;
  /** Only the platform on which least is left, and those on which it is too long. */
  isBrief?: boolean;
}) {
  const { t } = useLingui();
  const counts = useContext(CountsContext).filter(
    ({ path, platform }) => (path === at || path.startsWith(`${at}/`)) && (only === undefined || platform === only),
  );
  const [fullest] = counts.toSorted((a, b) => shareOf(b) - shareOf(a));
  if (fullest === undefined) return null;
  const shown = isBrief ? counts.filter((each) => each === fullest || shareOf(each) > 1) : counts;
  return (
    <ul className={LIST} aria-label={t`Length of the text`}>
      {shown.map((count) => {
        const { platform, path, length, max } = count;
        const share = shareOf(count);
        return (
          <li key={`${platform} ${path}`}>
            <Tag tone={share > 1 ? "bad" : share > ALMOST ? "warn" : "neutral"}>
              {labelOf(platform)} {length ?? `> ${max}`} / {max}
            </Tag>
          </li>
        );
      })}
    </ul>
  );
}

/** The counters of the shared text, as large as they will be once it has been counted: nothing below them moves then. */
export function SharedCounters() {
  const isCounted = useContext(CountsContext).length > 0;
  return isCounted ? <Counters at="/content/text" /> : <Room />;
}

function Room() {
  const draft = useContext(DraftContext);
  const { described, accountOf } = useComposer();
  if (draft === null) return null;
  const { text, overrides } = draft;
  const platforms = draft.platforms.filter((platform) => overrides[platform]?.text === undefined);
  if (platforms.length === 0) return null;
  return (
    <div aria-hidden="true" className={`invisible ${LIST}`}>
      {platforms.map((platform) => {
        const capabilities = described.get(platform)?.capabilities;
        if (capabilities === undefined) return null;
        const { max } = textLimit(capabilities, undefined, accountOf(platform)?.platformMetadata);
        return (
          <div key={platform}>
            <Tag>
              {labelOf(platform)} {text.length} / {max}
            </Tag>
          </div>
        );
      })}
    </div>
  );
}

function shareOf({ length, max }: Counts[number]): number {
  return length === null ? Infinity : length / max;
}
