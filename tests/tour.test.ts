import assert from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { VIEWS } from "../server/http/dashboard/add-dashboard.ts";

const MAX_PICTURE_BYTES = 1_200_000;

test("the tour names views that there are", async () => {
  const tour = await readFile(join(import.meta.dirname, "../docs/tour.md"), "utf8");
  const named = [...tour.matchAll(/\(`(\/[^`]*)`\)/g)].map(([, view = ""]) => view);
  assert.ok(named.length >= 4);
  const views: readonly string[] = ["/", ...VIEWS];
  assert.deepEqual(
    named.filter((view) => !views.includes(view)),
    [],
  );
});

test("the tour shows every picture that was made, and they are small", async () => {
  const docs = join(import.meta.dirname, "../docs");
  const tour = await readFile(join(docs, "tour.md"), "utf8");
  const shown = [...tour.matchAll(/!\[.+?\]\((.+?)\)/g)].map(([, path = ""]) => path);
  const made = (await readdir(join(docs, "tour"))).map((name) => `tour/${name}`);
  assert.deepEqual(shown.toSorted(), made.toSorted());
  const sizes = await Promise.all(made.map(async (path) => (await stat(join(docs, path))).size));
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) < MAX_PICTURE_BYTES);
});
