import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { fieldsOf } from "../../contract/forms/fields-of.ts";
import { OPERATIONS } from "../../contract/index.ts";
import { formOf, type Operation } from "../../contract/operation.ts";
import { asRefusal, countRows, idOf } from "../../tests/answers.ts";
import { createOperationCaller, waysOf } from "../../tests/call-operation.ts";
import { createWorld, type TestTenant, type World } from "../../tests/world.ts";

let world: World;
let postId: string;
let setId: string;
let callBy: ReturnType<typeof createOperationCaller>;

before(async () => {
  world = await createWorld();
  callBy = createOperationCaller(world);
  await callBy.signIn(world.test);
  await world.connect(world.test, "threads");
  postId = idOf((await world.call(world.test, "POST", "/api/v1/posts", validBody("posts_create"))).body, "post");
  setId = idOf((await world.call(world.test, "POST", "/api/v1/platform-sets", { name: "Mine" })).body, "set");
});
after(() => world.close());

/** A valid body for each operation. */
function validBody(name: string): unknown {
  const post = { content: { text: "Hello" }, platforms: ["threads"], platformSetId: world.test.platformSetId };
  const bodies: Record<string, unknown> = {
    posts_create: post,
    legacy_posts_create: { text: "Hello", platforms: ["threads"], platformSetId: world.test.platformSetId },
    posts_validate: post,
    posts_update: { content: { text: "Changed" } },
    posts_retry: { platforms: ["threads"] },
    platform_sets_create: { name: "Set" },
    platform_sets_rename: { name: "Renamed" },
    connect_links_create: {
      platformSetId: world.test.platformSetId,
      externalId: "customer",
      returnUrl: "https://example.com/back",
    },
    keys_create: { name: "Key", mode: "test", policies: { platforms: ["threads"] } },
    posts_approve: { contentHash: "0".repeat(64) },
    webhooks_create: { url: "https://example.com/events", events: ["post.published"], description: "Ours" },
    webhooks_update: { description: "Changed" },
    tenants_create: { name: "Acme", externalId: crypto.randomUUID(), plan: "pro", limits: { apiRead: 10 } },
    tenants_update: { name: "Acme" },
    tenants_create_key: { name: "Key", mode: "test" },
    media_create: { url: "https://example.com/a.jpg" },
    media_update: { altText: "A lighthouse", keepUntil: "2030-01-01T00:00:00Z" },
    media_crop: { x: 0, y: 0, width: 1, height: 1 },
  };
  return bodies[name] ?? bodies[name.replace(/^legacy_/, "")] ?? {};
}

const LONG = "x".repeat(100_000);
const WRONG_VALUES: readonly unknown[] = [
  null,
  0,
  -1,
  1.5,
  1e300,
  "",
  "  ",
  "wrong",
  LONG,
  "a\u0000b",
  true,
  [],
  {},
  [null],
  [[]],
  { unknown: 1 },
];

/** For operations with the same body, and for the fields of media that a platform replaces. */
const FEWER_VALUES: readonly unknown[] = [null, -1, LONG, {}];

function wrongValues(operation: Operation, path: readonly string[]): readonly unknown[] {
  // It is the other operation at an old path.
  if (OPERATIONS.some((other) => operation.name === `legacy_${other.name}` && formOf(operation) === formOf(other)))
    return [null];
  return operation.name === "posts_create" && path.slice(0, -1).lastIndexOf("media") < 2 ? WRONG_VALUES : FEWER_VALUES;
}

