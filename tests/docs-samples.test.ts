import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { Webhook } from "standardwebhooks";

import { openInstallation, type Installation, type Server } from "../cli/installation.fixture.ts";
import { OPERATIONS } from "../contract/index.ts";
import { EXAMPLES } from "../contract/openapi/examples.ts";
import { tagOf } from "../contract/openapi/openapi.ts";
import { errorsOf, type Operation } from "../contract/operation.ts";
import { PUBLIC_CODES } from "../model/errors.ts";
import { PLATFORM_NAMES } from "../model/platform-names.ts";
import { checkTypes, installPackage } from "../packing/install.fixture.ts";
import { catalog } from "../platforms/catalog.ts";
import { operationSection } from "../printing/operation-pages.ts";
import { bodyOf } from "../printing/platform-pages.ts";
import { type Block, type Call, folderOf, LANGUAGES, readBlocks, runBlocks } from "./samples/run-samples.ts";

const root = join(import.meta.dirname, "..");

/** An ID that does not exist. In example bodies it is replaced by a platform set's ID. */
const NOBODYS_ID = "01980b7a-6c00-7000-8000-000000000001";

test("every sample of the documentation does what it says, in every language", { timeout: 500_000 }, async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start", {
    AMPOST_METRICS_PORT: new URL(installation.metricsUrl).port,
  });
  const folder = await readdir(join(root, "docs/guides"));
  const guides = folder.filter((name) => name.endsWith(".md") && !TESTED_ELSEWHERE.includes(name));
  const files = ["README.md", ...guides.map((name) => `docs/guides/${name}`)];
  const { apiKey, platformSetId } = await installation.json("bootstrap", "--json");
  const { operatorKey } = await installation.json("operator-keys", "create", "--name", "samples", "--json");
  // The command line keeps its key in the installation's folder and connects to it.
  const variables = {
    KEY: String(apiKey),
    OPERATOR_KEY: String(operatorKey),
    KEY_ID: NOBODYS_ID,
    SET: String(platformSetId),
    AMPOST_API_URL: installation.url,
    XDG_CONFIG_HOME: installation.dataDir,
  };
  // The samples' client is the installed package.
  const client = await installPackage(t, "@ampost/client");
  await mkdir(folderOf(installation), { recursive: true });
  await symlink(join(client.folder, "node_modules"), join(folderOf(installation), "node_modules"));
  const setUp = readBlocks(await readFile(join(root, "docs/guides/quickstart.md"), "utf8"))
    .filter(({ language }) => language !== "sh")
    .slice(0, 2);

  for (const file of files) {
    await t.test(file, async () => {
      const blocks = readBlocks(await readFile(join(root, file), "utf8"));
      assert.equal(blocks.length, SAMPLES[nameOf(file)] ?? 0, "samples that run");
      if (blocks.length === 0) return;
      const isSetUp = file === "docs/guides/quickstart.md" || blocks.every(({ language }) => language === "sh");
      await runPage(installation, isSetUp ? blocks : [...setUp.map((block) => ({ ...block, group: -1 })), ...blocks], {
        file,
        variables,
      });
    });
  }
  await t.test("examples on the platforms' pages", async () => {
    const examples = PLATFORM_NAMES.flatMap((name) =>
      catalog[name].examples.map((example) => ({ title: example.title, body: bodyOf(name, example) })),
    );
    assert.ok(examples.length >= 15, "none was lost");
    for (const example of examples) {
      const response = await fetch(`${installation.url}/api/v1/posts/validate`, {
        method: "POST",
        headers: { authorization: `Bearer ${String(apiKey)}`, "content-type": "application/json" },
        body: JSON.stringify({ ...example.body, platformSetId }),
      });
      assert.deepEqual(Object(await response.json()).issues, [], example.title);
    }
  });
  await t.test("webhook verification", async () => {
    const secret = `whsec_${randomBytes(32).toString("base64")}`;
    const [at, body] = [new Date(), JSON.stringify({ type: "post.published", data: {} })];
    const headers = { "webhook-id": NOBODYS_ID, "webhook-timestamp": String(Math.floor(at.getTime() / 1000)) };
    const signed = {
      body,
      headers: {
        ...headers,
        "webhook-signature": `v1,AAAA ${new Webhook(secret).sign(headers["webhook-id"], at, body)}`,
      },
    };
    const blocks = readBlocks(await readFile(join(root, "docs/guides/webhooks.md"), "utf8"));
    for (const { language, named, uses } of WEBHOOK_CHECKS) {
      const code = blocks.find((block) => block.language === language && block.code.includes(named))?.code ?? "";
      const { stdout } = await runBlocks(installation, [{ language, code: `${code}\n${uses}` }], {
        name: "webhook-check",
        variables: { WEBHOOK_SECRET: secret, SIGNED: JSON.stringify(signed) },
      });
      assert.deepEqual(stdout.trim().toLowerCase().split("\n").at(-1), "true false", language);
    }
  });
  await t.test("requests of the reference", async () => {
    await runCalls(installation, { ...variables, ID: NOBODYS_ID, COOKIE: await signIn(installation, server) });
  });
  await t.test("TypeScript type checks", async () => {
    const programs = (await readdir(folderOf(installation)))
      .filter((name) => name.endsWith(".mts"))
      .map((name) => join(folderOf(installation), name));
    await checkTypes(folderOf(installation), programs, [
      ...["--noUncheckedIndexedAccess", "--skipLibCheck", "--target", "es2024", "--module", "nodenext"],
      ...["--typeRoots", join(root, "node_modules/@types"), "--types", "node"],
    ]);
  });
  await server.end("SIGTERM");
});

