import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { Webhook } from "standardwebhooks";

import { fieldsOf } from "../contract/forms/fields-of.ts";
import { OPERATIONS } from "../contract/index.ts";
import { EXAMPLES } from "../contract/openapi/examples.ts";
import { filesOf } from "../packing/packages.ts";
import { toTarball } from "../packing/tarball.ts";
import { catalog } from "../platforms/catalog.ts";
import { createWorld, type World } from "../tests/world.ts";
import { type NodeRun, runNode, type RunOptions } from "./n8n-routing.ts";
import { openTrigger, type TriggerNode } from "./n8n-trigger.ts";

const UNKNOWN_ID = "01980b7a-6c00-7000-8000-000000000001";
/** A local time in India, the workflow's time zone: UTC+5:30 all year. */
const TOMORROW = `${new Date(Date.now() + 86_400_000).toISOString().slice(0, 16)}:00.000Z`;
const SAMPLES: Readonly<Record<string, unknown>> = {
  string: "sample",
  number: 5,
  boolean: true,
  json: "[]",
  dateTime: "2030-01-10T09:30:00",
};
const root = join(import.meta.dirname, "..");
const run = promisify(execFile);

let world: World;
let folder: string;
/** What `npm pack` includes in the package. */
let packed: string[];
let ampost: Pick<RunOptions, "node" | "authenticate">;
let trigger: TriggerNode;
before(async () => {
  world = await createWorld();
  await world.connect(world.test, "threads");
  await world.connect(world.test, "linkedin");
  await world.connect(world.test, "facebook");
  await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "integrations/n8n"], { cwd: root });
  folder = await mkdtemp(join(tmpdir(), "ampost-n8n-"));
  const path = join(folder, "node_modules/n8n-nodes-ampost");
  const files = await filesOf("n8n-nodes-ampost");
  packed = files.map((file) => file.path);
  await mkdir(path, { recursive: true });
  await writeFile(join(folder, "package.tgz"), toTarball(files));
  await run("tar", ["xzf", join(folder, "package.tgz"), "-C", path, "--strip-components=1"]);
  await symlink(join(root, "node_modules/n8n-workflow"), join(folder, "node_modules/n8n-workflow"));
  const load = createRequire(`${path}/`);
  const { nodes, credentials } = JSON.parse(await readFile(join(path, "package.json"), "utf8")).n8n;
  const [{ Ampost }, { AmpostTrigger }] = nodes.map((file: string) => load(`./${file}`));
  const { AmpostApi } = load(`./${credentials[0]}`);
  ampost = { node: new Ampost(), authenticate: new AmpostApi().authenticate };
  trigger = new AmpostTrigger();
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
  await world.close();
});

const call = (resource: string, operation: string, parameters: object = {}, rest: Partial<RunOptions> = {}) =>
  runNode({
    ...ampost,
    credentials: { apiKey: world.test.key, baseUrl: `${world.url}/` },
    parameters: { resource, operation, ...parameters },
    ...rest,
  });
const draft = (text: string) => ({ platformSetId: world.test.platformSetId, platforms: ["threads"], text });
/** The objects that a run returned, checking that it did not fail. */
const given = ({ items, error }: NodeRun) => {
  assert.equal(error, null);
  return items.map(({ json }) => Object(json));
};

/** The parts of a field that the test reads. */
interface Field {
  name: string;
  type: string;
  default: unknown;
  value: string;
  displayOptions: { show: Record<string, unknown[]> };
  options?: Field[];
  typeOptions?: { loadOptions?: { routing: object } };
  routing?: { send?: { type?: string; property?: string }; request: { method: string; url: string } };
}

const fields = (): Field[] => ampost.node.description.properties.map((property) => Object(property));
/** Every operation of the node, with its request. */
const choices = () =>
  fields()
    .filter(({ name }) => name === "operation")
    .flatMap(({ displayOptions: { show }, options = [] }) =>
      options.map(({ value: operation, routing }) => ({
        resource: String(show.resource),
        operation,
        method: routing?.request.method ?? "",
        path: pathOf(routing?.request.url ?? ""),
      })),
    );
const pathOf = (url: string) =>
  url.replace(/^=/, "").replace(/\{\{ encodeURIComponent\(\$parameter\["(\w+)"\]\) \}\}/, ":$1");
