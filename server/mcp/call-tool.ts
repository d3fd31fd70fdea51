import type { CallToolResult, McpServer, ServerContext } from "@modelcontextprotocol/server";
import { z } from "zod";

import { refusal, refuseHostile } from "../../contract/forms/parse.ts";
import { docsOf } from "../../contract/issues.ts";
import { type Tool, toolOptions, toRawInput } from "../../contract/openapi/tools.ts";
import { pathOf, type RawInput } from "../../contract/operation.ts";
import type { Post } from "../../contract/operations/posts.ts";
import { issueOf, type PublicError } from "../../model/errors.ts";
import { sentence } from "../../model/sentence.ts";
import { isSettled } from "../../model/status.ts";
import type { DocPage } from "../../printing/pages.ts";
import type { Binding, BindOptions } from "../calls/bind.ts";
import { perform } from "../calls/perform.ts";
import { toRefusal } from "../calls/refusals.ts";
import { revisionOf } from "../calls/request-headers.ts";
import type { Call } from "../domain/call.ts";
import type { Services } from "../domain/services.ts";
import type { AskInSession } from "./confirm.ts";
import type { Offer } from "./offer.ts";

/** The caller over MCP. */
export interface McpCaller extends Omit<Call, "claim" | "ifRevision" | "uploads"> {
  /** Why none of the tools in the request may run: it made more calls than the user is allowed. */
  refused: PublicError | null;
  /** The tools that the request's address and headers select. */
  offer: Offer;
  /** Whether its revision is one whose clients read structured content, so that text need not repeat it. */
  readsData: boolean;
  /** The ID of the next call: that of the request. Others in the same request have their own. */
  nextId(): string;
  /** Called when the request only has to wait. */
  onRest(): void;
}

/** Adds its part to the server of one request: tools, resources or prompts. */
export type Feature = (server: McpServer, parts: ToolServices, caller: McpCaller, ask: AskInSession) => void;

/** What tool calls need besides the services. */
export interface ToolServices {
  services: Services;
  bindings: ReadonlyMap<string, Binding>;
  options: BindOptions;
  /** The pages of the documentation. */
  docs(): Promise<readonly DocPage[]>;
  features: readonly Feature[];
}

/** Runs a tool's operation, exactly as its route does. An error is a result too, which says what to do. */
export async function callTool(
  { services, bindings, options }: ToolServices,
  { refused, offer, readsData, nextId, onRest, ...asking }: McpCaller,
  tool: Tool,
  given: unknown,
  call: { context: ServerContext; ifRevision?: number | null },
): Promise<CallToolResult> {
  const { operation } = tool;
  const caller = { ...asking, requestId: nextId() };
  const began = performance.now();
  let asked: { raw: Partial<RawInput>; hasIdempotencyKey: boolean } | null = null;
  const note = (status: number, error: unknown = null) =>
    options.requestLog.note({
      id: caller.requestId,
      caller,
      operation,
      via: "mcp",
      method: "POST",
      route: "/mcp",
      raw: asked?.raw ?? null,
      hasIdempotencyKey: asked?.hasIdempotencyKey ?? false,
      address: caller.address,
      status,
      error,
      milliseconds: performance.now() - began,
    });
  let isWorking = true;
  const rest = () => {
    if (isWorking) onRest();
    isWorking = false;
  };
  try {
    if (refused !== null) throw refused;
    const binding = bindings.get(operation.name);
    if (binding === undefined) throw new Error(`Nothing does ${operation.name}`);
    refuseHostile(given);
    const { options: extra, ...raw } = toRawInput(tool, asRecord(given));
    asked = { raw, hasIdempotencyKey: "idempotencyKey" in extra };
    const { idempotencyKey = null, ifMatch, wait } = readOptions(extra);
    const done = await perform(services, binding, {
      call: { ...caller, claim: null, ifRevision: bothOf(call.ifRevision ?? null, revisionOf(ifMatch)), uploads: [] },
      raw,
      key: idempotencyKey,
      path: pathOf(operation.path, raw.params),
      // The headers tell of the request with the call.
      count: (requests) => options.calls.count({ header: () => undefined }, caller, operation.rateClass, { requests }),
      waiting:
        wait === undefined
          ? null
          : {
              seconds: wait,
              ended: AbortSignal.any([options.stopping, call.context.mcpReq.signal]),
              onBegin: rest,
              onRead: progressOf(call.context),
            },
    });
    note(operation.status);
    if (!("stored" in done)) return toResult(done.answer.body, done.answer.post?.etag, { offer, readsData });
    const shownOnce = operation.tool?.shownOnce;
    const replayed = {
      ...asRecord(done.stored.body),
      replayed: true,
      ...(shownOnce === undefined ? {} : { note: shownOnce }),
    };
    // Tools tell only of posts' ETags.
    const etag = done.stored.postId === null ? undefined : done.stored.headers.etag;
    return toResult(replayed, etag, { offer, readsData });
  } catch (error) {
    const refusal = toRefusal(error);
    options.onRefusal?.(operation, refusal);
    note(refusal.status, refusal);
    if (refusal.code === "INTERNAL_ERROR")
      services.log.error({ err: error, requestId: caller.requestId, tool: tool.name }, "a tool failed");
    return toErrorResult(refusal, caller.requestId, docsOf(services.settings.appUrl, refusal.code));
  } finally {
    rest();
  }
}

/** The revision that a person has confirmed and the one that the caller requires: none, if they differ. */
function bothOf(confirmed: number | null, required: number | null): number | null {
  return confirmed !== null && required !== null && confirmed !== required ? -1 : (confirmed ?? required);
}