for (const operation of OPERATIONS.filter(({ takes }) => takes !== "none")) {
  test(`${operation.name}: every wrong value of every field is rejected with a message or is harmless`, async () => {
    for (const { path } of fieldsOf(formOf(operation))) {
      for (const value of wrongValues(operation, path)) {
        const body = withValue(validBody(operation.name), path, value);
        await callWith(operation, body, `${path.join(".")} = ${JSON.stringify(value)?.slice(0, 40)}`);
      }
    }
  });

  test(`${operation.name}: missing, unknown and misplaced fields are rejected with a message`, async () => {
    const valid = validBody(operation.name);
    // Many fields are missing from the same object, or have the same name.
    const bodies = new Map<string, [body: unknown, what: string]>();
    const add = (body: unknown, what: string) => bodies.set(JSON.stringify(body), [body, what]);
    for (const { path } of fieldsOf(formOf(operation))) {
      add(withValue(valid, path, undefined), `without ${path.join(".")}`);
      if (path.length > 1) add(withValue(valid, [path.at(-1) ?? ""], "misplaced"), `${path.join(".")} at the top`);
    }
    for (const [body, what] of bodies.values()) await callWith(operation, body, what);
    for (const body of [[], "text", 5, true, null, [valid]]) await callWith(operation, body, JSON.stringify(body));
    const answer = await call(operation, { ...asObject(valid), nothingKnowsThis: 1 });
    // The flat body of old clients may have unknown keys.
    if (operation.name === "legacy_posts_create") assert.equal(answer.status, 201);
    else assert.match(JSON.stringify(answer.body), /Unknown key \\"nothingKnowsThis\\"/);
  });
}

for (const operation of OPERATIONS) {
  test(`${operation.name}: every wrong value of every query parameter is rejected with a message`, async () => {
    for (const name of [...Object.keys(operation.query.shape), "unknown"]) {
      for (const value of [
        "",
        " ",
        "-1",
        "1e3",
        "abc",
        "%00",
        "999999999999999999999",
        "a&" + `${name}=b`,
        encodeURIComponent(LONG.slice(0, 5000)),
      ]) {
        const answer = await call(operation, undefined, `?${name}=${value}`);
        assert.ok(answer.status < 500, `${name}=${value}: ${answer.status}`);
        if (answer.status >= 400) asRefusal(answer);
        if (name === "unknown") assert.equal(answer.status, 400);
      }
    }
  });

  for (const param of Object.keys(operation.params.shape)) {
    test(`${operation.name}: a wrong ${param} in the path is rejected with a message`, async () => {
      for (const value of [
        "1",
        "x".repeat(5000),
        "%00",
        "..",
        "%2e%2e%2f",
        "' or 1=1",
        "01980b7a-6c00-7000-8000-00000000000g",
      ]) {
        const path = operation.path.replace(
          `:${param}`,
          value.includes("%") || value === ".." ? value : encodeURIComponent(value),
        );
        const answer = await send(
          operation,
          world.test,
          path,
          operation.takes === "none" ? undefined : validBody(operation.name),
        );
        assert.ok(
          answer.status === 400 || answer.status === 404 || (value === ".." && answer.status < 500),
          `${path.slice(0, 100)}: ${answer.status}`,
        );
        if (answer.status >= 400) asRefusal(answer);
      }
    });
  }
}

/** What `countRows` returned after the last request if that was rejected. */
let rows: unknown;

/** Sends a request. Checks that an error has the standard format and that nothing was partly stored. */
async function callWith(operation: Operation, body: unknown, what: string): Promise<void> {
  // A deleted user cannot send another request.
  const tenant = operation.name === "me_delete" ? (await world.makeTenants()).test : world.test;
  await callBy.signIn(tenant);
  const before = tenant === world.test && rows !== undefined ? rows : await countRows(world);
  const answer = await call(operation, body, "", tenant);
  assert.ok(answer.status < 500, `${what}: ${answer.status} ${JSON.stringify(answer.body)}`);
  if (answer.status < 400) return;
  asRefusal(answer);
  rows = await countRows(world);
  assert.deepEqual(rows, before, what);
}

async function call(operation: Operation, body: unknown, query = "", tenant = world.test) {
  const id = /platform-sets|platforms\/sets/.test(operation.path) ? setId : postId;
  const path = operation.path.replace(":id", id).replace(":platform", "threads");
  return await send(operation, tenant, path + query, body);
}

/** Uses the last of the ways to call the operation. */
async function send(operation: Operation, tenant: TestTenant, path: string, body: unknown) {
  rows = undefined;
  return await callBy(waysOf(operation).at(-1) ?? "key", tenant, operation.method, path, body);
}

/** A copy of the body with a value at a path. `*` is the first member of a list. Undefined removes the member. */
function withValue(body: unknown, path: readonly string[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (step === "*") return [withValue(Array.isArray(body) ? body[0] : undefined, rest, value)];
  const { [step]: member, ...others } = asObject(body);
  if (rest.length === 0 && value === undefined) return others;
  return { ...others, [step]: withValue(member, rest, value) };
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
