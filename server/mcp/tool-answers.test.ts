import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Ajv2020 } from "ajv/dist/2020.js";

import { toSchema } from "../../contract/openapi/openapi.ts";
import { TOOLS } from "../../contract/openapi/tools.ts";
import { idOf } from "../../tests/answers.ts";
import { createWorld, type World } from "../../tests/world.ts";

let world: World;
before(async () => {
  world = await createWorld();
  await world.connect(world.test, "threads");
});
after(() => world.close());

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true, validateFormats: false });

for (const revision of ["2026-07-28", "2025-11-25"] as const) {
  test(`${revision}: every tool's result matches its output schema, and its example arguments match their schema`, async (t) => {
    const client = new Client(
      { name: "test", version: "1" },
      { versionNegotiation: { mode: revision === "2026-07-28" ? { pin: revision } : "legacy" } },
    );
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${world.url}/mcp`), {
        requestInit: { headers: { authorization: `Bearer ${world.test.key}` } },
      }),
    );
    t.after(() => client.close());
    const { tools } = await client.listTools();
    const schemas = new Map(
      tools.map(({ name, inputSchema, outputSchema }) => [
        name,
        { takes: ajv.compile(inputSchema), answers: ajv.compile(outputSchema ?? false), inputSchema },
      ]),
    );
    // Lists are short; these have every field.
    const whole = new Map(
      TOOLS.map(({ name, operation }) => [name, ajv.compile(toSchema(operation.answer, "output"))]),
    );
    const called = new Set<string>();
    /** Calls a tool, holds arguments and answer against its schemas, and answers what it says. */
    const call = async (name: string, given: Record<string, unknown> = {}): Promise<unknown> => {
      const schema = schemas.get(name);
      assert.ok(schema !== undefined, name);
      assert.ok(schema.takes(given), `${name} takes ${JSON.stringify(given)}: ${ajv.errorsText(schema.takes.errors)}`);
      const { isError, content, structuredContent } = await client.callTool({ name, arguments: given });
      assert.notEqual(isError, true, `${name}: ${JSON.stringify(content)}`);
      assert.ok(
        schema.answers(structuredContent),
        `${name} answers ${JSON.stringify(structuredContent)}: ${ajv.errorsText(schema.answers.errors)}`,
      );
      // What HTTP has in headers.
      const { etag: _etag, replayed: _replayed, ...body } = Object(structuredContent);
      const answers = whole.get(name);
      assert.ok(answers?.(body), `${name}: ${ajv.errorsText(answers?.errors)}`);
      called.add(name);
      return structuredContent;
    };

    const { platformSetId } = world.test;
    const body = {
      content: {
        text: "Hello",
        platformOverrides: { threads: { text: "Hello, Threads", settings: { replyControl: "everyone" } } },
      },
      platforms: ["threads"],
      platformSetId,
    };
    const create = async (more: Record<string, unknown> = {}) =>
      idOf(await call("posts_create", { ...body, ...more }), "post");
    await call("account_context");
    await call("usage_get");
    await call("platform_sets_list");
    const set = idOf(await call("platform_sets_create", { name: "Mine", idempotencyKey: `set-${revision}` }), "set");
    await call("platform_sets_rename", { id: set, name: "Ours" });
    await call("platform_sets_delete", { id: set });
    const link = idOf(await call("connect_links_create", { platformSetId, platform: "threads" }), "connectLink");
    await call("connect_links_list", { status: "pending" });
    await call("connect_links_revoke", { id: link });
    const webhook = idOf(await call("webhooks_create", { url: "https://example.com/events" }), "webhook");
    await call("webhooks_list");
    await call("webhooks_update", { id: webhook, events: ["post.published"] });
    await call("webhooks_rotate_secret", { id: webhook });
    await call("webhooks_delete", { id: webhook });
    await call("accounts_list", { platformSetId });
    const { body: connected } = await world.call(world.test, "GET", "/api/v1/accounts");
    const accountId = String(Object(connected).accounts[0].id);
    await call("accounts_get", { id: accountId });
    await call("publishing_pause", { accountId, idempotencyKey: `pause-${revision}` });
    await call("publishing_get");
    await world.call(world.test, "POST", "/api/v1/publishing/resume", { accountId });
    for (const platform of [undefined, "tiktok"])
      await call("platforms_describe", platform === undefined ? {} : { platform });
    const media = idOf(
      await call("media_create", { url: "https://cdn.example.com/photo.jpg", filename: "photo.jpg" }),
      "media",
    );
    await call("media_upload_url", { filename: "photo.jpg" });
    await call("posts_validate", {
      ...body,
      content: { text: "Long. ".repeat(200) },
      scheduledFor: "2026-12-01T09:30:00Z",
    });
    const id = await create({
      idempotencyKey: `post-${revision}`,
      content: { ...body.content, media: [{ id: media, altText: "A photo" }] },
    });
    await call("posts_get", { id, wait: 30 });
    const batch = { posts: [{ ...body, idempotencyKey: `batch-${revision}` }] };
    await call("posts_create_many", { ...batch, dryRun: true });
    const made = Object(await call("posts_create_many", batch)).results[0].post.id;
    await call("posts_cancel_many", { ids: [made, accountId] });
    await call("posts_list", { status: "draft", platform: "threads", limit: 1, offset: 0, search: "hello" });
    await call("posts_update", {
      id,
      content: { text: "Other words", media: null, linkUrl: null, platformOverrides: null },
      scheduledFor: null,
    });
    const { etag } = Object(await call("posts_get", { id }));
    await call("posts_publish", { id, wait: 0, ifMatch: etag });
    await call("posts_attempts", { id });
    await call("posts_cancel", { id });
    await call("posts_delete", { id: await create() });
    await call("posts_retry", { id: await failOne(await create()), platforms: ["threads"], force: false, wait: 0 });
    assert.deepEqual(
      tools.map(({ name }) => name).filter((name) => !called.has(name)),
      [],
    );
    for (const { name, inputSchema } of tools) {
      for (const [argument, schema] of Object.entries(Object(inputSchema.properties))) {
        for (const example of Object(schema).examples ?? [])
          assert.ok(
            ajv.validate(Object(schema), example),
            `${name}.${argument} takes ${JSON.stringify(example)}: ${ajv.errorsText()}`,
          );
      }
    }
  });
}

/** As a platform that refused would have left it. */
async function failOne(id: string): Promise<string> {
  const error = {
    code: "VALIDATION_FAILED",
    message: "Threads rejected the post's content.",
    category: "content",
    retryable: false,
    retryAt: null,
    action: "Change it.",
    platformError: { status: 400, code: "100", message: "No", requestId: null },
  };
  await world.services.pool.query("update platform_posts set status = 'failed', error = $2 where post_id = $1", [
    id,
    error,
  ]);
  await world.services.pool.query("update posts set status = 'failed' where id = $1", [id]);
  return id;
}