/**
 * Reports to the client, if it wants progress, how many platform posts are settled: clients wait as long as they hear
 * something.
 */
function progressOf({ mcpReq }: ServerContext): (post: Post) => void {
  const progressToken = mcpReq._meta?.progressToken;
  let reported = -1;
  return ({ platformPosts }) => {
    const progress = platformPosts.filter(({ status }) => isSettled(status)).length;
    if (progressToken === undefined || progress <= reported) return;
    reported = progress;
    const params = {
      progressToken,
      progress,
      total: platformPosts.length,
      message: `${progress} of ${platformPosts.length} platforms settled`,
    };
    void mcpReq.notify({ method: "notifications/progress", params }).catch(() => undefined);
  };
}

function readOptions(given: Record<string, unknown>): {
  idempotencyKey?: string | undefined;
  ifMatch?: string | undefined;
  wait?: number | undefined;
} {
  const read = toolOptions.safeParse(given);
  if (read.success) return read.data;
  throw refusal(
    read.error.issues.map(({ path }) => {
      const [message, fix] = OPTION_PROBLEMS[String(path[0])] ?? OPTION_PROBLEMS.wait;
      return issueOf({
        rule: `request.${String(path[0])}`,
        path: `/${String(path[0])}`,
        message,
        actual: given[String(path[0])] ?? null,
        fix,
      });
    }),
  );
}

const OPTION_PROBLEMS: Readonly<Record<string, readonly [message: string, fix: string]>> & {
  readonly wait: readonly [message: string, fix: string];
} = {
  idempotencyKey: [
    "idempotencyKey must be a string of 1 to 255 characters",
    "Send a unique key for each write, such as a UUID.",
  ],
  ifMatch: ["ifMatch must be a string of 1 to 255 characters", "Send the etag of the post as you read it, or omit it."],
  wait: ["wait must be a whole number of seconds from 0 to 60", "Send a number such as 30, or omit it."],
};

/**
 * The envelope, with a post's ETag, once: as data, or as text if the address says so. Clients of older revisions may
 * only read text.
 */
function toResult(
  body: unknown,
  etag: string | undefined,
  { offer, readsData }: Pick<McpCaller, "offer" | "readsData">,
): CallToolResult {
  // As it will arrive: without members that are undefined.
  const text = JSON.stringify({ ...asRecord(body), etag });
  if (offer.asText) return { content: [{ type: "text", text }] };
  const data = asRecord(JSON.parse(text));
  return { structuredContent: data, content: [{ type: "text", text: readsData ? summarize(data) : text }] };
}

/** "Post ID is partial: threads published, linkedin failed." */
function summarize(data: Record<string, unknown>): string {
  const { data: found } = z.object({ post: summarized }).safeParse(data);
  const where = "The result is in structuredContent. If you do not see it, connect to /mcp?results=text.";
  if (found === undefined) return where;
  const { id, status, platformPosts } = found.post;
  return `Post ${id} is ${status}: ${platformPosts.map((each) => `${each.platform} ${each.status}`).join(", ")}. ${where}`;
}

const summarized = z.object({
  id: z.string(),
  status: z.string(),
  platformPosts: z.array(z.object({ platform: z.string(), status: z.string() })),
});

/** `CODE: message`, then every issue with its location and fix. */
export function toErrorResult(
  { code, message, issues, headers }: Pick<PublicError, "message" | "issues" | "headers"> & { code: string },
  requestId: string,
  docs: string | null,
): CallToolResult {
  const retryAfter = headers["retry-after"];
  const lines = [
    `${code}: ${message}`,
    ...issues.map(
      (issue) =>
        `- ${issue.path === "" ? "" : `${issue.path}: `}${issue.message === message ? "" : `${sentence(issue.message)} `}${issue.fix} (${issue.rule}${issue.code === code ? "" : `, ${issue.code}`})`,
    ),
    ...(issues.length === 0 ? [`What to do: ${ADVICE[code] ?? "Fix the arguments as the message says."}`] : []),
    ...(retryAfter === undefined ? [] : [`Try again after ${retryAfter} s.`]),
    ...(docs === null ? [] : [`Docs: ${docs}`]),
    `Request ID: ${requestId}`,
  ];
  return { isError: true, content: [{ type: "text", text: lines.join("\n") }] };
}

/** What to do about errors without issues. */
const ADVICE: Readonly<Record<string, string>> = {
  POST_NOT_FOUND: "Find its id with posts_list. A key sees only objects in its own mode.",
  NOT_FOUND: "Find the id with the matching list tool. A key sees only objects in its own mode.",
  INVALID_STATUS_TRANSITION: "Check the post's status with posts_get and do what that status allows.",
  OUTCOME_UNKNOWN:
    "Ask a person to check the account. " +
    "If they confirm that the post is not there, call posts_retry with its platform in `platforms` and `force: " +
    "true`.",
  PRECONDITION_FAILED: "Get the post again with posts_get, and repeat the call if it is still what you want.",
  IDEMPOTENCY_KEY_REUSED:
    "Read the object that the earlier call made. If it is what you want, do nothing more; " +
    "use a new idempotencyKey only for something else.",
  IDEMPOTENCY_IN_PROGRESS: "Repeat the call with the same arguments.",
  RATE_LIMITED: "Wait until the limit resets, then repeat the call.",
  UNAVAILABLE: "Repeat the call shortly. With an idempotencyKey, nothing is done twice.",
  INTERNAL_ERROR:
    "Repeat the call once, with the same idempotencyKey if it writes. If it fails again, report the request ID.",
};

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
