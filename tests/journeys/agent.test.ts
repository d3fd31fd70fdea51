import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { z } from "zod";

import { openInstallation, type Installation } from "../../cli/installation.fixture.ts";
import { issue } from "../../contract/issues.ts";
import { account } from "../../contract/operations/accounts.ts";
import { postsAttempts } from "../../contract/operations/post-attempts.ts";
import { post, type Post } from "../../contract/operations/posts.ts";

const REVISIONS = ["2026-07-28", "2025-11-25"] as const;

/** What an agent reads before its first call: what it connects with, the list of tools, and `/llm.txt`. */
const MOST_TOKENS = 25_000;
const CHARACTERS_PER_TOKEN = 4;

/** What an agent learns from `/llm.txt`. It knows nothing else about the product. */
interface Manual {
  text: string;
  address: string;
  /** The names of the tools. */
  tools: readonly string[];
  /** The documented calls, in order. */
  calls: readonly { name: string; arguments: Record<string, unknown> }[];
}

test("an agent with only llm.txt and the MCP endpoint looks around, validates, drafts, schedules, publishes, explains a failure and retries it", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start");
  const { apiKey } = await installation.json("bootstrap", "--json");
  for (const revision of REVISIONS)
    await t.test(revision, async (step) => await publishAsAgent(step, installation, String(apiKey), revision));
  await server.end("SIGTERM");
});

