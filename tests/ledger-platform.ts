import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { z } from "zod";

import type { HttpAnswer } from "../platforms/kit/http.ts";
import { type Broker, BrokerError, type Step, type StepContext } from "../platforms/platform.ts";

/**
 * A small platform for the engine's tests: containers are created, read and published over real HTTP, and a ledger
 * holds what an audience would see. Tests check the ledger, which knows nothing of the database.
 */
export interface Ledger {
  url: string;
  /** What is live, oldest first. */
  posts: LedgerPost[];
  /** Publish calls received, including refused ones, by text. */
  publishCalls: Map<string, number>;
  /** All requests in order: "create TEXT", "publish TEXT", … */
  calls: string[];
  /** Faults of the next calls, in order. */
  faults: LedgerFault[];
  /** How often a container is reported as not ready. */
  pollsUntilReady: number;
  /**
   * What reading back returns instead of the truth: "absent" says that the post does not exist, "lookalike" finds the
   * first post with the same text.
   */
  readBack: "truth" | "cannot_tell" | "away" | "without_id" | "absent" | "lookalike";
  /** Whether a second publish of the same text is refused with the ID of the first. */
  refusesRepeats: boolean;
  /** Tokens that are refused as expired. */
  expiredTokens: Set<string>;
  close(): Promise<void>;
}

export interface LedgerPost {
  id: string;
  text: string;
  account: string;
  at: number;
}

export interface LedgerFault {
  call: "create" | "ready" | "publish" | "permalink";
  /** Only for this text. */
  text?: string;
  kind:
    | "refuse"
    | "refuse_for_good"
    | "http_500"
    | "error_after"
    | "drop_before"
    | "drop_after"
    | "cut_body"
    | "broken_json"
    | "redirect"
    | "rate_limit"
    | "dead_container"
    | "hang_after"
    | "slow";
  seconds?: number;
  /** What a `rate_limit` applies to. Default: the account. */
  limitOf?: "app";
  /** When a `slow` call ends. */
  until?: Promise<unknown>;
}

const HOST = "ledger.example";

