import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { test } from "node:test";

import { openThreads } from "../platforms/threads/sandbox/threads.fixture.ts";
import { openIdentity } from "./identity.ts";
import { SANDBOX_PLATFORMS } from "./index.ts";
import { openRequests } from "./requests.ts";
import { listAt, openSandbox, temporaryFolder } from "./sandbox.fixture.ts";
import { openStore } from "./store.ts";
import { GROWING, sweep } from "./sweep.ts";

test("the request log keeps the newest entries, by number and by bytes", async (t) => {
  const store = openStore(await temporaryFolder(t));
  t.after(() => store.close());
  const entry = { at: 0, platform: "threads", operation: "read", method: "GET", headers: {}, body: null };
  const byNumber = openRequests(store, { entries: 50, bytes: 1e9 }, { entries: 10, bytes: 1e9 });
  for (let number = 1; number <= 500; number += 1) byNumber.add({ ...entry, url: `u${number}` });
  const kept = byNumber.list({ after: 0, limit: 1_000 }).map(({ request }) => request.url);
  assert.ok(kept.length >= 50 && kept.length <= 61, String(kept.length));
  assert.deepEqual(
    kept,
    Array.from({ length: kept.length }, (_, index) => `u${500 - kept.length + 1 + index}`),
  );
  const byBytes = openRequests(store, { entries: 1e9, bytes: 100_000 }, { entries: 1e9, bytes: 20_000 });
  for (let number = 1; number <= 100; number += 1) byBytes.add({ ...entry, url: "x".repeat(10_000) });
  const sizes = byBytes.list({ after: 0, limit: 1_000 }).map(({ request }) => request.url.length);
  assert.ok(sizes.length >= 9 && sizes.length <= 13, String(sizes.length));
});

test("the sweep deletes old posts, containers, codes, people without connections, pictures and uploads", async (t) => {
  const { sandbox, publish } = await openThreads(t);
  for (let number = 1; number <= 5; number += 1) await publish({ media_type: "TEXT", text: `post ${number}` });
  const store = openStore(sandbox.dataDir);
  t.after(() => store.close());
  const identity = openIdentity(store);
  for (let number = 1; number <= 20; number += 1)
    identity.addPerson({
      platform: "twitter",
      id: `idle${number}`,
      username: `idle${number}`,
      name: "",
      hint: `hint${number}`,
      facts: {},
    });
  const folders = { thumbnailDir: `${sandbox.dataDir}/thumbnails`, uploadDir: `${sandbox.dataDir}/uploads` };
  for (let number = 1; number <= 6; number += 1) await writeFile(`${folders.thumbnailDir}/${number}`, "");
  await writeFile(`${folders.uploadDir}/fresh`, "");
  const seeded = store.all("SELECT 1 FROM people WHERE hint IS NULL").length;
  await sweep({ ...folders, store, platforms: SANDBOX_PLATFORMS }, { rows: 3, people: 10, pictures: 4, uploadDays: 2 });
  assert.deepEqual(
    listAt((await sandbox.control("GET", "posts")).json).map(({ text }) => text),
    ["post 5", "post 4", "post 3"],
  );
  for (const [table, most] of [
    ["threads_containers", 3],
    ["threads_media", 3],
    ["tokens", 3],
    ["grants", 3],
  ] as const)
    assert.ok(store.all(`SELECT 1 FROM ${table}`).length <= most, table);
  assert.equal(store.all("SELECT 1 FROM people").length, seeded);
  assert.deepEqual([(await readdir(folders.thumbnailDir)).length, await readdir(folders.uploadDir)], [4, ["fresh"]]);
});

test("the sweep covers every sandbox table that grows", async (t) => {
  const { dataDir } = await openSandbox(t);
  const store = openStore(dataDir);
  t.after(() => store.close());
  await sweep({
    store,
    platforms: SANDBOX_PLATFORMS,
    thumbnailDir: `${dataDir}/thumbnails`,
    uploadDir: `${dataDir}/uploads`,
  });
  const tables = store
    .all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .map(({ name }) => String(name));
  // One row each; created by the operator; bounded by `requests` and by `people`.
  const apps = ["apps", "app_scopes", "app_settings"];
  const bounded = ["series", "clock", ...apps, "requests", "people", "meta_pages", "meta_business_pages"];
  const swept = [...Object.keys(GROWING), ...SANDBOX_PLATFORMS.flatMap(({ resets }) => Object.keys(resets))];
  assert.deepEqual(
    tables.filter((table) => !bounded.includes(table) && !swept.includes(table)),
    [],
  );
});
