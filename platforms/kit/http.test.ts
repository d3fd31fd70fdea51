import assert from "node:assert/strict";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import {
  createHttpClient,
  parseJson,
  requestHash,
  TransportError,
  type HttpExchange,
  type HttpRequest,
} from "./http.ts";

const PUBLISH: HttpRequest = {
  method: "POST",
  url: "https://graph.threads.net/v1.0/me/threads_publish",
  form: { creation_id: "18000000000000001" },
  headers: { authorization: "Bearer THSECRETTOKEN" },
};

/** What becomes of a request on its way, and what the client may conclude from it. */
const ANSWERS: {
  name: string;
  answer: (socket: Socket) => void;
  expected: { status: number } | { sent: boolean; failure: string };
  timeoutSeconds?: number;
}[] = [
  {
    name: "reset before the request was read",
    answer: (socket) => socket.resetAndDestroy(),
    expected: { sent: true, failure: "reset" },
  },
  { name: "closed without an answer", answer: (socket) => socket.end(), expected: { sent: true, failure: "cut" } },
  {
    name: "accepted and never answered",
    answer: () => undefined,
    expected: { sent: true, failure: "timeout" },
    timeoutSeconds: 3,
  },
  { name: "a 500 after the work was done", answer: (socket) => socket.end(http(500, "{}")), expected: { status: 500 } },
  {
    name: "a body that is cut",
    answer: (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"id":"1'),
    expected: { sent: true, failure: "cut" },
  },
  { name: "a body that is no JSON", answer: (socket) => socket.end(http(200, '{"id":')), expected: { status: 200 } },
  {
    name: "a redirect",
    answer: (socket) => socket.end("HTTP/1.1 302 Found\r\nlocation: https://example.com/\r\ncontent-length: 0\r\n\r\n"),
    expected: { status: 302 },
  },
  {
    name: "a rate limit",
    answer: (socket) => socket.end("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\ncontent-length: 2\r\n\r\n{}"),
    expected: { status: 429 },
  },
  {
    name: "something that is not HTTP",
    answer: (socket) => socket.end("EHLO there\r\n\r\n"),
    expected: { sent: true, failure: "malformed_answer" },
  },
  {
    name: "an answer without end",
    answer: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9000000000\r\n\r\n");
      socket.on("error", () => undefined);
      const pour = (): void => void (socket.writable && socket.write("x".repeat(65_536), pour));
      pour();
    },
    expected: { sent: true, failure: "answer_too_large" },
  },
];

for (const { name, answer, expected, timeoutSeconds = 30 } of ANSWERS) {
  test(`${name} is told as what it proves, by one request`, async (t) => {
    const server = await startServer(t, (socket) => answer(socket));
    for (const beforeSend of [undefined, () => undefined]) {
      const client = createHttpClient({ sandboxUrl: server.url, beforeSend });
      const outcome = await client.send({ ...PUBLISH, timeoutSeconds }).then(
        (got) => ({ status: got.status }),
        (error: unknown) =>
          error instanceof TransportError ? { sent: error.sent, failure: error.failure } : Promise.reject(error),
      );
      assert.deepEqual(outcome, expected);
    }
    assert.equal(server.requests.length, 2);
  });
}

test("reads time out after fifteen seconds and everything else after thirty, unless a request says otherwise", async () => {
  const seconds: number[] = [];
  const client = createHttpClient({
    transmit: async ({ timeoutSeconds }) => {
      seconds.push(timeoutSeconds);
      return { status: 200, headers: {}, text: "{}" };
    },
  });
  const url = "https://graph.threads.net/me";
  for (const more of [{}, { timeoutSeconds: 7 }])
    for (const method of ["GET", "POST"] as const) await client.send({ method, url, ...more });
  assert.deepEqual(seconds, [15, 30, 7, 7]);
});

test("a refused connection proves that nothing was sent", async (t) => {
  const server = await startServer(t, () => undefined);
  await server.close();
  const error = await failureOf(createHttpClient({ sandboxUrl: server.url }).send(PUBLISH));
  assert.deepEqual({ sent: error.sent, failure: error.failure }, { sent: false, failure: "refused" });
});

test("a name that does not resolve proves that nothing was sent", async () => {
  const error = await failureOf(createHttpClient({ sandboxUrl: "http://nowhere.invalid" }).send(PUBLISH));
  assert.equal(error.sent, false);
  assert.equal(error.failure, "name_resolution");
});

