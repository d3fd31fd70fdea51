import { Trans, useLingui } from "@lingui/react/macro";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { keysList } from "../../contract/operations/api-keys.ts";
import { type ApiRequest, requestsList } from "../../contract/operations/requests.ts";
import { typedId } from "../api/typed-id.ts";
import { useRead } from "../api/use-api.ts";
import { useMode } from "../shell/mode.ts";
import { start } from "../start.ts";
import { Button, buttonClass, DayField, Select, TextField } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Card, Empty, Loading, Tag } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { Developers } from "./developers.tsx";
import { METHODS, type RequestFilter, routeIn, STATUSES, toRequestsQuery } from "./request-filter.ts";

const PAGE = 50;
const FRESH_MILLISECONDS = 5_000;

/** What programs and people asked of the API in this mode, and how it answered. */
export function Requests() {
  const { t } = useLingui();
  const { result, method, route, key, from, to, cursor } = useSearch({ from: "/developers/requests" });
  const filter: RequestFilter = { result, method, route, key, from, to };
  const query = toRequestsQuery({ ...filter, cursor }, start.user.timeZone);
  const { data, error, refetch } = useRead(
    requestsList,
    { query: { ...query, limit: PAGE } },
    { keepsPrevious: true, ...(cursor === undefined && { everyMilliseconds: FRESH_MILLISECONDS }) },
  );
  const isFiltered = Object.values(filter).some((each) => each !== undefined);
  return (
    <Developers>
      <p className="text-sm text-dim">
        <Trans>Requests with keys and over MCP, and what was changed in the dashboard, without secrets.</Trans>
      </p>
      <Filters filter={filter} />
      <ById />
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data?.requests.length === 0 && (
        <Empty title={isFiltered ? t`No entries match` : t`No requests yet`}>
          {isFiltered ? t`Change or clear the filters.` : t`A request appears here a second after its response.`}
        </Empty>
      )}
      {data !== undefined && data.requests.length > 0 && (
        <Card title={t`Requests`}>
          <ul className="-mx-4 divide-y sm:-mx-5">
            {data.requests.map((request) => (
              <RequestRow key={request.id} request={request} />
            ))}
          </ul>
        </Card>
      )}
      <nav aria-label={t`Pages`} className="flex flex-wrap gap-2 empty:hidden">
        {cursor !== undefined && (
          <Link to="/developers/requests" search={({ mode }) => ({ mode, ...filter })} className={buttonClass()}>
            {t`Newest`}
          </Link>
        )}
        {typeof data?.nextCursor === "string" && (
          <Link
            to="/developers/requests"
            search={({ mode }) => ({ mode, ...filter, cursor: data.nextCursor ?? undefined })}
            className={buttonClass()}
          >
            {t`Older`}
          </Link>
        )}
      </nav>
    </Developers>
  );
}

function Filters({ filter }: { filter: RequestFilter }) {
  const { t } = useLingui();
  const mode = useMode();
  const navigate = useNavigate();
  const keys = (useRead(keysList).data?.keys ?? []).filter((key) => key.mode === mode);
  const set = (change: RequestFilter) =>
    void navigate({
      to: "/developers/requests",
      search: ({ mode: now }) => ({ mode: now, ...filter, ...change }),
      replace: true,
    });
  const all = { value: "", name: t`All` };
  const isFiltered = Object.values(filter).some((each) => each !== undefined);
  return (
    <form
      role="search"
      aria-label={t`Requests`}
      className="grid grid-cols-2 gap-3 md:grid-cols-3"
      onSubmit={(event) => {
        event.preventDefault();
        const route = new FormData(event.currentTarget).get("route");
        set({ route: typeof route === "string" ? routeIn(route.trim()) : undefined });
      }}
    >
      <Select
        label={t`Status`}
        value={filter.result ?? ""}
        onChange={({ target }) => set({ result: STATUSES.find((each) => each === target.value) })}
        options={[all, ...STATUSES.map((each) => ({ value: each, name: each === "failed" ? t`Failed` : each }))]}
      />
      <Select
        label={t`Method`}
        value={filter.method ?? ""}
        onChange={({ target }) => set({ method: METHODS.find((each) => each === target.value) })}
        options={[all, ...METHODS.map((each) => ({ value: each, name: each }))]}
      />
      <Select
        label={t`Key`}
        value={filter.key ?? ""}
        onChange={({ target: { value } }) => set({ key: value === "" ? undefined : value })}
        options={[all, ...keys.map(({ id, name }) => ({ value: id, name }))]}
      />
      <TextField
        key={filter.route ?? ""}
        label={t`Endpoint`}
        name="route"
        placeholder="/api/v1/posts/:id"
        defaultValue={filter.route ?? ""}
        maxLength={200}
        dir="ltr"
        onBlur={({ target: { value, form } }) => {
          if (value !== (filter.route ?? "")) form?.requestSubmit();
        }}
      />
      <DayField label={t`From`} day={filter.from} onDay={(from) => set({ from })} />
      <DayField label={t`Until`} day={filter.to} onDay={(to) => set({ to })} />
      {isFiltered && (
        <Button
          className="col-span-2 justify-self-start"
          onClick={() => void navigate({ to: "/developers/requests", search: ({ mode: now }) => ({ mode: now }) })}
        >
          {t`Clear filters`}
        </Button>
      )}
    </form>
  );
}

/** The request whose ID a program has got with its response. */
function ById() {
  const { t } = useLingui();
  const navigate = useNavigate();
  const [id, setId] = useState("");
  const [isWrong, setIsWrong] = useState(false);
  return (
    <form
      role="search"
      aria-label={t`Request by ID`}
      className="flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        const given = typedId(id);
        setIsWrong(given === null);
        if (given !== null) void navigate({ to: "/developers/requests/$id", params: { id: given } });
      }}
    >
      <div className="min-w-0 grow">
        <TextField
          label={t`Request ID`}
          placeholder="01980b7a-6c00-7000-8000-000000000001"
          value={id}
          maxLength={100}
          dir="ltr"
          spellCheck={false}
          autoComplete="off"
          error={isWrong ? t`Enter the X-Request-Id of a response.` : undefined}
          onChange={({ target }) => setId(target.value)}
        />
      </div>
      <Button type="submit">{t`Open`}</Button>
    </form>
  );
}

function RequestRow({ request }: { request: ApiRequest }) {
  const { id, method, route, status, error, operation, via, createdAt } = request;
  const who = useActor()(request);
  return (
    <li>
      <Link
        to="/developers/requests/$id"
        params={{ id }}
        className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm text-ink no-underline hover:bg-tint sm:px-5"
      >
        <StatusTag status={status} />
        <span className="min-w-0 grow basis-40">
          <code className="block break-all">{via === "mcp" ? operation : `${method} ${route}`}</code>
          {error !== null && (
            // As it was sent.
            <span className="block text-bad" lang="en" dir="auto">
              {error.code}: {error.message}
            </span>
          )}
        </span>
        <span className="text-dim" dir="auto">
          {who} · <Time at={createdAt} />
        </span>
      </Link>
    </li>
  );
}

export function StatusTag({ status }: Pick<ApiRequest, "status">) {
  return <Tag tone={status >= 500 ? "bad" : status >= 400 ? "warn" : "good"}>{status}</Tag>;
}

/** Who sent a request, and how. */
export function useActor(): (request: Pick<ApiRequest, "actor" | "via">) => string {
  const { t } = useLingui();
  return ({ actor: { kind, name }, via }) => {
    const who = name ?? (kind === "key" ? t`deleted key` : t`former member`);
    if (via === "mcp") return t`${who} over MCP`;
    return who;
  };
}