/**
 * Runs the code blocks of a page. Requests fail exactly where the page says so, and blocks in several languages send
 * the same requests.
 */
async function runPage(
  installation: Installation,
  blocks: readonly Block[],
  { file, variables }: { file: string; variables: Record<string, string> },
): Promise<void> {
  const { calls, stdout } = await runBlocks(installation, blocks, { name: file, variables });
  for (const { block, status } of calls) {
    assert.equal(
      status >= 400,
      blocks[block]?.isRefused,
      `status ${status} of\n${blocks[block]?.code ?? ""}\n${stdout.slice(-2000)}`,
    );
  }
  const groups = [...Map.groupBy(blocks.keys(), (index) => blocks[index]?.group).values()];
  const shown = groups.flatMap((indices) => {
    const [first = "", ...others] = indices.map((index) => namesOf(calls.filter(({ block }) => block === index)));
    for (const other of others) assert.equal(other, first, "what is shown in several languages makes the same calls");
    const languages = indices.map((index) => blocks[index]?.language).join(" ");
    const isShell = blocks[indices[0] ?? 0]?.code.includes("curl ") ?? false;
    assert.ok(!isShell || calls.some(({ block }) => block === indices[0]), "every call is looked at");
    return others.length === 0 || blocks[indices[0] ?? 0]?.group === -1 ? [] : [`${languages}: ${first}`];
  });
  assert.deepEqual(shown, SHOWN[nameOf(file)] ?? []);
}

function nameOf(file: string): string {
  return file.replace(/^.*\/|\.md$/g, "");
}

/** The operations that were called, without duplicates. */
function namesOf(calls: readonly Call[]): string {
  const names = calls.flatMap(
    ({ method, path }) =>
      OPERATIONS.find((operation) => operation.method === method && patternOf(operation).test(path))?.name ?? [],
  );
  return [...new Set(names)].sort().join(" ");
}

function patternOf({ path }: Operation): RegExp {
  return new RegExp(`^${path.replace(/:\w+/g, "[^/]+")}$`);
}

/** They set up machines, or stop the instance: `tests/deploying` and `cli/backing-up-guide` run their commands. */
const TESTED_ELSEWHERE = ["deploying.md", "backing-up.md"];

/** How many samples each page has, so that none is lost. */
const SAMPLES: Readonly<Record<string, number>> = {
  README: 6,
  accounts: 2,
  agents: 1,
  authentication: 2,
  bulk: 5,
  "command-line": 4,
  "connecting-accounts": 2,
  "legacy-endpoints": 2,
  errors: 4,
  "exactly-once": 4,
  mcp: 3,
  media: 9,
  monitoring: 3,
  platforms: 1,
  posts: 22,
  quickstart: 7,
  "resumable-uploads": 1,
  scheduling: 15,
  securing: 3,
  "self-hosting": 4,
  tenants: 9,
  "test-mode": 4,
  upgrading: 1,
  usage: 3,
  webhooks: 11,
};

