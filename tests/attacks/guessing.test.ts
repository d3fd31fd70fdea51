import assert from "node:assert/strict";
import { createHook } from "node:async_hooks";
import { after, before, test } from "node:test";

import { OPERATIONS } from "../../contract/index.ts";
import { newId } from "../../model/ids.ts";
import { secretOf, totp } from "../totp.ts";
import { type VisitorResponse, tokenFor, visit } from "../visitor.ts";
import { createWorld, PASSWORD, type World } from "../world.ts";
import { fill } from "./routes.ts";

let world: World;
before(async () => {
  world = await createWorld();
});
after(() => world.close());

/** A signed-in user and their address. */
async function newPerson(): Promise<{ email: string; cookie: string }> {
  const { test: tenant } = await world.makeTenants();
  await world.database.pool.query("delete from throttles");
  const cookie = await world.signIn(tenant);
  const { rows } = await world.database.pool.query<{ email: string }>("select email from users where id = $1", [
    tenant.userId,
  ]);
  return { email: rows[0]?.email ?? "", cookie };
}

let addresses = 0;
/** From another address each time, as an attacker with many addresses. */
const post = (path: string, body: object, cookie?: string): Promise<VisitorResponse> => {
  addresses += 1;
  return visit(world, "POST", `/api/auth${path}`, body, {
    address: `198.51.100.${addresses % 250}`,
    ...(cookie === undefined ? {} : { cookie }),
  });
};

test("of many codes tried concurrently only a few are checked, and then the right one does not help", async () => {
  const { email, cookie } = await newPerson();
  const enabled = await post("/two-factor/enable", { password: PASSWORD }, cookie);
  const secret = secretOf(enabled.body["totpURI"]);
  const on = await post("/two-factor/verify-totp", { code: totp(secret) }, cookie);
  assert.equal(on.status, 200, JSON.stringify(on.body));
  const challenge = (await post("/sign-in/email", { email, password: PASSWORD })).cookie;
  const right = [totp(secret, -1), totp(secret), totp(secret, 1), totp(secret, 2)];
  const wrong = Array.from({ length: 30 }, (_, number) => String(900_000 + number))
    .filter((code) => !right.includes(code))
    .slice(0, 25);
  const answers = await Promise.all(wrong.map((code) => post("/two-factor/verify-totp", { code }, challenge)));
  assert.ok(
    answers.every(({ status }) => status === 401 || status === 429 || status === 400),
    JSON.stringify(answers.map(({ status }) => status)),
  );
  const late = await post("/two-factor/verify-totp", { code: totp(secret, 1) }, challenge);
  assert.notEqual(late.status, 200);
  assert.equal(await world.services.sessions.find({ cookie: late.cookie }), null);
});

test("half a sign-in is not a session, for any request that accepts one", async () => {
  const { email, cookie } = await newPerson();
  const secret = secretOf((await post("/two-factor/enable", { password: PASSWORD }, cookie)).body["totpURI"]);
  await post("/two-factor/verify-totp", { code: totp(secret) }, cookie);
  const challenge = (await post("/sign-in/email", { email, password: PASSWORD })).cookie;
  assert.notEqual(challenge, "");
  const operations = OPERATIONS.filter(({ auth }) => auth === "session" || auth === "either");
  await Promise.all(
    operations.map(async ({ method, path, name }) => {
      const { status } = await world.callAs(challenge, method, fill(path, newId()), undefined);
      assert.equal(status, 401, name);
    }),
  );
});

test("no endpoint reveals who has an account: responses and cookies are the same", async () => {
  const { email } = await newPerson();
  const unverified = "unverified@example.com";
  await post("/sign-up/email", { email: unverified, password: PASSWORD });
  const doors: readonly (readonly [string, (email: string) => object])[] = [
    ["/sign-in/email", (address) => ({ email: address, password: "not the password" })],
    ["/request-password-reset", (address) => ({ email: address })],
    ["/send-verification-email", (address) => ({ email: address })],
    ["/sign-up/email", (address) => ({ email: address, password: PASSWORD })],
  ];
  for (const [path, body] of doors) {
    const answerTo = async (address: string) => {
      const { status, body: answered, setCookies } = await post(path, body(address));
      return {
        status,
        body: JSON.stringify({ ...answered, requestId: "" }).replaceAll(address, "ADDRESS"),
        cookies: setCookies.map((cookie) => cookie.split("=")[0]),
      };
    };
    const nobodys = await answerTo(`nobody-${newId()}@example.com`);
    for (const address of [email, unverified, email.toUpperCase()])
      assert.deepEqual(await answerTo(address), nobodys, `${path} ${address}`);
  }
});

test("as many passwords are hashed for an address without an account as for one with it, and a reset takes as long", async () => {
  const { email } = await newPerson();
  let hashed = 0;
  const hook = createHook({ init: (_, type) => void (hashed += type === "SCRYPTREQUEST" ? 1 : 0) }).enable();
  const hashedBy = async (path: string, body: object) => {
    hashed = 0;
    await post(path, body);
    return hashed;
  };
  const addresses = [email, `nobody-${newId()}@example.com`];
  for (const path of ["/sign-in/email", "/sign-up/email"])
    for (const address of addresses)
      assert.equal(await hashedBy(path, { email: address, password: "not the password" }), 1, `${path} ${address}`);
  hook.disable();
  for (const path of ["/sign-up/email", "/request-password-reset"])
    for (const address of addresses) {
      const began = performance.now();
      await post(path, { email: address, password: "not the password" });
      assert.ok(performance.now() - began >= 395, `${path} ${address}`);
    }
});

test("of many concurrent uses of one email's link, one succeeds", async () => {
  const { email } = await newPerson();
  await post("/request-password-reset", { email });
  const token = tokenFor(world, email);
  assert.notEqual(token, "");
  const passwords = Array.from({ length: 8 }, (_, number) => `a new password ${number}`);
  const set = await Promise.all(passwords.map((newPassword) => post("/reset-password", { token, newPassword })));
  assert.equal(set.filter(({ status }) => status === 200).length, 1, JSON.stringify(set.map(({ status }) => status)));
});
