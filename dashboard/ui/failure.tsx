import { Trans } from "@lingui/react/macro";

import type { AmpostError } from "../../client/errors.ts";
import { Said } from "../words/use-words.tsx";
import { Button } from "./controls.tsx";
import { Notice } from "./surfaces.tsx";

/** Says why something could not be read, and offers to try again. */
export function Failure({ error, onRetry }: { error: AmpostError; onRetry?: () => void }) {
  const isOffline = error.code === "CONNECTION_FAILED" || error.code === "TIMED_OUT";
  return (
    <Notice tone="bad">
      <p className="font-semibold">
        {isOffline ? <Trans>Ampost cannot be reached. Check your connection.</Trans> : <Said text={error.message} />}
      </p>
      {error.issues.slice(0, 3).map(({ rule, path, fix }) => (
        <p key={`${rule} ${path}`}>
          <Said text={fix} />
        </p>
      ))}
      {onRetry !== undefined && (
        <Button className="mt-2" onClick={onRetry}>
          <Trans>Try again</Trans>
        </Button>
      )}
      {error.requestId !== null && (
        <p className="mt-1 text-xs">
          <Trans>Request {error.requestId}</Trans>
        </p>
      )}
    </Notice>
  );
}
