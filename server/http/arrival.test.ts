import assert from "node:assert/strict";
import { connect } from "node:net";
import { Duplex } from "node:stream";
import { after, before, test } from "node:test";

import type { FastifyInstance } from "fastify";
import pino from "pino";

import { mediaUploadUrl } from "../../contract/operations/media.ts";
import { createWorld, type World } from "../../tests/world.ts";
import { addMcp } from "../mcp/mcp-routes.ts";
import { createHttpApp } from "./app.ts";

let world: World;
let app: FastifyInstance;
let port: number;

const probes = {
  ready: async () => ({ ready: true, checks: {} }),
  metrics: async () => ({ contentType: "text/plain", text: "" }),
};
const said: string[] = [];
const log = pino({ level: "warn" }, { write: (line: string) => void said.push(line) });

before(async () => {
  world = await createWorld();
  app = await createHttpApp(
    { ...world.services, log },
    {
      probes,
      mcp: addMcp,
      patience: {
        headSeconds: 3,
        bodySeconds: 0.6,
        mediaSeconds: 3,
        mediaBytes: 1000,
        connections: 8,
        connectionsOfAddress: 3,
      },
    },
  );
  port = Number(new URL(await app.listen({ port: 0, host: "127.0.0.1" })).port);
});
after(async () => {
  await app.close();
  await world.close();
});

/**
 * Sends a head, then a number of bytes each 100 ms until the server closes the connection or all are sent. Returns the
 * response.
 */
function trickle(head: string, bytesEach: number, pieces = Infinity, last = ""): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let answer = "";
  const socket = connect(port, "127.0.0.1", () => socket.write(head));
  const timer = setInterval(() => {
    if (pieces-- > 0) socket.write("x".repeat(bytesEach));
    else if (pieces === -1) socket.write(last);
  }, 100);
  socket
    .setEncoding("utf8")
    .on("data", (text: string) => (answer += text))
    .on("error", () => undefined)
    .on("close", () => {
      clearInterval(timer);
      resolve(answer);
    });
  return promise;
}

const head = (path: string, type: string, more = "") =>
  `POST ${path} HTTP/1.1\r\nhost: localhost:3000\r\norigin: http://localhost:3000\r\ncontent-type: ${type}\r\n` +
  `content-length: 10000\r\n${more}\r\n`;

