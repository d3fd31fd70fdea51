import {
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  type InputRequiredSpec,
  inputResponse,
  type McpServer,
  ResourceTemplate,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";

import type { Feature } from "./call-tool.ts";
import { sealShown, type ShownPost } from "./confirm.ts";

/** What the official test suite's scenarios require in addition to the product. The texts are the suite's. */
export const addFixtures: Feature = (server, { services }, caller) => {
  addTools(server);
  addQuestions(server, (shown) => sealShown(services.vault, caller, shown));
  addResources(server);
  addPrompts(server);
};

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

const image = { type: "image", data: PNG, mimeType: "image/png" } as const;
const text = (said: string) => ({ type: "text", text: said }) as const;
const say = (said: string) => ({ content: [text(said)] });

const described = { description: "Asked for by a scenario of the suite." };

function addTools(server: McpServer): void {
  server.registerTool("test_simple_text", described, () => say("This is a simple text response for testing."));
  server.registerTool("test_image_content", described, () => ({ content: [image] }));
  server.registerTool("test_audio_content", described, () => ({
    content: [{ type: "audio", data: WAV, mimeType: "audio/wav" }],
  }));
  server.registerTool("test_embedded_resource", described, () => ({
    content: [
      {
        type: "resource",
        resource: {
          uri: "test://embedded-resource",
          mimeType: "text/plain",
          text: "This is an embedded resource content.",
        },
      },
    ],
  }));
  server.registerTool("test_multiple_content_types", described, () => ({
    content: [
      text("Multiple content types test:"),
      image,
      {
        type: "resource",
        resource: {
          uri: "test://mixed-content-resource",
          mimeType: "application/json",
          text: '{"test":"data","value":123}',
        },
      },
    ],
  }));
  server.registerTool("test_error_handling", described, () => ({
    isError: true,
    ...say("This tool intentionally returns an error for testing"),
  }));
  server.registerTool("test_tool_with_progress", described, async (context) => {
    const progressToken = context.mcpReq._meta?.progressToken;
    for (const progress of progressToken === undefined ? [] : [0, 50, 100])
      await context.mcpReq.notify({
        method: "notifications/progress",
        params: { progressToken, progress, total: 100 },
      });
    return say("Done.");
  });
}

/** Asks for one value. */
const ask = (message: string, name: string) =>
  inputRequired.elicit({
    message,
    requestedSchema: { type: "object", properties: { [name]: { type: "string" } }, required: [name] },
  });
const sample = (said: string, maxTokens: number) =>
  inputRequired.createMessage({ messages: [{ role: "user", content: text(said) }], maxTokens });

/** A tool that asks `first`, and responds once each question is answered. */
function askingTool(server: McpServer, name: string, first: () => InputRequiredSpec): void {
  server.registerTool(name, described, (context) => {
    const spec = first();
    const isAnswered = Object.keys(spec.inputRequests ?? {}).every(
      (key) => inputResponse(context.mcpReq.inputResponses, key).kind !== "missing",
    );
    if (!isAnswered || (spec.requestState !== undefined && roundOf(context) === undefined)) return inputRequired(spec);
    return say(`state-ok: ${JSON.stringify(context.mcpReq.inputResponses)}`);
  });
}

function addQuestions(server: McpServer, seal: (shown: ShownPost) => string): void {
  const stateOf = (round: number) => seal({ postId: "fixture", revision: round, until: Date.now() + 60_000 });
  const name = () => ask("What is your name?", "name");
  askingTool(server, "test_input_required_result_elicitation", () => ({ inputRequests: { user_name: name() } }));
  askingTool(server, "test_input_required_result_sampling", () => ({
    inputRequests: { capital_question: sample("What is the capital of France?", 100) },
  }));
  askingTool(server, "test_input_required_result_list_roots", () => ({
    inputRequests: { client_roots: inputRequired.listRoots() },
  }));
  for (const tool of ["test_input_required_result_request_state", "test_input_required_result_tampered_state"]) {
    askingTool(server, tool, () => ({
      inputRequests: {
        confirm: inputRequired.elicit({
          message: "Please confirm",
          requestedSchema: { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] },
        }),
      },
      requestState: stateOf(1),
    }));
  }
  askingTool(server, "test_input_required_result_multiple_inputs", () => ({
    inputRequests: {
      user_name: name(),
      greeting: sample("Generate a greeting", 50),
      client_roots: inputRequired.listRoots(),
    },
    requestState: stateOf(1),
  }));
  server.registerTool("test_input_required_result_multi_round", described, (context) => {
    const round = roundOf(context) ?? 0;
    if (round === 1 && inputResponse(context.mcpReq.inputResponses, "step1").kind === "elicit")
      return inputRequired({
        inputRequests: { step2: ask("Step 2: What is your favorite color?", "color") },
        requestState: stateOf(2),
      });
    if (round === 2 && inputResponse(context.mcpReq.inputResponses, "step2").kind === "elicit")
      return say("Done after two rounds.");
    return inputRequired({
      inputRequests: { step1: ask("Step 1: What is your name?", "name") },
      requestState: stateOf(1),
    });
  });
  server.registerTool("test_input_required_result_capabilities", described, (context) => {
    const offered: unknown = Reflect.get(context.mcpReq.envelope ?? {}, CLIENT_CAPABILITIES_META_KEY);
    const can = (capability: string) => typeof offered === "object" && offered !== null && capability in offered;
    const inputRequests = {
      ...(can("sampling") ? { greeting: sample("Generate a greeting", 50) } : {}),
      ...(can("elicitation") ? { user_name: name() } : {}),
    };
    return Object.keys(inputRequests).length === 0
      ? say("The client can be asked nothing.")
      : inputRequired({ inputRequests });
  });
  // These ask regardless of what the client supports, which the library rejects.
  server.registerTool("test_missing_capability", described, () =>
    inputRequired({ inputRequests: { greeting: sample("Generate a greeting", 50) } }),
  );
  server.registerTool("test_streaming_elicitation", described, () =>
    inputRequired({ inputRequests: { user_name: name() } }),
  );
  server.registerTool("test_logging_tool", described, () => say("Nothing is logged unless it is asked for."));
  server.registerPrompt("test_input_required_result_prompt", described, (context) => {
    const answer = inputResponse(context.mcpReq.inputResponses, "user_context");
    if (answer.kind !== "elicit")
      return inputRequired({ inputRequests: { user_context: ask("What context should the prompt use?", "context") } });
    return { messages: [{ role: "user", content: text(`Use this context: ${JSON.stringify(answer.content ?? {})}`) }] };
  });
}

