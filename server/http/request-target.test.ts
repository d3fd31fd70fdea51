import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { after, before, test } from "node:test";

import pino from "pino";

import { sendRaw } from "../../tests/raw-request.ts";
import { createWorld, type World } from "../../tests/world.ts";
import { createHttpApp } from "./app.ts";

/** Another server that must never receive anything. */
let canary: Server;
let other: string;
const heard: string[] = [];
let world: World;

before(async () => {
  canary = createServer((request, response) => {
    heard.push(request.url ?? "");
    response.end("secret of the network");
  }).listen(0, "127.0.0.1");
  await once(canary, "listening");
  const address = canary.address();
  other = `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  world = await createWorld({ appUrl: "https://app.example", apiUrl: "https://api.example" });
});
after(async () => {
  await world.close();
  canary.closeAllConnections();
  canary.close();
});

const probes = {
  ready: async () => ({ ready: true, checks: {} }),
  metrics: async () => ({ contentType: "text/plain", text: "" }),
};
const ask = (target: string, headers: Record<string, string> = {}) =>
  sendRaw(
    world.url,
    [
      `GET ${target} HTTP/1.1`,
      "host: app.example",
      "connection: close",
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      "",
      "",
    ].join("\r\n"),
  );
const statusOf = (answer: string) => Number(answer.slice(9, 12));
const headerOf = (answer: string, name: string) => new RegExp(`^${name}: (.*)$`, "mi").exec(answer)?.[1]?.trim();

test("no request line makes the server call another host", async () => {
  const rests = [
    "/sandbox",
    "/sandbox/",
    "/sandbox/../latest/meta-data",
    "/sandbox/x",
    "/api/auth/verify-email?token=x",
    "/docs",
    "/",
  ];
  const fronts = [
    `http://a@${other}`,
    `http://${other}`,
    `https://${other}`,
    `HTTP://a:b@${other}`,
    `ftp://${other}`,
    `//${other}`,
    `/\\${other}`,
    `/sandbox/@${other}`,
    `/sandbox@${other}`,
    `/sandbox//${other}`,
    `http:${other}`,
    `http:/${other}`,
    "*",
  ];
  for (const front of fronts) {
    for (const rest of rests) {
      const answer = await ask(front + rest);
      assert.ok(statusOf(answer) !== 500, `${front}${rest}: ${answer.slice(0, 200)}`);
      assert.doesNotMatch(answer, /secret of the network/, front + rest);
    }
  }
  assert.deepEqual(heard, []);
});

test("an absolute request target is read as its path, whatever host it names", async () => {
  const front = `http://a@${other}`;
  assert.equal(headerOf(await ask(`${front}/sandbox`), "location"), "/sandbox/");
  assert.equal(
    headerOf(await ask(`${front}/posts?x=1`), "location"),
    `/sign-in?${new URLSearchParams({ returnTo: "/posts?x=1" })}`,
  );
  const api = await ask(`${front}/api/v1/posts?limit=1`, { authorization: `Bearer ${world.test.key}` });
  assert.equal(statusOf(api), 200);
  assert.equal(headerOf(api, "link"), '<https://api.example/api/v1/posts?limit=1>; rel="successor-version"');
  assert.deepEqual(heard, []);
});

test("other names of this machine redirect to its one URL, and nowhere else", async (t) => {
  const local = await createWorld({ appUrl: "http://localhost:3000" });
  t.after(() => local.close());
  const answer = await sendRaw(
    local.url,
    `GET http://a@${other}/keys HTTP/1.1\r\nhost: 127.0.0.1:3000\r\nconnection: close\r\n\r\n`,
  );
  assert.equal(headerOf(answer, "location"), "http://localhost:3000/keys");
});

test("an untrusted proxy is reported once, with the fix, and a trusted one never", async () => {
  const said: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void said.push(line) });
  for (const trustProxy of [false, 1]) {
    const app = await createHttpApp({ ...world.services, log }, { probes, trustProxy });
    for (let n = 0; n < 3; n += 1) await app.inject({ url: "/healthz", headers: { "x-forwarded-for": "192.0.2.1" } });
    await app.close();
    assert.equal(said.filter((line) => line.includes("AMPOST_TRUST_PROXY")).length, 1);
  }
});
