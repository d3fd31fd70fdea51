import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createWorld, type World } from "../../../tests/world.ts";
import { openSetUp } from "../../domain/users/set-up.ts";

const OWN = "http://localhost:3000";
let world: World;
before(async () => {
  world = await createWorld({ hasMailServer: false, signUp: "invite" });
});
after(() => world.close());

const read = async (path: string, cookie = "") => {
  const page = await fetch(world.url + path, { headers: { cookie } });
  return { status: page.status, text: (await page.text()).replaceAll(/\s+/g, " ") };
};
const send = async (path: string, fields: Record<string, string>, cookie = "") =>
  await (
    await fetch(world.url + path, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", origin: OWN, cookie },
      body: new URLSearchParams(fields),
    })
  ).text();

const PAGES = ["/", "/sign-in", "/sign-up", "/forgot-password", "/reset-password?token=x", "/privacy", "/terms"];

test("visitors of an instance without an owner are told where the setup link is, until it has one", async () => {
  for (const path of PAGES)
    assert.match((await read(path)).text, /no owner yet.*link that it printed at startup/, path);
  await send("/setup", {
    token: new URL((await openSetUp(world.services, OWN)) ?? "").searchParams.get("token") ?? "",
    email: "olga@example.com",
    password: "correct horse battery staple",
    name: "Olga",
  });
  for (const path of PAGES) assert.doesNotMatch((await read(path)).text, /no owner yet/, path);
  await world.database.pool.query("delete from users where is_owner");
});

test("a setup link that does not work is rejected before its form is filled in", async () => {
  const link = (await openSetUp(world.services, OWN)) ?? "";
  assert.match((await read(link.slice(OWN.length))).text, /<form method="post" action="\/setup"/);
  for (const path of ["/setup", "/setup?token=wrong", `${link.slice(OWN.length)}x`]) {
    const { status, text } = await read(path);
    assert.equal(status, 400, path);
    assert.match(text, /Restart Ampost: it prints a new link/, path);
    assert.doesNotMatch(text, /<form/, path);
  }
});

test("without a mail server, an invitation's link is returned to the owner once, and works", async () => {
  await world.database.pool.query("update users set is_owner = true where id = $1", [world.test.userId]);
  const cookie = await world.signIn(world.test);
  const shown = await world.callAs(cookie, "POST", "/api/invites", { email: "guest@example.com" });
  const link = /http:\S+\/sign-up\?invite=[\w-]+/.exec(JSON.stringify(shown.body))?.[0] ?? "";
  assert.match((await read(link.slice(OWN.length))).text, /guest@example\.com/);
  assert.doesNotMatch(JSON.stringify((await world.callAs(cookie, "GET", "/api/invites")).body), /\?invite=/);
});

test("without a mail server, no page claims that an email arrives", async () => {
  assert.match(await send("/forgot-password", { email: "guest@example.com" }), /has no mail server/);
});
