import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { newId } from "../../../model/ids.ts";
import { createWorld } from "../../../tests/world.ts";
import { createHttpApp } from "../app.ts";

const SECRET = "a-secret-of-at-least-32-characters";

test("a cell tells routers, and nobody else, whether something is of one of its tenants; while they move, nothing is answered for them", async () => {
  const world = await createWorld();
  const cell = await createHttpApp(world.services, {
    probes: {
      ready: async () => ({ ready: true, checks: {} }),
      metrics: async () => ({ contentType: "text/plain", text: "" }),
    },
    cellSecret: SECRET,
  });
  try {
    const ask = async (clues: object, secret = SECRET) => {
      const payload = { digests: [], ids: [], email: null, ...clues };
      const headers = { authorization: `Bearer ${secret}` };
      const { statusCode, body } = await cell.inject({ method: "POST", url: "/cell/whereabouts", headers, payload });
      return statusCode === 200 ? JSON.parse(body).is : statusCode;
    };
    const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
    const { test: tenant, services } = world;
    const [email] = (await services.pool.query("select email from users where id = $1", [tenant.userId])).rows;
    const cookie = await world.signIn(tenant);
    const session = decodeURIComponent(/session_token=([^;]+)/.exec(cookie)?.[1] ?? "").split(".")[0] ?? "";
    const credentials = { key: tenant.key, session, operator: await world.operatorKey() };
    for (const [name, secret] of Object.entries(credentials))
      assert.equal(await ask({ digests: [sha256(secret)] }), "here", name);
    assert.equal(await ask(email), "here");
    assert.equal(await ask({ ids: [tenant.userId] }), "here");
    const url = await world.call(tenant, "POST", "/api/v1/media/upload-urls", { filename: "a.png" });
    const permit = new URL(Object(url.body).upload.url).pathname.split("/").at(-1);
    assert.equal(await ask({ ids: [permit] }), "here");
    await services.pool.query("update users set suspended_at = now() where id = $1", [tenant.userId]);
    assert.equal(await ask({ ids: [permit] }), "here", "of a suspended user as well");
    await services.pool.query("update users set suspended_at = null where id = $1", [tenant.userId]);
    assert.equal(
      await ask({ digests: [sha256("amp_live_nobody")], ids: [newId()], email: "no@example.com" }),
      "elsewhere",
    );
    assert.equal(await ask({ digests: [sha256(tenant.key)] }, "another-secret-of-as-many-characters"), 401);
    assert.equal((await fetch(`${world.url}/cell/whereabouts`, { method: "POST", body: "{}" })).status, 404);

    const setState = async (state: string) => {
      await services.pool.query(
        `insert into moves (user_id, move_id, cell, state) values ($1, $2, 'b', $3)
         on conflict (user_id) do update set state = excluded.state`,
        [tenant.userId, newId(), state],
      );
      services.keyHolders.forgetUser(tenant.userId);
    };
    await setState("leaving");
    for (const secret of [tenant.key, session]) assert.equal(await ask({ digests: [sha256(secret)] }), "moving");
    const refused = [await world.call(tenant, "GET", "/api/v1/posts"), await world.callAs(cookie, "GET", "/api/me")];
    for (const { status, headers } of refused) assert.deepEqual([status, headers.get("retry-after")], [503, "2"]);
    await setState("packed");
    assert.equal(await ask({ ids: [newId()] }), "unsure");
    await setState("left");
    assert.equal(await ask({ ids: [newId()] }), "elsewhere");
  } finally {
    await cell.close();
    await world.close();
  }
});
