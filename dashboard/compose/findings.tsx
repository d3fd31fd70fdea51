import { useLingui } from "@lingui/react/macro";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { memo, type ReactNode, useContext, useEffect, useId, useMemo, useState } from "react";

import type { AmpostError } from "../../client/errors.ts";
import { postsValidate } from "../../contract/operations/posts.ts";
import { type Answer, ask } from "../api/ask.ts";
import { useMode } from "../shell/mode.ts";
import { labelOf } from "../start.ts";
import { Button, FieldContext } from "../ui/controls.tsx";
import { SaidIssue } from "../words/use-words.tsx";
import { CountsContext, DraftContext, FindingsContext, useComposer } from "./context.ts";
import { contentOf, type Draft, isUploading, timeOf } from "./draft.ts";
import { type Finding, type Fix, fixesOf, isAt, isMendedByFiles } from "./issues.ts";

const PAUSE_MILLISECONDS = 400;

/** What the server said of a draft, or only of what had arrived of it. */
type Validated = Answer<typeof postsValidate> & { isWhole: boolean };

/** What the server says of the draft, a moment after the last change. What files on their way may mend is not said. */
export function useValidation(draft: Draft) {
  const mode = useMode();
  const { platforms, platformSetId, when } = draft;
  const body = JSON.stringify({ content: contentOf(draft), platforms, platformSetId, ...timeOf(when) });
  const isWhole = !isUploading(draft);
  const [asked, setAsked] = useState({ body, isWhole });
  useEffect(() => {
    const timer = setTimeout(() => setAsked({ body, isWhole }), PAUSE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [body, isWhole]);
  const { data, error, isPlaceholderData, refetch } = useQuery<Validated, AmpostError>({
    queryKey: ["composer", "validation", mode, asked],
    queryFn: async ({ signal }) => ({
      ...(await ask(postsValidate, mode, { body: Object(JSON.parse(asked.body)), signal })),
      isWhole: asked.isWhole,
    }),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    gcTime: 60_000,
    enabled: platforms.length > 0,
  });
  const answer = useMemo(
    () =>
      data === undefined || (data.isWhole && isWhole)
        ? data
        : { ...data, issues: data.issues.filter((issue) => !isMendedByFiles(issue)) },
    [data, isWhole],
  );
  return {
    answer: platforms.length > 0 ? answer : undefined,
    error,
    isCurrent: asked.body === body && asked.isWhole === isWhole && !isPlaceholderData,
    /** Whether nothing is wrong any more: a limit may have room again. */
    isMended: async () => (await refetch()).data?.issues.length === 0,
  };
}

interface Place {
  /** A JSON Pointer into the request. */
  at: string;
  /** With what is below it. */
  isDeep?: boolean;
  /** But not what is here, which is shown elsewhere. */
  except?: string;
}

/** The issues of one field, each with what to do. */
export const FieldIssues = memo(function FieldIssues(place: Place) {
  return <Issues findings={useFindings(place)} />;
});

/** The issues of one field below it. The field says so to those who do not see it. */
export function WithIssues({ children, ...place }: Place & { children: ReactNode }) {
  const id = useId();
  const findings = useFindings(place);
  const describedBy = findings.length > 0 ? id : undefined;
  const isInvalid = findings.some(({ isWarning }) => !isWarning);
  return (
    <>
      <FieldContext value={useMemo(() => ({ describedBy, isInvalid }), [describedBy, isInvalid])}>
        {children}
      </FieldContext>
      <Issues id={id} findings={findings} />
    </>
  );
}

function useFindings({ at, isDeep = false, except }: Place): Finding[] {
  return useContext(FindingsContext).filter(
    (finding) => isAt(finding, at, isDeep) && (except === undefined || !isAt(finding, except, true)),
  );
}

export function Issues({ id, findings }: { id?: string; findings: readonly Finding[] }) {
  if (findings.length === 0) return null;
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
