import assert from "node:assert/strict";
import { test } from "node:test";

import { openSandbox, valueAt } from "../sandbox.fixture.ts";
import { approve, dialogUrl, inspect, LOGINS, registerApp, signIn } from "./logins.fixture.ts";
import { FACEBOOK_SCOPES, INSTAGRAM_SCOPES, THREADS_SCOPES } from "./scopes.ts";

const { facebook, instagramByFacebook, instagram, threads } = LOGINS;

test("every dialog gives a code without response_type, and the code's token works", async (t) => {
  const sandbox = await openSandbox(t);
  for (const login of Object.values(LOGINS)) {
    const { token } = await signIn(sandbox, login);
    assert.equal((await sandbox.call("GET", login.me, { token })).status, 200, login.name);
    const app = await registerApp(sandbox, login.platform);
    for (const type of ["code", "token"]) {
      const shown = await sandbox.call("GET", dialogUrl(login, app, { response_type: type }));
      assert.equal(shown.status, type === "code" ? 200 : 400, login.name);
    }
  }
});

test("every scope of Meta can be requested, and an unchecked one is not granted", async (t) => {
  const sandbox = await openSandbox(t);
  const all = { facebook: FACEBOOK_SCOPES, instagramByFacebook: FACEBOOK_SCOPES, threads: THREADS_SCOPES };
  for (const [key, scopes] of Object.entries(all)) {
    const login = LOGINS[key === "facebook" || key === "threads" ? key : "instagramByFacebook"];
    const names = Object.keys(scopes);
    const last = names.at(-1) ?? "";
    const signed = await signIn(sandbox, login, { changes: { scope: names.join(" ") }, unchecked: [last] });
    assert.deepEqual(valueAt(await inspect(sandbox, login, signed), "scopes"), names.slice(0, -1), login.name);
  }
  const app = await registerApp(sandbox, "instagram");
  const direct = await approve(sandbox, dialogUrl(instagram, app, { scope: Object.keys(INSTAGRAM_SCOPES).join(",") }));
  assert.deepEqual(
    valueAt((await instagram.exchange(sandbox, app, direct.searchParams.get("code") ?? "")).json, "permissions"),
    Object.keys(INSTAGRAM_SCOPES),
  );
});

test("scopes that clients in production ask for besides publishing can be requested", async (t) => {
  const sandbox = await openSandbox(t);
  const scopes = [...facebook.scopes, "pages_messaging", "pages_read_user_content", "business_management", "email"];
  const signed = await signIn(sandbox, facebook, { changes: { scope: scopes.join(",") } });
  assert.deepEqual(valueAt(await inspect(sandbox, facebook, signed), "scopes"), scopes);
});

test("Facebook's dialog refuses scopes that the app does not have, and sends the person back with its own error", async (t) => {
  const sandbox = await openSandbox(t);
  for (const login of [facebook, instagramByFacebook]) {
    const scopes = login.scopes.slice(0, -1);
    const app = await registerApp(sandbox, login.platform, { scopes });
    const shown = await sandbox.call("GET", dialogUrl(login, app));
    assert.equal(shown.status, 400);
    assert.match(shown.text, new RegExp(`Invalid Scopes: ${login.scopes.at(-1)}\\. This message is only shown`));
    const back = await approve(sandbox, dialogUrl(login, app));
    assert.deepEqual(Object.fromEntries(back.searchParams), {
      error_code: "1349048",
      error_message: `Invalid Scopes: ${login.scopes.at(-1)}`,
      state: "s",
    });
    assert.ok((await approve(sandbox, dialogUrl(login, app, { scope: scopes.join(",") }))).searchParams.has("code"));
  }
});

test("Instagram's and Threads' dialogs refuse scopes that the app does not have, and keep the person", async (t) => {
  const sandbox = await openSandbox(t);
  for (const login of [instagram, threads]) {
    const app = await registerApp(sandbox, login.platform, { scopes: login.scopes.slice(0, 1) });
    const url = dialogUrl(login, app);
    for (const answer of [
      await sandbox.call("GET", url),
      await sandbox.call("POST", url, { form: { decision: "approve" } }),
    ]) {
      assert.deepEqual([answer.status, answer.headers.get("location")], [400, null], login.name);
      assert.match(answer.text, new RegExp(`Invalid scope: ${login.scopes[1]}`));
    }
    const basic = dialogUrl(login, app, { scope: login.scopes[0] });
    assert.ok((await approve(sandbox, basic)).searchParams.has("code"));
    const fault = { platform: login.platform, operation: "authorize", kind: "reject", error: "scope-unapproved" };
    assert.equal((await sandbox.control("POST", "faults", fault)).status, 201);
    assert.equal((await sandbox.call("GET", basic)).status, 400);
  }
});

test("scopes without advanced access are granted silently to nobody but people with a role on the app", async (t) => {
  const sandbox = await openSandbox(t);
  for (const login of [facebook, instagramByFacebook, threads]) {
    const [first = "", ...others] = login.scopes;
    const granted = async (hint: string) =>
      valueAt(
        await inspect(
          sandbox,
          login,
          await signIn(sandbox, login, { settings: { advancedScopes: [first] }, changes: { login_hint: hint } }),
        ),
        "scopes",
      );
    assert.deepEqual(await granted("stranger"), [first], login.name);
    assert.deepEqual(await granted("our tester"), [first, ...others], login.name);
  }
});

test("a configuration of Facebook Login for Business stands for its scopes", async (t) => {
  const sandbox = await openSandbox(t);
  const settings = { configurations: { "1234": ["pages_show_list", "pages_manage_posts"] } };
  const byConfiguration = { scope: undefined, config_id: "1234" };
  const signed = await signIn(sandbox, facebook, { settings, changes: byConfiguration });
  assert.deepEqual(valueAt(await inspect(sandbox, facebook, signed), "scopes"), settings.configurations["1234"]);
  const app = await registerApp(sandbox, "facebook", settings);
  const other = await sandbox.call("GET", dialogUrl(facebook, app, { ...byConfiguration, config_id: "5678" }));
  assert.deepEqual([other.status, /Invalid config_id/.test(other.text)], [400, true]);
  const preset = await signIn(sandbox, facebook, { changes: { scope: undefined, config_id: "1" } });
  assert.deepEqual(valueAt(await inspect(sandbox, facebook, preset), "scopes"), facebook.scopes);
});

test("an app's settings can be changed and reset, and unknown ones are rejected", async (t) => {
  const sandbox = await openSandbox(t);
  const app = await registerApp(sandbox, "threads", { scopes: ["threads_basic"] });
  const change = (body: object) =>
    sandbox.control("PATCH", "apps", { platform: "threads", clientId: app.client_id, ...body });
  assert.deepEqual((await change({ requireAppSecret: true })).json, {
    platform: "threads",
    clientId: app.client_id,
    scopes: ["threads_basic"],
    requireAppSecret: true,
  });
  const { json } = await change({ scopes: null, requireAppSecret: null });
  assert.deepEqual(json, { platform: "threads", clientId: app.client_id, scopes: null });
  assert.equal((await sandbox.call("GET", dialogUrl(threads, app))).status, 200);
  assert.equal((await change({ shoeSize: 43 })).status, 400);
  assert.equal((await change({ clientId: "1" })).status, 400);
});
