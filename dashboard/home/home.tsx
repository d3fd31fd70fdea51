import { useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";

import { postsList } from "../../contract/operations/posts.ts";
import { useRead } from "../api/use-api.ts";
import { start } from "../start.ts";
import { Failure } from "../ui/failure.tsx";
import { Card, Loading, View } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";

/** What goes out next. */
export function Home() {
  const { t } = useLingui();
  const { data, error, refetch } = useRead(postsList, {
    query: { status: "scheduled", scheduledFrom: "2000-01-01T00:00:00Z", limit: 5 },
  });
  const { name } = start.user;
  return (
    <View title={name === "" ? t`Home` : t`Hello, ${name}`}>
      <Card title={t`Next`}>
        {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
        {data === undefined && error === null && <Loading rows={2} />}
        {data?.posts.length === 0 && <p className="text-sm text-dim">{t`Nothing is scheduled.`}</p>}
        <ul className="divide-y">
          {data?.posts.map(({ id, textPreview, scheduledFor }) => (
            <li key={id} className="py-2">
              <Link
                to="/posts/$id"
                params={{ id }}
                className="flex justify-between gap-3 text-ink no-underline hover:underline"
              >
                <span className="truncate">{textPreview}</span>
                <span className="shrink-0 text-sm text-dim">{scheduledFor !== null && <Time at={scheduledFor} />}</span>
              </Link>
            </li>
          ))}
        </ul>
      </Card>
    </View>
  );
}
