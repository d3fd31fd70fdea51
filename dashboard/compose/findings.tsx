import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { memo, type ReactNode, Suspense, useContext, useEffect, useId, useMemo, useState } from "react";

import type { AmpostError } from "../../client/errors.ts";
import { postsValidate } from "../../contract/operations/posts.ts";
import { type Answer, ask } from "../api/ask.ts";
import { useMode } from "../shell/mode.ts";
import { FieldContext } from "../ui/controls.tsx";
import { later } from "../ui/later.ts";
import { FindingsContext } from "./context.ts";
import { contentOf, type Draft, isUploading, timeOf } from "./draft.ts";
import type { IssueListProps } from "./issue-list.tsx";
import { type Finding, isAt, isMendedByFiles } from "./issues.ts";

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

/** Large, with what can be done about each issue, so it comes with the first one. */
const IssueList = later(async () => (await import("./issue-list.tsx")).IssueList);

export function Issues(props: IssueListProps) {
  return props.findings.length === 0 ? null : (
    <Suspense>
      <IssueList {...props} />
    </Suspense>
  );
}