const fieldsFor = (resource: string, operation: string) =>
  fields().filter(
    ({ displayOptions }) =>
      displayOptions?.show.resource?.includes(resource) === true &&
      displayOptions.show.operation?.includes(operation) === true,
  );

/** Fills fields with the members of a body, each with the member that it sends. */
function fill(shown: readonly Field[], body: unknown): Record<string, unknown> {
  return Object.fromEntries(
    shown.flatMap(({ name, type, options = [], routing }): [string, unknown][] => {
      if (type === "collection") return [[name, fill(options, body)]];
      const property = routing?.send?.type === "body" ? routing.send.property : undefined;
      const value = property?.split(".").reduce((inside: unknown, step) => Object(inside)[step], body);
      return property === undefined || value === undefined
        ? []
        : [[name, type === "fixedCollection" ? { entries: value } : value]];
    }),
  );
}

test("the package contains what n8n loads, and depends only on n8n", async () => {
  assert.deepEqual(packed.filter((path) => path.endsWith(".js")).sort(), [
    "dist/credentials/AmpostApi.credentials.js",
    ...["Ampost.node", "AmpostTrigger.node", "attach-files", "properties", "tell-refusal"].map(
      (name) => `dist/nodes/Ampost/${name}.js`,
    ),
  ]);
  assert.deepEqual(packed.filter((path) => !path.endsWith(".js")).sort(), [
    "LICENSE",
    "README.md",
    "dist/icons/ampost.dark.svg",
    "dist/icons/ampost.svg",
    "dist/nodes/Ampost/Ampost.node.json",
    "dist/nodes/Ampost/AmpostTrigger.node.json",
    "package.json",
  ]);
  const { stdout } = await run("grep", [
    "-rhoE",
    'require\\("[^"]+"\\)',
    join(folder, "node_modules/n8n-nodes-ampost/dist"),
  ]);
  assert.deepEqual([...new Set(stdout.trim().split("\n"))].filter((name) => !name.includes('"./')).sort(), [
    'require("n8n-workflow")',
    'require("node:crypto")',
  ]);
});

test("every operation that accepts a key is included, and sends a valid body", async () => {
  const made = async (resource: string, parameters: object) => given(await call(resource, "create", parameters))[0].id;
  const [account] = given(await call("account", "getAll"));
  const ids: Record<string, unknown> = {
    account: account.id,
    post: await made("post", draft("Every operation")),
    platformSet: await made("platformSet", { name: "Another" }),
    connectLink: await made("connectLink", {
      platformSetId: world.test.platformSetId,
      returnUrl: "https://app.example.com",
    }),
    media: await made("media", { url: "https://cdn.example.com/photo.jpg" }),
    webhook: await made("webhook", { url: "https://app.example.com" }),
  };
  const called: string[] = [];
  for (const { resource, operation, method, path } of choices()) {
    const declared = OPERATIONS.find((each) => each.method === method && each.path === path);
    assert.ok(declared, `${method} ${path}`);
    const example: unknown = JSON.parse(
      JSON.stringify(EXAMPLES[declared.name] ?? {}).replaceAll(UNKNOWN_ID, world.test.platformSetId),
    );
    // The request log is written a second later, and no sandbox has this account.
    const isKept = ids[resource] !== undefined && !path.includes("sandbox") && (method === "GET" || method === "PATCH");
    const { calls, error } = await call(resource, operation, {
      id: isKept ? ids[resource] : UNKNOWN_ID,
      platform: "threads",
      ...fill(fieldsFor(resource, operation), example),
    });
    assert.equal(calls.length, 1, `${declared.name}: ${error?.message}`);
    assert.deepEqual(calls[0]?.body ?? {}, example, declared.name);
    assert.equal(
      calls[0]?.status,
      path.includes(":id") && !isKept ? 404 : declared.status,
      `${declared.name}: ${error?.message}`,
    );
    called.push(declared.name);
  }
  const offered = OPERATIONS.filter(
    ({ auth = "key", name, successor, path, streams, batch }) =>
      batch === undefined &&
      auth !== "session" &&
      successor === undefined &&
      streams !== true &&
      path.startsWith("/api/v1/") &&
      !name.startsWith("apps_"),
  ).map(({ name }) => name);
  assert.deepEqual(called.sort(), offered.sort());
});

