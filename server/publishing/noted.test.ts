import assert from "node:assert/strict";
import fs from "node:fs";
import { appendFile, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mock, test } from "node:test";

import { createDiskStorage } from "../storage/disk.ts";
import { ListUnwritable, type NotedCommit, openList, type Places, readNoted, writeMark } from "./noted.ts";

const PUBLISHER = "00000000-0000-4000-8000-000000000001";
const OTHER = "00000000-0000-4000-8000-000000000002";
const own = { publisher: PUBLISHER, identity: "this instance" };
const commit = (seq: number, publisher = PUBLISHER): NotedCommit => ({
  publisher,
  seq,
  at: 1_000 + seq,
  platformPostId: "00000000-0000-4000-8000-000000000003",
});
const seqs = async (places: Places) => (await readNoted(places)).commits.map(({ seq }) => seq);

test("what is noted is there, even if the process ends without a word", async () => {
  await withPlaces(async (places) => {
    const list = openList(places.dataDir, own);
    list.add(commit(1));
    list.add(commit(2));
    await writeMark(places, { ...own, seq: 2, at: 1_002 });
    const { openings, commits, mark } = await readNoted(places);
    assert.deepEqual(
      openings.map(({ publisher, identity }) => [publisher, identity]),
      [[PUBLISHER, "this instance"]],
    );
    assert.deepEqual(commits, [commit(1), commit(2)]);
    assert.deepEqual(mark, { ...own, seq: 2, at: 1_002 });
    list.close();
  });
});

test("processes that share a folder note beside each other", async () => {
  await withPlaces(async (places) => {
    const [one, other] = [openList(places.dataDir, own), openList(places.dataDir, { ...own, publisher: OTHER })];
    one.add(commit(7));
    other.add(commit(1, OTHER));
    one.add(commit(8));
    const { openings, commits } = await readNoted(places);
    assert.deepEqual(new Set(openings.map(({ publisher }) => publisher)), new Set([PUBLISHER, OTHER]));
    assert.deepEqual(commits, [commit(7), commit(1, OTHER), commit(8)]);
    for (const list of [one, other]) list.close();
  });
});

test("a line that was cut off is left out, and takes no other along", async () => {
  await withPlaces(async (places) => {
    const path = join(places.dataDir, "published.log");
    const list = openList(places.dataDir, own);
    list.add(commit(1));
    const whole = (await readFile(path, "utf8")).split("\n").at(-2) ?? "";
    for (const length of [1, 8, 12, 60, whole.length - 1]) {
      await appendFile(path, whole.slice(0, length));
      list.add(commit(length + 1));
    }
    await appendFile(path, whole.replace('"seq":1', '"seq":9'));
    assert.deepEqual(await seqs(places), [1, 2, 9, 13, 61, whole.length]);
    list.close();
  });
});

test("a commit that cannot be noted whole is not noted", async () => {
  await withPlaces(async (places) => {
    const list = openList(places.dataDir, own);
    const full = mock.method(fs, "writeSync", (_file: number, line: string) => line.length - 1);
    syncBuiltinESMExports();
    try {
      assert.throws(() => list.add(commit(1)), ListUnwritable);
    } finally {
      full.mock.restore();
      syncBuiltinESMExports();
    }
    assert.deepEqual(await seqs(places), []);
    list.close();
  });
});

test("the list is synced when it is kept, and when it is closed", async () => {
  await withPlaces(async (places) => {
    const list = openList(places.dataDir, own);
    const synced = mock.method(fs, "fdatasyncSync");
    syncBuiltinESMExports();
    try {
      list.keep();
      assert.equal(synced.mock.callCount(), 1);
      list.close();
      assert.equal(synced.mock.callCount(), 2);
    } finally {
      synced.mock.restore();
      syncBuiltinESMExports();
    }
  });
});

test("a long list begins anew once, whoever keeps it, and nothing of it is lost", async () => {
  await withPlaces(async (places) => {
    const path = join(places.dataDir, "published.log");
    const [one, other] = [openList(places.dataDir, own), openList(places.dataDir, { ...own, publisher: OTHER })];
    one.add(commit(1));
    await appendFile(path, `${"x".repeat(8 * 1024 * 1024)}\n`);
    one.keep();
    one.add(commit(2));
    other.add(commit(3, OTHER));
    other.keep();
    other.add(commit(4, OTHER));
    const { openings } = await readNoted(places);
    assert.deepEqual(await seqs(places), [1, 3, 2, 4]);
    assert.equal(openings.filter(({ publisher }) => publisher === PUBLISHER).length, 2);
    assert.ok((await readFile(path, "utf8")).length < 2_000);
    for (const list of [one, other]) list.close();
  });
});

test("a list that is not there, or is none, notes nothing", async () => {
  await withPlaces(async (places) => {
    assert.deepEqual(await readNoted(places), { openings: [], commits: [], mark: null });
    await writeFile(join(places.dataDir, "published.log"), "00000000-0000-0000-0000-000000000000 of another version\n");
    await places.storage.writeMark("of another version\n");
    assert.deepEqual(await readNoted(places), { openings: [], commits: [], mark: null });
  });
});

test("a renamed folder is in the same place", async () => {
  await withPlaces(async (places) => {
    openList(places.dataDir, own).close();
    const moved = `${places.dataDir}-moved`;
    await rename(places.dataDir, moved);
    openList(moved, own).close();
    const { openings } = await readNoted({ ...places, dataDir: moved });
    assert.equal(openings[0]?.place, openings[1]?.place);
    await rename(moved, places.dataDir);
  });
});

async function withPlaces(work: (places: Places) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "ampost-noted-"));
  const storage = await createDiskStorage(join(dataDir, "storage"));
  try {
    await work({ dataDir, storage });
  } finally {
    storage.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}
