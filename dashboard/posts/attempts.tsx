import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";

import { type PostAttempt, postsAttempts } from "../../contract/operations/post-attempts.ts";
import type { Post } from "../../contract/operations/posts.ts";
import { useRead } from "../api/use-api.ts";
import { Failure } from "../ui/failure.tsx";
import { Skeleton, Tag, type Tone } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useWords } from "../words/use-words.tsx";

/** Everything that was done to publish the post on a platform, read when somebody wants to see it. */
export function Attempts({ post, platformPostId, etag }: { post: Post; platformPostId: string; etag: string | null }) {
  const { t } = useLingui();
  const [isOpen, setIsOpen] = useState(false);
  const { data, error, refetch } = useRead(postsAttempts, { params: { id: post.id } }, { enabled: isOpen });
  useEffect(() => {
    if (isOpen) void refetch();
  }, [etag, isOpen, refetch]);
  const attempts = data?.attempts.filter((each) => each.platformPostId === platformPostId);
  return (
    <details className="border-t pt-3 text-sm" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary className="font-semibold">{t`Everything Ampost did`}</summary>
      <div className="mt-3">
        {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
        {isOpen && attempts === undefined && error === null && <Skeleton className="h-16" />}
        {attempts?.length === 0 && (
          <p className="text-dim">
            <Trans>Nothing yet.</Trans>
          </p>
        )}
        <ol className="space-y-3">
          {attempts?.map((attempt) => (
            <Attempt key={attempt.id} attempt={attempt} />
          ))}
        </ol>
      </div>
    </details>
  );
}

const TONES: Record<PostAttempt["verdict"], Tone> = { done: "good", failed: "bad", unknown: "warn", open: "neutral" };

function Attempt({ attempt }: { attempt: PostAttempt }) {
  const { t } = useLingui();
  const say = useWords();
  const { step, effect, verdict, reason, startedAt, requests, readBacks, readBackRequests, repeatOf } = attempt;
  const names: Record<PostAttempt["verdict"], string> = {
    done: t`Done`,
    failed: t`Failed`,
    unknown: t`Outcome unknown`,
    open: t`Being checked`,
  };
  const number = attempt.attempt;
  return (
    <li className="border-s-2 ps-3">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="font-medium">{step}</span>
        {effect === "visible" && <Tag>{t`Publishes`}</Tag>}
        <Tag tone={TONES[verdict]}>{names[verdict]}</Tag>
        <span className="text-dim">
          <Time at={startedAt} /> · {number === 0 ? t`Prepared ahead` : t`Attempt ${number}`}
        </span>
      </p>
      {repeatOf !== null && (
        <p>{t`The identical request, sent once more to find out whether the first had arrived.`}</p>
      )}
      {reason !== null && <p>{say(reason)}</p>}
      <Calls calls={requests} />
      {readBacks > 0 && (
        <>
          <p className="mt-1">{t`Checked ${plural(readBacks, { one: "# time", other: "# times" })}. The latest check:`}</p>
          <Calls calls={readBackRequests} />
        </>
      )}
    </li>
  );
}

function Calls({ calls }: { calls: PostAttempt["requests"] }) {
  const { t } = useLingui();
  return calls.map((call) => {
    const milliseconds = Math.round(call.durationMilliseconds);
    return (
      <details key={`${call.startedAt} ${call.url}`} className="mt-1">
        <summary className="font-mono text-xs">
          {call.method} {call.url} · {call.status ?? call.failure} · {t`${milliseconds} ms`}
        </summary>
        <div className="mt-1 space-y-2 rounded-lg bg-tint p-3 text-xs">
          <Excerpt name={t`Request`} text={call.request} />
          <Excerpt name={t`Response`} text={call.answer} />
          {!call.reached && <p>{t`The request never reached the platform.`}</p>}
        </div>
      </details>
    );
  });
}

function Excerpt({ name, text }: { name: string; text: string | null }) {
  return (
    text !== null &&
    text !== "" && (
      <div>
        <p className="font-semibold">{name}</p>
        <pre className="max-h-60 overflow-auto whitespace-pre-wrap" tabIndex={0} aria-label={name} role="region">
          {text}
        </pre>
      </div>
    )
  );
}
