import type { PlatformContent } from "../../model/post.ts";
import {
  type HttpClient,
  type HttpClientOptions,
  type HttpExchange,
  TransportError,
} from "../../platforms/kit/http.ts";
import {
  type Broker,
  BrokerError,
  type PublishMedia,
  type Step,
  type StepContext,
  type StepDone,
} from "../../platforms/platform.ts";
import type { Lane } from "../db/claims.ts";
import type { Evidence, WorkRow } from "../db/publishing.ts";
import { addToCheckpoint, openCheckpoint } from "./checkpoint.ts";
import { type Claim, type Instant, isLeaseOver, secondsSince } from "./claim.ts";
import type { AccountKey, PublishingDeps } from "./deps.ts";
import type { FaultPoint } from "./fault-points.ts";

/** One claimed platform post while its steps run. `row` follows what is written. */
export interface Work {
  deps: PublishingDeps;
  claim: Claim;
  row: WorkRow;
  loadedAt: Instant;
  broker: Broker;
  account: AccountKey;
  content: PlatformContent<PublishMedia>;
  steps: readonly Step[];
  /** By what the engine's pauses are divided. */
  pace: number;
  token: string | null;
  /** A token that the platform has called expired is renewed once. */
  tokenRenewed: boolean;
  /** Whether the running attempt has been counted. */
  attemptCounted: boolean;
}

/** What became of a step: go on with the one that is now current, or the platform post has been given back. */
export type Progress = "on" | "released";

/** By the database's clock as it was when the row was read; never true too early. */
export function isDue({ row, loadedAt }: Pick<Work, "row" | "loadedAt">): boolean {
  return row.due_in_seconds - secondsSince(loadedAt) <= 0;
}

/** The step to run: the one written down, else the first after what is live. Never one before that: it would be published twice. */
export function currentIndex({ steps, row }: Pick<Work, "steps" | "row">): number {
  return Math.max(
    steps.findIndex((step) => step.name === row.step),
    liveIndex({ steps, row }) + 1,
  );
}

/** The last visible step that is live, -1 where none is. */
export function liveIndex({ steps, row }: Pick<Work, "steps" | "row">): number {
  return steps.findIndex((step) => step.name === row.live_through);
}

export function liveParts({ steps, row }: Pick<Work, "steps" | "row">): { parts: number; of: number } {
  const visible = steps.filter(({ effect }) => effect === "visible");
  return { parts: visible.findIndex(({ name }) => name === row.live_through) + 1, of: visible.length };
}

/** Whether every visible step before this place is behind us and none is left: what follows only observes. */
export function isCommitted(work: Pick<Work, "steps" | "row">, index: number): boolean {
  return (
    liveIndex(work) !== -1 &&
    !work.steps.slice(index).some(({ effect, name }) => effect === "visible" && name !== work.row.live_through)
  );
}

/** Whether all that is left is nice to have. */
export function isOnlyCosmetic(work: Pick<Work, "steps" | "row">, index: number): boolean {
  return (
    isCommitted(work, index) &&
    work.steps.slice(index).every((step) => step.effect !== "visible" && step.cosmetic === true)
  );
}

export function laneOf(work: Pick<Work, "steps" | "row">, index: number): Lane {
  if (work.steps[index]?.effect === "visible") return "commit";
  return isCommitted(work, index) ? "observe" : "prepare";
}

export async function faultPoint(
  deps: PublishingDeps,
  point: FaultPoint,
  claim: Claim | null,
  step: string | null,
): Promise<void> {
  await deps.faultPoint?.({ point, platformPostId: claim?.id ?? null, step });
}

/** What a step gets. Quiet requests are not begun once the lease is over, and end when the claim is lost. */
export async function stepContext(
  work: Work,
  exchanges: HttpExchange[],
  checkpoint = work.row.checkpoint,
): Promise<StepContext> {
  const signal = work.claim.lost.signal;
  const client = work.deps.httpFor(work.row.mode, { signal, onExchange: (exchange) => keep(exchanges, exchange) });
  const http: HttpClient = {
    send: (request) => {
      if (isLeaseOver(work.claim))
        return Promise.reject(new TransportError("The lease is over.", { sent: false, failure: "forbidden" }));
      return client.send(request);
    },
  };
  return { ...(await bareContext(work)), checkpoint: openCheckpoint(work, checkpoint), http };
}

/** For the two halves of a commit, which send nothing by themselves. */
export async function commitContext(work: Work): Promise<StepContext> {
  const http: HttpClient = {
    send: () => Promise.reject(new Error("A visible step sends nothing but its one request.")),
  };
  return { ...(await bareContext(work)), http };
}

