import { Trans, useLingui } from "@lingui/react/macro";

import { type Pause, publishingPause, publishingResume } from "../../contract/operations/publishing.ts";
import { useAsk, useWrite } from "../api/use-api.ts";
import { may } from "../shell/workspace.ts";
import { Button } from "../ui/controls.tsx";
import { Notice } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useToasts } from "../ui/toasts.tsx";

/** What is paused: everything in the mode, one of its platform sets, or an account. */
export interface PauseTarget {
  platformSetId?: string;
  accountId?: string;
}

const PUBLISHING = ["/api/v1/publishing"];

/** Pauses and resumes publishing for a target. What the operator paused, only the operator can resume. */
export function usePause(pauses: readonly Pause[], target: PauseTarget) {
  const { t } = useLingui();
  const toasts = useToasts();
  const pause = useWrite(publishingPause, PUBLISHING);
  const resume = useWrite(publishingResume, PUBLISHING);
  const resumeAgain = useAsk(publishingResume, PUBLISHING);
  const failed = { onError: toasts.sayFailure };
  const undo = () => void resumeAgain({ body: target }).catch(toasts.sayFailure);
  const own = pausesOf(pauses, target);
  return {
    isPaused: own.some(({ byOperator }) => !byOperator),
    isBusy: pause.isPending || resume.isPending,
    pause: () =>
      pause.mutate({ body: target }, { ...failed, onSuccess: () => toasts.say(t`Publishing has been paused.`, undo) }),
    resume: () => resume.mutate({ body: target }, failed),
  };
}

/** Says that a target is paused, since when, and offers to resume. */
export function PauseNotice({ pauses, target }: { pauses: readonly Pause[]; target: PauseTarget }) {
  const { t } = useLingui();
  const { isPaused, isBusy, resume } = usePause(pauses, target);
  const own = pausesOf(pauses, target);
  if (own.length === 0) return null;
  return (
    <Notice tone="warn">
      {own.map(({ since, byOperator }) => (
        <p key={since}>
          {byOperator ? (
            <Trans>
              The operator has paused publishing since <Time at={since} />.
            </Trans>
          ) : (
            <Trans>
              Publishing has been paused since <Time at={since} />.
            </Trans>
          )}
        </p>
      ))}
      {isPaused && may("publishing_resume") && (
        <Button className="mt-2" isBusy={isBusy} onClick={resume}>
          {t`Resume publishing`}
        </Button>
      )}
    </Notice>
  );
}

function pausesOf(pauses: readonly Pause[], { platformSetId = null, accountId = null }: NullableTarget): Pause[] {
  return pauses.filter(
    (pause) =>
      pause.platformSetId === platformSetId &&
      pause.accountId === accountId &&
      (pause.scope !== "instance" || pause.byOperator),
  );
}

interface NullableTarget {
  platformSetId?: string | null;
  accountId?: string | null;
}
