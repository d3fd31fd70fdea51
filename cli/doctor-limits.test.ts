import assert from "node:assert/strict";
import { test } from "node:test";

import { loadConfig } from "../server/config.ts";
import { createTestDatabase } from "../tests/database.ts";
import { checkLimits, checkTables } from "./doctor-limits.ts";

test("doctor says who may come and with which limits, and warns where strangers have none", () => {
  const look = (env: NodeJS.ProcessEnv) =>
    checkLimits(loadConfig(env)).map(({ status, message, cure }) => `${status}: ${message} ${cure ?? ""}`.trim());
  assert.deepEqual(look({}), ["ok: accounts are made by invitation; each may have as much as they like"]);
  assert.deepEqual(look({ AMPOST_SIGNUP: "open" }), [
    "ok: anybody may make an account; each may have 2000000000 bytes of media, 200 posts a day, 500 posts scheduled at once, 120 calls of a class a minute",
  ]);
  const [, ...warnings] = look({ AMPOST_SIGNUP: "open", AMPOST_USER_STORAGE: "none" });
  assert.deepEqual(warnings, [
    "warning: anybody may make an account, and nothing limits their bytes of media Unset AMPOST_USER_STORAGE (then it is 2000000000), or set it to a number.",
  ]);
  assert.equal(look({ AMPOST_USER_STORAGE: "none" }).length, 1);
});

test("doctor names the largest tables", async () => {
  const database = await createTestDatabase();
  const { status, message } = await checkTables(database.pool);
  await database.drop();
  assert.equal(status, "ok");
  assert.match(message, /^the largest are \w+ \(0\.0 GB\), /);
});
