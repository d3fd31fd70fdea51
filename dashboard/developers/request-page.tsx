import { Trans, useLingui } from "@lingui/react/macro";
import { Link, useParams } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";

import { type ApiRequestDetails, requestsGet } from "../../contract/operations/requests.ts";
import { useRead } from "../api/use-api.ts";
import { buttonClass, OutLink } from "../ui/controls.tsx";
import { Copyable } from "../ui/copy.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card, Empty, Loading, Notice } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { Developers } from "./developers.tsx";
import { StatusTag, useActor } from "./requests.tsx";

const LOOK_MILLISECONDS = 1_000;

/** A request by its ID: what was sent, and why it failed. */
export function RequestPage() {
  const { t } = useLingui();
  const { id } = useParams({ from: "/developers/requests/$id" });
  const [isFound, setIsFound] = useState(false);
  // It is written a moment after its response, from which one may come here.
  const { data, error, refetch } = useRead(
    requestsGet,
    { params: { id } },
    { enabled: !isFound, everyMilliseconds: LOOK_MILLISECONDS },
  );
  if (data !== undefined && !isFound) setIsFound(true);
  return (
    <Developers>
      {data === undefined && error === null && <Loading />}
      {data === undefined && error !== null && (error.status === 404 || error.status === 400) && (
        <Empty
          title={t`Request not found`}
          action={
            <Link to="/developers/requests" className={buttonClass("main")}>
              {t`All requests`}
            </Link>
          }
        >
          <Trans>
            It is not recorded, no longer kept, or belongs to the other mode. What the dashboard only reads is not
            recorded.
          </Trans>
        </Empty>
      )}
      {data === undefined && error !== null && error.status !== 404 && error.status !== 400 && (
        <Failure error={error} onRetry={() => void refetch()} />
      )}
      {data !== undefined && <OneRequest request={data.request} />}
    </Developers>
  );
}

function OneRequest({ request }: { request: ApiRequestDetails }) {
  const { t } = useLingui();
  const actor = useActor();
  const { id, method, route, target, status, error, issues, operation, createdAt, network } = request;
  const milliseconds = request.durationMilliseconds;
  const facts: [string, ReactNode][] = [
    [t`Request ID`, <code key="id">{id}</code>],
    [t`Time`, <Time key="time" at={createdAt} withZone />],
    [t`Duration`, t`${milliseconds} ms`],
    [t`By`, actor(request)],
    [t`Network`, network ?? "–"],
    [t`Operation`, <Operation key="operation" name={operation} target={target} route={route} />],
    // By its name in HTTP.
    ...(request.hasIdempotencyKey ? [["Idempotency-Key", "✓"] satisfies [string, ReactNode]] : []),
  ];
  return (
    <>
      <Card
        title={
          <code className="break-all">
            {method} {route}
          </code>
        }
        actions={<StatusTag status={status} />}
      >
        {error !== null && (
          <div className="mb-4">
            <Notice tone="bad">
              {/* As it was sent. */}
              <p className="font-semibold" lang="en" dir="auto">
                {error.message}
              </p>
              <ul lang="en">
                {issues.map(({ rule, path, message, fix }) => (
                  <li key={`${rule} ${path} ${message}`} className="mt-1" dir="auto">
                    {path !== "" && <code>{path}</code>} {message === error.message ? null : `${message}.`} {fix}{" "}
                    <code className="text-xs">{rule}</code>
                  </li>
                ))}
              </ul>
              <p className="mt-1">
                <OutLink href={`/docs/errors/${error.code}`}>{error.code}</OutLink>
              </p>
            </Notice>
          </div>
        )}
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
          {facts.map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-dim">{name}</dt>
              <dd className="min-w-0 break-words" dir="auto">
                {value}
              </dd>
            </div>
          ))}
        </dl>
      </Card>
      <Card title={t`What was sent`}>
        <div className="space-y-3 text-sm">
          {request.query !== null && <Copyable label={t`Query`} text={JSON.stringify(request.query, null, 2)} />}
          {request.body !== null && <Copyable label={t`Body`} text={JSON.stringify(request.body, null, 2)} />}
          <p className="text-dim">
            <Trans>Secrets and unknown fields are removed, and long texts are cut.</Trans>
          </p>
        </div>
      </Card>
      <Link to="/developers/requests" search={({ mode }) => ({ mode, route })} className={buttonClass()}>
        {t`Requests to the same endpoint`}
      </Link>
    </>
  );
}

/** Posts have a page. */
function Operation({ name, target, route }: { name: string; target: string | null; route: string }) {
  return (
    <>
      <code>{name}</code>{" "}
      {target !== null && route.startsWith("/api/v1/posts/:id") ? (
        <Link to="/posts/$id" params={{ id: target }} className="text-link underline underline-offset-2">
          <code>{target}</code>
        </Link>
      ) : (
        <code>{target}</code>
      )}
    </>
  );
}