/** The round whose state came back intact; undefined if none did. */
function roundOf(context: ServerContext): number | undefined {
  return context.mcpReq.requestState<ShownPost>()?.revision;
}

function addResources(server: McpServer): void {
  server.registerResource("static-text", "test://static-text", { mimeType: "text/plain" }, (uri) => ({
    contents: [{ uri: uri.href, mimeType: "text/plain", text: "This is the content of the static text resource." }],
  }));
  server.registerResource("static-binary", "test://static-binary", { mimeType: "image/png" }, (uri) => ({
    contents: [{ uri: uri.href, mimeType: "image/png", blob: PNG }],
  }));
  server.registerResource(
    "template",
    new ResourceTemplate("test://template/{id}/data", { list: undefined }),
    { mimeType: "application/json" },
    (uri, { id }) => ({
      contents: [
        {
          uri: uri.href,
          mimeType: "application/json",
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
        },
      ],
    }),
  );
}

function addPrompts(server: McpServer): void {
  server.registerPrompt("test_simple_prompt", described, () => ({
    messages: [{ role: "user", content: text("This is a simple prompt for testing.") }],
  }));
  server.registerPrompt(
    "test_prompt_with_arguments",
    { ...described, argsSchema: z.object({ arg1: z.string(), arg2: z.string() }) },
    ({ arg1, arg2 }) => ({
      messages: [{ role: "user", content: text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`) }],
    }),
  );
  server.registerPrompt(
    "test_prompt_with_embedded_resource",
    { ...described, argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => ({
      messages: [
        {
          role: "user",
          content: {
            type: "resource",
            resource: { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." },
          },
        },
        { role: "user", content: text("Please process the embedded resource above.") },
      ],
    }),
  );
  server.registerPrompt("test_prompt_with_image", described, () => ({
    messages: [
      { role: "user", content: image },
      { role: "user", content: text("Please analyze the image above.") },
    ],
  }));
}
