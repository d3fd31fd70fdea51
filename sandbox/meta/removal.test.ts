import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { test, type TestContext } from "node:test";

import { listAt, openSandbox, stringAt, valueAt } from "../sandbox.fixture.ts";
import { codesOf } from "./errors.fixture.ts";
import { LOGINS, signIn, type Login } from "./logins.fixture.ts";

const PAGES = {
  facebook: "https://www.facebook.com/settings",
  instagramByFacebook: "https://www.instagram.com/accounts/manage_access/",
  instagram: "https://www.instagram.com/accounts/manage_access/",
  threads: "https://www.threads.com/settings/account",
} as const;

interface Received {
  path: string;
  form: URLSearchParams;
}

/** An app's own server, which answers its callbacks as Meta demands, or as `answer` says. */
async function serveCallbacks(t: TestContext, answer?: { status: number; body: string }) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ path: request.url ?? "", form: new URLSearchParams(Buffer.concat(chunks).toString()) });
      const body = JSON.stringify({ url: "https://app.example.test/deletion?id=1", confirmation_code: "abc123" });
      response.writeHead(answer?.status ?? 200).end(answer?.body ?? (request.url === "/delete" ? body : ""));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const url = `http://127.0.0.1:${address.port}`;
  return { received, settings: { deauthorizeUrl: `${url}/deauthorize`, dataDeletionUrl: `${url}/delete` } };
}

/** The payload of a signed request; fails if it is not signed with this secret. */
function opened({ form }: Received, secret: string): Record<string, unknown> {
  const [signature, payload = ""] = (form.get("signed_request") ?? "").split(".");
  assert.equal(signature, createHmac("sha256", secret).update(payload).digest("base64url"));
  return JSON.parse(Buffer.from(payload, "base64url").toString());
}

async function userIdOf(sandbox: Parameters<typeof signIn>[0], login: Login, token: string): Promise<string> {
  return stringAt((await sandbox.call("GET", `${login.me}?fields=id`, { token })).json, "id");
}

test("removing an app on the person's page ends its tokens and tells it, signed with its secret", async (t) => {
  const sandbox = await openSandbox(t);
  const { received, settings } = await serveCallbacks(t);
  for (const key of ["facebook", "instagramByFacebook", "instagram", "threads"] as const) {
    const login = LOGINS[key];
    received.length = 0;
    const { app, token } = await signIn(sandbox, login, { settings, changes: { login_hint: "ana" } });
    const userId = await userIdOf(sandbox, login, token);
    const page = `${PAGES[key]}?login_hint=ana`;
    const shown = await sandbox.call("GET", page);
    assert.match(shown.text, new RegExp(`App ${app.client_id}<`), login.name);
    const press = (action: string) => sandbox.call("POST", page, { form: { client_id: app.client_id, action } });
    const removed = await press("remove");
    assert.match(removed.text, new RegExp(`App ${app.client_id}, removed<`), login.name);
    assert.deepEqual(codesOf(await sandbox.call("GET", login.me, { token })), [400, 190, 458]);
    assert.deepEqual(
      received.map(({ path }) => path),
      ["/deauthorize"],
    );
    const { issued_at, expires, ...payload } = opened(received[0] ?? assert.fail(), app.client_secret);
    assert.deepEqual(payload, { user_id: userId, algorithm: "HMAC-SHA256" });
    assert.equal(typeof issued_at, "number");
    assert.equal(typeof expires, login.platform === "instagram" ? "number" : "undefined");

    const asked = await press("delete");
    assert.match(asked.text, /Confirmation code abc123/);
    assert.deepEqual(
      received.map(({ path }) => path),
      ["/deauthorize", "/delete"],
      "removed once only",
    );
    assert.equal(opened(received[1] ?? assert.fail(), app.client_secret)["user_id"], userId);
  }
});

test("the control API removes the apps of an account, and lists what they answered", async (t) => {
  const sandbox = await openSandbox(t);
  const { received, settings } = await serveCallbacks(t);
  const { app, token } = await signIn(sandbox, LOGINS.facebook, { settings });
  const pages = await sandbox.call("GET", "https://graph.facebook.com/me/accounts?fields=id", { token });
  const accountId = stringAt(listAt(pages.json, "data")[0], "id");
  const removal = { platform: "facebook", accountId, clientId: app.client_id, requestDeletion: true };
  const answer = await sandbox.control("POST", "removals", removal);
  const outcomes = listAt(answer.json, "callbacks").map(({ kind, status, problem }) => [kind, status, problem]);
  assert.deepEqual(outcomes, [
    ["deauthorize", 200, null],
    ["data_deletion", 200, null],
  ]);
  assert.equal(received.length, 2);
  const listed = listAt((await sandbox.control("GET", "callbacks?platform=facebook")).json);
  assert.deepEqual(
    listed.map(({ kind, clientId, userId, url }) => [kind, clientId, userId, url]),
    [
      ["data_deletion", app.client_id, "10200000000000001", settings.dataDeletionUrl],
      ["deauthorize", app.client_id, "10200000000000001", settings.deauthorizeUrl],
    ],
  );
  assert.equal((await sandbox.control("POST", "removals", { ...removal, clientId: "1" })).status, 400);
  assert.equal((await sandbox.control("POST", "removals", { platform: "twitter", accountId: "1" })).status, 400);
});

test("an app that answers wrongly, not at all, or has no callbacks is removed all the same, and it shows", async (t) => {
  const sandbox = await openSandbox(t);
  const problems = async (settings: Record<string, unknown>) => {
    const { app } = await signIn(sandbox, LOGINS.threads, { settings });
    const { json } = await sandbox.control("POST", "removals", {
      platform: "threads",
      accountId: "26000000000000001",
      clientId: app.client_id,
      requestDeletion: true,
    });
    return listAt(json, "callbacks").map((callback) => valueAt(callback, "problem"));
  };
  const none = "The app has no URL for this callback.";
  assert.deepEqual(await problems({}), [none, none]);
  const refusing = await serveCallbacks(t, { status: 404, body: "no" });
  assert.deepEqual(await problems(refusing.settings), Array(2).fill("It returned 404 instead of 200."));
  const unclear = await serveCallbacks(t, { status: 200, body: "deleted" });
  assert.deepEqual(await problems(unclear.settings), [
    null,
    'It did not return JSON with "url" and "confirmation_code".',
  ]);
});

test("callbacks go through the guarded door", async (t) => {
  const { received, settings } = await serveCallbacks(t);
  const sandbox = await openSandbox(t, { allowPrivateUrls: false });
  const { app } = await signIn(sandbox, LOGINS.threads, { settings });
  await sandbox.control("POST", "removals", {
    platform: "threads",
    accountId: "26000000000000001",
    clientId: app.client_id,
  });
  const [refused] = listAt((await sandbox.control("GET", "callbacks?platform=threads")).json);
  assert.deepEqual([refused?.["status"], typeof refused?.["problem"], received.length], [null, "string", 0]);

  const own = await openSandbox(t, { allowPrivateUrls: false, appUrl: new URL(settings.deauthorizeUrl).origin });
  const signed = await signIn(own, LOGINS.threads, { settings });
  await own.control("POST", "removals", {
    platform: "threads",
    accountId: "26000000000000001",
    clientId: signed.app.client_id,
  });
  assert.equal(received.length, 1, "the product's own URL is always allowed");
});