/** Which samples the guides show in several languages, so that none is lost. */
const SHOWN: Readonly<Record<string, readonly string[]>> = {
  quickstart: ["sh ts py: accounts_list platform_sets_list", "sh ts py: posts_create posts_publish"],
  posts: [
    "sh ts py: posts_create",
    "sh ts py: posts_validate",
    "sh ts py: posts_publish",
    "sh ts py: posts_events posts_get",
    "sh ts py: posts_create posts_get posts_update",
    "sh ts py: posts_delete",
    "sh ts py: posts_list",
  ],
  bulk: ["ts py: posts_create"],
  scheduling: [
    "sh ts py: posts_create",
    "sh ts py: platform_sets_set_posting_times posts_create",
    "sh ts py: accounts_list accounts_set_posting_times",
    "sh ts py: publishing_get publishing_pause publishing_resume",
    "sh ts py: posts_cancel posts_update",
  ],
  media: ["sh ts: posts_create", "sh ts py: posts_create", "sh ts py: media_create media_get posts_create"],
  "exactly-once": ["sh ts py: posts_create"],
  webhooks: [
    "sh ts py: webhooks_create",
    "ts py: ",
    "sh ts py: webhook_deliveries_redeliver webhooks_deliveries webhooks_test",
    "sh ts py: webhooks_delete webhooks_rotate_secret",
  ],
  errors: ["sh ts py: posts_create"],
  usage: ["sh ts py: usage_get"],
  tenants: ["ts py: platform_sets_list tenants_create tenants_create_key"],
};

/** Runs the reference's example of each operation, noun by noun. `ID` is what the previous call created. */
async function runCalls(installation: Installation, variables: Record<string, string>): Promise<void> {
  const operations = [...Map.groupBy(OPERATIONS, tagOf).values()].flat();
  const addresses = { apiUrl: installation.url, appUrl: installation.appUrl };
  const sections = operations.map((operation) => ({
    operation,
    blocks: readBlocks(
      operationSection(operation, addresses)
        .join("\n")
        .replaceAll(NOBODYS_ID, variables.SET ?? ""),
    ),
  }));
  for (const { operation, blocks } of sections)
    assert.deepEqual(
      blocks.map(({ language }) => language),
      LANGUAGES,
      operation.name,
    );
  const runnable = sections.flatMap(({ operation, blocks }) =>
    blocks.map(({ language, code }) => ({
      operation,
      language,
      code,
      // What is made of an object has an ID of its own, and the examples that follow are about the object.
      makes: (operation.status === 201 || operation.name.endsWith("_create")) && !operation.path.includes(":id"),
    })),
  );
  const { calls } = await runBlocks(installation, runnable, {
    name: "requests of the reference",
    variables,
    apart: true,
  });
  for (const [index, { operation, language }] of runnable.entries()) {
    const made = calls.filter(({ block }) => block === index);
    assert.ok(
      made.length > 0 &&
        made.every(({ method, path }) => method === operation.method && patternOf(operation).test(path)),
      `${operation.name} in ${language}: ${JSON.stringify(made)}`,
    );
    assert.ok(
      foreseen(operation).includes(made.at(-1)?.status ?? 0),
      `${operation.name} in ${language}: ${made.at(-1)?.status}`,
    );
  }
}

/**
 * Examples that need an object in another state, a missing one or a password fail as documented; those that create or
 * list succeed.
 */
function foreseen(operation: Operation): number[] {
  // Without billing, there is nothing to pay; and the samples' key has no policy for own apps.
  const isBound =
    operation.path.includes(":") ||
    operation.path.startsWith("/api/billing/") ||
    operation.name === "apps_list" ||
    "password" in Object(EXAMPLES[operation.name]);
  const refusals = errorsOf(operation)
    .map((each) => PUBLIC_CODES[each].status)
    .filter((status) => status < 500 && ![401, 429].includes(status));
  return [operation.status, ...(isBound ? refusals : [])];
}

/** Creates the owner's account with the link that the start prints. */
async function signIn({ appUrl }: Installation, server: Server): Promise<string> {
  const token = /\/setup\?token=(\S+)/.exec(server.output())?.[1];
  const body = { token, email: "owner@example.com", password: "correct horse battery staple", name: "Olga" };
  const answer = await fetch(`${appUrl}/api/auth/set-up`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: appUrl },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, await answer.text());
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0] ?? "")
    .join("; ");
}

/** Whether a check accepts what was signed but not the same with a character changed. */
const WEBHOOK_CHECKS = [
  {
    language: "ts",
    named: "verifyWebhook",
    uses:
      'const { headers, body: sent } = JSON.parse(process.env.SIGNED ?? "");\n' +
      'const takes = (body: string) => receive(new Request("http://localhost/", { method: ' +
      '"POST", headers, body })).then(({ ok }) => ok, () => false);\n' +
      "console.log(await takes(sent), await takes(`${sent} `));",
  },
  {
    language: "py",
    named: "is_from_ampost",
    uses:
      "import json, os\nsigned = json.loads(os.environ['SIGNED'])\n" +
      "print(*[is_from_ampost(os.environ['WEBHOOK_SECRET'], signed['headers'], " +
      "body.encode()) for body in (signed['body'], signed['body'] + ' ')])",
  },
] as const;