async function publishAsAgent(
  t: TestContext,
  installation: Installation,
  key: string,
  revision: (typeof REVISIONS)[number],
): Promise<void> {
  const manual = readManual(await (await fetch(`${installation.url}/llm.txt`)).text());
  const agent = await openAgent(t, manual, key, revision);
  const call = async (name: string, changes: Record<string, unknown> = {}, occasion = 0) =>
    agent.call(name, { ...exampleOf(manual, name, occasion), ...changes });

  // Who am I, what is connected, and what do the platforms support?
  const context = z
    .object({ mode: z.string(), timeZone: z.string(), currentTime: z.iso.datetime() })
    .parse(await call("account_context"));
  assert.equal(context.mode, "test", "a rehearsal: nothing goes out that anybody sees");
  const { sets } = z.object({ sets: z.array(z.object({ id: z.string() })) }).parse(await call("platform_sets_list"));
  const platformSetId = sets[0]?.id ?? "";
  const { accounts } = z.object({ accounts: z.array(account) }).parse(await call("accounts_list", { platformSetId }));
  const usable = accounts
    .filter(({ tokenHealth }) => documents(manual, tokenHealth) && tokenHealth === "healthy")
    .map(({ platform }) => platform);
  const wanted = z.array(z.enum(["threads", "linkedin"])).parse(exampleOf(manual, "posts_create").platforms);
  for (const platform of wanted) {
    assert.ok(usable.includes(platform), `${platform} is connected`);
    const described = z
      .object({ platforms: z.array(z.object({ description: z.string() })) })
      .parse(await call("platforms_describe", { platform }));
    assert.match(described.platforms[0]?.description ?? "", /scheduledFor is not supported/);
  }

  // A draft with a variant for each platform. The first attempt is too long for one of them; the fix says what to do.
  const content = {
    text: `Our new release is out (${revision}).`,
    platformOverrides: { linkedin: { text: `Our new release is out (${revision}). Here is what changed.` } },
  };
  const tooLong = await call("posts_validate", { content: { ...content, text: "Long. ".repeat(200) }, platformSetId });
  const validated = z.object({ valid: z.boolean(), issues: z.array(issue) });
  const [found, ...others] = validated.parse(tooLong).issues;
  assert.deepEqual([found?.code, found?.platform, others], ["CONTENT_TOO_LONG", "threads", []]);
  assert.match(found?.fix ?? "", /Shorten .* to at most 500/);
  assert.equal(validated.parse(await call("posts_validate", { content, platformSetId })).valid, true);
  const idempotencyKey = `release-${revision}`;
  const draft = postIn(await call("posts_create", { content, platformSetId, idempotencyKey }));
  assert.equal(draft.status, "draft");
  assert.equal(
    postIn(await call("posts_create", { content, platformSetId, idempotencyKey })).id,
    draft.id,
    "a repeated call makes no second post",
  );

  // Another post is scheduled, moved and published automatically.
  const tomorrow = new Date(Date.parse(context.currentTime) + 86_400_000).toISOString();
  const morning = { text: `Good morning (${revision})` };
  const scheduled = postIn(
    await call(
      "posts_create",
      { content: morning, platformSetId, scheduledFor: tomorrow, idempotencyKey: `morning-${revision}` },
      1,
    ),
  );
  assert.deepEqual([scheduled.status, scheduled.scheduledFor], ["scheduled", tomorrow]);
  const soon = new Date(Date.now() + 5000).toISOString();
  assert.equal(
    postIn(await call("posts_update", { id: scheduled.id, scheduledFor: soon, idempotencyKey: `sooner-${revision}` }))
      .scheduledFor,
    soon,
  );

  // One platform refuses because the user removed the app there: the post is partial, and the agent says why and what
  // to do.
  await tellSandbox(installation, "faults", { platform: "linkedin", operation: "publish", kind: "revoke_token" });
  const published = postIn(await call("posts_publish", { id: draft.id, idempotencyKey: `publish-${revision}` }));
  assert.equal(published.status, "partial");
  const failed = published.platformPosts.filter(({ status }) => status === "failed");
  const attempts = postsAttempts.answer.parse(await call("posts_attempts", { id: draft.id })).attempts;
  const [explanation] = failed.map(({ id, platform, error }) => {
    const refused = attempts.find(({ platformPostId, verdict }) => platformPostId === id && verdict === "failed");
    return {
      platform,
      code: error?.code,
      category: error?.category,
      fix: error?.action,
      said: `${refused?.requests[0]?.status} ${error?.platformError?.message}`,
    };
  });
  assert.deepEqual(explanation, {
    platform: "linkedin",
    code: "AUTH_REVOKED",
    category: "account",
    fix: "Reconnect the account with all permissions, then retry the post.",
    said: `401 ${failed[0]?.error?.platformError?.message}`,
  });
  for (const word of [
    "error.message",
    "error.action",
    "error.platformError",
    "error.category",
    "verdict",
    `| \`${explanation?.category}\` |`,
  ])
    assert.ok(documents(manual, word), `llm.txt tells of ${word}`);

  // The user does it, as llm.txt says. Then only what failed is sent again.
  assert.ok(documents(manual, "A person must do what `action` says"));
  await installation.json("accounts", "connect", "--set", platformSetId, "--platform", "linkedin", "--json");
  const retried = postIn(
    await call("posts_retry", {
      id: draft.id,
      platforms: failed.map(({ platform }) => platform),
      idempotencyKey: `retry-${revision}`,
    }),
  );
  assert.equal(retried.status, "published");
  assert.match(
    retried.platformPosts.find(({ platform }) => platform === "linkedin")?.publishedUrl ?? "",
    /^https:\/\/www\.linkedin\.com\//,
  );
  while (postIn(await call("posts_get", { id: scheduled.id })).status !== "published") await sleep(200);

  const audience = await readAudience(installation, revision);
  assert.deepEqual(audience.map(({ platform, text }) => [platform, text]).sort(), [
    ["facebook", morning.text],
    ["linkedin", content.platformOverrides.linkedin.text],
    ["threads", content.text],
  ]);
  const calls = new Map(audience.map(({ platform, publishCalls }) => [platform, publishCalls]));
  assert.deepEqual([calls.get("threads"), calls.get("facebook")], [1, 1], "what was published was sent once");
}

function readManual(text: string): Manual {
  const tools = [...text.matchAll(/^- `[A-Z]+ \S+` .*: tool `(\w+)`$/gm)].map(([, name = ""]) => name);
  const calls = [...text.matchAll(/^\{"name": .*\}$/gm)].map(([line]) =>
    z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) }).parse(JSON.parse(line)),
  );
  const address = /^- MCP: (\S+?),/m.exec(text)?.[1];
  assert.ok(
    address !== undefined && text.includes("Authorization: Bearer"),
    "llm.txt says where MCP is, and how it is opened",
  );
  return { text, address, tools, calls };
}

