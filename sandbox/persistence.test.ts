import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test, type TestContext } from "node:test";

import { connect, openThreads } from "../platforms/threads/sandbox/threads.fixture.ts";
import { listAt, openSandbox, START, stringAt, temporaryFolder, valueAt } from "./sandbox.fixture.ts";

test("after kill -9, all confirmed data is still there", async (t) => {
  const dataDir = await temporaryFolder(t);
  const child = await spawnSandbox(t, dataDir);
  const graph = `${child.url}/graph.threads.net/v1.0`;
  const send = async (method: string, url: string, body?: Record<string, unknown>) => {
    const answer = await fetch(url, {
      method,
      headers: { "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    return answer.json();
  };
  const app = await send("POST", `${child.url}/_sandbox/apps`, {
    platform: "threads",
    redirectUris: ["http://localhost/cb"],
  });
  const exchange =
    `${child.url}/graph.threads.net/oauth/access_token?client_id=990602627938098&client_secret=th-secret&` +
    "grant_type=authorization_code&redirect_uri=https://app.example.test/cb&code=THCODE1";
  const access_token = stringAt(await send("POST", exchange), "access_token");
  const id = stringAt(
    await send("POST", `${graph}/me/threads`, { media_type: "TEXT", text: "kept", access_token }),
    "id",
  );
  await send("POST", `${child.url}/_sandbox/clock`, { advanceSeconds: 60 });
  await send("POST", `${graph}/me/threads_publish`, { creation_id: id, access_token });
  const waiting = stringAt(
    await send("POST", `${graph}/me/threads`, { media_type: "TEXT", text: "waiting", access_token }),
    "id",
  );
  await send("POST", `${child.url}/_sandbox/faults`, { platform: "threads", operation: "publish", kind: "http_500" });
  await child.kill("SIGKILL");

  const sandbox = await openSandbox(t, { dataDir, startAt: START });
  assert.deepEqual(
    listAt((await sandbox.control("GET", "posts")).json).map((post) => post["text"]),
    ["kept"],
  );
  assert.equal(listAt((await sandbox.control("GET", "faults")).json).length, 1);
  assert.equal(listAt((await sandbox.control("GET", "requests")).json).length, 4);
  assert.deepEqual((await sandbox.control("GET", "clock")).json, { now: "2026-11-01T12:01:00.000Z" });
  const status = await sandbox.call("GET", `https://graph.threads.net/v1.0/${waiting}?fields=status`, {
    token: access_token,
  });
  assert.deepEqual(status.json, { status: "FINISHED", id: waiting });
  const page = await sandbox.call(
    "GET",
    `https://threads.net/oauth/authorize?client_id=${stringAt(app, "clientId")}&redirect_uri=http://localhost/cb&` +
      "scope=threads_basic&response_type=code",
  );
  assert.equal(page.status, 200);
});

test("two processes on one folder share state, and count a fault once", async (t) => {
  const dataDir = await temporaryFolder(t);
  const world = await openThreads(t, { dataDir, limits: false });
  const other = await spawnSandbox(t, dataDir);
  await world.fault({ operation: "create", kind: "http_500", times: 50 });
  const create = (base: string) =>
    fetch(`${base}/graph.threads.net/v1.0/me/threads`, {
      method: "POST",
      headers: { authorization: `Bearer ${world.token}` },
      body: new URLSearchParams({ media_type: "TEXT", text: "x" }),
    }).then(async (answer) => ({ status: answer.status, id: valueAt(await answer.json(), "id") }));
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, place) => create(place % 2 === 0 ? world.sandbox.url : other.url)),
  );
  assert.equal(answers.filter((answer) => answer.status === 500).length, 50);
  const ids = answers.flatMap((answer) => (answer.status === 200 ? [answer.id] : []));
  assert.equal(new Set(ids).size, 150);
  assert.equal(listAt((await world.sandbox.control("GET", "requests?operation=create")).json).length, 200);
  await other.kill("SIGTERM");
});

test("a second start keeps people and IDs distinct from earlier ones", async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = await openSandbox(t, { dataDir });
  const token = await connect(first, ["threads_basic"], "ana");
  await first.close();
  const second = await openSandbox(t, { dataDir });
  const me = await second.call("GET", "https://graph.threads.net/v1.0/me?fields=id,username", { token });
  assert.deepEqual(me.json, { id: "26000000000000002", username: "ana" });
});

async function spawnSandbox(
  t: TestContext,
  dataDir: string,
): Promise<{ url: string; kill(signal: NodeJS.Signals): Promise<void> }> {
  const program = `
    const { startSandbox } = await import(${JSON.stringify(new URL("server.ts", import.meta.url).href)});
    const sandbox = await startSandbox({ port: 0, dataDir: ${JSON.stringify(dataDir)}, limits: false, startAt: new Date(${START.getTime()}) });
    process.on("SIGTERM", () => sandbox.close());
    console.log(sandbox.url);`;
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", program],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const ended = once(child, "exit");
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const [line] = await once(child.stdout, "data");
  return {
    url: String(line).trim(),
    async kill(signal) {
      child.kill(signal);
      await ended;
    },
  };
}