/** The client for the one request of a commit. It is not ended when the claim is lost: a late answer is evidence. */
export function commitClient(
  work: Work,
  exchanges: HttpExchange[],
  beforeSend: NonNullable<HttpClientOptions["beforeSend"]>,
): HttpClient {
  return work.deps.httpFor(work.row.mode, { beforeSend, onExchange: (exchange) => keep(exchanges, exchange) });
}

async function bareContext(work: Work): Promise<Omit<StepContext, "http">> {
  const { row } = work;
  return {
    accessToken: await accessToken(work),
    account: {
      platformAccountId: row.platform_account_id ?? "",
      username: row.username,
      metadata: row.platform_metadata ?? {},
    },
    content: work.content,
    checkpoint: openCheckpoint(work, row.checkpoint),
    media: work.deps.mediaSourceFor(work.account),
    polls: row.polls,
    waitedSeconds: row.polls === 0 ? 0 : (row.waited_seconds + secondsSince(work.loadedAt)) * work.pace,
    now: new Date(),
    ...(work.deps.environment === undefined ? {} : { environment: work.deps.environment }),
  };
}

/** Ahead of the due time it has to outlive that too, so that nothing need be renewed on the way to the commit. */
const TOKEN_MARGIN_SECONDS = 900;

async function accessToken(work: Work): Promise<string> {
  const untilDueSeconds = Math.max(0, work.row.due_in_seconds - secondsSince(work.loadedAt));
  work.token ??= await work.deps.freshToken(work.account, {
    minLifetimeSeconds: untilDueSeconds > 0 ? untilDueSeconds + TOKEN_MARGIN_SECONDS : 60,
  });
  return work.token;
}

/** Renews a token that the platform has just called expired; throws what stands in the way. */
export async function renewToken(work: Work): Promise<void> {
  work.tokenRenewed = true;
  work.token = await work.deps.freshToken(work.account, {
    minLifetimeSeconds: 60,
    ...(work.token === null ? {} : { refused: work.token }),
  });
}

/** A retry after a failure, or the begin, is an attempt; a wait and reading back are not. */
export function countAttempt(work: Work): number {
  if (!work.attemptCounted && work.row.status === "posting" && work.row.error !== null && work.row.polls === 0) {
    work.row.attempt_count += 1;
    work.attemptCounted = true;
  }
  return work.row.attempt_count;
}

/** What a step's result means for the row, beside where the work goes on. */
export function doneChanges(
  work: Pick<Work, "deps" | "broker" | "row">,
  done: StepDone,
): {
  checkpoint: WorkRow["checkpoint"];
  platformPostId?: string;
  publishedUrl?: string;
  warnings?: WorkRow["warnings"];
} {
  return {
    checkpoint: addToCheckpoint(work, done.done),
    ...(done.platformPostId === undefined ? {} : { platformPostId: done.platformPostId }),
    ...(done.publishedUrl === undefined ? {} : { publishedUrl: done.publishedUrl }),
    ...(done.warnings === undefined ? {} : { warnings: withWarnings(work.row.warnings, done.warnings) }),
  };
}

/** A hidden step that is run again warns of the same again. */
function withWarnings(told: WorkRow["warnings"], more: WorkRow["warnings"]): WorkRow["warnings"] {
  return [
    ...told,
    ...more.filter(({ code, message }) => !told.some((other) => other.code === code && other.message === message)),
  ];
}

export function evidenceOf(exchanges: readonly HttpExchange[]): Evidence {
  return exchanges.length === 0 ? {} : { exchanges };
}

const EXCHANGES_KEPT = 20;

function keep(exchanges: HttpExchange[], exchange: HttpExchange): void {
  if (exchanges.length < EXCHANGES_KEPT) exchanges.push(exchange);
}

export function notConnected(): BrokerError {
  return new BrokerError("AUTH_REVOKED", "No account of the platform is connected.", {
    publicCode: "PLATFORM_NOT_CONNECTED",
  });
}

/** The code of the warning that says that preparing ahead of the due time did not go well. */
export const PREPARATION_FAILED = "PREPARATION_FAILED";

/** What was tried ahead of the time does not count. */
export function beginChanges(work: Pick<Work, "row" | "attemptCounted">): {
  status: "posting";
  attemptCount: number;
  failures: number;
  warnings: WorkRow["warnings"];
} {
  work.attemptCounted = true;
  const { row } = work;
  return {
    status: "posting",
    attemptCount: row.attempt_count + 1,
    failures: 0,
    warnings: row.warnings.filter(({ code }) => code !== PREPARATION_FAILED),
  };
}
