import type { Mode } from "../../../model/platform-names.ts";
import { statement } from "../sql.ts";

/** What is recorded of an error. */
export interface RecordedError {
  code: string;
  message: string;
  issues: { rule: string; path: string; message: string; fix: string }[];
}

export interface ApiRequestRow {
  id: string;
  user_id: string;
  mode: Mode;
  via: "api" | "mcp" | "dashboard";
  actor_kind: "key" | "person";
  actor_id: string;
  operation: string;
  method: string;
  route: string;
  target: string | null;
  status: number;
  duration_milliseconds: number;
  has_idempotency_key: boolean;
  network: string | null;
  query: Record<string, unknown> | null;
  body: Record<string, unknown> | null;
  error: RecordedError | null;
}

const columns = `id, user_id, mode, via, actor_kind, actor_id, operation, method, route, target, status,
  duration_milliseconds, has_idempotency_key, network, query, body, error`;

/** Adds those of users who still exist. The commit is not waited for. */
export const insertApiRequests = statement<never, [requests: { rows: readonly ApiRequestRow[] }]>(
  "api_requests.insert",
  `insert into api_requests (${columns})
   select ${columns}
   from (select set_config('synchronous_commit', 'off', true)) as not_waited_for,
     json_to_recordset($1::json -> 'rows') as r (id uuid, user_id text, mode text, via text, actor_kind text,
       actor_id text, operation text, method text, route text, target uuid, status smallint,
       duration_milliseconds integer, has_idempotency_key boolean, network text, query json, body json, error json)
   where exists (select from users where users.id = r.user_id)
   on conflict do nothing`,
);

type ListParams = [
  userId: string,
  mode: Mode,
  beforeId: string,
  fromId: string,
  leastStatus: number,
  mostStatus: number,
  operation: string | null,
  method: string | null,
  route: string | null,
  keyId: string | null,
  limit: number,
];
export type ListedApiRequest = Omit<ApiRequestRow, "query" | "body" | "error" | "network" | "has_idempotency_key"> & {
  error: Pick<RecordedError, "code" | "message"> | null;
};

/** IDs begin with their time, so they limit what is read. */
const list = (which: string, condition: string) =>
  statement<ListedApiRequest, ListParams>(
    `api_requests.list_${which}`,
    `select id, user_id, mode, via, actor_kind, actor_id, operation, method, route, target, status,
       duration_milliseconds,
       case when error is null then null
         else json_build_object('code', error -> 'code', 'message', error -> 'message') end as error
     from api_requests
     where user_id = $1 and mode = $2 and id < $3 and id >= $4 ${condition} and status between $5 and $6
       and ($7::text is null or operation = $7) and ($8::text is null or method = $8)
       and ($9::text is null or route = $9)
       and ($10::text is null or (actor_kind = 'key' and actor_id = $10))
     order by id desc limit $11`,
  );

export const listApiRequests = list("all", "");
/** The same of failed ones, which are few and have an index of their own. */
export const listFailedApiRequests = list("failed", "and status >= 400");

export const findApiRequest = statement<ApiRequestRow, [id: string, userId: string, mode: Mode]>(
  "api_requests.find",
  `select ${columns} from api_requests where id = $1 and user_id = $2 and mode = $3`,
);

/** The names of a user's keys, and of the people in their workspace. */
export const listActorNames = statement<
  { id: string; name: string },
  [userId: string, keyIds: readonly string[], personIds: readonly string[]]
>(
  "api_requests.find_names",
  `select id::text, name from api_keys where user_id = $1 and id = any ($2::uuid[])
   union all
   select id, coalesce(nullif(name, ''), email) from users
   where id = any ($3::text[]) and coalesce(nullif(name, ''), email) is not null
     and (id = $1 or exists (select from members where members.user_id = $1 and member_id = users.id))`,
);

export const deleteApiRequests = statement<never, [userId: string]>(
  "api_requests.delete_of_user",
  `delete from api_requests where user_id = $1`,
);

export const deleteOldApiRequests = statement<never, [firstKeptId: string, most: number]>(
  "api_requests.delete_old",
  `delete from api_requests where id in (select id from api_requests where id < $1 order by id limit $2)`,
);

const BYTES =
  "coalesce(pg_column_size(query), 0) + coalesce(pg_column_size(body), 0) + coalesce(pg_column_size(error), 0)";

/** All but the newest of each user and mode, by number and size, and all of users who are gone. */
export const deleteSurplusApiRequests = statement<never, [kept: number, keptBytes: number, most: number]>(
  "api_requests.delete_surplus",
  `delete from api_requests where id in (
     select surplus.id
     from (
       select counted.*, exists (select from users where users.id = counted.user_id) as is_there
       from (select user_id, mode, count(*) as requests, sum(${BYTES}) as bytes from api_requests group by user_id, mode)
         as counted
     ) as of_user
       cross join lateral (
         select id from (
           select id, row_number() over newest as place, sum(${BYTES}) over newest as bytes
           from api_requests r where r.user_id = of_user.user_id and r.mode = of_user.mode
           window newest as (order by id desc)
         ) as kept
         where not of_user.is_there or kept.place > $1 or kept.bytes > $2
       ) as surplus
     where of_user.requests > $1 or of_user.bytes > $2 or not of_user.is_there limit $3)`,
);
