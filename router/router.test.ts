import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, request as send, type IncomingHttpHeaders } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";

import { sendRaw } from "../tests/raw-request.ts";
import { createFinder } from "./cells.ts";
import { createRouter } from "./router.ts";
import { createStrangers, ROUTER_LIMITS, type TrustProxy } from "./strangers.ts";

const SECRET = "a-secret-of-at-least-32-characters";

test("a request goes to the cell that has its key, session, state, file or address; cells see hashes of secrets only", async (t) => {
  const { router, asked } = await openService(t, {
    a: { digests: ["amp_live_ada", "a session", "a-state-of-an-authorization"], ids: [], emails: ["ada@example.com"] },
    b: { digests: ["amp_live_bob", "a-token-of-a-link"], ids: [MEDIA], emails: ["bob@example.com"] },
  });
  const cookie = (value: string) => ({ cookie: `other=1; ampost.session_token=${encodeURIComponent(value)}` });
  const form = (body: string) => ({ method: "POST", body, headers: { "content-type": FORM } });
  const tooLong = `x.${Buffer.from(JSON.stringify({ email: "a".repeat(1_001) })).toString("base64url")}.y`;
  const signed = `x.${Buffer.from('{"email":"bob@example.com"}').toString("base64url")}.y`;
  const cases: [path: string, init: RequestInit, cell: string][] = [
    ["/api/v1/posts", { headers: { authorization: "Bearer amp_live_ada" } }, "a"],
    ["/api/v1/posts", { headers: { authorization: "Bearer amp_live_bob" } }, "b"],
    ["/api/posts", { headers: cookie("a session.c2lnbmF0dXJl") }, "a"],
    ["/api/platforms/threads/callback?code=1&state=a-state-of-an-authorization", {}, "a"],
    ["/connect/a-token-of-a-link", { headers: cookie("a session.c2lnbmF0dXJl") }, "b"],
    [`/media/${MEDIA}/film.mp4?signature=1`, {}, "b"],
    ["/sign-in", form("email=bob%40example.com&password=correct-horse-battery"), "b"],
    ["/sign-up", form("email=new%40example.com"), "b"],
    ["/sign-in", form(`email=${"a".repeat(1_001)}`), "b"],
    [`/verify-email?token=${tooLong}`, {}, "b"],
    [`/verify-email?token=${signed}`, {}, "b"],
    ["/docs", {}, "b"],
    ["/api/v1/posts", { headers: { authorization: "Bearer amp_live_nobody" } }, "b"],
  ];
  for (const [path, init, cell] of cases) {
    const response = await fetch(router + path, init);
    assert.deepEqual([path, (await response.json()).cell], [path, cell]);
  }
  for (const secret of ["amp_live_ada", "a session", "a-state-of-an-authorization", "correct-horse-battery"])
    assert.ok(!asked.join().includes(secret), secret);
});

test("a browser that is not signed in stays with the cell that it came to", async (t) => {
  const { router } = await openService(t, { a: { emails: ["ada@example.com"] }, b: {} });
  const body = "email=ada%40example.com";
  const headers = { "content-type": FORM, accept: "text/html" };
  const first = await fetch(`${router}/sign-in`, { method: "POST", body, headers });
  const cookie = first.headers.get("set-cookie")?.split(";")[0] ?? "";
  assert.equal(cookie, "ampost_cell=a");
  const second = await fetch(`${router}/sign-in/two-factor`, {
    method: "POST",
    body: "code=1",
    headers: { ...headers, cookie },
  });
  assert.deepEqual([(await second.json()).cell, second.headers.get("set-cookie")], ["a", null]);
});

test("requests and responses pass as they arrive, with the caller's address after those before it", async (t) => {
  const { router, seen } = await openService(t, { a: { digests: ["amp_live_ada"] }, b: {} });
  const { hostname, port } = new URL(router);
  const headers = { authorization: "Bearer amp_live_ada", "x-forwarded-for": "203.0.113.9", host: "api.example.com" };
  const request = send({ hostname, port, path: "/echo?a=%2F..", method: "PATCH", headers });
  request.write("one");
  const [response] = await once(request, "response");
  assert.equal(String((await once(response, "data"))[0]), "one");
  request.end("two");
  assert.equal(await text(response), "two");
  assert.equal(seen.at(-1)?.url, "/echo?a=%2F..");
  assert.match(String(seen.at(-1)?.headers["x-forwarded-for"]), /^203\.0\.113\.9, (::ffff:)?127\.0\.0\.1$/);
  assert.equal(seen.at(-1)?.headers.host, "api.example.com");
});