/** The arguments that the manual shows for a tool, from its first mention or a later one. */
function exampleOf({ calls }: Manual, name: string, occasion = 0): Record<string, unknown> {
  const shown = calls.filter((each) => each.name === name)[occasion];
  assert.ok(shown !== undefined, `llm.txt shows how ${name} is called`);
  return shown.arguments;
}

function documents({ text }: Manual, word: string): boolean {
  return text.includes(word);
}

/** The official client. It only uses tools that the manual documents, and arguments that they list. */
async function openAgent(
  t: TestContext,
  manual: Manual,
  key: string,
  revision: (typeof REVISIONS)[number],
): Promise<{ call(name: string, given: Record<string, unknown>): Promise<Record<string, unknown>> }> {
  const client = new Client(
    { name: "agent", version: "1" },
    { versionNegotiation: { mode: revision === "2026-07-28" ? { pin: revision } : "legacy" } },
  );
  const received: string[] = [];
  await client.connect(
    new StreamableHTTPClientTransport(new URL(manual.address), {
      requestInit: { headers: { authorization: `Bearer ${key}` } },
      async fetch(url, init) {
        const response = await fetch(url, init);
        if (init?.method === "POST") received.push(await response.clone().text());
        return response;
      },
    }),
  );
  t.after(() => client.close());
  assert.equal(client.getNegotiatedProtocolVersion(), revision);
  const { tools } = await client.listTools();
  const sizes = [manual.text, ...received].map(({ length }) => length);
  const tokens = sizes.reduce((sum, size) => sum + size) / CHARACTERS_PER_TOKEN;
  assert.ok(tokens <= MOST_TOKENS, `${sizes.join(" + ")} characters before the first wish`);
  assert.ok(sizes[0] !== undefined && sizes[0] <= 60_000, `llm.txt has ${sizes[0]} characters`);
  const listed = received.at(-1) ?? "";
  assert.match(listed, /"posts_create"/);
  assert.ok(listed.length <= 40_000, `tools/list has ${listed.length} characters as served`);
  assert.deepEqual(
    tools.map(({ name }) => name).sort(),
    manual.tools.toSorted(),
    "llm.txt and the endpoint name the same tools",
  );
  const schemas = new Map(tools.map(({ name, inputSchema }) => [name, inputSchema]));
  return {
    async call(name, given) {
      const { properties = {}, required = [] } = schemas.get(name) ?? {};
      for (const argument of Object.keys(given)) assert.ok(argument in properties, `${name} takes ${argument}`);
      for (const argument of required) assert.ok(argument in given, `the example of ${name} gives ${argument}`);
      assert.doesNotMatch(
        JSON.stringify(given),
        /"(SET_ID|POST_ID|TIME)"/,
        `what stands for something in the example of ${name} has been filled in`,
      );
      const { isError, content, structuredContent } = await client.callTool({ name, arguments: given });
      assert.notEqual(isError, true, JSON.stringify(content));
      return z.record(z.string(), z.unknown()).parse(structuredContent);
    },
  };
}

function postIn(answer: Record<string, unknown>): Post {
  return post.parse(answer.post);
}

async function tellSandbox({ sandboxUrl }: Installation, path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${sandboxUrl}/_sandbox/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, await answer.text());
}

/** What can be seen of this revision's posts. */
async function readAudience(
  { sandboxUrl }: Installation,
  revision: string,
): Promise<{ platform: string; text: string; publishCalls: number }[]> {
  const answer = await fetch(`${sandboxUrl}/_sandbox/posts`);
  const posts = z
    .array(z.object({ platform: z.string(), text: z.string(), publishCalls: z.number() }))
    .parse(await answer.json());
  return posts.filter(({ text }) => text.includes(`(${revision})`));
}