export async function startLedger(): Promise<Ledger> {
  const containers = new Map<string, { text: string; account: string; polls: number; post: string | null }>();
  let count = 0;
  let posted = 0;
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  const ledger: Omit<Ledger, "url" | "close"> = {
    posts: [],
    publishCalls: new Map(),
    calls: [],
    faults: [],
    pollsUntilReady: 0,
    readBack: "truth",
    refusesRepeats: false,
    expiredTokens: new Set(),
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, , call = "", id = ""] = (request.url ?? "").split("/");
    const body = z
      .object({ text: z.string().optional(), account: z.string().optional() })
      .parse(JSON.parse((await readAll(request)) || "{}"));
    const container = containers.get(id);
    const text = body.text ?? container?.text ?? "";
    ledger.calls.push(`${call} ${text}`);
    if (call === "publish") ledger.publishCalls.set(text, (ledger.publishCalls.get(text) ?? 0) + 1);
    if (ledger.expiredTokens.has((request.headers.authorization ?? "").replace("Bearer ", "")))
      return answer(response, 401, { error: "expired" });
    const at = ledger.faults.findIndex(
      (fault) => fault.call === call && (fault.text === undefined || fault.text === text),
    );
    const fault = at === -1 ? undefined : ledger.faults.splice(at, 1)[0];
    if (fault !== undefined && (await strikeBefore(fault, response, container))) return;
    const result = act(call, id, body);
    if (fault !== undefined && strikeAfter(fault, response, result.body)) return;
    answer(response, result.status, result.body);
  }

  /** Whether the request ends here, with nothing done. */
  async function strikeBefore(
    fault: LedgerFault,
    response: ServerResponse,
    container?: { polls: number },
  ): Promise<boolean> {
    if (fault.kind === "slow") await fault.until;
    else if (fault.kind === "refuse") answer(response, 400, { error: "refused" });
    else if (fault.kind === "refuse_for_good") answer(response, 400, { error: "rejected" });
    else if (fault.kind === "rate_limit")
      answer(response, 429, { error: "rate_limit", retryAfterSeconds: fault.seconds ?? 1, limitOf: fault.limitOf });
    else if (fault.kind === "http_500") answer(response, 500, {});
    else if (fault.kind === "redirect") response.writeHead(302, { location: `https://${HOST}/elsewhere` }).end();
    else if (fault.kind === "drop_before") response.destroy();
    else if (fault.kind === "dead_container") {
      if (container !== undefined) container.polls = -1;
      answer(response, 400, { error: "dead" });
    } else return false;
    return fault.kind !== "slow";
  }

  /** Whether the response differs, although everything was done. */
  function strikeAfter(fault: LedgerFault, response: ServerResponse, body: object): boolean {
    if (fault.kind === "error_after") answer(response, 500, {});
    else if (fault.kind === "drop_after") response.destroy();
    else if (fault.kind === "broken_json") response.writeHead(200).end("{]");
    else if (fault.kind === "cut_body") {
      const text = JSON.stringify(body);
      response.writeHead(200, { "content-length": text.length });
      response.write(text.slice(0, text.length / 2), () => response.destroy());
    } else return fault.kind === "hang_after";
    return true;
  }

  function act(
    call: string,
    id: string,
    body: { text?: string | undefined; account?: string | undefined },
  ): { status: number; body: object } {
    const container = containers.get(id);
    if (call === "create") {
      count += 1;
      containers.set(`c${count}`, { text: body.text ?? "", account: body.account ?? "", polls: 0, post: null });
      return { status: 200, body: { id: `c${count}` } };
    }
    if (call === "lookalike")
      return {
        status: 200,
        body: {
          post: ledger.posts.find((post) => post.text === body.text && post.account === body.account)?.id ?? null,
        },
      };
    if (call === "permalink") return { status: 200, body: { url: `https://${HOST}/p/${id}` } };
    if (container === undefined || container.polls === -1) return { status: 400, body: { error: "dead" } };
    if (call === "ready") {
      container.polls += 1;
      return { status: 200, body: { ready: container.polls > ledger.pollsUntilReady } };
    }
    if (call === "state") return { status: 200, body: { post: container.post } };
    const first = ledger.refusesRepeats
      ? ledger.posts.find((post) => post.text === container.text && post.account === container.account)
      : undefined;
    if (first !== undefined) return { status: 422, body: { error: "duplicate", first: first.id } };
    posted += 1;
    const post = {
      id: `p${posted}`,
      text: container.text,
      account: container.account,
      at: Date.now(),
    };
    ledger.posts.push(post);
    container.post = post.id;
    return { status: 200, body: { id: post.id } };
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(ledger, {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const errorBody = z.object({
  error: z.string(),
  retryAfterSeconds: z.number().optional(),
  limitOf: z.literal("app").optional(),
  first: z.string().optional(),
});

function refusal(answered: HttpAnswer, redoFrom?: string): BrokerError {
  const parsed = errorBody.safeParse(answered.json());
  const error = parsed.success ? parsed.data.error : "";
  const platformError = { status: answered.status, code: error, message: null, requestId: null };
  if (error === "rejected")
    return new BrokerError("CONTENT_REJECTED", "The text is not allowed.", { notPublished: true, platformError });
  if (error === "refused")
    return new BrokerError("PLATFORM_UNAVAILABLE", "Try again.", { notPublished: true, platformError });
  if (error === "expired")
    return new BrokerError("AUTH_EXPIRED", "The token has expired.", { notPublished: true, platformError });
  if (error === "rate_limit")
    return new BrokerError("RATE_LIMITED", "Too many calls.", {
      notPublished: true,
      retryAfterSeconds: parsed.data?.retryAfterSeconds ?? 1,
      limitOf: parsed.data?.limitOf ?? "account",
      platformError,
    });
  if (error === "dead")
    return new BrokerError("MEDIA_FAILED", "The container is dead.", {
      notPublished: true,
      platformError,
      redoFrom,
    });
  return new BrokerError("PLATFORM_UNAVAILABLE", "The platform failed.", { platformError });
}

const idBody = z.object({ id: z.string() });
const readyBody = z.object({ ready: z.boolean() });
const urlBody = z.object({ url: z.string() });
const stateBody = z.object({ post: z.string().nullable() });

/**
 * Publishes the text and each part of the thread (create, wait until ready, publish), then reads the link of the first.
 */
export function ledgerBroker(
  ledger: Pick<Ledger, "readBack">,
  options: {
    identicalRepeat?: true | { withinSeconds: number };
    timeoutSeconds?: number;
    indexingLagSeconds?: number;
  } = {},
): Broker {
  const request = (
    context: StepContext,
    call: string,
    id: string | number | boolean | null | string[] | undefined,
    json?: object,
  ) => ({
    method: "POST" as const,
    url: `https://${HOST}/${call}/${String(id)}`,
    headers: { authorization: `Bearer ${context.accessToken}` },
    timeoutSeconds: options.timeoutSeconds ?? 5,
    json,
  });
  const call = async <T>(
    context: StepContext,
    schema: z.ZodType<T>,
    name: string,
    id: Parameters<typeof request>[2],
    json?: object,
    redoFrom?: string,
  ): Promise<T> => {
    const answered = await context.http.send(request(context, name, id, json));
    if (answered.status !== 200) throw refusal(answered, redoFrom);
    return schema.parse(answered.json());
  };
  const part = (text: string, place: number): Step[] => [
    {
      name: `create-${place}`,
      effect: "hidden",
      run: async (context) => ({
        done: {
          [`container-${place}`]: (
            await call(context, idBody, "create", "", { text, account: context.account.platformAccountId })
          ).id,
        },
      }),
    },
    {
      name: `ready-${place}`,
      effect: "read",
      run: async (context) => {
        const { ready } = await call(
          context,
          readyBody,
          "ready",
          context.checkpoint[`container-${place}`],
          undefined,
          `create-${place}`,
        );
        return ready ? { done: {} } : { waitSeconds: 1 };
      },
    },
    {
      name: `publish-${place}`,
      effect: "visible",
      request: (context) => request(context, "publish", context.checkpoint[`container-${place}`]),
      accept: (answered) => {
        const duplicate = errorBody.safeParse(answered.json());
        if (answered.status === 422 && duplicate.success && duplicate.data.first !== undefined)
          return { ...live(place, duplicate.data.first), onDuplicateRemoteId: refusal(answered, `create-${place}`) };
        if (answered.status !== 200) throw refusal(answered, `create-${place}`);
        return live(place, idBody.parse(answered.json()).id);
      },
    },
  ];
  return {
    steps: (content) => [
      ...[content.text, ...content.thread.map(({ text }) => text)].flatMap(part),
      {
        name: "permalink",
        effect: "read",
        cosmetic: true,
        run: async (context) => ({
          done: {},
          publishedUrl: (await call(context, urlBody, "permalink", context.checkpoint["post-0"])).url,
        }),
      },
    ],
    indexingLagSeconds: options.indexingLagSeconds ?? 0,
    found: (_context, step, id) => live(Number(step.split("-")[1]), id),
    async reconcile(context, intent) {
      if (ledger.readBack === "cannot_tell") return { verdict: "cannot_tell", reason: "The list shows two of them." };
      if (ledger.readBack === "away") throw new Error("The platform is away.");
      const place = Number(intent.step.split("-")[1]);
      if (ledger.readBack === "absent") {
        return {
          verdict: "not_published",
          definitive: true,
          proof: "It says so.",
          error: new BrokerError("CONTENT_REJECTED", "The platform says that it took nothing."),
        };
      }
      if (ledger.readBack === "lookalike") {
        const { post: first } = await call(context, stateBody, "lookalike", "", {
          text: context.content.text,
          account: context.account.platformAccountId,
        });
        return first === null
          ? { verdict: "pending", reason: "Nothing looks like it." }
          : { verdict: "published", ...live(place, first) };
      }
      const { post } = await call(context, stateBody, "state", context.checkpoint[`container-${place}`]);
      if (post === null)
        return { verdict: "not_published", definitive: false, proof: "The container is still unpublished." };
      if (ledger.readBack === "without_id") return { verdict: "published", done: {} };
      return { verdict: "published", ...live(place, post) };
    },
    ...(options.identicalRepeat === undefined
      ? {}
      : {
          identicalRepeat: {
            withinSeconds: 600,
            source: "the test",
            ...(options.identicalRepeat === true ? {} : options.identicalRepeat),
          },
        }),
  };
}

function live(place: number, id: string) {
  return { done: { [`post-${place}`]: id }, remoteId: id, ...(place === 0 ? { platformPostId: id } : {}) };
}