test("a cell that is down makes only its own tenants wait, and a tenant that moves waits", async (t) => {
  const { router, stop, cells } = await openService(t, {
    a: { digests: ["amp_live_ada"], emails: ["ada@example.com"] },
    b: { digests: ["amp_live_bob"] },
  });
  const call = async (key: string) => {
    const response = await fetch(`${router}/api/v1/posts`, { headers: { authorization: `Bearer ${key}` } });
    return [response.status, response.headers.get("retry-after"), (await response.json()).cell];
  };
  assert.deepEqual(await call("amp_live_bob"), [200, null, "b"]);
  Object.assign(cells.b, { digests: ["amp_live_other"], moving: true });
  assert.deepEqual(await call("amp_live_other"), [503, "2", undefined]);
  Object.assign(cells.b, { digests: ["amp_live_bob"], moving: false });
  await stop("a");
  assert.deepEqual(await call("amp_live_bob"), [200, null, "b"]);
  assert.deepEqual(await call("amp_live_ada"), [503, "2", undefined]);
  assert.equal((await fetch(`${router}/healthz`)).status, 200);
});

test("a cell that does not answer delays no one who is in another", async (t) => {
  const { router, cells } = await openService(t, { a: {}, b: { digests: ["amp_live_bob"] } });
  cells.a.hangs = true;
  const response = await fetch(`${router}/api/v1/posts`, { headers: { authorization: "Bearer amp_live_bob" } });
  assert.deepEqual([response.status, cells.a.isGivenUp], [200, undefined]);
});

test("what concerns people of any cell is sent to every cell; what cells are asked cannot be asked from outside", async (t) => {
  const { router, seen, asked } = await openService(t, { a: {}, b: {} });
  const body = "signed_request=1";
  await fetch(`${router}/meta/deauthorize/threads`, { method: "POST", body, headers: { "content-type": FORM } });
  assert.deepEqual(seen.map(({ cell, body }) => [cell, body]).sort(), [
    ["a", body],
    ["b", body],
  ]);
  const headers = { authorization: `Bearer ${SECRET}` };
  assert.equal((await fetch(`${router}/cell/whereabouts`, { method: "POST", headers, body: "{}" })).status, 404);
  assert.deepEqual(asked, []);
});

