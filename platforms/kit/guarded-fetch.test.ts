import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import net, { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import tls from "node:tls";
import { gzipSync } from "node:zlib";

import { GuardedFetchError, guardedFetch } from "./guarded-fetch.ts";
import type { GuardedFailure, GuardedFetchOptions, Resolve } from "./guarded-fetch.ts";

const LIMITS = { allowPrivate: true, maxBytes: 100_000, totalSeconds: 10 } satisfies GuardedFetchOptions;

describe("guarded fetch", () => {
  let server: Server;
  let base: string;
  const seen: string[] = [];
  before(async () => {
    server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      answer(request, response);
    });
    base = await listen(server);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const get = async (url: string, options: Partial<GuardedFetchOptions> = {}) => {
    const { status, body, url: last, headers } = await guardedFetch(url, { ...LIMITS, ...options });
    return { status, last, headers, text: (await buffer(body)).toString() };
  };
  const refused = async (failure: GuardedFailure, url: string, options: Partial<GuardedFetchOptions> = {}) => {
    await assert.rejects(get(url, options), (error: unknown) => {
      assert.ok(error instanceof GuardedFetchError, `${url} was refused by ${String(error)}`);
      assert.equal(error.failure, failure, `${url}: ${error.message}`);
      assert.match(error.message, /^[A-Z].*\.$/);
      return true;
    });
  };

  it("returns a public URL's response, bytes unchanged", async () => {
    assert.deepEqual(
      { ...(await get(`${base}/plain`)), headers: null },
      { status: 200, last: `${base}/plain`, headers: null, text: "plain text" },
    );
    assert.equal((await get(`${base}/missing`)).status, 404);
  });

  it("rejects hosts in every hostile notation before anything is sent", async () => {
    const { port } = new URL(base);
    const hosts = [
      "127.0.0.1",
      "127.1",
      "2130706433",
      "0x7f000001",
      "0x7f.0.0.1",
      "0177.0.0.1",
      "017700000001",
      "127.0.0.1.",
      "127.00.00.01",
      "①②⑦.0.0.1",
      "0.0.0.0",
      "0",
      "[::]",
      "[::1]",
      "[::ffff:127.0.0.1]",
      "[::ffff:7f00:1]",
      "[::127.0.0.1]",
      "[64:ff9b::7f00:1]",
      "[2002:7f00:1::]",
      "[fe80::1]",
      "[fd00:ec2::254]",
      "10.1.2.3",
      "192.168.0.1",
      "172.20.1.1",
      "100.64.1.1",
      "169.254.169.254",
      "168.63.129.16",
      "localhost",
      "localhost.",
      "LOCALHOST",
      "ip6-localhost",
    ];
    const before = seen.length;
    for (const host of hosts) {
      await assert.rejects(get(`http://${host}:${port}/plain`, { allowPrivate: false }), (error: unknown) => {
        assert.ok(error instanceof GuardedFetchError, host);
        assert.ok(
          error.failure === "refused_address" || (host.includes("localhost") && error.failure === "unreachable"),
          `${host}: ${error.failure}`,
        );
        return true;
      });
    }
    assert.equal(seen.length, before);
  });

  it("rejects other schemes, credentials, invalid URLs and low ports", async () => {
    for (const url of [
      "ftp://example.com/a",
      "file:///etc/passwd",
      "gopher://example.com/",
      "data:text/plain,hi",
      "javascript:1",
      "",
      "not a url",
      "http://",
      "//example.com/a",
      "http://user:secret@example.com/",
      "https://token@example.com/",
    ]) {
      await refused("bad_url", url);
    }
    for (const port of [22, 25, 110, 6])
      await refused("refused_address", `http://example.com:${port}/`, { allowPrivate: false });
  });

  it("rejects a name that resolves to a private address, even among public ones", async () => {
    for (const addresses of [["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["::1"], ["169.254.169.254"], []]) {
      await refused("refused_address", "http://public.example/", {
        allowPrivate: false,
        resolve: resolveTo(addresses),
      });
    }
  });

  it("connects to exactly the address it checked: a name is resolved once, so it cannot change in between", async () => {
    const asked: string[] = [];
    const turning: Resolve = (hostname, options, callback) => {
      asked.push(hostname);
      resolveTo([asked.length === 1 ? "127.0.0.1" : "169.254.169.254"])(hostname, options, callback);
    };
    const { text } = await get(`http://turning.example:${new URL(base).port}/plain`, { resolve: turning });
    assert.deepEqual([text, asked], ["plain text", ["turning.example"]]);
  });

  it("gives each address of a name time for a handshake around the world", async (t) => {
    const given: unknown[] = [];
    for (const kind of [net, tls]) {
      t.mock.method(kind, "connect", (options: net.TcpNetConnectOpts) => {
        given.push(options.autoSelectFamilyAttemptTimeout);
        return new net.Socket().destroy(new Error("Not in this test"));
      });
    }
    for (const scheme of ["http", "https"])
      for (const ownUrl of ["", `${scheme}://127.0.0.1/`])
        await assert.rejects(get(`${scheme}://127.0.0.1/`, { ...(ownUrl !== "" && { ownUrl }) }), GuardedFetchError);
    assert.deepEqual(given, [1_500, 1_500, 1_500, 1_500]);
  });

  it("follows five redirects and no sixth, including loops", async () => {
    assert.equal((await get(`${base}/hops/5`)).text, "arrived");
    await refused("redirects", `${base}/hops/6`);
    await refused("redirects", `${base}/loop`);
  });

  it("checks every redirect: private addresses, other schemes and credentials are rejected", async () => {
    await refused("refused_address", `${base}/to?${encodeURIComponent("http://169.254.169.254/latest/meta-data/")}`);
    await refused("refused_address", `${base}/to?${encodeURIComponent("http://[::ffff:169.254.169.254]/")}`);
    await refused("bad_url", `${base}/to?${encodeURIComponent("file:///etc/passwd")}`);
    await refused("bad_url", `${base}/to?${encodeURIComponent("http://user:secret@example.com/")}`);
    assert.equal((await get(`${base}/to?${encodeURIComponent("/plain")}`)).text, "plain text");
  });

  it("returns a redirect if none is to be followed", async () => {
    assert.equal((await get(`${base}/loop`, { maxRedirects: 0 })).status, 302);
  });

  it("stops reading at the limit, declared or not", async () => {
    await refused("too_large", `${base}/declares-much`);
    await refused("too_large", `${base}/endless`);
  });

  it("rejects compressed bytes and never decompresses them", async () => {
    await refused("encoded", `${base}/gzip`);
  });

  it("ends a slow drip, a silent server and a response that never starts, in time", async () => {
    await refused("timeout", `${base}/drip`, { totalSeconds: 0.3 });
    await refused("timeout", `${base}/silent`, { totalSeconds: 0.3 });
    await refused("timeout", `${base}/half`, { totalSeconds: 600, pauseSeconds: 0.2 });
  });

  it("ends a body that arrives too slowly, but not one that is slow only at first", async () => {
    const leastRate = { bytesPerSecond: 1_000, afterSeconds: 0.1 };
    await refused("timeout", `${base}/drip`, { totalSeconds: 600, leastRate });
    assert.equal((await get(`${base}/late`, { leastRate: { ...leastRate, bytesPerSecond: 100 } })).text.length, 20_000);
  });

  it("does not count our own delays as the server's", async (t) => {
    let now = performance.now();
    t.mock.method(performance, "now", () => now);
    const leastRate = { bytesPerSecond: 100_000, afterSeconds: 10 };
    const { body } = await guardedFetch(`${base}/endless`, { ...LIMITS, maxBytes: 10_000_000, leastRate });
    let chunks = 0;
    for await (const _ of body) {
      now += 60_000;
      if ((chunks += 1) === 3) break;
    }
    assert.equal(chunks, 3);
  });

  it("allows the operator's own URL, by its prefix only, and follows no redirects from it", async () => {
    const own = { allowPrivate: false, ownUrl: `${base}/hops/` } as const;
    assert.equal((await get(`${base}/hops/0`, own)).text, "arrived");
    assert.equal((await get(`${base}/hops/1`, own)).status, 302);
    const before = seen.length;
    for (const url of [
      `${base}/plain`,
      `${base}/hops/../plain`,
      `${base}/hops/%2e%2e/plain`,
      `${base}/hops\\..\\plain`,
      `${base.replace("http://", "http://x@")}/hops/0`,
      `${base}.example.com/hops/0`,
    ]) {
      await assert.rejects(get(url, own), GuardedFetchError, url);
    }
    assert.equal(seen.length, before);
  });

  it("allows this machine's addresses if only it can ask, and no other private ones", async () => {
    assert.equal((await get(`${base}/plain`, { allowPrivate: "loopback" })).text, "plain text");
    for (const host of ["10.1.2.3", "192.168.0.1", "[fd00::1]", "169.254.169.254", "0.0.0.0"])
      await refused("refused_address", `http://${host}/`, { allowPrivate: "loopback" });
    await refused("refused_address", `${base}/to?${encodeURIComponent("http://10.0.0.1/")}`, {
      allowPrivate: "loopback",
    });
  });

  it("reports a body that ends before its declared length", async () => {
    await refused("unreachable", `${base}/short`);
    await refused("unreachable", `${base}/cut-chunks`);
  });

  it("says plainly why a server cannot be reached", async () => {
    await assert.rejects(get("http://127.0.0.1:1/"), {
      message: "The URL could not be fetched: the connection was refused.",
    });
    await assert.rejects(get("http://nowhere.invalid/"), { message: /host name/ });
  });

  it("rejects anything that is not HTTP", async () => {
    const tcp = createTcpServer((socket: Socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n"));
    await refused("unreachable", await listen(tcp));
    tcp.close();
  });

  it("posts a body and reads the response", async () => {
    const { text } = await get(`${base}/echo`, {
      method: "POST",
      body: "payload",
      headers: { "content-type": "text/plain" },
    });
    assert.equal(text, "payload");
  });

  it("ends with the caller's own reason when aborted", async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    const pending = get(`${base}/silent`, { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(pending, reason);
  });
});

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? "", "http://localhost");
  const hops = /^\/hops\/(\d+)$/.exec(pathname)?.[1];
  if (hops !== undefined)
    return void (hops === "0" ? response.end("arrived") : redirect(response, `/hops/${Number(hops) - 1}`));
  switch (pathname) {
    case "/plain":
      return void response.end("plain text");
    case "/loop":
      return redirect(response, "/loop");
    case "/to":
      return redirect(response, decodeURIComponent(search.slice(1)));
    case "/declares-much":
      return void response.writeHead(200, { "content-length": 100_001 }).write("x");
    case "/endless":
      return pour(response);
    case "/gzip":
      return void response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(1_000_000)));
    case "/drip":
      return drip(response);
    case "/late":
      return void setTimeout(() => response.end(Buffer.alloc(20_000)), 150);
    case "/silent":
      return;
    case "/half":
      return void response.writeHead(200).write("half");
    case "/short":
      return void response.writeHead(200, { "content-length": 50 }).write("only this", () => response.destroy());
    case "/cut-chunks":
      return void response.writeHead(200).write("only this", () => response.destroy());
    case "/echo":
      return void request.pipe(response);
    default:
      return void response.writeHead(404).end();
  }
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location }).end("moved");
}

function pour(response: ServerResponse): void {
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(16_384)));
  };
  response.on("drain", more);
  more();
}

function drip(response: ServerResponse): void {
  response.writeHead(200);
  const timer = setInterval(() => response.write("."), 20);
  response.on("close", () => clearInterval(timer));
}

function resolveTo(addresses: string[]): Resolve {
  return (_hostname, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
}

async function listen(server: {
  listen(port: number, host: string, done: () => void): unknown;
  address(): AddressInfo | string | null;
}): Promise<string> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return `http://127.0.0.1:${address.port}`;
}
