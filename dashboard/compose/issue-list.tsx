import { useLingui } from "@lingui/react/macro";
import { useContext } from "react";

import { labelOf } from "../start.ts";
import { Button } from "../ui/controls.tsx";
import { SaidIssue } from "../words/use-words.tsx";
import { CountsContext, DraftContext, useComposer } from "./context.ts";
import type { Draft } from "./draft.ts";
import { type Fix, fixesOf } from "./fixes.ts";
import type { Finding } from "./issues.ts";

export interface IssueListProps {
  id?: string;
  findings: readonly Finding[];
}

/** Each issue with what to do about it. */
export function IssueList({ id, findings }: IssueListProps) {
  return (
    <ul id={id} className="space-y-1.5" aria-live="polite">
      {findings.map((finding) => (
        <li
          key={`${finding.rule} ${finding.path} ${finding.platform}`}
          className={`rounded-lg px-3 py-2 text-sm ${finding.isWarning ? "bg-warn-tint text-warn" : "bg-bad-tint text-bad"}`}
        >
          <One finding={finding} />
        </li>
      ))}
    </ul>
  );
}

function One({ finding }: { finding: Finding }) {
  const { change, show } = useComposer();
  const draft = useContext(DraftContext);
  const fixesIn = useFixes(finding);
  const nameOf = useFixNames();
  const { message, platform, rule, actual } = finding;
  // Of a setting that is missing, its field says what it is.
  const fix = actual === null && rule.startsWith(`${platform}.settings.`) ? "" : finding.fix;
  const fixes = draft === null ? [] : fixesIn(draft);
  const apply = ({ name }: Fix) => {
    change(
      (before) =>
        fixesIn(before)
          .find((each) => each.name === name)
          ?.apply(before) ?? before,
    );
    if (OPENS.has(name) && platform !== null) show(platform);
  };
  return (
    <>
      <SaidIssue message={message} fix={fix} />
      {fixes.length > 0 && (
        <div className="mt-1.5 flex flex-wrap gap-2">
          {fixes.map((each) => (
            <Button
              key={each.name}
              className="min-h-8! px-2.5! text-start whitespace-normal!"
              onClick={() => apply(each)}
            >
              {nameOf(each)}
            </Button>
          ))}
        </div>
      )}
    </>
  );
}

/** What they change is in the platform's tab. */
const OPENS: ReadonlySet<Fix["name"]> = new Set(["cut", "ownText", "ownMedia", "keepFirst"]);

function useFixes(finding: Finding): (draft: Draft) => Fix[] {
  const { cutTo } = useComposer();
  const counts = useContext(CountsContext);
  const { platform, path } = finding;
  const counting = counts.find((count) => count.platform === platform && count.path === path)?.counting;
  return (draft) => fixesOf(finding, draft, cutTo, counting);
}

function useFixNames(): (fix: Fix) => string {
  const { t } = useLingui();
  return (fix) => {
    switch (fix.name) {
      case "cut":
        return t`Cut it for ${labelOf(fix.platform)}`;
      case "cutAltText":
        return t`Cut the alt text`;
      case "ownText":
        return t`Write another text for ${labelOf(fix.platform)}`;
      case "ownMedia":
        return t`Choose other media for ${labelOf(fix.platform)}`;
      case "removePlatform":
        return t`Leave out ${labelOf(fix.platform)}`;
      case "keepFirst":
        return t`Keep the first ${fix.count}`;
      case "useTime":
        return t`Use ${fix.local.slice(11)}`;
      case "noTime":
        return t`Do not schedule it`;
      case "noLink":
        return t`Remove the link`;
      case "clear":
        return t`Remove it`;
    }
  };
}
