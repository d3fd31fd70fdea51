import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { type Account, accountsGet } from "../../contract/operations/accounts.ts";
import { accountsGetPostingTimes } from "../../contract/operations/posting-times.ts";
import type { Answer } from "../api/ask.ts";
import { labelOfName } from "../api/in-words.ts";
import { useRead } from "../api/use-api.ts";
import { labelOf } from "../start.ts";
import { OutLink } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Skeleton } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { useWords } from "../words/use-words.tsx";
import { endOf, isLost, useHealth } from "./health.ts";

/** How long access lasts, what was granted, what is left of the platform's limits, and how to renew it. */
export function AccountDetails({ account }: { account: Account }) {
  const { t } = useLingui();
  const { data, error, refetch } = useRead(accountsGet, { params: { id: account.id } });
  return (
    <dl className="mt-2 space-y-4 rounded-xl bg-page p-4">
      <Entry name={t`Access`}>
        <Access account={account} />
      </Entry>
      <Entry name={t`Posting times`}>
        <PostingTimesOfAccount id={account.id} />
      </Entry>
      <Entry name={t`Limits`}>
        {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
        {data === undefined && error === null && <Skeleton className="h-5 w-48" />}
        {data !== undefined && <Limits limits={data.account.limits} />}
      </Entry>
      <Entry name={t`Permissions`}>
        <Permissions account={account} />
      </Entry>
      <Entry name={t`Refresh or reconnect?`}>
        <Trans>
          Refresh renews access and reads the name and picture again, without a sign-in. Reconnect signs in on{" "}
          {labelOf(account.platform)} again: after access has ended, or to grant another permission. The account, its
          posts and its ID stay.
        </Trans>
      </Entry>
    </dl>
  );
}

function Entry({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="font-semibold">{name}</dt>
      <dd className="mt-0.5 space-y-1">{children}</dd>
    </div>
  );
}

function Access({ account }: { account: Account }) {
  const { cure } = useHealth()[account.tokenHealth];
  const end = endOf(account);
  return (
    <>
      <p>
        {isLost(account) ? (
          <Trans>Access has ended. {cure}</Trans>
        ) : end === null ? (
          <Trans>Renews by itself. There is nothing to do.</Trans>
        ) : (
          <End at={end} />
        )}
      </p>
      <p className="text-dim">
        <Trans>
          Connected on <Time at={account.connectedAt} />. ID on {labelOf(account.platform)}:{" "}
          <code>{account.platformAccountId}</code>
        </Trans>
      </p>
      <Profile account={account} />
    </>
  );
}

/** A link to the account on its platform. In test mode, nothing is there. */
function Profile({ account: { platform, username, platformAccountId: accountId, mode } }: { account: Account }) {
  const { t } = useLingui();
  const { data } = useQuery({
    queryKey: ["profile-url", platform, username, accountId],
    // As for the permissions below.
    queryFn: async () => {
      const [{ catalog }, { profileUrlOf }] = await Promise.all([
        import("../../platforms/catalog.ts"),
        import("../../platforms/profile-url.ts"),
      ]);
      return profileUrlOf(catalog[platform], { username, accountId });
    },
    enabled: mode === "live",
  });
  if (typeof data !== "string") return null;
  return (
    <p>
      <OutLink href={data}>{t`Profile on ${labelOf(platform)}`}</OutLink>
    </p>
  );
}

const DAY_MILLISECONDS = 86_400_000;

function End({ at }: { at: string }) {
  const { i18n } = useLingui();
  const days = Math.round((Date.parse(at) - Date.now()) / DAY_MILLISECONDS);
  const inWords = new Intl.RelativeTimeFormat(i18n.locale, { numeric: "auto" }).format(days, "day");
  return days < 0 ? (
    <Trans>
      Ended {inWords}, on <Time at={at} />.
    </Trans>
  ) : (
    <Trans>
      Ends {inWords}, on <Time at={at} />, unless the account is reconnected before.
    </Trans>
  );
}

/** What is left of each limit, with a bar of what is used. */
function Limits({ limits }: { limits: Answer<typeof accountsGet>["account"]["limits"] }) {
  const { t, i18n } = useLingui();
  const say = useWords();
  if (limits.length === 0) return <p>{t`No limits are known.`}</p>;
  const windowOf = (seconds: number | null) =>
    seconds === null ? t`this month` : seconds === 86_400 ? t`in 24 hours` : t`in ${Math.round(seconds / 3600)} hours`;
  return (
    <ul className="space-y-2">
      {limits.map(({ name, per, windowSeconds, limit, used, remaining, resetsAt }) => (
        <li key={`${name} ${per} ${windowSeconds}`}>
          <p>
            {remaining === null || limit === null ? (
              <Trans>
                {say(labelOfName(name))}: {i18n.number(used)} used {windowOf(windowSeconds)}
              </Trans>
            ) : (
              <Trans>
                {say(labelOfName(name))}: {i18n.number(remaining)} of {i18n.number(limit)} left{" "}
                {windowOf(windowSeconds)}
              </Trans>
            )}
            {per === "app" && <span className="text-dim"> · {t`for all accounts of the app`}</span>}
            {resetsAt !== null && (
              <span className="text-dim">
                {" "}
                ·{" "}
                <Trans>
                  more from <Time at={resetsAt} />
                </Trans>
              </span>
            )}
          </p>
          {limit !== null && limit > 0 && (
            <meter
              aria-label={t`${say(labelOfName(name))} used`}
              min={0}
              max={limit}
              value={Math.min(used, limit)}
              className="h-2 w-full max-w-xs"
            />
          )}
        </li>
      ))}
    </ul>
  );
}

function Permissions({ account }: { account: Account }) {
  const { t } = useLingui();
  const say = useWords();
  const { platform, scopes } = account;
  const missing = useQuery({
    queryKey: ["missing-scopes", platform, scopes],
    // The rules of all platforms are large, and only such details need them.
    queryFn: async () => {
      const [{ catalog }, { missingScopes }] = await Promise.all([
        import("../../platforms/catalog.ts"),
        import("../../platforms/kit/scopes.ts"),
      ]);
      return missingScopes(catalog[platform].scopes, scopes).map(({ name, without, onRequest }) => ({
        name,
        without,
        onRequest,
      }));
    },
  });
  return (
    <>
      {scopes.length === 0 && <p>{t`${labelOf(platform)} does not say what was granted.`}</p>}
      <ul className="flex flex-wrap gap-1.5">
        {scopes.map((scope) => (
          <li key={scope}>
            <code className="rounded bg-tint px-1.5 py-0.5 text-xs">{scope}</code>
          </li>
        ))}
      </ul>
      {missing.data
        ?.filter(({ without, onRequest }) => without !== undefined && onRequest !== true)
        .map(({ name, without }) => (
          <p key={name} className="text-dim">
            <Trans>
              Not granted: <code>{name}</code>. {say(without ?? "")}
            </Trans>
          </p>
        ))}
    </>
  );
}

/** Whose posting times an account has, and the next one. */
function PostingTimesOfAccount({ id }: { id: string }) {
  const { t } = useLingui();
  const { data } = useRead(accountsGetPostingTimes, { params: { id } });
  if (data === undefined) return null;
  const { isOwn, nextFreeAt } = data.postingTimes;
  return (
    <p>
      {isOwn ? t`Own times` : t`Follows the set`}
      {nextFreeAt !== null && (
        <span className="text-dim">
          {" "}
          ·{" "}
          <Trans>
            Next free: <Time at={nextFreeAt} withZone />.
          </Trans>
        </span>
      )}
    </p>
  );
}
