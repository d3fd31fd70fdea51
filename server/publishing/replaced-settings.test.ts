import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import pino from "pino";

import { createTestDatabase, type TestDatabase } from "../../tests/database.ts";
import { createListener, type Listener } from "../db/listen.ts";
import { openReplacedSettings } from "./replaced-settings.ts";

const log = pino({ level: "silent" });

let database: TestDatabase;
let listener: Listener;
before(async () => {
  database = await createTestDatabase();
  listener = await createListener(database.url, log);
});
after(async () => {
  await listener.close();
  await database.drop();
});

const open = (configured: Record<string, string>) =>
  openReplacedSettings({ pool: database.pool, listener, log, configured });

test("a replaced setting applies in every process and after a restart, until the operator changes it", async () => {
  const other = await open({ VERSION: "1", OTHER: "1" });
  const one = await open({ VERSION: "1", OTHER: "1" });
  await one.replace({ name: "VERSION", value: "1", by: "5" });
  assert.deepEqual(one.environment, { VERSION: "5", OTHER: "1" });
  while (other.environment.VERSION !== "5") await new Promise((passed) => setTimeout(passed, 10));
  assert.deepEqual(other.environment, { VERSION: "5", OTHER: "1" });
  await one.replace({ name: "VERSION", value: "5", by: "9" });
  assert.deepEqual((await open({ VERSION: "1", OTHER: "1" })).environment, { VERSION: "9", OTHER: "1" });
  assert.deepEqual((await open({ VERSION: "7", OTHER: "1" })).environment, { VERSION: "7", OTHER: "1" });
});

test("what an older post says about a setting replaces nothing that was replaced since", async () => {
  const settings = await open({ NAME: "1" });
  await settings.replace({ name: "NAME", value: "1", by: "3" });
  await settings.replace({ name: "NAME", value: "1", by: "2" });
  assert.deepEqual((await open({ NAME: "1" })).environment, { NAME: "3" });
});
