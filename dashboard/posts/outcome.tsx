import { Trans, useLingui } from "@lingui/react/macro";

import type { PlatformPost } from "../../contract/operations/posts.ts";
import { Notice, type Tone } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useWords } from "../words/use-words.tsx";
import { Unknown } from "./unknown.tsx";
import type { FollowedPost } from "./use-post.ts";

interface OutcomeProps {
  followed: FollowedPost;
  platformPost: PlatformPost;
  account: string | undefined;
}

/** What is going on with the post on a platform, in plain words. */
export function Outcome({ followed, platformPost, account }: OutcomeProps) {
  const { status, publishedAt } = platformPost;
  switch (status) {
    case "pending":
      return <Pending followed={followed} />;
    case "queued":
      return (
        <p className="text-sm">
          <Trans>Publishing starts in a moment.</Trans>
        </p>
      );
    case "posting":
      return <Posting platformPost={platformPost} />;
    case "published":
      return (
        publishedAt !== null && (
          <p className="text-sm">
            <Trans>
              Live since <Time at={publishedAt} withZone />.
            </Trans>
          </p>
        )
      );
    case "failed":
      return <Reason platformPost={platformPost} tone="bad" />;
    case "unknown":
      return <Unknown followed={followed} platformPost={platformPost} account={account} />;
    case "discarded":
      return platformPost.error === null ? (
        <p className="text-sm">
          <Trans>Cancelled before it was published.</Trans>
        </p>
      ) : (
        <Reason platformPost={platformPost} tone="neutral" />
      );
  }
}

function Pending({ followed: { post } }: { followed: FollowedPost }) {
  return (
    <p className="text-sm">
      {post.scheduledFor === null || post.status === "draft" ? (
        <Trans>Not scheduled.</Trans>
      ) : (
        <Trans>
          Goes out on <Time at={post.scheduledFor} withZone />.
        </Trans>
      )}
    </p>
  );
}

function Posting({ platformPost }: { platformPost: PlatformPost }) {
  const { error, nextAttemptAt } = platformPost;
  const say = useWords();
  if (error === null)
    return (
      <p className="text-sm">
        <Trans>Being published now.</Trans>
      </p>
    );
  return (
    <Notice tone="warn">
      <p>{say(error.message)}</p>
      {nextAttemptAt !== null && (
        <p>
          {error.code === "OUTCOME_UNKNOWN" ? (
            <Trans>
              Ampost checks the account again on <Time at={nextAttemptAt} withZone />. Do not post it again yourself.
            </Trans>
          ) : (
            <Trans>
              Ampost tries again on <Time at={nextAttemptAt} withZone />.
            </Trans>
          )}
        </p>
      )}
    </Notice>
  );
}

function Reason({ platformPost: { error, attemptCount }, tone }: { platformPost: PlatformPost; tone: Tone }) {
  const { t } = useLingui();
  const say = useWords();
  if (error === null) return null;
  return (
    <Notice tone={tone}>
      <p className="font-semibold">{say(error.message)}</p>
      <p>{say(error.action)}</p>
      {attemptCount > 1 && <p>{t`Tried ${attemptCount} times.`}</p>}
      <p>
        <a href={error.docs} className="text-link underline">
          {t`About ${error.code}`}
        </a>
      </p>
    </Notice>
  );
}