test("what cells are asked cannot be asked from outside, however it is written", async (t) => {
  const { router, seen, asked } = await openService(t, { a: {}, b: {} });
  const { host } = new URL(router);
  for (const target of [
    "/cell/whereabouts",
    "/%63ell/whereabouts",
    "/%63%65%6c%6C/whereabouts?a=1",
    "/cell%2fwhereabouts",
    `http://${host}/cell/whereabouts`,
    "http://a@elsewhere.example/cell/whereabouts",
    "HTTPS://elsewhere.example/%63ell/whereabouts",
  ]) {
    const answer = await sendRaw(
      router,
      `POST ${target} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${SECRET}\r\n` +
        "content-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
    );
    assert.match(answer, /^HTTP\/1.1 404 /, target);
  }
  assert.deepEqual([seen, asked], [[], []]);
  // Cells see a path in any case.
  await sendRaw(router, `GET http://elsewhere.example/docs?a=1 HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  assert.equal(seen.at(-1)?.url, "/docs?a=1");
});

test("who invents keys, sessions or links makes cells look a limited number of times; known keys and browsers pass", async (t) => {
  stopClocks(t);
  const limits = { ...ROUTER_LIMITS, unknownPerMinute: 5 };
  const { router, asked } = await openService(t, { a: { digests: ["amp_live_ada"] }, b: {} }, limits);
  const call = async (path: string, headers: Record<string, string>, from = "203.0.113.9") => {
    const response = await fetch(router + path, { headers: { "x-forwarded-for": from, ...headers } });
    return [response.status, (await response.json()).cell];
  };
  const ada = { authorization: "Bearer amp_live_ada" };
  assert.deepEqual(await call("/api/v1/posts", ada), [200, "a"]);
  const answers = await Promise.all([
    ...Array.from({ length: 10 }, (_, n) => call("/api/v1/posts", { authorization: `Bearer amp_live_${n}` })),
    ...Array.from({ length: 10 }, (_, n) => call("/api/posts", { cookie: `ampost.session_token=invented-${n}.s` })),
    ...Array.from({ length: 10 }, (_, n) => call(`/connect/an-invented-link-${n}`, {})),
  ]);
  assert.deepEqual(answers.map(([status]) => status).sort(), [...Array(5).fill(200), ...Array(25).fill(429)]);
  const before = asked.length;
  assert.ok(before <= 2 * 6, `${before} questions`);
  assert.deepEqual(await call("/api/v1/posts", ada), [200, "a"]);
  assert.deepEqual(await call("/api/posts", { cookie: "ampost.session_token=x.s; ampost_cell=a" }), [200, "a"]);
  assert.equal(asked.length, before, "no cell was asked");
  assert.deepEqual(await call("/api/v1/posts", { authorization: "Bearer amp_live_0" }, "203.0.113.10"), [200, "b"]);
});

test("who has very many networks is limited, too: an IPv6 /48 to ten times as much, and all together beyond the first", () => {
  const limits = { ...ROUTER_LIMITS, unknownPerMinute: 1 };
  const pass = (networks: string[]) => {
    const strangers = createStrangers(limits, () => 0);
    return networks.filter((network) => strangers.begin(network) !== null).length;
  };
  assert.equal(pass(Array.from({ length: 50 }, (_, n) => `8193:3512:1:${n}`)), 10);
  assert.equal(pass(Array.from({ length: 30_000 }, (_, n) => `198.51.${n >> 8}.${n & 255}`)), 20_010);
});

test("an invented key counts as well while a cell is down; known keys and browsers pass", async (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  const limits = { ...ROUTER_LIMITS, unknownPerMinute: 2 };
  const { router, stop } = await openService(t, { a: {}, b: { digests: ["amp_live_bob"] } }, limits);
  const call = async (headers: Record<string, string>) =>
    (await fetch(`${router}/api/v1/posts`, { headers: { "x-forwarded-for": "203.0.113.9", ...headers } })).status;
  const bob = { authorization: "Bearer amp_live_bob" };
  assert.equal(await call(bob), 200);
  await stop("a");
  const statuses: number[] = [];
  for (let n = 0; n < 4; n += 1) statuses.push(await call({ authorization: `Bearer amp_live_${n}` }));
  assert.deepEqual(statuses, [503, 503, 429, 429]);
  assert.equal(await call(bob), 200);
  assert.equal(await call({ cookie: "ampost.session_token=x.s; ampost_cell=b" }), 200);
});

test("where a key belongs is remembered for two seconds from the question, whoever joins it", async (t) => {
  const { cells, asked, options } = await openService(t, { a: { digests: ["amp_live_ada"] }, b: {} });
  const finder = createFinder(options.cells, { ...options, strangers: createStrangers(ROUTER_LIMITS) });
  const digests = [createHash("sha256").update("amp_live_ada").digest("hex")];
  const find = async () => await finder.find({ digests, ids: [], email: null }, true, null);
  const now = performance.now();
  let later = 0;
  t.mock.method(performance, "now", () => now + later);
  const isOpen = Promise.withResolvers<void>();
  cells.a.isOpen = isOpen.promise;
  const first = find();
  later = 1_500;
  const second = find();
  isOpen.resolve();
  assert.deepEqual(await Promise.all([first, second]), Array(2).fill({ cell: options.cells[0] }));
  assert.deepEqual([await find(), asked.length], [{ cell: options.cells[0] }, 2]);
  later = 2_500;
  assert.deepEqual([await find(), asked.length], [{ cell: options.cells[0] }, 4]);
});

test("any number of requests with one valid key at the same time pass, even if the router does not know it yet", async (t) => {
  stopClocks(t);
  const limits = { ...ROUTER_LIMITS, unknownPerMinute: 1 };
  const { router, asked } = await openService(t, { a: { digests: ["amp_live_ada"] }, b: {} }, limits);
  const headers = { authorization: "Bearer amp_live_ada", "x-forwarded-for": "203.0.113.9" };
  const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${router}/api/v1/posts`, { headers })));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal(asked.length, 2);
});

test("visitors behind proxies with public addresses have limits of their own, and cannot invent addresses", async (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  const limits = { ...ROUTER_LIMITS, unknownPerMinute: 1 };
  for (const trustProxy of [2, "127.0.0.1, 198.51.100.0/24", "loopback,198.51.100.0/255.255.255.0"]) {
    const { router } = await openService(t, { a: {}, b: {} }, limits, trustProxy);
    const call = async (key: string, visitor: string) => {
      const headers = { authorization: `Bearer ${key}`, "x-forwarded-for": `${visitor}, 198.51.100.7` };
      return (await fetch(`${router}/api/v1/posts`, { headers })).status;
    };
    assert.equal(await call("amp_live_1", "203.0.113.9"), 200);
    assert.equal(await call("amp_live_2", "203.0.113.10"), 200);
    assert.equal(await call("amp_live_3", "203.0.113.9"), 429);
    assert.equal(await call("amp_live_4", "192.0.2.1, 203.0.113.9"), 429);
  }
});

