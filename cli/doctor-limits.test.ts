import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { loadConfig } from "../server/start/config.ts";
import { createTestDatabase } from "../tests/database.ts";
import { checkBounds, checkLimits, checkSandboxStore, checkTables, checkUsers } from "./doctor-limits.ts";
import { ok } from "./finding.ts";

test("doctor shows who can sign up and with which limits, and warns if strangers have none", () => {
  const look = (env: NodeJS.ProcessEnv) =>
    checkLimits(loadConfig(env)).map(({ status, message, cure }) => `${status}: ${message} ${cure ?? ""}`.trim());
  assert.deepEqual(look({}), ["ok: sign-up is by invitation; limits per user: 20 platform sets in each mode"]);
  assert.deepEqual(look({ AMPOST_SIGNUP: "open" }), [
    "ok: anyone can sign up, 1000 users at most; limits per user: 2000000000 bytes of media, 200 posts per day, " +
      "20000000 bytes of post content per day, 500 scheduled posts, 120 requests per minute and rate class, " +
      "20 platform sets in each mode",
  ]);
  assert.deepEqual(look({ AMPOST_MAX_PLATFORM_SETS: "none" }), ["ok: sign-up is by invitation; limits per user: none"]);
  const [, ...warnings] = look({ AMPOST_SIGNUP: "open", AMPOST_USER_STORAGE: "none" });
  assert.deepEqual(warnings, [
    "warning: anyone can sign up, and bytes of media are not limited Unset AMPOST_USER_STORAGE (the default is " +
      "2000000000), or set it to a number.",
  ]);
  assert.equal(look({ AMPOST_USER_STORAGE: "none" }).length, 1);
  assert.deepEqual(look({ AMPOST_SIGNUP: "open", AMPOST_MAX_USERS: "none" }).slice(1), [
    "warning: anyone can sign up, and the number of users is not limited Unset AMPOST_MAX_USERS (the default is " +
      "1000), or set it to a number.",
  ]);
});

test("doctor counts the users, and warns before nobody can sign up; tenants do not count", async () => {
  const { pool, drop } = await createTestDatabase();
  await pool.query("insert into users (id, email) select 'u' || n, n || '@example.com' from generate_series(1, 7) n");
  await pool.query("insert into users (id, made_by_operator) values ('tenant', true)");
  const unlimited = await checkUsers(pool, { maxUsers: null });
  const roomy = await checkUsers(pool, { maxUsers: 10 });
  const near = await checkUsers(pool, { maxUsers: 8 });
  await drop();
  assert.deepEqual([unlimited, roomy], [ok("users", "7"), ok("users", "7 of at most 10")]);
  assert.deepEqual([near.status, near.message], ["warning", "7 of at most 8"]);
  assert.match(near.cure ?? "", /^Raise AMPOST_MAX_USERS: beyond it, nobody can create an account\./);
});

test("doctor lists the largest tables, and what limits one that is too large", async () => {
  const database = await createTestDatabase();
  const { status, message } = await checkTables(database.pool);
  assert.equal(status, "ok");
  assert.match(message, /^the largest are [\w.]+ \(0\.0 GB\), /);
  await database.pool.query("insert into users (id, email) values ('u', 'u@example.com')");
  await database.pool.query(
    `insert into outbox (user_id, mode, type, data) select 'u', 'test', 'post.failed', jsonb_build_object('n', n)
     from generate_series(1, 20000) n`,
  );
  const large = await checkTables(database.pool, 1_500_000);
  await database.drop();
  assert.equal(large.status, "warning");
  assert.match(large.message, /^the largest are outbox \(0\.0 GB\), /);
  assert.match(
    large.cure ?? "",
    /from outbox group by 1 .* To limit how fast they grow, set AMPOST_USER_CALLS_PER_MINUTE\.$/,
  );
});

test("doctor names the users who are near a bound of every instance", async () => {
  const { pool, drop } = await createTestDatabase();
  assert.deepEqual(await checkBounds(pool), ok("bounds", "no user is near one"));
  await pool.query("insert into users (id, email) select 'u' || n, n || '@example.com' from generate_series(1, 100) n");
  await pool.query(
    `insert into members (id, user_id, member_id, role)
     select gen_random_uuid(), 'u1', 'u' || n, 'writer' from generate_series(2, 80) n`,
  );
  assert.equal((await checkBounds(pool)).status, "ok");
  await pool.query(
    "insert into members (id, user_id, member_id, role) values (gen_random_uuid(), 'u1', 'u90', 'writer')",
  );
  const { status, message } = await checkBounds(pool);
  await drop();
  assert.deepEqual([status, message], ["warning", "u1 has 80 of 100 members and invitations"]);
});

test("doctor checks what the sandbox has stored, if it runs here", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "ampost-doctor-"));
  try {
    const look = async (elsewhere: boolean) => {
      const { sandbox } = loadConfig(elsewhere ? { AMPOST_SANDBOX_URL: "http://sandbox:3001" } : {});
      return (await checkSandboxStore({ dataDir, sandbox }, 1_000)).map((finding) => finding.status);
    };
    assert.deepEqual(await look(false), ["ok"], "before its first start there is no folder");
    await mkdir(join(dataDir, "sandbox/uploads"), { recursive: true });
    await writeFile(join(dataDir, "sandbox/uploads/large"), Buffer.alloc(2_000));
    assert.deepEqual(await look(false), ["warning"]);
    assert.deepEqual(await look(true), []);
  } finally {
    await rm(dataDir, { recursive: true });
  }
});