test("every setting of every platform is sent where the API expects it", async () => {
  const platforms = fields().find(({ name }) => name === "platformOverrides")?.options ?? [];
  const platformOverrides = Object.fromEntries(
    platforms.map(({ name, options = [] }) => [
      name,
      Object.fromEntries(options.map((field) => [field.name, SAMPLES[field.type] ?? field.default])),
    ]),
  );
  const { calls } = await call("post", "validate", {
    ...draft("Every setting"),
    platforms: platforms.map(({ name }) => name),
    platformOverrides,
  });
  const sent = Object(calls[0]?.body).content.platformOverrides;
  for (const {
    capabilities: { platform },
    settings,
  } of Object.values(catalog)) {
    assert.equal(typeof sent[platform].text, "string");
    const known = fieldsOf(settings)
      .map(({ path }) => path)
      .filter((path) => !path.includes("*"));
    const isSent = (path: readonly string[]) =>
      path.reduce((inside: unknown, step) => Object(inside)[step], sent[platform].settings) !== undefined;
    assert.deepEqual(
      known.filter((path) => !isSent(path)),
      [],
      platform,
    );
    assert.deepEqual(
      Object.keys(sent[platform].settings).filter((name) => !Object.hasOwn(settings.shape, name)),
      [],
      platform,
    );
  }
});

test("times are in the workflow's time zone, and only filled-in fields of an entry are sent", async () => {
  const entries = [{ url: "https://cdn.example.com/photo.jpg", type: "image", altText: "", width: 0, id: "" }];
  const [made] = given(
    await call("post", "create", {
      ...draft("Tomorrow"),
      platforms: ["facebook"],
      media: { entries },
      additionalFields: { scheduledFor: TOMORROW.slice(0, 19) },
    }),
  );
  assert.equal(made.scheduledFor, new Date(Date.parse(TOMORROW) - 5.5 * 3600_000).toISOString());
  assert.equal(made.content.media[0].altText ?? null, null);
  assert.deepEqual(made.warnings, []);
  const changed = await call("post", "update", {
    id: made.id,
    updateFields: { text: "Later", scheduledFor: "={{ null }}" },
  });
  assert.deepEqual(changed.calls[0]?.body, { content: { text: "Later" }, scheduledFor: null });
  assert.equal(given(changed)[0].status, "draft");
});

test("Return All reads all pages with the same filters", async () => {
  const many = Array.from({ length: 101 }, (_, index) => index);
  await Promise.all(
    many.map((index) =>
      world.call(world.test, "POST", "/api/v1/posts", {
        platformSetId: world.test.platformSetId,
        platforms: ["linkedin"],
        content: { text: `Page by page ${index}` },
      }),
    ),
  );
  await Promise.all(
    many.map(() =>
      world.call(world.test, "POST", "/api/v1/connect-links", {
        platformSetId: world.test.platformSetId,
        returnUrl: "https://app.example.com",
        externalId: "pages",
      }),
    ),
  );
  const posts = await call("post", "getAll", { returnAll: true, filters: { search: "Page by page" } });
  assert.equal(new Set(given(posts).map(({ id }) => id)).size, 101);
  assert.equal(posts.calls.length, 2);
  const links = await call("connectLink", "getAll", { returnAll: true, filters: { externalId: "pages" } });
  assert.equal(new Set(given(links).map(({ id }) => id)).size, 101);
  assert.equal(given(await call("post", "getAll", { limit: 3, filters: { platform: "linkedin" } })).length, 3);
});

test("the item's files are sent as media of a post or as a media object", async () => {
  const binary = {
    photo: {
      fileName: "Früh am Morgen.jpg",
      mimeType: "image/jpeg",
      bytes: await readFile(join(root, "tests/fixtures/photo-1x1.jpg")),
    },
  };
  const [media] = given(await call("media", "create", { binaryFields: "photo" }, { binary }));
  assert.deepEqual(
    [media.status, media.type, media.filename, media.sizeBytes],
    ["ready", "image", "Früh am Morgen.jpg", binary.photo.bytes.length],
  );
  assert.equal(
    given(await call("media", "create", { binaryFields: "photo", filename: "named.jpg" }, { binary }))[0].filename,
    "named.jpg",
  );
  const [made] = given(await call("post", "create", { ...draft("With a file"), binaryFields: " photo " }, { binary }));
  assert.deepEqual([made.content.text, made.content.media[0].type], ["With a file", "image"]);
  assert.match(
    String((await call("media", "create", { binaryFields: "other" }, { binary })).error?.message),
    /no file "other"/,
  );
});

