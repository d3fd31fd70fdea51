import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { LIMIT_NAMES } from "../../model/plans.ts";
import { objectIn } from "../../tests/answers.ts";
import { openInstallation } from "../installation.fixture.ts";

const LOGO = "tests/fixtures/transparent.png";

test("the tenants commands manage a tenant with its keys, look and apps, and explain what is refused", async (t) => {
  const installation = await openInstallation(t);
  const pool = installation.database?.pool ?? assert.fail();
  const server = await installation.start("api");
  const { operatorKey } = await installation.json("operator-keys", "create", "--name", "backend", "--json");
  const settings = { XDG_CONFIG_HOME: installation.dataDir, AMPOST_API_URL: installation.url, NO_COLOR: "1" };
  const asOperator = { ...settings, AMPOST_OPERATOR_KEY: String(operatorKey) };
  const shell = (lines: string) =>
    installation.shell(
      Object.entries(asOperator)
        .map(([name, value]) => `export ${name}="${value}"\n`)
        .join("") + lines,
    );
  const tenants = (...args: string[]) => installation.run(["tenants", ...args], asOperator);
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await tenants(...args, "--json");
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  };
  /** The exit code of a command that uses a tenant's key: 0, or 3 if it was rejected. */
  const useKey = async (key: string) =>
    (await installation.run(["sets", "list"], { ...settings, AMPOST_API_KEY: key })).code;
  const created = await json(
    "create",
    "Acme",
    "--external-id",
    "customer-1",
    "--plan",
    "pro",
    "--limit",
    "apiRead=none",
  );
  const id = String(created.tenant.id);

  await t.test("without an operator key, they say how to get one, and an API key is none", async () => {
    const { code, stderr } = await installation.run(["tenants", "list"], settings);
    assert.equal(code, 1);
    assert.match(stderr, /AMPOST_OPERATOR_KEY.*operator-keys create/);
    const { key } = await json("create-key", id, "--mode", "live", "--name", "other");
    const refused = await installation.run(["tenants", "list"], { ...settings, AMPOST_OPERATOR_KEY: key.apiKey });
    assert.equal(refused.code, 3);
  });

  await t.test("create, get, list and update", async () => {
    const { name, externalId, plan, limits, status } = created.tenant;
    assert.deepEqual(
      [name, externalId, plan, limits, status],
      ["Acme", "customer-1", "pro", { apiRead: null }, "active"],
    );
    assert.deepEqual((await json("get", id)).tenant, created.tenant);
    const listed = await tenants("list", "--external-id", "customer-1");
    assert.equal(listed.stdout, `${id}  active  pro  customer-1  Acme\n`);
    const fields = [
      "--name",
      "Acme Ltd",
      "--plan",
      "default",
      "--limit",
      "postsPerMonth=7",
      "--email",
      "a@example.com",
    ];
    const { tenant } = await json("update", id, ...fields);
    assert.deepEqual(tenant, {
      ...created.tenant,
      name: "Acme Ltd",
      plan: null,
      limits: { postsPerMonth: 7 },
      email: "a@example.com",
    });
    assert.deepEqual((await json("get", id)).tenant, tenant);
    for (const wrong of [[], ["--plan", "gold"], ["--limit", "many"]])
      assert.equal((await tenants("update", id, ...wrong)).code, 2, wrong.join());
    const unknown = await tenants("update", id, "--limit", "nothingPerMonth=7");
    assert.equal(unknown.code, 3);
    assert.match(unknown.stderr, /nothingPerMonth/);
    const missing = await tenants("get", "user_missing");
    assert.equal(missing.code, 3);
    assert.match(missing.stderr, /Tenant not found/);
  });

  await t.test("the operator's command on the server knows the same limits as the API", async () => {
    const all = Object.fromEntries(LIMIT_NAMES.map((limit, index) => [limit, 1000 + index]));
    const given = Object.entries(all).flatMap(([limit, most]) => ["--limit", `${limit}=${most}`]);
    await installation.json("users", "plan", id, "scale", ...given, "--json");
    const { tenant } = await json("get", id);
    assert.deepEqual([tenant.plan, tenant.limits], ["scale", all]);
    await installation.json(
      "users",
      "plan",
      id,
      ...Object.keys(all).flatMap((l) => ["--limit", `${l}=plan`]),
      "--json",
    );
    assert.deepEqual((await json("get", id)).tenant.limits, {});
    assert.deepEqual((await json("update", id, ...given)).tenant.limits, all);
    assert.deepEqual((await installation.json("users", "plan", "a@example.com", "--json")).limits, all);
    assert.equal((await installation.run(["users", "plan", "user_missing"])).code, 1);
  });

  await t.test(
    "the operator's commands on the server find a tenant by its ID, with and without an email address",
    async () => {
      const { tenant } = await json("create", "No address");
      const { key } = await json("create-key", String(tenant.id), "--mode", "live", "--name", "backend");
      const asTenant = { headers: { authorization: `Bearer ${key.apiKey}` } };
      const get = async (path: string): Promise<unknown> =>
        await (await fetch(installation.url + path, asTenant)).json();
      const statusOf = async () => objectIn(await get("/api/v1/publishing"), "publishing").status;
      await installation.json("users", "limit-fees", String(tenant.id), "12.5", "--json");
      assert.equal(objectIn(await get("/api/v1/account-context"), "fees").limit, 12_500_000);
      const live = ["--user", String(tenant.id), "--mode", "live", "--json"];
      const paused = await installation.json("publishing", "pause", ...live);
      assert.deepEqual([paused, await statusOf()], [{ scope: "user", paused: true }, "paused"]);
      await installation.json("publishing", "resume", ...live);
      assert.equal(await statusOf(), "running");
      const withAddress = await installation.json("users", "reset-password", id, "--json");
      assert.deepEqual(
        [withAddress.email, String(withAddress.link).includes("/reset-password?token=")],
        ["a@example.com", true],
      );
      const without = await installation.run(["users", "reset-password", String(tenant.id)]);
      assert.deepEqual([without.code, /has no email address/.test(without.stderr)], [1, true]);
      for (const args of [
        ["users", "limit-fees", "user_missing", "1"],
        ["users", "reset-password", "user_missing"],
        ["publishing", "pause", "--user", "user_missing"],
      ])
        assert.match((await installation.run(args)).stderr, /No user has the ID user_missing\./, args.join(" "));
    },
  );

  await t.test("keys are created, listed without their secrets, rolled and revoked", async () => {
    const { key } = await json("create-key", id, "--mode", "test", "--name", "backend");
    const { key: second } = await json("roll-key", id, key.id, "--overlap", "3600");
    assert.deepEqual([await useKey(key.apiKey), await useKey(second.apiKey)], [0, 0]);
    const rolled = await tenants("roll-key", id, second.id);
    const [third = "", hint] = rolled.stdout.split("\n");
    assert.match(`${third} ${hint}`, /^amp_test_\S+ Save this key now/);
    assert.deepEqual([await useKey(second.apiKey), await useKey(third)], [3, 0]);
    const { keys } = await json("keys", id);
    assert.ok(!JSON.stringify(keys).includes(third));
    const [last] = keys;
    const revoked = await tenants("revoke-key", id, last.id);
    assert.equal(revoked.stdout, `Revoked ${last.id} (test key "backend").\n`);
    assert.equal(await useKey(third), 3);
    assert.match((await tenants("keys", id)).stdout, new RegExp(`^${last.id}  test  revoked +backend$`, "m"));
    assert.equal((await tenants("create-key", id, "--name", "backend")).code, 2);
  });

  await t.test("a suspended tenant's key is rejected until the tenant is resumed", async () => {
    const { key } = await json("create-key", id, "--mode", "test", "--name", "suspended");
    assert.equal((await json("suspend", id)).tenant.status, "suspended");
    assert.equal(await useKey(key.apiKey), 3);
    assert.match((await tenants("list", "--status", "suspended")).stdout, new RegExp(`^${id}  suspended `));
    assert.equal((await json("resume", id)).tenant.status, "active");
    assert.equal(await useKey(key.apiKey), 0);
  });

  await t.test("the look is changed part by part, and none removes a part", async () => {
    const { tenant } = await json("brand", id, "--name", "Acme Social", "--logo", LOGO, "--color", "#0a58b8");
    const look = { name: "Acme Social", hasLogo: true, color: "#0a58b8", darkColor: null, supportAddress: null };
    assert.deepEqual(tenant.branding, look);
    const { rows } = await pool.query("select branding from users where id = $1", [id]);
    assert.equal(rows[0].branding.logo, `data:image/png;base64,${(await readFile(LOGO)).toString("base64")}`);
    const more = await tenants(
      "brand",
      id,
      "--dark-color",
      "#8ab8ff",
      "--support",
      "help@example.com",
      "--logo",
      "none",
    );
    assert.match(
      more.stdout,
      /^name +Acme Social\ncolor +#0a58b8\ndarkColor +#8ab8ff\nsupportAddress +help@.*\nlogo +-\n$/,
    );
    const { branding } = (await json("brand", id, "--name", "none", "--color", "none")).tenant;
    assert.deepEqual([branding.name, branding.color, branding.darkColor], [null, null, "#8ab8ff"]);
    assert.equal((await tenants("brand", id)).code, 2);
    assert.match((await tenants("brand", id, "--logo", "not/there.png")).stderr, /not\/there\.png cannot be read/);
    const refused = await tenants("brand", id, "--logo", "package.json");
    assert.equal(refused.code, 3);
    assert.match(refused.stderr, /PNG/);
  });

  await t.test("an own app has its secret from standard input, and is listed without it", async () => {
    const setApp = `tenants set-app ${id} threads --client-id 1234567890`;
    const saved = await shell(`echo "the secret of the app" | node cli/ampost.js ${setApp} --json`);
    assert.equal(saved.code, 0, saved.stderr);
    const { apps } = await json("apps", id);
    const [{ platform, mode, clientId }] = apps;
    assert.deepEqual([apps.length, platform, mode, clientId], [1, "threads", "live", "1234567890"]);
    assert.ok(!`${saved.stdout}${JSON.stringify(apps)}`.includes("the secret of"));
    assert.match((await tenants("apps", id)).stdout, /^threads  live  1234567890  http\S+\n$/);
    assert.deepEqual((await json("apps", id, "--mode", "test")).apps, []);
    assert.equal((await installation.run(setApp.split(" "), asOperator)).code, 2);
    assert.equal((await tenants("remove-app", id, "threads", "--mode", "test")).code, 3);
    assert.equal((await tenants("remove-app", id, "threads")).stdout, "Removed the app on threads (live).\n");
    assert.deepEqual((await json("apps", id)).apps, []);
  });

  await t.test("a tenant is deleted after a question on a terminal, and then its key is rejected", async () => {
    const { key } = await json("create-key", id, "--mode", "test", "--name", "last");
    const declined = await shell(
      `set +e\necho n | script -qec "node cli/ampost.js tenants delete ${id}" /dev/null; echo "ended with $?"`,
    );
    assert.match(declined.stdout, /Delete "Acme Ltd" with all [^]*Nothing was deleted\.\s+ended with 1\s/);
    assert.equal(await useKey(key.apiKey), 0);
    assert.equal((await tenants("delete", id)).stdout, `Deleted ${id} with everything of it.\n`);
    assert.equal(await useKey(key.apiKey), 3);
    assert.equal((await tenants("get", id)).code, 3);
  });

  assert.equal(await server.end("SIGTERM"), 0);
});