test("connections that send nothing, or a form too slowly, are closed, and their number is limited", async (t) => {
  const limits = { ...ROUTER_LIMITS, headSeconds: 0.3, formSeconds: 0.3, idleSeconds: 1 };
  const { router, asked } = await openService(t, { a: {}, b: {} }, limits);
  const head = (path: string, rest: string) => `POST ${path} HTTP/1.1\r\nhost: x\r\n${rest}`;
  const [slowHead, slowForm, slowCallback, idle] = await Promise.all([
    sendRaw(router, head("/sign-in", "x-slow: ")),
    sendRaw(router, head("/sign-in", `content-type: ${FORM}\r\ncontent-length: 100\r\n\r\nemail=`)),
    sendRaw(router, head("/meta/deauthorize/threads", `content-type: ${FORM}\r\ncontent-length: 100\r\n\r\na`)),
    sendRaw(router, ""),
  ]);
  assert.match(slowHead, /^HTTP\/1.1 408 /);
  for (const answer of [slowForm, slowCallback]) assert.match(answer, /^HTTP\/1.1 408 [^]*took too long to arrive/);
  assert.match(idle, /^(HTTP\/1.1 408 |$)/);
  assert.deepEqual(asked, []);
  const full = await openService(t, { a: {}, b: {} }, { ...ROUTER_LIMITS, connections: 5 });
  const { hostname, port } = new URL(full.router);
  const held = Array.from({ length: 5 }, () => connect(Number(port), hostname));
  t.after(() => held.forEach((socket) => socket.destroy()));
  await Promise.all(held.map((socket) => once(socket, "connect")));
  assert.equal(await sendRaw(full.router, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").catch(() => ""), "");
});

/** Nothing is forgotten, and no minute begins, however long a test takes. */
function stopClocks(t: TestContext): void {
  t.mock.timers.enable({ apis: ["Date"] });
  const now = performance.now();
  t.mock.method(performance, "now", () => now);
}

const FORM = "application/x-www-form-urlencoded";
const MEDIA = "019ac0de-0000-7000-8000-00000000abcd";

interface FakeCell {
  digests?: string[];
  ids?: string[];
  emails?: string[];
  moving?: boolean;
  /** When it says what is here. */
  isOpen?: Promise<void>;
  /** Does not say what is here; then whether the router still waits for it. */
  hangs?: boolean;
  isGivenUp?: boolean;
}

/** Two cells that answer with their name, or at /echo with what they receive, and a router that sends new users to b. */
async function openService(
  t: TestContext,
  cells: Record<"a" | "b", FakeCell>,
  limits = ROUTER_LIMITS,
  trustProxy: TrustProxy = false,
) {
  const asked: string[] = [];
  const seen: { cell: string; url: string; headers: IncomingHttpHeaders; body: string }[] = [];
  const serve = async (name: "a" | "b") => {
    const server = createServer((request, response) => {
      const { url = "", headers } = request;
      if (url.startsWith("/echo")) {
        seen.push({ cell: name, url, headers, body: "" });
        return void request.pipe(response);
      }
      if (cells[name].hangs === true) return void response.once("close", () => (cells[name].isGivenUp = true));
      void text(request).then(async (body) => {
        if (url !== "/cell/whereabouts") {
          seen.push({ cell: name, url, headers, body });
          return response.setHeader("content-type", "application/json").end(JSON.stringify({ cell: name }));
        }
        assert.equal(headers.authorization, `Bearer ${SECRET}`);
        asked.push(body);
        await cells[name].isOpen;
        const { digests = [], ids = [], emails = [], moving = false } = cells[name];
        const clues = JSON.parse(body);
        if (clues.email?.length > 1_000) return response.writeHead(400).end();
        const isHere =
          digests.some((secret) => clues.digests.includes(createHash("sha256").update(secret).digest("hex"))) ||
          ids.some((id) => clues.ids.includes(id)) ||
          emails.includes(clues.email);
        return response.end(JSON.stringify({ is: isHere ? (moving ? "moving" : "here") : "elsewhere" }));
      });
    });
    const url = await listen(server);
    const stop = async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
    t.after(stop);
    return { address: { name, url }, stop };
  };
  const served = { a: await serve("a"), b: await serve("b") };
  const options = {
    cells: [served.a.address, served.b.address],
    newcomers: ["b"],
    secret: SECRET,
    onProblem: () => undefined,
  };
  const server = createRouter({ ...options, trustProxy, limits });
  const router = await listen(server);
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { router, asked, seen, cells, options, stop: (name: "a" | "b") => served[name].stop() };
}

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port }: AddressInfo = Object(server.address());
  return `http://127.0.0.1:${port}`;
}
