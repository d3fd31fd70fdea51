import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { MASSES, nested } from "../masses.ts";
import { assertLinearUntilEnd } from "../work.ts";
import { createWorld, type World } from "../world.ts";
import { fill, routesOf } from "./routes.ts";

let world: World;
before(async () => {
  world = await createWorld();
});
after(() => world.close());

const SMALL = 65_536;
const LARGE = 4 * 1_048_576 - 64;
const MOST_ANSWERED = 100_000;
const ID = "01980b7a-6c00-7000-8000-000000000001";

/** Fields that routes read themselves, without a form of the contract. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  "/oauth/register": ["redirect_uris", "client_name", "grant_types"],
  "/api/auth/*": ["email", "password", "callbackURL", "response"],
  "/mcp": ["params", "id", "method"],
};

const written: Record<string, string> = {};

function jsonBodies(path: string, units: number): Record<string, string> {
  const [, fields = []] = Object.entries(FIELDS).find(([at]) => path.startsWith(at.replace("*", ""))) ?? [];
  return {
    "lists in lists": nested(units),
    ...Object.fromEntries(
      Object.entries(MASSES).flatMap(([what, make]) => {
        const json = (written[`${what} ${units}`] ??= JSON.stringify(make(units)));
        return [[what, json], ...fields.map((name) => [`${name}: ${what}`, `{"${name}":${json}}`])];
      }),
    ),
  };
}

function formBodies(units: number): Record<string, string> {
  const times = (length: number, each: (index: number) => string) =>
    Array.from({ length }, (_, at) => each(at)).join("");
  return {
    "different fields": times(units / 8, (index) => `f${index}=&`),
    "one field again and again": times(units / 4, () => "a=1&"),
    resources: times(units / 12, () => "resource=a&"),
    "one long field": `email=${"a%20".repeat(units / 4)}`,
  };
}

test("no body of a route costs more than in proportion to its length, up to 4 MB, and no answer is long", async (t) => {
  // As if each caller paused before each request: those who do not are slowed down.
  const now = performance.now.bind(performance);
  let paused = 0;
  t.mock.method(performance, "now", () => now() + paused);
  const routes = routesOf(world.app).filter(({ method }) => ["POST", "PUT", "PATCH", "DELETE"].includes(method));
  assert.ok(routes.length > 100, String(routes.length));
  const tenant = (await world.makeTenants()).test;
  let cookie = await world.signIn(tenant);
  const operator = `Bearer ${await world.operatorKey()}`;
  const failed: string[] = [];
  let turn = 0;
  for (const { method, path } of routes) {
    const isAnonymous = /^.(oauth|api.auth)/.test(path);
    const isWithKey = /^.(api.v1|admin|mcp)/.test(path);
    const isJson = /^.(api|admin|mcp|oauth.register)/.test(path);
    for (const units of [SMALL, LARGE]) {
      for (const [what, payload] of Object.entries(isJson ? jsonBodies(path, units) : formBodies(units))) {
        turn += 1;
        paused += 10_000;
        // Everything where anyone can send it, and in turn at all other routes.
        if (!isAnonymous && turn % (units === LARGE ? 7 : 2) > 0) continue;
        const name = `${method} ${path} with ${what}`;
        if (failed.some((each) => each.startsWith(name))) continue;
        if ((await world.services.sessions.find({ cookie })) === null) cookie = await world.signIn(tenant);
        const authorization = path.startsWith("/admin/") ? operator : `Bearer ${tenant.key}`;
        const send = async () => {
          const { statusCode, body } = await world.app.inject({
            method,
            url: fill(path, ID),
            headers: {
              host: "localhost:3000",
              origin: "http://localhost:3000",
              "sec-fetch-site": "same-origin",
              "content-type": isJson ? "application/json" : "application/x-www-form-urlencoded",
              "content-length": String(payload.length),
              accept: "application/json, text/event-stream",
              ...(isWithKey ? { authorization } : isAnonymous ? {} : { cookie }),
            },
            payload,
          });
          if (statusCode >= 500) failed.push(`${name}: ${statusCode} ${body.slice(0, 200)}`);
          if (body.length > MOST_ANSWERED) failed.push(`${name}: an answer of ${body.length} characters`);
        };
        await assertLinearUntilEnd(name, payload.length, send).catch((error: unknown) =>
          failed.push(error instanceof Error ? error.message : String(error)),
        );
      }
    }
    await world.database.pool.query("delete from throttles");
  }
  assert.deepEqual(failed, []);
});

/** As long as a request's head can be. */
const LONGEST_HEAD = 15_500;
const TARGETS: Readonly<Record<string, (path: string) => string>> = {
  slashes: (path) => `${path}${"/".repeat(LONGEST_HEAD)}`,
  steps: (path) => `${path}/${"a/".repeat(LONGEST_HEAD / 2)}`,
  letters: (path) => `${path}${"a".repeat(LONGEST_HEAD)}`,
  "escaped letters": (path) => `${path}/${"%41".repeat(LONGEST_HEAD / 3)}`,
  "what cannot be unescaped": (path) => `${path}/${"%zz".repeat(LONGEST_HEAD / 3)}`,
  "query parameters": (path) => `${path}?${"a=1&".repeat(LONGEST_HEAD / 4)}`,
  "different query parameters": (path) =>
    `${path}?${Array.from({ length: LONGEST_HEAD / 8 }, (_, index) => `p${index}=1&`).join("")}`,
};

/** A plain request that no route takes costs a tenth of this. */
const PLAIN_LOOPS = 100;

test("no path or query costs more than in proportion to its length, of a route that there is or not", async (t) => {
  const now = performance.now.bind(performance);
  let paused = 0;
  t.mock.method(performance, "now", () => now() + paused);
  const paths = new Set(["/", "/nothing", "/api/v1/nothing", "/docs/nothing", "/.well-known/nothing"]);
  for (const { path } of routesOf(world.app)) paths.add(fill(path, ID));
  assert.ok(paths.size > 100, String(paths.size));
  const failed: string[] = [];
  for (const path of paths) {
    for (const [what, of] of Object.entries(TARGETS)) {
      const send = async () => {
        paused += 10_000;
        const headers = { host: "localhost:3000", accept: "application/json" };
        const { statusCode } = await world.app.inject({ method: "PUT", url: of(path), headers });
        if (statusCode >= 500) failed.push(`${path} with ${what}: ${statusCode}`);
      };
      await assertLinearUntilEnd(`${path} with ${what}`, LONGEST_HEAD, send, PLAIN_LOOPS).catch((error: unknown) =>
        failed.push(error instanceof Error ? error.message : String(error)),
      );
    }
  }
  assert.deepEqual(failed, []);
});
