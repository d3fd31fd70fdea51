import type { z } from "zod";

import type { ApiRequest, ApiRequestDetails, requestsList } from "../../../contract/operations/requests.ts";
import { PublicError } from "../../../model/errors.ts";
import { firstIdAt, timeOf } from "../../../model/ids.ts";
import type { Tenant } from "../../../model/tenant.ts";
import {
  findApiRequest,
  listActorNames,
  listApiRequests,
  listFailedApiRequests,
  type ListedApiRequest,
} from "../../db/queries/api-requests.ts";
import type { Answer } from "../call.ts";
import { readUuidCursor, writeCursor } from "../cursor.ts";
import type { Services } from "../services.ts";

const STATUSES = {
  "2xx": [200, 299],
  "3xx": [300, 399],
  "4xx": [400, 499],
  "5xx": [500, 599],
  failed: [400, 599],
} as const;
const ANY = [0, 599] as const;

const [FIRST_ID, LAST_ID] = ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"];

/** A page of the request log, newest first. */
export async function listRequests(
  services: Pick<Services, "pool">,
  owner: Tenant,
  { limit, cursor, status, from, to, ...filter }: z.output<typeof requestsList.query>,
): Promise<Answer<{ requests: ApiRequest[]; nextCursor: string | null }>> {
  const end = to === undefined ? LAST_ID : firstIdAt(new Date(to));
  const before = cursor === undefined ? end : readUuidCursor(cursor);
  const [least, most] = status === undefined ? ANY : STATUSES[status];
  const list = least >= 400 ? listFailedApiRequests : listApiRequests;
  const rows = await list.all(services.pool, [
    owner.userId,
    owner.mode,
    before < end ? before : end,
    from === undefined ? FIRST_ID : firstIdAt(new Date(from)),
    least,
    most,
    filter.operation ?? null,
    filter.method ?? null,
    filter.route ?? null,
    filter.keyId ?? null,
    limit + 1,
  ]);
  const shown = rows.slice(0, limit);
  const names = await namesOf(services, owner, shown);
  return {
    body: {
      requests: shown.map((row) => toApiRequest(row, names)),
      nextCursor: rows.length > limit ? writeCursor(shown.at(-1)?.id ?? "") : null,
    },
  };
}

/** One of them, with what was sent. */
export async function getRequest(
  services: Pick<Services, "pool">,
  owner: Tenant,
  id: string,
): Promise<Answer<{ request: ApiRequestDetails }>> {
  const row = await findApiRequest.one(services.pool, [id, owner.userId, owner.mode]);
  if (row === undefined)
    throw new PublicError(
      "NOT_FOUND",
      "The request log has no request with this ID. Requests appear about a second after their response.",
    );
  const names = await namesOf(services, owner, [row]);
  return {
    body: {
      request: {
        ...toApiRequest(row, names),
        hasIdempotencyKey: row.has_idempotency_key,
        network: row.network,
        query: row.query,
        body: row.body,
        issues: row.error?.issues ?? [],
      },
    },
  };
}

async function namesOf(
  { pool }: Pick<Services, "pool">,
  { userId }: Tenant,
  rows: readonly Pick<ListedApiRequest, "actor_kind" | "actor_id">[],
): Promise<ReadonlyMap<string, string>> {
  const of = (kind: ListedApiRequest["actor_kind"]) => [
    ...new Set(rows.filter(({ actor_kind }) => actor_kind === kind).map(({ actor_id }) => actor_id)),
  ];
  if (rows.length === 0) return new Map();
  const named = await listActorNames.all(pool, [userId, of("key"), of("person")]);
  return new Map(named.map(({ id, name }) => [id, name]));
}

function toApiRequest(row: ListedApiRequest, names: ReadonlyMap<string, string>): ApiRequest {
  return {
    id: row.id,
    operation: row.operation,
    via: row.via,
    method: row.method,
    route: row.route,
    target: row.target,
    status: row.status,
    error: row.error === null ? null : { code: row.error.code, message: row.error.message },
    durationMilliseconds: row.duration_milliseconds,
    actor: { kind: row.actor_kind, id: row.actor_id, name: names.get(row.actor_id) ?? null },
    createdAt: timeOf(row.id).toISOString(),
    mode: row.mode,
  };
}
