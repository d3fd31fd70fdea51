import { Trans } from "@lingui/react/macro";

import { AmpostError } from "../../client/errors.ts";
import { isUnreachable } from "../api/ask.ts";
import { may, queryIn } from "../shell/workspace.ts";
import { Said } from "../words/use-words.tsx";
import { Button, buttonClass } from "./controls.tsx";
import { Notice } from "./surfaces.tsx";

/** Where the owner of the workspace sees what was sent. What the dashboard only reads is not recorded. */
export function requestHref(error: Error): string | undefined {
  if (!(error instanceof AmpostError) || error.requestId === null || !may("requests_get")) return undefined;
  const mode = new URLSearchParams(location.search).get("mode") ?? "test";
  return `/developers/requests/${error.requestId}?${queryIn(mode)}`;
}

/** Of issues: a stolen cookie alone may not do this. */
const NEED_RECENT_SIGN_IN: ReadonlySet<string> = new Set(["auth.session_not_fresh", "me.session"]);

/** The page to sign in on, which leads back here. */
function signInAgain(): string {
  const returnTo = `${location.pathname}${location.search}`;
  return `/sign-in?${new URLSearchParams({ notice: "again", returnTo }).toString()}`;
}

/** Says why something could not be read, and offers to try again; or, without that, why it could not be changed. */
export function Failure({ error, onRetry }: { error: AmpostError; onRetry?: () => void }) {
  const href = onRetry === undefined ? requestHref(error) : undefined;
  return (
    <Notice tone="bad">
      <p className="font-semibold">
        {isUnreachable(error) ? (
          <Trans>Ampost cannot be reached. Check your connection.</Trans>
        ) : (
          <Said text={error.message} />
        )}
      </p>
      {error.issues.slice(0, 3).map(({ rule, path, fix }) => (
        <p key={`${rule} ${path}`}>
          <Said text={fix} />
        </p>
      ))}
      {error.issues.some(({ rule }) => NEED_RECENT_SIGN_IN.has(rule)) && (
        <a href={signInAgain()} className={buttonClass("plain", "mt-2")}>
          <Trans>Sign in again</Trans>
        </a>
      )}
      {onRetry !== undefined && (
        <Button className="mt-2" onClick={onRetry}>
          <Trans>Try again</Trans>
        </Button>
      )}
      {error.requestId !== null && (
        <p className="mt-1 text-xs">
          {href === undefined ? (
            <Trans>Request {error.requestId}</Trans>
          ) : (
            <a href={href} className="text-link underline underline-offset-2">
              <Trans>Request {error.requestId}</Trans>
            </a>
          )}
        </p>
      )}
    </Notice>
  );
}