test("a server that does not speak TLS proves that nothing was sent", async (t) => {
  const server = await startServer(t, (socket) => socket.end(http(200, "{}")));
  const error = await failureOf(createHttpClient({ sandboxUrl: server.url.replace("http:", "https:") }).send(PUBLISH));
  assert.equal(error.sent, false);
  assert.equal(error.failure, "tls");
});

test("a forbidden request opens a connection but sends no bytes", async (t) => {
  const server = await startServer(t, (socket) => socket.end(http(200, "{}")));
  const client = createHttpClient({
    sandboxUrl: server.url,
    beforeSend: () => {
      throw new Error("past the deadline");
    },
  });
  const error = await failureOf(client.send(PUBLISH));
  assert.deepEqual({ sent: error.sent, failure: error.failure }, { sent: false, failure: "forbidden" });
  assert.equal(server.requests.length, 0);
});

test("a connection closed while idle never causes a second request", async (t) => {
  let answered = 0;
  const server = await startServer(t, (socket) => {
    answered += 1;
    if (answered % 2 === 1) socket.write(http(200, "{}"));
    else socket.destroy();
  });
  for (const beforeSend of [undefined, () => undefined]) {
    const client = createHttpClient({ sandboxUrl: server.url, beforeSend });
    for (let round = 0; round < 20; round += 1)
      await client.send({ method: "GET", url: "https://graph.threads.net/me" }).catch(() => undefined);
  }
  assert.equal(server.requests.length, 40);
});

test("a guarded request never uses a connection that has been idle for a second, nor one of other requests", async (t) => {
  const sockets = new Set<Socket>();
  const server = await startServer(t, (socket) => {
    sockets.add(socket);
    socket.write(http(200, "{}"));
  });
  const open = createHttpClient({ sandboxUrl: server.url });
  const guarded = createHttpClient({ sandboxUrl: server.url, beforeSend: () => undefined });
  await open.send(PUBLISH);
  const since = performance.now();
  await guarded.send(PUBLISH);
  await sleep(50);
  await guarded.send(PUBLISH);
  // Where the machine stood still meanwhile, the connection was idle for too long.
  if (performance.now() - since < 1_000) assert.equal(sockets.size, 2);
  const before = sockets.size;
  await sleep(1_100);
  await guarded.send(PUBLISH);
  assert.equal(sockets.size, before + 1);
});

test("bytes are streamed with their length, and a failing source leaves the outcome open", async (t) => {
  const server = await startServer(t, (socket) => socket.end(http(200, "{}")));
  const client = createHttpClient({ sandboxUrl: server.url });
  const upload = (open: () => Promise<ReadableStream<Uint8Array>>): HttpRequest => ({
    method: "PUT",
    url: "https://upload.example/v",
    bytes: { contentType: "video/mp4", sizeBytes: 4, open },
  });
  await client.send(upload(async () => new Blob(["abcd"]).stream()));
  assert.match(server.requests[0] ?? "", /content-length: 4\r\n/);
  assert.match(server.requests[0] ?? "", /^PUT \/upload\.example\/v HTTP/);
  const missing = await failureOf(client.send(upload(() => Promise.reject(new Error("gone")))));
  assert.deepEqual({ sent: missing.sent, failure: missing.failure }, { sent: false, failure: "body_failed" });
  const broken = await failureOf(
    client.send(upload(async () => new ReadableStream({ pull: (controller) => controller.error(new Error("disk")) }))),
  );
  assert.equal(broken.failure, "body_failed");
});

test("aborting ends a request in progress", async (t) => {
  const server = await startServer(t, () => undefined);
  const stop = new AbortController();
  const sending = failureOf(createHttpClient({ sandboxUrl: server.url, signal: stop.signal }).send(PUBLISH));
  await server.received();
  stop.abort();
  assert.deepEqual(
    { sent: (await sending).sent, failure: (await sending).failure },
    { sent: true, failure: "aborted" },
  );
});

test("live mode uses only https and valid URLs", async () => {
  for (const url of ["http://graph.threads.net/me", "file:///etc/passwd", "graph.threads.net/me"]) {
    const error = await failureOf(createHttpClient().send({ method: "GET", url }));
    assert.deepEqual({ sent: error.sent, failure: error.failure }, { sent: false, failure: "invalid_request" });
  }
});

