import {
  type CallToolResult,
  type InputRequiredResult,
  McpServer,
  type ServerContext,
  type StandardSchemaWithJSON,
} from "@modelcontextprotocol/server";
import { z } from "zod";

import type { JsonObject } from "../../contract/openapi/openapi.ts";
import { withoutCopies } from "../../contract/openapi/tool-schemas.ts";
import { type Tool, TOOLS } from "../../contract/openapi/tools.ts";
import { postsPublish } from "../../contract/operations/posts.ts";
import { issueOf } from "../../model/errors.ts";
import { describeScheduling } from "../../platforms/scheduling.ts";
import { VERSION } from "../calls/version.ts";
import { getPost } from "../domain/posts/get-post.ts";
import type { Services } from "../domain/services.ts";
import { callTool, type Feature, type McpCaller, toErrorResult, type ToolServices } from "./call-tool.ts";
import { type AskInSession, confirmPublishing, openShown, sealShown } from "./confirm.ts";
import { addPrompts } from "./prompts.ts";
import { addResources } from "./resources.ts";

const INSTRUCTIONS = `Ampost publishes posts to Instagram, Facebook, X, LinkedIn, TikTok, YouTube and Threads through connected accounts.

Recommended order: account_context (who you are, time zone, what time it is), platform_sets_list and accounts_list (what is connected), platforms_describe (what a platform supports), posts_validate (every problem with its fix), posts_create (a draft, or scheduled), posts_publish, posts_get (the result).

A post belongs to one platform set and goes to the platforms it names; platformOverrides give a platform its own text, media or settings.

posts_publish queues the post and returns immediately; with wait it returns when every platform has finished. Each platform post has its own status: a failed one has an error that says what to do, and posts_retry retries only those. unknown means that the platform's response was lost and the post may be live: have a person check before you retry with force. Send an idempotencyKey with every write, so that repeating a call never does it twice; in posts_create_many each post has its own, and posts_cancel_many needs none. With a test key, everything goes only to the built-in sandbox: pass on sandboxUrl, not publishedUrl.`;

interface Listed {
  tool: Tool;
  input: StandardSchemaWithJSON<unknown, unknown>;
  output: StandardSchemaWithJSON<unknown, unknown>;
}

const WHOLE = listTools(TOOLS);

function listTools(tools: readonly Tool[]): Listed[] {
  return withoutCopies(tools).map((tool) => ({
    tool,
    input: asSchema(tool.inputSchema),
    output: asSchema(tool.outputSchema),
  }));
}

/**
 * A schema that accepts anything but is published as is: operations validate arguments and report every issue with its
 * fix.
 */
function asSchema(json: JsonObject): StandardSchemaWithJSON<unknown, unknown> {
  return {
    "~standard": {
      version: 1,
      vendor: "ampost",
      validate: (value) => ({ value }),
      jsonSchema: { input: () => json, output: () => json },
    },
  };
}

/**
 * The server of one request: what the caller can do, see and start with. `ask` asks a person over a session, if the
 * client supports it.
 */
export function createMcpServer(parts: ToolServices, caller: McpCaller, ask: AskInSession): McpServer {
  const { vault, settings } = parts.services;
  const { isWhole } = caller.offer;
  const server = new McpServer(
    { name: "ampost", title: "Ampost", version: VERSION, websiteUrl: settings.appUrl },
    {
      instructions: `${INSTRUCTIONS}\n\n${describeScheduling(settings)}${
        isWhole ? "" : " Not all tools are offered here: some that are named above may be missing."
      }`,
      capabilities: {
        tools: { listChanged: false },
        resources: { listChanged: false },
        ...(isWhole ? { prompts: { listChanged: false } } : {}),
        completions: {},
      },
      cacheHints: {
        "tools/list": { ttlMs: 300_000, cacheScope: isWhole ? "public" : "private" },
        "prompts/list": { ttlMs: 300_000, cacheScope: "public" },
      },
      requestState: { verify: (state) => openShown(vault, caller, state) },
    },
  );
  for (const add of parts.features) add(server, parts, caller, ask);
  return server;
}

function addTools(server: McpServer, parts: ToolServices, caller: McpCaller, ask: AskInSession): void {
  for (const { tool, input, output } of caller.offer.isWhole ? WHOLE : listTools(caller.offer.tools)) {
    const { title, annotations } = tool;
    server.registerTool(
      tool.name,
      {
        title,
        description: describeTool(tool, parts.services.settings),
        annotations,
        inputSchema: input,
        ...(caller.offer.asText ? {} : { outputSchema: output }),
      },
      (given: unknown, context) =>
        tool.operation === postsPublish && caller.refused === null
          ? publish(parts, caller, tool, given, context, ask)
          : callTool(parts, caller, tool, given, { context }),
    );
  }
}

/** Tools that schedule say where this instance can. */
function describeTool({ description, inputSchema: { properties } }: Tool, settings: Services["settings"]): string {
  const schedules = typeof properties === "object" && properties !== null && "scheduledFor" in properties;
  return schedules ? `${description} ${describeScheduling(settings)}` : description;
}

/** What every client gets. Prompts name tools of all kinds. */
export const FEATURES: readonly Feature[] = [
  addTools,
  addResources,
  (server, _, { offer }) => (offer.isWhole ? addPrompts(server) : undefined),
];

const publishArguments = z.looseObject({ id: z.guid() });

/**
 * Publishing asks for confirmation if it can, unless there is nothing to ask about: then the operation says why. A
 * person who approves posts in the dashboard has already been asked there.
 */
async function publish(
  parts: ToolServices,
  caller: McpCaller,
  tool: Tool,
  given: unknown,
  context: ServerContext,
  ask: AskInSession,
): Promise<CallToolResult | InputRequiredResult> {
  const { services } = parts;
  const named = publishArguments.safeParse(given);
  const found = named.success ? await getPost(services, caller, named.data.id).catch(() => null) : null;
  const { status } = found?.body.post ?? { status: null };
  const { draftOnly = false, approvalRequired = false } = caller.policies ?? {};
  if (found === null || draftOnly || approvalRequired || (status !== "draft" && status !== "scheduled"))
    return await callTool(parts, caller, tool, given, { context });
  const revision = Number(/^"(\d+)/.exec(found.post?.etag ?? "")?.[1]);
  const confirmed = await confirmPublishing(
    context,
    ask,
    (shown) => sealShown(services.vault, caller, shown),
    found.body.post,
    revision,
  );
  if (confirmed.kind === "ask") return confirmed.result;
  if (confirmed.kind === "granted")
    return await callTool(parts, caller, tool, given, { context, ifRevision: confirmed.revision });
  const message = "The person did not confirm, so the post was not published";
  const fix =
    "Ask what they want to change, update the post with posts_update, and call posts_publish once they agree.";
  const issue = issueOf({ rule: "mcp.confirmation", message, fix });
  return toErrorResult({ code: "DECLINED", message, issues: [issue], headers: {} }, caller.requestId, null);
}
