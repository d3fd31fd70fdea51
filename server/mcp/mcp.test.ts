import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { z } from "zod";

import { toSchema } from "../../contract/openapi/openapi.ts";
import { TOOLS } from "../../contract/openapi/tools.ts";
import { formOf } from "../../contract/operation.ts";
import { idOf, objectIn } from "../../tests/answers.ts";
import { createWorld, type TestTenant, type World } from "../../tests/world.ts";
import { createApiKey, revokeApiKey } from "../domain/api-keys/api-keys.ts";
import { createHttpApp } from "../http/app.ts";
import { addMcp } from "./mcp-routes.ts";

let world: World;
const clients: Client[] = [];

before(async () => {
  world = await createWorld();
  await world.connect(world.test, "threads");
  await world.connect(world.test, "linkedin");
});
after(async () => {
  for (const client of clients) await client.close();
  await world.close();
});

const REVISIONS = ["2026-07-28", "2025-11-25"] as const;
type Revision = (typeof REVISIONS)[number];

/** A real client of the revision. `says` is what its person answers when asked; without it the client cannot ask. */
async function connect(
  tenant: Pick<TestTenant, "key">,
  revision: Revision,
  {
    says,
    url = world.url,
    path = "/mcp",
    headers = {},
  }: { says?: "accept" | "decline" | "cancel"; url?: string; path?: string; headers?: Record<string, string> } = {},
): Promise<{ client: Client; asked: string[]; transport: StreamableHTTPClientTransport }> {
  const asked: string[] = [];
  const client = new Client(
    { name: "test", version: "1" },
    {
      capabilities: says === undefined ? {} : { elicitation: {} },
      versionNegotiation: { mode: revision === "2026-07-28" ? { pin: revision } : "legacy" },
    },
  );
  if (says !== undefined) {
    client.setRequestHandler("elicitation/create", (request) => {
      asked.push(String(request.params.message));
      return says === "accept" ? { action: says, content: {} } : { action: says };
    });
  }
  const transport = new StreamableHTTPClientTransport(new URL(`${url}${path}`), {
    requestInit: { headers: { authorization: `Bearer ${tenant.key}`, ...headers } },
  });
  await client.connect(transport);
  clients.push(client);
  return { client, asked, transport };
}

async function callTool(
  client: Client,
  name: string,
  given: Record<string, unknown> = {},
): Promise<{ isError: boolean; text: string; data: Record<string, unknown> }> {
  const result = await client.callTool({ name, arguments: given });
  const [block, more] = result.content;
  assert.equal(more, undefined);
  assert.ok(block?.type === "text");
  return {
    isError: result.isError === true,
    text: result.isError === true ? block.text : JSON.stringify(result.structuredContent),
    data: z.record(z.string(), z.unknown()).parse(result.structuredContent ?? {}),
  };
}

const draft = (text = "Hello") => ({
  content: { text },
  platforms: ["threads"],
  platformSetId: world.test.platformSetId,
});

async function createDraft(tenant: TestTenant = world.test): Promise<string> {
  return idOf(
    (await world.call(tenant, "POST", "/api/v1/posts", { ...draft(), platformSetId: tenant.platformSetId })).body,
    "post",
  );
}

async function statusOf(id: string): Promise<unknown> {
  const { body } = await world.call(world.test, "GET", `/api/v1/posts/${id}`);
  return z.object({ post: z.object({ status: z.string() }) }).parse(body).post.status;
}

