import { useLingui } from "@lingui/react/macro";
import { useContext } from "react";

import type { PlatformName } from "../../model/platform-names.ts";
import { labelOf } from "../start.ts";
import { Tag } from "../ui/surfaces.tsx";
import { CountsContext } from "./context.ts";
import type { Counts } from "./counts.ts";

/** Far enough from full, a text needs no attention. */
const ALMOST = 0.9;

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
    <ul className="flex flex-wrap gap-1.5" aria-label={t`Length of the text`}>
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

function shareOf({ length, max }: Counts[number]): number {
  return length === null ? Infinity : length / max;
}