test("a write with its own key happens once, and waiting is requested", async () => {
  const options = { idempotencyKey: "run-1" };
  const ids = [
    await call("post", "create", { ...draft("Once"), options }),
    await call("post", "create", { ...draft("Once"), options }),
  ].map((done) => given(done)[0].id);
  assert.equal(new Set(ids).size, 1);
  const published = await call("post", "publish", { id: ids[0], options: { waitSeconds: 0 } });
  assert.equal(published.calls[0]?.headers.Prefer, "wait=0");
});

test("an error shows the API's message and how to fix every issue", async () => {
  const { error } = await call("post", "create", { ...draft(""), platforms: ["threads", "youtube"] });
  assert.match(String(error?.message), /YouTube/);
  assert.match(String(error?.description), /^\/content\/text: .+\. Set content\.text/m);
  const { error: unknown } = await call(
    "account",
    "getContext",
    {},
    { credentials: { apiKey: "amp_test_wrong", baseUrl: world.url } },
  );
  assert.match(String(unknown?.message), /key/i);
});

test("platform sets, accounts and webhooks are chosen from lists", async () => {
  const choose = async (field: string, resource: string) => {
    const routing = fields().find(
      ({ name, typeOptions, displayOptions }) =>
        name === field && typeOptions?.loadOptions !== undefined && displayOptions.show.resource?.includes(resource),
    )?.typeOptions?.loadOptions?.routing;
    const node = {
      description: {
        ...ampost.node.description,
        properties: [{ displayName: "", name: "", type: "string", default: "", routing }],
      },
    };
    return given(await call("", "", {}, { node }));
  };
  assert.ok((await choose("platformSetId", "post")).some(({ value }) => value === world.test.platformSetId));
  assert.match((await choose("id", "account"))[0].name, /^Ampost \(\w+\)$/);
  for (const description of ["A laptop", ""])
    await world.call(world.test, "POST", "/api/v1/webhooks", { url: null, description });
  const webhooks = await choose("id", "webhook");
  assert.ok(
    webhooks.some(({ name }) => name === "A laptop") && webhooks.every(({ name }) => typeof name === "string"),
    "one without a URL has a name, too",
  );
});

test("the trigger has a webhook while its workflow is active, and passes on signed events only", async () => {
  const credentials = { apiKey: world.test.key, baseUrl: `${world.url}/` };
  const url = "https://n8n.example.com/webhook/1/webhook";
  const { exists, activate, deactivate, data, deliver } = openTrigger(trigger, {
    authenticate: ampost.authenticate,
    credentials,
    url,
    events: ["post.published", "post.failed"],
  });
  assert.equal(await exists(), false);
  await activate();
  assert.equal(await exists(), true);
  const { webhook } = Object((await world.call(world.test, "GET", `/api/v1/webhooks/${data.webhookId}`)).body);
  assert.deepEqual(
    [webhook.url, webhook.events, webhook.description],
    [url, ["post.published", "post.failed"], "n8n: Reports"],
  );
  const body = JSON.stringify({ type: "post.published", data: { post: { status: "published" } } });
  const signed = (at: Date, secret = data.secret) => ({
    "webhook-id": "delivery-1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": `v1,AAAA ${new Webhook(String(secret)).sign("delivery-1", at, body)}`,
  });
  assert.deepEqual(await deliver(signed(new Date()), body), {
    status: 200,
    items: [{ ...JSON.parse(body), deliveryId: "delivery-1" }],
  });
  for (const [headers, sent] of [
    [signed(new Date()), `${body} `],
    [signed(new Date(Date.now() - 301_000)), body],
    [signed(new Date(), `whsec_${Buffer.alloc(32).toString("base64")}`), body],
    [{}, body],
  ] as const)
    assert.deepEqual(await deliver(headers, sent), { status: 401, items: [] });
  const id = data.webhookId;
  await world.call(world.test, "PATCH", `/api/v1/webhooks/${id}`, { status: "disabled" });
  assert.equal(await exists(), false, "a disabled webhook sends nothing");
  await deactivate();
  assert.deepEqual(data, {});
  const gone = await world.call(world.test, "GET", `/api/v1/webhooks/${id}`);
  assert.equal(gone.status, 404);
  const refused = openTrigger(trigger, {
    authenticate: ampost.authenticate,
    credentials,
    url: "http://10.0.0.1/webhook",
    events: [],
  });
  await assert.rejects(refused.activate(), { description: /^\/url: / });
});