for (const revision of REVISIONS) {
  test(`${revision}: every tool is listed, in a stable order, with title, schemas and all four hints`, async () => {
    const { client } = await connect(world.test, revision);
    assert.equal(client.getNegotiatedProtocolVersion(), revision);
    const { tools } = await client.listTools();
    assert.deepEqual(
      tools.map(({ name }) => name),
      TOOLS.map(({ name }) => name),
    );
    const wanted =
      "posts_create posts_list posts_get posts_update posts_delete posts_publish posts_retry accounts_list " +
      "accounts_get platform_sets_list platform_sets_create platform_sets_rename platform_sets_delete " +
      "posts_validate posts_cancel platforms_describe media_create posts_attempts account_context " +
      "posts_create_many posts_cancel_many media_upload_url publishing_get publishing_pause usage_get connect_links_create connect_links_list connect_links_revoke " +
      "webhooks_create webhooks_list webhooks_update webhooks_rotate_secret webhooks_delete";
    assert.deepEqual(tools.map(({ name }) => name).sort(), wanted.split(" ").sort());
    for (const { name, title, description, inputSchema, outputSchema, annotations } of tools) {
      assert.ok(title !== undefined && description !== undefined && outputSchema?.type === "object", name);
      assert.equal(inputSchema.additionalProperties, false, name);
      for (const hint of ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] as const)
        assert.equal(typeof annotations?.[hint], "boolean", `${name} ${hint}`);
    }
    const withHint = (hint: "destructiveHint" | "openWorldHint") =>
      tools
        .filter(({ annotations }) => annotations?.[hint])
        .map(({ name }) => name)
        .sort();
    assert.deepEqual(withHint("destructiveHint"), [
      "connect_links_revoke",
      "platform_sets_delete",
      "posts_cancel",
      "posts_cancel_many",
      "posts_delete",
      "webhooks_delete",
    ]);
    assert.deepEqual(withHint("openWorldHint"), ["posts_publish", "posts_retry"]);
  });

  test(`${revision}: an address or header selects tools, and no other can be called`, async () => {
    const offered = async (path: string, headers: Record<string, string> = {}) => {
      const { client } = await connect(world.test, revision, { path, headers });
      const tools = (await client.listTools()).tools.map(({ name }) => name);
      for (const [name, given] of Object.entries({
        platform_sets_create: { name: "Forbidden" },
        posts_create: draft("Forbidden"),
      })) {
        if (!tools.includes(name))
          await assert.rejects(client.callTool({ name, arguments: given }), /posts_create|platform_sets_create/);
      }
      return tools;
    };
    const named = (wanted: (tool: (typeof TOOLS)[number]) => boolean) => TOOLS.filter(wanted).map(({ name }) => name);
    const reads = named(({ annotations }) => annotations.readOnlyHint);
    assert.ok(reads.includes("posts_validate") && !reads.includes("posts_create"));
    assert.deepEqual(await offered("/mcp/readonly"), reads);
    const posts = named(({ name }) => name.startsWith("posts_"));
    const media = named(({ name }) => name.startsWith("media_"));
    assert.deepEqual(await offered("/mcp?tools=posts,media"), [...posts, ...media]);
    assert.deepEqual(await offered("/mcp", { "x-mcp-toolsets": " posts , media" }), [...posts, ...media]);
    assert.deepEqual(await offered("/mcp/readonly?tools=posts", { "x-mcp-toolsets": "posts_get,usage" }), [
      "posts_get",
    ]);
    assert.deepEqual(
      await offered("/mcp?tools="),
      named(() => true),
    );
    const { client } = await connect(world.test, revision, { path: "/mcp/readonly" });
    const { data } = await callTool(client, "posts_validate", draft());
    assert.equal(data.valid, true);
    // What another tool would describe is described by the first that is left.
    const { tools } = await client.listTools();
    assert.match(JSON.stringify(tools.find(({ name }) => name === "posts_validate")?.inputSchema), /thumbnailMediaId/);
    const { body } = await world.call(world.test, "GET", "/api/v1/posts?search=Forbidden");
    assert.equal(z.object({ total: z.number() }).parse(body).total, 0);
    const asked = async (path: string) =>
      await fetch(`${world.url}${path}`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${world.test.key}`,
          accept: "application/json, text/event-stream",
          "content-type": "application/json",
        },
        body: JSON.stringify(initialize),
      });
    const unknown = await asked("/mcp?tools=posts,poasts");
    assert.equal(unknown.status, 400);
    assert.match(await unknown.text(), /Unknown toolset \\"poasts\\"\. Choose from posts, /);
    const none = await asked("/mcp/readonly?tools=media_create");
    assert.equal(none.status, 400);
    assert.match(await none.text(), /None of these tools is offered here/);
  });

  test(`${revision}: a result is said once to clients that read data, as text too to older ones, and only as text on request`, async () => {
    const id = await createDraft();
    const read = async (path: string, name: string, given: Record<string, unknown>) => {
      const { client } = await connect(world.test, revision, { path });
      const { tools } = await client.listTools();
      const { content, structuredContent } = await client.callTool({ name, arguments: given });
      const [block] = content;
      assert.ok(block?.type === "text" && content.length === 1);
      const isDescribed = tools.find((tool) => tool.name === name)?.outputSchema !== undefined;
      return { text: block.text, data: structuredContent, isDescribed };
    };
    const usual = await read("/mcp", "posts_get", { id });
    assert.equal(idOf(usual.data, "post"), id);
    assert.ok(usual.isDescribed);
    if (revision === "2026-07-28") {
      assert.match(
        usual.text,
        new RegExp(`^Post ${id} is draft: threads pending\\. The result is in structuredContent\\.`),
      );
      const { text } = await read("/mcp", "platform_sets_list", {});
      assert.match(text, /^The result is in structuredContent\..*results=text\.$/);
    } else assert.deepEqual(JSON.parse(usual.text), usual.data);
    const asText = await read("/mcp?results=text", "posts_get", { id });
    assert.deepEqual([JSON.parse(asText.text), asText.data, asText.isDescribed], [usual.data, undefined, false]);
    const wrong = await fetch(`${world.url}/mcp?results=xml`, {
      method: "POST",
      headers: { authorization: `Bearer ${world.test.key}` },
    });
    assert.equal(wrong.status, 400);
    assert.match(await wrong.text(), /results must be text/);
  });

  test(`${revision}: the instructions, tools and rules say where the instance schedules`, async () => {
    const supports = async () => {
      const { client } = await connect(world.test, revision);
      const { tools } = await client.listTools();
      const told = tools.filter(({ inputSchema }) => "scheduledFor" in (inputSchema.properties ?? {}));
      const { data } = await callTool(client, "platforms_describe", { platform: "threads" });
      const described = z
        .tuple([z.object({ capabilities: z.object({ scheduling: z.boolean() }), description: z.string() })])
        .parse(data.platforms);
      assert.deepEqual(told.map(({ name }) => name).sort(), ["posts_create", "posts_update", "posts_validate"]);
      const sentences = [client.getInstructions(), ...told.map(({ description }) => description)].map(
        (text) => /(?:Only|Every) [^.]* supports? scheduledFor\.$/.exec(text ?? "")?.[0],
      );
      return [
        ...new Set(sentences),
        described[0].capabilities.scheduling,
        / [^.]*scheduledFor[^.]*\./.exec(described[0].description)?.[0],
      ];
    };
    assert.deepEqual(await supports(), [
      "Only Instagram, Facebook and YouTube support scheduledFor.",
      false,
      " Publishes immediately: scheduledFor is not supported.",
    ]);
    world.services.settings.scheduling = "all";
    assert.deepEqual(await supports(), ["Every platform supports scheduledFor.", true, " Supports scheduledFor."]);
    world.services.settings.scheduling = "contract";
  });

  test(`${revision}: a repeated result says that only the first one had the URL or secret`, async () => {
    const { client } = await connect(world.test, revision);
    const { platformSetId } = world.test;
    const link = { platformSetId, platform: "threads", idempotencyKey: `link-${revision}` };
    const first = await callTool(client, "connect_links_create", link);
    assert.equal(first.data.note, undefined);
    const again = await callTool(client, "connect_links_create", link);
    assert.deepEqual([objectIn(again.data, "connectLink").url, again.data.replayed], [null, true]);
    assert.match(String(again.data.note), /^Only the first result had the `url`\./);
    const webhook = { url: "https://example.com/events", idempotencyKey: `webhook-${revision}` };
    const { data } = await callTool(client, "webhooks_create", webhook);
    const rotation = { id: idOf(data, "webhook"), idempotencyKey: `rotation-${revision}` };
    await callTool(client, "webhooks_rotate_secret", rotation);
    for (const [name, given] of [
      ["webhooks_create", webhook],
      ["webhooks_rotate_secret", rotation],
    ] as const) {
      const replayed = await callTool(client, name, given);
      assert.equal(objectIn(replayed.data, "webhook").secret ?? null, null);
      assert.match(String(replayed.data.note), /^Only the first result had the `secret`\./);
    }
  });

  test(`${revision}: a post is validated, created once, edited, found, published and cancelled as over REST`, async () => {
    const { client } = await connect(world.test, revision);
    const context = await callTool(client, "account_context");
    assert.equal(context.data.userId, world.test.userId);
    assert.equal(context.data.mode, "test");
    for (const name of ["plan", "timeZone", "currentTime", "quotas"]) assert.ok(name in context.data, name);
    const described = await callTool(client, "platforms_describe", { platform: "threads" });
    assert.equal(z.array(z.unknown()).parse(described.data.platforms).length, 1);
    const { valid, issues, warnings } = (await callTool(client, "posts_validate", draft())).data;
    assert.deepEqual([valid, issues, warnings], [true, [], []]);
    const once = { ...draft("Once"), idempotencyKey: `once-${revision}` };
    const first = await callTool(client, "posts_create", once);
    assert.deepEqual((await callTool(client, "posts_create", once)).data, { ...first.data, replayed: true });
    const overRest = await world.call(world.test, "POST", "/api/v1/posts", draft("Once"), {
      "idempotency-key": `once-${revision}`,
    });
    assert.equal(overRest.headers.get("idempotency-replayed"), "true");
    const id = idOf(first.data, "post");
    const changed = await callTool(client, "posts_update", { id, content: { text: "Changed" } });
    assert.match(changed.text, /"text":"Changed"/);
    const listed = await callTool(client, "posts_list", { limit: 1, search: "Changed" });
    assert.match(listed.text, new RegExp(id));
    const published = await callTool(client, "posts_publish", { id, wait: 0 });
    assert.match(published.text, /"status":"queued"/);
    assert.match((await callTool(client, "posts_cancel", { id })).text, /"status":"discarded"/);
    const set = await callTool(client, "platform_sets_create", { name: "Mine" });
    assert.deepEqual((await callTool(client, "platform_sets_delete", { id: idOf(set.data, "set") })).data, {
      success: true,
    });
    const media = await callTool(client, "media_create", { url: "https://example.com/a.jpg" });
    assert.match(media.text, /"status":"pending"/);
  });

  test(`${revision}: an error has code, every issue and what to do`, async () => {
    const { client } = await connect(world.test, revision);
    const wrong = await callTool(client, "posts_create", {
      content: { text: 7 },
      platforms: ["threads", "myspace"],
      platformSetId: "x",
      surprise: true,
    });
    assert.ok(wrong.isError);
    assert.match(wrong.text, /^VALIDATION_FAILED: /);
    for (const place of ["/content/text", "/platforms/1", "/platformSetId", "/surprise"])
      assert.match(wrong.text, new RegExp(`- ${place}: .+\\.`), place);
    assert.match(
      (await callTool(client, "posts_get", { id: "01980b7a-6c00-7000-8000-000000000001" })).text,
      /^POST_NOT_FOUND: .+\nWhat to do: /,
    );
    assert.match(
      (await callTool(client, "accounts_get", { id: "01980b7a-6c00-7000-8000-000000000001" })).text,
      /^NOT_FOUND: /,
    );
    assert.match((await callTool(client, "posts_list", { limit: 0, unknown: 1 })).text, /limit[^]*unknown/);
    assert.match(
      (await callTool(client, "posts_publish", { id: await createDraft(), wait: 61 })).text,
      /^VALIDATION_FAILED: wait/,
    );
    assert.match(
      (await callTool(client, "posts_publish", { id: await createDraft(), idempotencyKey: "x".repeat(256) })).text,
      /^VALIDATION_FAILED: idempotencyKey/,
    );
    assert.match((await callTool(client, "posts_create", { ...draft("a\u0000b") })).text, /NUL/);
    // The list of tools does not say what a platform's settings are; the error does.
    const unset = {
      ...draft(),
      platforms: ["tiktok"],
      content: { text: "A", media: [{ url: "https://a.com/a.mp4" }] },
    };
    const set = (settings: unknown) => ({
      ...unset,
      content: { ...unset.content, platformOverrides: { tiktok: { settings } } },
    });
    assert.match((await callTool(client, "posts_create", unset)).text, /settings\/privacyLevel: /);
    const { text: told } = await callTool(client, "posts_create", set({ privacyLevel: "everyone", musik: 1 }));
    assert.match(told, /settings\/privacyLevel: [^\n]*PUBLIC_TO_EVERYONE/);
    assert.match(told, /settings\/musik: /);
    const { data: described } = await callTool(client, "platforms_describe", { platform: "tiktok" });
    assert.match(JSON.stringify(described), /"privacyLevel":\{[^}]*PUBLIC_TO_EVERYONE/);
    await assert.rejects(
      client.callTool({ name: "posts_explode", arguments: {} }),
      (error: Error & { code?: number }) => error.code === -32602,
    );
    const key = `key-${revision}`;
    const one = { ...draft("One"), idempotencyKey: key };
    const first = await callTool(client, "posts_create", one);
    const id = idOf(first.data, "post");
    const reused = await callTool(client, "posts_create", { ...one, ...draft("Two") });
    assert.match(reused.text, new RegExp(`^IDEMPOTENCY_KEY_REUSED: .*the post ${id}`));
    assert.match(reused.text, /^Docs: http.+\/docs\/errors\/IDEMPOTENCY_KEY_REUSED$/m);
    assert.equal(first.data.replayed, undefined);
    await callTool(client, "posts_update", { id, content: { text: "As it is now" } });
    const replay = await callTool(client, "posts_create", one);
    assert.deepEqual(
      [replay.data.replayed, objectIn(objectIn(replay.data, "post"), "content").text],
      [true, "As it is now"],
    );
  });

  test(`${revision}: with ifMatch, a change of a post that has changed meanwhile does nothing`, async () => {
    const { client } = await connect(world.test, revision, { says: "accept" });
    const id = await createDraft();
    const { etag } = (await callTool(client, "posts_get", { id })).data;
    const changed = await callTool(client, "posts_update", { id, ifMatch: etag, content: { text: "First" } });
    assert.notEqual(changed.data.etag, etag);
    for (const name of ["posts_update", "posts_publish", "posts_cancel", "posts_delete", "posts_retry"]) {
      const refused = await callTool(client, name, { id, ifMatch: etag });
      assert.match(
        refused.text,
        name === "posts_retry" ? /^(PRECONDITION_FAILED|INVALID_STATUS)/ : /^PRECONDITION_FAILED/,
      );
    }
    assert.equal(await statusOf(id), "draft");
    const published = await callTool(client, "posts_publish", { id, ifMatch: changed.data.etag });
    assert.equal(published.isError, false, published.text);
  });

  test(`${revision}: a key reaches only its own mode and user, and its policies apply`, async () => {
    const id = await createDraft();
    const { client } = await connect(world.live, revision);
    assert.equal((await callTool(client, "account_context")).data.mode, "live");
    assert.match((await callTool(client, "posts_get", { id })).text, /^POST_NOT_FOUND/);
    assert.match((await callTool(client, "posts_delete", { id })).text, /^POST_NOT_FOUND/);
    for (const policy of ["draftOnly", "approvalRequired"]) {
      const policies = {
        draftOnly: false,
        platforms: null,
        postsPerDay: null,
        feesPerMonthMicroUsd: null,
        approvalRequired: false,
        oauthApps: false,
        [policy]: true,
      };
      const { apiKey } = await createApiKey(world.services, world.test, { name: policy, policies });
      const held = await connect({ key: apiKey }, revision, { says: "accept" });
      assert.match(
        (await callTool(held.client, "posts_publish", { id })).text,
        new RegExp(`^(POLICY_VIOLATION|APPROVAL_REQUIRED): [^]*key\\.policy\\.${policy}`),
      );
      assert.deepEqual(held.asked, [], "nobody is asked about what is refused anyway");
      assert.equal(await statusOf(id), "draft");
    }
  });

  test(`${revision}: a client that wants progress gets it while waiting`, async () => {
    const id = await createDraft();
    const { client } = await connect(world.test, revision);
    const heard: unknown[] = [];
    await client.callTool(
      { name: "posts_publish", arguments: { id, wait: 0 } },
      { onprogress: ({ progress, total }) => heard.push([progress, total]) },
    );
    assert.deepEqual(heard, [[0, 1]]);
  });

  test(`${revision}: a client that can ask confirms before publishing, and declining leaves the post unchanged`, async () => {
    for (const says of ["decline", "cancel"] as const) {
      const id = await createDraft();
      const { client, asked } = await connect(world.test, revision, { says });
      const answer = await callTool(client, "posts_publish", { id });
      assert.ok(answer.isError);
      assert.match(answer.text, /^DECLINED: /);
      assert.equal(asked.length, 1);
      assert.match(asked[0] ?? "", /Threads[^]*Hello/);
      assert.equal(await statusOf(id), "draft");
    }
    const id = await createDraft();
    const { client, asked } = await connect(world.test, revision, { says: "accept" });
    assert.match((await callTool(client, "posts_publish", { id })).text, /"status":"queued"/);
    assert.equal(asked.length, 1);
    // There is nothing to ask about what cannot be published.
    assert.match((await callTool(client, "posts_publish", { id })).text, /^INVALID_STATUS_TRANSITION/);
    assert.equal(asked.length, 1);
  });

  test(`${revision}: the person sees what each platform gets`, async () => {
    const content = {
      text: "For most",
      linkUrl: "https://example.com/a",
      platformOverrides: { linkedin: { text: "For LinkedIn" } },
    };
    const id = idOf(
      (
        await world.call(world.test, "POST", "/api/v1/posts", {
          ...draft(),
          content,
          platforms: ["threads", "linkedin"],
        })
      ).body,
      "post",
    );
    const { client, asked } = await connect(world.test, revision, { says: "decline" });
    await callTool(client, "posts_publish", { id });
    const mixed = {
      text: "For both",
      media: [{ url: "https://example.com/a.jpg" }],
      platformOverrides: { threads: { media: [] } },
    };
    const sent = { ...draft(), content: mixed, platforms: ["threads", "linkedin"] };
    const withMedia = idOf((await world.call(world.test, "POST", "/api/v1/posts", sent)).body, "post");
    await callTool(client, "posts_publish", { id: withMedia });
    const long = idOf(
      (await world.call(world.test, "POST", "/api/v1/posts", { ...draft("👋".repeat(1003)), platforms: ["linkedin"] }))
        .body,
      "post",
    );
    await callTool(client, "posts_publish", { id: long });
    assert.match(asked.pop() ?? "", /\n\n(👋){1000}… \(and 3 more characters\)$/u);
    assert.deepEqual(asked, [
      "Publish this post on Threads and LinkedIn now (test mode: only in the sandbox)?\n\nThreads:\nFor most\n\n" +
        "LinkedIn:\nFor LinkedIn\n\nhttps://example.com/a",
      "Publish this post on Threads (no media) and LinkedIn (1 media file) now (test mode: only in the sandbox)?\n\n" +
        "For both",
    ]);
  });

  test(`${revision}: platform rules and posts can be read, and prompts started`, async () => {
    const id = await createDraft();
    const { client } = await connect(world.test, revision);
    const { resources } = await client.listResources();
    assert.ok(
      resources.some(({ uri }) => uri === "ampost://platforms/threads") &&
        resources.some(({ uri }) => uri === `ampost://posts/${id}`) &&
        resources.some(({ uri }) => uri === "ampost://docs/overview"),
    );
    const rules = await client.readResource({ uri: "ampost://platforms/threads" });
    assert.match(JSON.stringify(rules.contents), /# Threads/);
    const guide = await client.readResource({ uri: "ampost://docs/exactly-once" });
    assert.match(JSON.stringify(guide.contents), /"# /);
    const post = await client.readResource({ uri: `ampost://posts/${id}` });
    assert.match(JSON.stringify(post.contents), /Hello/);
    for (const uri of [
      "ampost://platforms/myspace",
      "ampost://posts/nonsense",
      `ampost://posts/${world.live.platformSetId}`,
      "ampost://other",
      "ampost://docs/nothing",
    ])
      await assert.rejects(client.readResource({ uri }), uri);
    const { prompts } = await client.listPrompts();
    assert.deepEqual(
      prompts.map(({ name }) => name),
      ["draft_per_platform", "repurpose_link", "plan_week", "repair_failed_post"],
    );
    assert.match(
      JSON.stringify(await client.getPrompt({ name: "repair_failed_post", arguments: { postId: id } })),
      new RegExp(id),
    );
    const completed = await client.complete({
      ref: { type: "ref/prompt", name: "draft_per_platform" },
      argument: { name: "platforms", value: "threads,lin" },
    });
    assert.deepEqual(completed.completion.values, ["threads,linkedin"]);
  });
}

/** A request as it goes over the wire. */
async function post(
  body: unknown,
  headers: Record<string, string> = {},
  { method = "POST", url = world.url, key = world.test.key }: { method?: string; url?: string; key?: string } = {},
): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(`${url}/mcp`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      accept: "application/json, text/event-stream",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** A second process needs none of its own. */
const probes = {
  ready: async () => ({ ready: true, checks: {} }),
  metrics: async () => ({ contentType: "text/plain", text: "" }),
};

const rpc = (method: string, params: Record<string, unknown> = {}, id = 1) => ({ jsonrpc: "2.0", id, method, params });
const initialize = rpc("initialize", {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "raw", version: "1" },
});

async function begin(options: { key?: string } = {}): Promise<string> {
  const { status, headers, text } = await post(initialize, {}, options);
  assert.equal(status, 200, text);
  return headers.get("mcp-session-id") ?? "";
}

test("a session works for its key and mode in any process, until it is ended for all", async () => {
  const session = { "mcp-session-id": await begin() };
  const list = rpc("tools/list");
  assert.match(session["mcp-session-id"], /^[\x21-\x7e]+$/);
  assert.equal((await post({ jsonrpc: "2.0", method: "notifications/initialized" }, session)).status, 202);
  const other = await createHttpApp(world.services, { probes, mcp: addMcp });
  try {
    const url = await other.listen({ port: 0, host: "127.0.0.1" });
    const answer = await post(list, session, { url });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-type") ?? "", /^application\/json/);
    assert.match(answer.text, /posts_create/);
    assert.notEqual(answer.headers.get("content-encoding"), null);
    const { apiKey } = await createApiKey(world.services, world.test, { name: "other" });
    for (const key of [world.live.key, apiKey, (await world.makeTenants()).test.key])
      assert.equal((await post(list, session, { key })).status, 404);
    const id = session["mcp-session-id"];
    for (const place of [0, 3, 12, 20, Math.floor(id.length / 2), id.length - 1]) {
      const changed = `${id.slice(0, place)}${id[place] === "A" ? "B" : "A"}${id.slice(place + 1)}`;
      assert.equal((await post(list, { "mcp-session-id": changed })).status, 404, `${place}`);
    }
    for (const changed of [`${id}A`, `${id}.A`, "nonsense", id.slice(1), "x".repeat(4000)])
      assert.equal((await post(list, { "mcp-session-id": changed })).status, 404, changed);
    assert.equal((await post(list)).status, 400);
    assert.equal((await post(undefined, session, { method: "GET" })).status, 405);
    assert.equal((await post(undefined, session, { method: "DELETE", key: world.live.key })).status, 404);
    assert.equal((await post(undefined, session, { method: "DELETE" })).status, 200);
    for (const at of [world.url, url]) assert.equal((await post(list, session, { url: at })).status, 404);
    assert.equal((await post(undefined, session, { method: "DELETE" })).status, 404);
    assert.equal((await post(undefined, session, { method: "GET" })).status, 404);
  } finally {
    await other.close();
  }
});

/** A session whose client can be asked. */
async function beginAsking(url: string, key: string): Promise<Record<string, string>> {
  return await beginSession(url, key, { elicitation: {} });
}

async function beginSession(url: string, key: string, capabilities: object): Promise<Record<string, string>> {
  const { headers } = await post(
    rpc("initialize", {
      protocolVersion: "2025-11-25",
      capabilities,
      clientInfo: { name: "raw", version: "1" },
    }),
    {},
    { url, key },
  );
  return { "mcp-session-id": headers.get("mcp-session-id") ?? "" };
}

/** A call that is answered by a stream, which waits for the answer to its question. */
async function publishAsking(url: string, key: string, session: Record<string, string>, id: string): Promise<Response> {
  return await fetch(`${url}/mcp`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${key}`,
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      ...session,
    },
    body: JSON.stringify(rpc("tools/call", { name: "posts_publish", arguments: { id } })),
  });
}

test("the calls of a batch count as that many streams, so that one request cannot make more wait than allowed", async () => {
  const few = await createHttpApp(world.services, { probes, mcp: addMcp, mostStreams: { ofUser: 2, all: 3 } });
  try {
    const url = await few.listen({ port: 0, host: "127.0.0.1" });
    const tenant = (await world.makeTenants()).test;
    await world.connect(tenant, "threads");
    const session = await beginSession(url, tenant.key, {});
    const publish = async (ids: readonly string[]) =>
      await post(
        ids.map((id, index) => rpc("tools/call", { name: "posts_publish", arguments: { id, wait: 1 } }, index + 1)),
        session,
        { url, key: tenant.key },
      );
    const drafts = [await createDraft(tenant), await createDraft(tenant), await createDraft(tenant)];
    const refused = await publish(drafts);
    assert.equal(refused.status, 429, refused.text);
    assert.match(refused.text, /You have reached the limit of 2 open streams/);
    const { body } = await world.call(tenant, "GET", `/api/v1/posts/${drafts[0]}`);
    assert.match(JSON.stringify(body), /"status":"draft"/);
    for (const taken of [drafts.slice(0, 2), drafts.slice(2)]) assert.equal((await publish(taken)).status, 200);
  } finally {
    await few.close();
  }
});

test("an MCP stream ends with its key, a user's are limited, and those beyond the limit do nothing", async () => {
  const few = await createHttpApp(world.services, { probes, mcp: addMcp, mostStreams: { ofUser: 2, all: 3 } });
  try {
    const url = await few.listen({ port: 0, host: "127.0.0.1" });
    const { apiKey, id: keyId } = await createApiKey(world.services, world.test, { name: "asking" });
    const session = await beginAsking(url, apiKey);
    const [first, second, refused] = [await createDraft(), await createDraft(), await createDraft()];
    const open = [await publishAsking(url, apiKey, session, first), await publishAsking(url, apiKey, session, second)];
    assert.deepEqual(
      open.map(({ status }) => status),
      [200, 200],
    );
    const tooMany = await post(
      rpc("tools/call", { name: "posts_update", arguments: { id: refused, content: { text: "Changed" } } }),
      session,
      { url, key: apiKey },
    );
    assert.equal(tooMany.status, 429);
    assert.match(tooMany.text, /You have reached the limit of 2 open streams/);
    assert.match(JSON.stringify((await world.call(world.test, "GET", `/api/v1/posts/${refused}`)).body), /Hello/);
    const other = (await world.makeTenants()).test;
    assert.equal(
      (await post(rpc("tools/list"), await beginAsking(url, other.key), { url, key: other.key })).status,
      200,
    );
    const ends = open.map((response) =>
      response.text().then(
        () => "ended",
        () => "ended",
      ),
    );
    await revokeApiKey(world.services, world.test, keyId);
    assert.deepEqual(await Promise.all(ends), ["ended", "ended"]);
    // They are counted out.
    const again = await beginAsking(url, world.test.key);
    assert.equal((await post(rpc("tools/list"), again, { url })).status, 200);
    assert.equal(await statusOf(first), "draft");
  } finally {
    await few.close();
  }
});

test("a person's answer reaches the process that asked", async () => {
  const asking = await beginAsking(world.url, world.test.key);
  const other = await createHttpApp(world.services, { probes, mcp: addMcp });
  try {
    const url = await other.listen({ port: 0, host: "127.0.0.1" });
    const id = await createDraft();
    const response = await publishAsking(world.url, world.test.key, asking, id);
    assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
    assert.equal(response.headers.get("content-encoding"), null);
    let heard = "";
    let isAnswered = false;
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      heard += decoder.decode(chunk);
      if (isAnswered || !/elicitation\/create[^]*\n\n/.test(heard)) continue;
      isAnswered = true;
      const question = z
        .object({ id: z.string() })
        .parse(JSON.parse(/^data: (.*elicitation\/create.*)$/m.exec(heard)?.[1] ?? ""));
      // Another session's answer is none.
      const stranger = { "mcp-session-id": await begin() };
      assert.equal(
        (await post({ jsonrpc: "2.0", id: question.id, result: { action: "decline" } }, stranger, { url })).status,
        202,
      );
      assert.equal(
        (await post({ jsonrpc: "2.0", id: question.id, result: { action: "accept", content: {} } }, asking, { url }))
          .status,
        202,
      );
    }
    assert.ok(isAnswered);
    assert.match(heard, /queued/);
    assert.equal(await statusOf(id), "queued");
  } finally {
    await other.close();
  }
});

test("a server that stops responds to waiting calls", async () => {
  for (const revision of REVISIONS) {
    const other = await createHttpApp(world.services, { probes, mcp: addMcp });
    const { client } = await connect(world.test, revision, { url: await other.listen({ port: 0, host: "127.0.0.1" }) });
    const id = await createDraft();
    const answer = callTool(client, "posts_publish", { id, wait: 60 });
    while ((await statusOf(id)) === "draft") await setTimeout(20);
    await other.close();
    assert.match((await answer).text, /"status":"queued"/, revision);
  }
});

test("a post changed between question and answer is not published", async () => {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
  };
  const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "posts_publish" };
  const id = await createDraft();
  const publish = (more: Record<string, unknown>) =>
    post(rpc("tools/call", { name: "posts_publish", arguments: { id }, _meta: meta, ...more }), headers);
  const { result } = z
    .object({ result: z.object({ requestState: z.string(), inputRequests: z.record(z.string(), z.unknown()) }) })
    .parse(JSON.parse((await publish({})).text));
  assert.deepEqual(Object.keys(result.inputRequests), ["publish"]);
  await world.call(world.test, "PATCH", `/api/v1/posts/${id}`, { content: { text: "Something else" } });
  const inputResponses = { publish: { action: "accept", content: {} } };
  assert.match((await publish({ requestState: result.requestState, inputResponses })).text, /PRECONDITION_FAILED/);
  assert.match((await publish({ requestState: `${result.requestState}A`, inputResponses })).text, /-32602/);
  assert.match((await publish({ inputResponses })).text, /input_required/);
  assert.equal(await statusOf(id), "draft");
});

test("only this server's own hosts and pages are accepted, before anything else is validated", async () => {
  const { hostname, port } = new URL(world.url);
  const withHost = (host: string) =>
    new Promise<number>((resolve, reject) => {
      request({ hostname, port, path: "/mcp", method: "POST", headers: { host } }, (answer) =>
        resolve((answer.resume(), answer.statusCode ?? 0)),
      )
        .on("error", reject)
        .end();
    });
  for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:3000", "169.254.169.254"])
    assert.equal(await withHost(host), 403, host);
  for (const host of ["localhost", "127.0.0.1:9", "[::1]:3000"]) assert.equal(await withHost(host), 401, host);
  for (const origin of [
    "https://evil.example",
    "null",
    "http://localhost.evil.example",
    "file://",
    "chrome-extension://abc",
  ])
    assert.equal((await post(initialize, { origin })).status, 403, origin);
  assert.equal((await post(initialize, { origin: "http://localhost:3000" })).status, 200);
  const preflight = await fetch(`${world.url}/mcp`, {
    method: "OPTIONS",
    headers: { origin: "http://localhost:3000", "access-control-request-method": "POST" },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-origin"), "http://localhost:3000");
});

test("without a valid key it is 401 and says where to learn more; too large is 413, and other methods are 405", async () => {
  const gone = await createApiKey(world.services, world.test, { name: "gone" });
  const session = { "mcp-session-id": await begin({ key: gone.apiKey }) };
  await revokeApiKey(world.services, world.test, gone.id);
  for (const key of ["", "amp_test_nonsense", gone.apiKey]) {
    const { status, headers } = await post(rpc("tools/list"), session, { key });
    assert.equal(status, 401);
    assert.equal(
      headers.get("www-authenticate"),
      'Bearer resource_metadata="http://localhost:3000/.well-known/oauth-protected-resource/mcp", scope="mcp", ' +
        'error="invalid_token"',
    );
    assert.ok(headers.get("x-request-id") !== null && headers.get("x-ratelimit-limit") !== null);
  }
  const metadata = await fetch(`${world.url}/.well-known/oauth-protected-resource/mcp`);
  assert.equal(z.object({ resource: z.string() }).parse(await metadata.json()).resource, "http://localhost:3000/mcp");
  assert.equal(
    (await post(rpc("tools/call", { name: "posts_create", arguments: { x: "x".repeat(4 * 1024 * 1024) } }))).status,
    413,
  );
  for (const method of ["GET", "DELETE"])
    assert.equal((await post(undefined, { "mcp-protocol-version": "2026-07-28" }, { method })).status, 405);
  for (const method of ["PUT", "PATCH"]) assert.equal((await post("{}", {}, { method })).status, 405);
  assert.equal((await post(undefined, {}, { method: "GET" })).status, 405);
});

test("invalid requests get the protocol's errors, and never an internal one", async () => {
  const session = { "mcp-session-id": await begin() };
  const modern = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list" };
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  for (const body of [
    "",
    "{",
    "7",
    "null",
    "[]",
    "{}",
    '"x"',
    deep,
    '{"jsonrpc":"2.0","id":1}',
    '{"jsonrpc":"1.0","id":1,"method":"tools/list"}',
    '{"jsonrpc":"2.0","id":{},"method":"tools/list"}',
    '{"jsonrpc":"2.0","id":1,"method":7}',
  ]) {
    for (const headers of [session, modern]) {
      const { status, text } = await post(body, headers);
      assert.ok(status >= 400 && status < 500, `${body.slice(0, 60)}: ${status} ${text}`);
    }
  }
  for (const call of [
    rpc("nothing/such"),
    rpc("tools/call"),
    rpc("tools/call", { name: 7 }),
    rpc("tools/call", { name: "posts_get", arguments: "x" }),
    rpc("resources/read"),
    rpc("prompts/get", { name: "none" }),
  ]) {
    const { status, text } = await post(call, session);
    assert.equal(status, 200);
    assert.match(text, /"error":\{"code":-32/);
  }
});

test("what an agent reads before its first call is at most 25,000 tokens of about 4 characters", async () => {
  const manual = await (await fetch(`${world.url}/llm.txt`)).text();
  const session = { "mcp-session-id": await begin() };
  const list = (await post(rpc("tools/list"), session)).text;
  assert.ok(list.length <= 40_000, `${list.length} characters`);
  const read = (await post(initialize)).text.length + list.length + manual.length;
  assert.ok(read / 4 <= 25_000, `${read} characters`);
});

test("no tool argument is ambiguous, and the registry's file has this version", async () => {
  for (const { name, operation } of TOOLS) {
    const body = Object.keys(Object(toSchema(formOf(operation), "input").properties ?? {}));
    const others = [
      ...Object.keys(operation.query.shape),
      ...(operation.path.match(/(?<=:)\w+/g) ?? []),
      "idempotencyKey",
      "wait",
    ];
    assert.equal(new Set([...body, ...others]).size, body.length + others.length, name);
  }
  const read = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(join(import.meta.dirname, "../..", file), "utf8"));
  const { version } = z.object({ version: z.string() }).parse(await read("package.json"));
  // What the registry asks of an entry, by its schema of 2025-12-11.
  const entry = z.object({
    name: z
      .string()
      .max(200)
      .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
    title: z.string().max(100),
    description: z.string().min(1).max(100),
    version: z.literal(version),
    websiteUrl: z.url(),
    remotes: z.array(z.object({ type: z.literal("streamable-http"), url: z.url().endsWith("/mcp") })).length(1),
  });
  entry.parse(await read("server.json"));
});
