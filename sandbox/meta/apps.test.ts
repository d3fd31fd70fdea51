import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

import { openSandbox } from "../sandbox.fixture.ts";
import { codesOf, errorOf } from "./errors.fixture.ts";
import { inspect, LOGINS, longToken, signIn } from "./logins.fixture.ts";

const proofOf = (token: string, secret: string) => createHmac("sha256", secret).update(token).digest("hex");

test("a call's appsecret_proof is verified, and demanded only by apps that require it", async (t) => {
  const sandbox = await openSandbox(t);
  for (const login of Object.values(LOGINS))
    for (const requireAppSecret of [false, true]) {
      const { app, token } = await signIn(sandbox, login, { settings: { requireAppSecret } });
      const call = (proof?: string) =>
        sandbox.call("GET", proof === undefined ? login.me : `${login.me}?appsecret_proof=${proof}`, { token });
      assert.equal((await call(proofOf(token, app.client_secret))).status, 200, login.name);
      const wrong = await call(proofOf(token, "another"));
      assert.deepEqual(errorOf(wrong), {
        message: "Invalid appsecret_proof provided in the API argument",
        type: "GraphMethodException",
        code: 100,
      });
      if (!requireAppSecret) assert.equal((await call()).status, 200, login.name);
      else
        assert.deepEqual(errorOf(await call()), {
          message: "API calls from the server require an appsecret_proof argument",
          type: "GraphMethodException",
          code: 100,
        });
    }
});

test("exchanging tokens needs the secret itself, and no proof; inspecting one needs the proof of the app's token", async (t) => {
  const sandbox = await openSandbox(t);
  const signed = await signIn(sandbox, LOGINS.facebook, { settings: { requireAppSecret: true } });
  assert.notEqual(await longToken(sandbox, signed), signed.token);
  assert.equal(await inspect(sandbox, LOGINS.facebook, signed), undefined);
  const { client_id: id, client_secret: secret } = signed.app;
  const query = new URLSearchParams({
    input_token: signed.token,
    access_token: `${id}|${secret}`,
    appsecret_proof: proofOf(`${id}|${secret}`, secret),
  });
  assert.equal((await sandbox.call("GET", `https://graph.facebook.com/debug_token?${query}`)).status, 200);

  const direct = await signIn(sandbox, LOGINS.instagram, { settings: { requireAppSecret: true } });
  const exchange = new URLSearchParams({
    grant_type: "ig_exchange_token",
    client_secret: direct.app.client_secret,
    access_token: direct.token,
  });
  assert.equal((await sandbox.call("GET", `https://graph.instagram.com/access_token?${exchange}`)).status, 200);
});

test("a proof is accepted in a body, and not shown as a setting of the post", async (t) => {
  const sandbox = await openSandbox(t);
  const { app, token } = await signIn(sandbox, LOGINS.threads, { settings: { requireAppSecret: true } });
  const body = { media_type: "TEXT", text: "Hi", auto_publish_text: "true" };
  const post = (form: Record<string, string>) => sandbox.call("POST", `${LOGINS.threads.me}/threads`, { token, form });
  assert.deepEqual(codesOf(await post(body)), [400, 100]);
  assert.equal((await post({ ...body, appsecret_proof: proofOf(token, app.client_secret) })).status, 200);
  const { json } = await sandbox.control("GET", "posts?platform=threads");
  assert.ok(Array.isArray(json));
  assert.deepEqual(
    json.map(({ text, settings }) => [text, settings]),
    [["Hi", {}]],
  );
});