test("nothing stored or reported about a request contains a secret", async (t) => {
  const server = await startServer(t, (socket, request) => {
    const quoted = /Bearer (\w+)/.exec(request)?.[1] ?? "";
    socket.end(http(400, JSON.stringify({ error: { message: `bad ${quoted}`, access_token: "OTHER" } })));
  });
  const exchanges: HttpExchange[] = [];
  const client = createHttpClient({ sandboxUrl: server.url, onExchange: (exchange) => exchanges.push(exchange) });
  await client.send(PUBLISH);
  await client.send({
    method: "GET",
    url: "https://graph.threads.net/access_token",
    query: { client_secret: "th-secret-1", access_token: "THSHORT12", grant_type: "th_exchange_token" },
  });
  await client.send({
    method: "POST",
    url: "https://graph.threads.net/oauth/access_token",
    form: { code: "THCODE12", client_secret: "th-secret-1" },
  });
  await server.close();
  const error = await failureOf(client.send({ ...PUBLISH, query: { access_token: "THSHORT12" } }));
  const kept = JSON.stringify(exchanges) + error.message + String(error.stack) + JSON.stringify(error);
  for (const secret of ["THSECRETTOKEN", "OTHER", "th-secret-1", "THSHORT12", "THCODE12"])
    assert.doesNotMatch(kept, new RegExp(secret));
  assert.equal(exchanges.length, 4);
  assert.equal(exchanges[0]?.requestExcerpt, '{"creation_id":"18000000000000001"}');
  assert.match(exchanges[1]?.url ?? "", /grant_type=th_exchange_token/);
});

test("a long exchange is truncated between characters, and contains none that a database rejects", async (t) => {
  const exchanges: HttpExchange[] = [];
  for (const before of ["", "a"]) {
    const text = `${before}${"🚀".repeat(2_000)}\0`;
    const server = await startServer(t, (socket) => socket.end(http(200, text)));
    const client = createHttpClient({ sandboxUrl: server.url, onExchange: (exchange) => exchanges.push(exchange) });
    const { form: _form, ...withoutForm } = PUBLISH;
    await client.send({ ...withoutForm, json: { text } });
    await server.close();
  }
  const kept = exchanges.flatMap(({ requestExcerpt, answerExcerpt }) => [requestExcerpt ?? "", answerExcerpt ?? ""]);
  assert.ok(kept.filter((text) => text.length > 1_900).length >= 4, "they are cut");
  for (const text of kept) assert.ok(text.isWellFormed() && !text.includes("\0"), text.slice(-20));
});

test("a request's hash ignores the token and depends on the body", () => {
  const hash = requestHash(PUBLISH);
  assert.equal(requestHash({ ...PUBLISH, form: { ...PUBLISH.form, access_token: "another" } }), hash);
  assert.equal(
    requestHash({ ...PUBLISH, query: { access_token: "a" } }),
    requestHash({ ...PUBLISH, query: { access_token: "b" } }),
  );
  assert.notEqual(requestHash({ ...PUBLISH, form: { creation_id: "2" } }), hash);
  const base = { method: "POST", url: "https://api.x.com/2/tweets" } as const;
  assert.equal(
    requestHash({ ...base, json: { a: 1, b: { c: [2] } } }),
    requestHash({ ...base, json: { b: { c: [2] }, a: 1 } }),
  );
  // As the body has it: JSON knows no undefined members.
  assert.equal(requestHash({ ...base, json: { a: 1, b: undefined } }), requestHash({ ...base, json: { a: 1 } }));
});

test("integers beyond 2^53 keep every digit", () => {
  assert.deepEqual(parseJson('{"user_id":26000000000000001,"n":[1.5,-9007199254740993,7],"s":"x"}'), {
    user_id: "26000000000000001",
    n: [1.5, "-9007199254740993", 7],
    s: "x",
  });
  assert.equal(parseJson("{"), undefined);
});

function http(status: number, body: string): string {
  return `HTTP/1.1 ${status} Status\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

async function failureOf(sending: Promise<unknown>): Promise<TransportError> {
  const error: unknown = await sending.then(
    () => new Error("the request went through"),
    (reason: unknown) => reason,
  );
  if (error instanceof TransportError) return error;
  throw error;
}

/** A raw TCP server that calls `answer` once the whole head of a request is there, and remembers every request. */
async function startServer(t: TestContext, answer: (socket: Socket, request: string) => void) {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const arrived = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      const text = data.toString("latin1");
      if (!/^[A-Z]+ \//.test(text)) return void (text.startsWith("\x16") && socket.end("not TLS"));
      requests.push(text);
      arrived.resolve();
      answer(socket, text);
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((closed) => server.close(closed));
  };
  t.after(close);
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, received: () => arrived.promise, close };
}
