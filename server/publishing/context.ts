import {
  type HttpClient,
  type HttpClientOptions,
  type HttpExchange,
  type HttpRequest,
  TransportError,
} from "../../platforms/kit/http.ts";
import type { StepContext } from "../../platforms/platform.ts";
import type { Evidence } from "../db/queries/work-rows.ts";
import type { Access } from "../oauth/fresh-token.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { isLeaseOver, secondsSince } from "./claim.ts";
import type { Work } from "./work.ts";

/**
 * What a quiet step gets. It can send no request once the lease has ended, and its requests are aborted when the claim
 * is lost.
 */
export async function stepContext(
  work: Work,
  exchanges: HttpExchange[],
  checkpoint = work.row.checkpoint,
): Promise<StepContext> {
  const signal = work.claim.lost.signal;
  const client = work.deps.httpFor(work.row.mode, { signal, onExchange: (exchange) => keep(exchanges, exchange) });
  const bare = await bareContext(work);
  const http: HttpClient = {
    send: (request) => {
      if (isLeaseOver(work.claim))
        return Promise.reject(new TransportError("The lease is over.", { sent: false, failure: "forbidden" }));
      return client.send(prepared(work, request));
    },
  };
  return { ...bare, checkpoint: openCheckpoint(work, checkpoint), http };
}

/** For the two halves of a visible step, which send nothing themselves. */
export async function commitContext(work: Work): Promise<StepContext> {
  const http: HttpClient = {
    send: () => Promise.reject(new Error("A visible step sends nothing but its one request.")),
  };
  return { ...(await bareContext(work)), http };
}

/** The client for a commit's one request. It is not aborted when the claim is lost: a late answer is evidence. */
export function commitClient(
  work: Work,
  exchanges: HttpExchange[],
  beforeSend: NonNullable<HttpClientOptions["beforeSend"]>,
): HttpClient {
  const onExchange = (exchange: HttpExchange) => keep(exchanges, exchange);
  const client = work.deps.httpFor(work.row.mode, { beforeSend, onExchange });
  return { send: (request) => client.send(prepared(work, request)) };
}

/** As the platform wants it: see `OAuth.prepare`. */
function prepared({ access }: Work, request: HttpRequest): HttpRequest {
  return access?.prepare?.(request) ?? request;
}

async function bareContext(work: Work): Promise<Omit<StepContext, "http">> {
  const { row } = work;
  const { accessToken, userToken } = await freshAccess(work);
  return {
    accessToken,
    ...(userToken !== undefined && { userToken }),
    account: accountOf(work),
    content: work.content,
    checkpoint: openCheckpoint(work, row.checkpoint),
    media: work.deps.mediaSourceFor(work.account),
    polls: row.polls,
    waitedSeconds: row.polls === 0 ? 0 : (row.waited_seconds + secondsSince(work.loadedAt)) * work.pace,
    now: new Date(),
    environment: work.deps.environment,
  };
}

export function accountOf({ row }: Pick<Work, "row">): StepContext["account"] {
  return {
    platformAccountId: row.platform_account_id ?? "",
    username: row.username,
    metadata: row.platform_metadata ?? {},
    scopes: row.scopes ?? [],
  };
}

/**
 * When preparing ahead, the token must outlive the due time by this much, so that nothing has to be renewed right
 * before the commit.
 */
const TOKEN_MARGIN_SECONDS = 900;

async function freshAccess(work: Work): Promise<Access> {
  const untilDueSeconds = Math.max(0, work.row.due_in_seconds - secondsSince(work.loadedAt));
  work.access ??= await work.deps.freshAccess(work.account, {
    minLifetimeSeconds: untilDueSeconds > 0 ? untilDueSeconds + TOKEN_MARGIN_SECONDS : 60,
  });
  return work.access;
}

/** Renews a token that the platform has just rejected as expired. Throws if that is not possible. */
export async function renewToken(work: Work): Promise<void> {
  work.tokenRenewed = true;
  work.access = await work.deps.freshAccess(work.account, {
    minLifetimeSeconds: 60,
    refused: work.access?.accessToken,
  });
}

/** What the journal keeps of a step's requests, after those it has already, without what is the same for most. */
export function evidenceOf(exchanges: readonly HttpExchange[], { exchanges: earlier }: Evidence = {}): Evidence {
  if (exchanges.length === 0) return {};
  return { exchanges: [...(Array.isArray(earlier) ? earlier : []), ...exchanges.map(toStored)] };
}

function toStored({ requestExcerpt, answerExcerpt, failure, sent, ...exchange }: HttpExchange): Evidence {
  return {
    ...exchange,
    requestExcerpt: requestExcerpt ?? undefined,
    answerExcerpt: answerExcerpt ?? undefined,
    failure: failure ?? undefined,
    sent: sent ? undefined : sent,
  };
}

const EXCHANGES_KEPT = 20;

function keep(exchanges: HttpExchange[], exchange: HttpExchange): void {
  if (exchanges.length < EXCHANGES_KEPT) exchanges.push(exchange);
}
