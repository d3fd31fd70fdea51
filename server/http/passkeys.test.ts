import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { Browser } from "playwright-core";

import { addAuthenticator, launchBrowser } from "../../tests/browser.ts";
import { createWorld, PASSWORD, type World } from "../../tests/world.ts";

let world: World;
let browser: Browser;
before(async () => {
  world = await createWorld();
  // A passkey belongs to the app's host name and port, so the browser must reach the server under these.
  const app = new URL(world.services.settings.appUrl).host;
  browser = await launchBrowser(`--host-resolver-rules=MAP ${app} ${new URL(world.url).host}`);
});
after(async () => {
  await browser.close();
  await world.close();
});

/** Runs in the page, as its own script does. */
const SCRIPT = `
  const ask = async (path, body) => {
    const answer = await fetch("/api/auth" + path, body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    return { status: answer.status, body: await answer.json() };
  };
  const add = async () => {
    const options = PublicKeyCredential.parseCreationOptionsFromJSON((await ask("/passkey/generate-register-options")).body);
    const made = await navigator.credentials.create({ publicKey: options });
    return await ask("/passkey/verify-registration", { response: made.toJSON(), name: "Laptop" });
  };
  const signIn = async () => {
    const options = PublicKeyCredential.parseRequestOptionsFromJSON((await ask("/passkey/generate-authenticate-options")).body);
    const used = (await navigator.credentials.get({ publicKey: options })).toJSON();
    const first = await ask("/passkey/verify-authentication", { response: used });
    return { first, again: await ask("/passkey/verify-authentication", { response: used }) };
  };`;

test("a user adds a passkey, signs in with only that, and a used response does not work again", async () => {
  await world.signIn(world.test);
  const { rows } = await world.database.pool.query<{ email: string }>("select email from users where id = $1", [
    world.test.userId,
  ]);
  const page = await browser.newPage();
  await addAuthenticator(page);
  await page.goto(`${world.services.settings.appUrl}/readyz`);
  const run = (script: string): Promise<Record<string, { status: number; body: unknown }>> =>
    page.evaluate(`(async () => { ${SCRIPT} ${script} })()`);

  assert.equal((await run("return { added: await add().catch((error) => ({ status: 401 })) };")).added?.status, 401);
  assert.equal(
    (
      await run(
        `return { in: await ask("/sign-in/email", ${JSON.stringify({ email: rows[0]?.email, password: PASSWORD })}) };`,
      )
    ).in?.status,
    200,
  );
  const { added } = await run("return { added: await add() };");
  assert.equal(added?.status, 200, JSON.stringify(added));
  assert.equal((await run('return { out: await ask("/sign-out", {}) };')).out?.status, 200);

  const { first, again } = await run("return await signIn();");
  assert.equal(first?.status, 200, JSON.stringify(first));
  assert.ok(Number(again?.status) >= 400);
  const cookies = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  assert.equal((await world.services.sessions.find({ cookie: cookies }))?.userId, world.test.userId);
  const removed = await run(
    `const { body: [{ id }] } = await ask("/passkey/list-user-passkeys"); return { gone: await ask("/passkey/delete-passkey", { id }) };`,
  );
  assert.equal(removed.gone?.status, 200, JSON.stringify(removed));
  const { rows: log } = await world.database.pool.query<{ action: string; way: string | null }>(
    `select action, coalesce(data->>'way', data->>'name') as way from audit_events where user_id = $1 and action ~ 'passkey|signed_in'
     order by id`,
    [world.test.userId],
  );
  assert.deepEqual(log.map(({ action, way }) => [action, way]).slice(1), [
    ["user.signed_in", "password"],
    ["passkey.added", "Laptop"],
    ["user.signed_in", "passkey"],
    ["passkey.removed", "Laptop"],
  ]);
  await page.close();
});