test("a form whose page runs an operation gets a response, and is not cut off later", async () => {
  const answer = await fetch(`http://127.0.0.1:${port}/sign-in`, {
    method: "POST",
    headers: { host: "localhost:3000", origin: "http://localhost:3000", "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({ email: "nobody@example.com", password: "not a password" }),
    redirect: "manual",
  });
  assert.equal(answer.status, 401);
  // A later error would belong to no test and end the process.
  await new Promise((passed) => setTimeout(passed, 1_000));
});

test("slowly dripping headers are cut off", async () => {
  const slow = await trickle("GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ", 1, 100, "\r\nconnection: close\r\n\r\n");
  assert.match(slow, /^HTTP\/1.1 408 [^]*took too long to arrive/);
});

test("a slowly dripping body is cut off, whether or not its route accepts keys, and is no failure of ours", async () => {
  const key = `authorization: Bearer ${world.test.key}\r\n`;
  for (const [path, type, more] of [
    ["/sign-in", "application/x-www-form-urlencoded", ""],
    ["/api/auth/sign-in/email", "application/json", ""],
    ["/oauth/token", "application/x-www-form-urlencoded", ""],
    ["/oauth/register", "application/json", ""],
    ["/mcp", "application/json", key],
    ["/api/v1/posts", "application/json", key],
    ["/api/v1/posts", "multipart/form-data; boundary=b", key],
    ["/api/v1/media", "multipart/form-data; boundary=b", key],
  ] as const) {
    const answer = await trickle(head(path, type, more), 1);
    assert.match(answer, /^HTTP\/1.1 408 [^]*took too long to arrive/, `${path} ${type}`);
    assert.equal(/x-ratelimit-remaining: \d/.test(answer), /^\/(mcp|api\/v1)/.test(path), path);
  }
  assert.deepEqual(said, []);
});

test("a form that is still arriving holds nobody up", async (t) => {
  // Nobody looks for requests that take long.
  t.mock.timers.enable({ apis: ["setInterval"] });
  const patient = await createHttpApp(world.services, { probes });
  const url = new URL(await patient.listen({ port: 0, host: "127.0.0.1" }));
  const held = Array.from({ length: 40 }, () => connect(Number(url.port), "127.0.0.1"));
  t.after(async () => {
    for (const socket of held) socket.destroy();
    await patient.close();
  });
  const form = "application/x-www-form-urlencoded";
  await Promise.all(
    held.map((socket) => new Promise<void>((sent) => socket.write(`${head("/sign-in", form)}email=`, () => sent()))),
  );
  const other = await fetch(new URL("/sign-in", url), { headers: { host: "localhost:3000" } });
  assert.equal(other.status, 200);
  await other.text();
});

/** Of a slow file: all of them take longer than `mediaSeconds`. */
const PIECES = 40;

test("a slow but steady file sent to an upload URL is not cut off, whatever its type", async () => {
  await Promise.all(
    ["", "content-type: video/mp4\r\n", "content-type: application/json\r\n"].map(async (type) => {
      const { body } = await world.call(world.test, "POST", mediaUploadUrl.path);
      const { pathname } = new URL(mediaUploadUrl.answer.parse(body).upload.url ?? "");
      const whole =
        `PUT ${pathname} HTTP/1.1\r\nhost: localhost:3000\r\n${type}content-length: ${PIECES * 500}\r\n` +
        "connection: close\r\n\r\n";
      assert.match(await trickle(whole, 500, PIECES), /^HTTP\/1.1 400 [^]*UNSUPPORTED_MEDIA_TYPE/);
      assert.match(await trickle(whole, 1, PIECES), /^HTTP\/1.1 408 [^]*took too long to arrive/);
    }),
  );
});

test("a slow but steady file is not cut off", async () => {
  const form =
    '--b\r\ncontent-disposition: form-data; name="files"; filename="a.jpg"\r\ncontent-type: image/jpeg\r\n\r\n';
  const whole = head(
    "/api/v1/media",
    "multipart/form-data; boundary=b",
    `authorization: Bearer ${world.test.key}\r\nconnection: close\r\n`,
  ).replace("10000", String(form.length + PIECES * 500));
  const answer = await trickle(whole + form, 500, PIECES);
  assert.match(answer, /^HTTP\/1.1 400 /);
  assert.doesNotMatch(answer, /too long to arrive/);
});

test("connections beyond the maximum get an error, and existing ones continue", async () => {
  const { promise: allOpen, resolve } = Promise.withResolvers<void>();
  let opened = 0;
  const held = Array.from({ length: 8 }, () => connect(port, "127.0.0.1", () => ++opened === 8 && resolve()));
  await allOpen;
  // The server may see the last of them a little later.
  let refused = "";
  while (!refused.startsWith("HTTP/1.1 503")) refused = await trickle("", 0);
  assert.match(refused, /retry-after: 5\r\n[^]*reached its connection limit/);
  const { promise, resolve: answered } = Promise.withResolvers<string>();
  held[0]?.setEncoding("utf8").once("data", (text: string) => answered(text));
  held[0]?.write("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
  assert.match(await promise, /^HTTP\/1.1 200/);
  for (const socket of held) socket.destroy();
});

test("connections from one public address have a maximum of their own, as long as no proxy stands for everybody", async () => {
  const open = (remoteAddress: string) => {
    const nothing = { read() {}, write: (_chunk: unknown, _encoding: unknown, done: () => void) => done() };
    const socket = Object.assign(new Duplex(nothing), { remoteAddress });
    app.server.emit("connection", socket);
    return socket;
  };
  const isRefused = async (socket: Duplex) => {
    await new Promise(setImmediate);
    return socket.writableEnded;
  };
  // Connections of earlier tests may end a little later.
  for (let isFull = true; isFull;) {
    const first = open("10.0.0.1");
    isFull = await isRefused(first);
    first.destroy();
  }
  const held = ["203.0.113.5", "203.0.113.5", "203.0.113.5"].map(open);
  const surplus = open("203.0.113.5");
  assert.deepEqual(await Promise.all([...held, surplus].map(isRefused)), [false, false, false, true]);
  for (const address of ["203.0.113.6", "10.0.0.1"]) {
    const other = open(address);
    assert.equal(await isRefused(other), false, address);
    other.destroy();
  }
  for (const socket of [...held, surplus]) socket.destroy();
  await new Promise(setImmediate);
  const again = open("203.0.113.5");
  assert.equal(await isRefused(again), false);
  again.destroy();
});
