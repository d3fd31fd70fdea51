import assert from "node:assert/strict";
import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { test } from "node:test";

import { openThreads } from "../platforms/threads/sandbox/threads.fixture.ts";
import { openIdentity } from "./identity.ts";
import { SANDBOX_PLATFORMS } from "./index.ts";
import { openMedia } from "./media.ts";
import { openRequests } from "./requests.ts";
import { listAt, openSandbox, temporaryFolder } from "./sandbox.fixture.ts";
import { openStore } from "./store.ts";
import { GROWING, KEPT, sweep } from "./sweep.ts";
import { openUploads } from "./uploads.ts";

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
  await sweep({ ...folders, store, platforms: SANDBOX_PLATFORMS }, { ...KEPT, rows: 3, people: 10, pictures: 4 });
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
  for (const name of ["large", "larger"]) await writeFile(`${folders.thumbnailDir}/${name}`, Buffer.alloc(800));
  await sweep({ ...folders, store, platforms: SANDBOX_PLATFORMS }, { ...KEPT, pictureBytes: 1_000 });
  assert.equal((await readdir(folders.thumbnailDir)).length, 1);
});

test("every table that grows keeps a number of bytes: large posts are forgotten sooner, and nothing of the others", async (t) => {
  const { sandbox, publish } = await openThreads(t);
  const store = openStore(sandbox.dataDir);
  t.after(() => store.close());
  const folders = { thumbnailDir: `${sandbox.dataDir}/thumbnails`, uploadDir: `${sandbox.dataDir}/uploads` };
  for (let number = 1; number <= 6; number += 1) await publish({ media_type: "TEXT", text: `post ${number}` });
  store.run("UPDATE posts SET text = text || ?", "x".repeat(400_000));
  const rows = () => ["grants", "tokens", "threads_media"].map((table) => store.all(`SELECT 1 FROM ${table}`).length);
  const before = rows();
  const posts = async () =>
    listAt((await sandbox.control("GET", "posts")).json).map(({ text }) => String(text).slice(0, 6));
  await sweep({ ...folders, store, platforms: SANDBOX_PLATFORMS }, { ...KEPT, tableBytes: 10_000_000 });
  assert.equal((await posts()).length, 6);
  await sweep({ ...folders, store, platforms: SANDBOX_PLATFORMS }, { ...KEPT, tableBytes: 1_000_000 });
  assert.deepEqual(await posts(), ["post 6", "post 5"]);
  assert.deepEqual(rows(), before);
});

test("unfinished uploads have a number of bytes: the oldest make place for newer ones, and finished ones count no longer", async (t) => {
  const folder = await temporaryFolder(t);
  const folders = { spoolDir: `${folder}/spool`, thumbnailDir: `${folder}/thumbnails`, uploadDir: `${folder}/uploads` };
  for (const path of Object.values(folders)) await mkdir(path);
  const media = openMedia(folders, { allowPrivate: false, mediaUrl: null });
  const uploads = openUploads(folders.uploadDir, media, 100_000);
  const kept = async () => (await readdir(folders.uploadDir)).toSorted();
  const aged = (name: string, seconds: number) =>
    utimes(`${folders.uploadDir}/${name}`, new Date(), Date.now() / 1000 - seconds);
  const part = async (sizeBytes: number) => {
    const path = `${folders.spoolDir}/part`;
    await writeFile(path, Buffer.alloc(sizeBytes));
    return { path, contentType: "", sizeBytes, sha256: "", complete: true };
  };
  for (const [name, seconds] of [
    ["twitter-1", 300],
    ["tiktok-2", 200],
    ["youtube-3", 100],
  ] as const) {
    await uploads.put(name, Buffer.alloc(30_000));
    await aged(name, seconds);
  }
  assert.deepEqual(await kept(), ["tiktok-2", "twitter-1", "youtube-3"]);
  await uploads.finish("youtube-3");
  await uploads.write("youtube-4", await part(30_000), { offset: 0 });
  assert.deepEqual(await kept(), ["tiktok-2", "twitter-1", "youtube-4"]);
  await uploads.write("youtube-4", await part(30_000), { offset: 30_000 });
  assert.deepEqual(await kept(), ["tiktok-2", "youtube-4"]);
  await uploads.join("linkedin-5", ["tiktok-2", "youtube-4"]);
  assert.deepEqual(await kept(), ["linkedin-5"]);
  await uploads.put("twitter-6", Buffer.alloc(500_000));
  assert.deepEqual(await kept(), ["twitter-6"], "what has just come is kept, however large");
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
