import assert from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { VIEWS } from "../server/http/dashboard/add-dashboard.ts";

const DOCS = join(import.meta.dirname, "../docs");
const MOST_BYTES = 60_000;

test("the tour shows views that there are, in small pictures that its journey takes", async () => {
  const tour = await readFile(join(DOCS, "tour.md"), "utf8");
  const journey = await readFile(join(import.meta.dirname, "journeys/first-visit-app.test.ts"), "utf8");
  const views: readonly string[] = ["/", ...VIEWS];
  const named = [...tour.matchAll(/\(`(\/[^`]*)`\)/g)].map(([, view = ""]) => view);
  assert.deepEqual(
    named.filter((view) => !views.includes(view)),
    [],
  );
  const shown = [...tour.matchAll(/\]\(tour\/([\w-]+)\.webp\)/g)].map(([, name]) => name);
  const taken = [...journey.matchAll(/picture\("([\w-]+)"\)/g)].map(([, name]) => name);
  assert.deepEqual(shown, taken);
  assert.deepEqual((await readdir(join(DOCS, "tour"))).toSorted(), shown.map((name) => `${name}.webp`).toSorted());
  for (const name of shown) {
    const { size } = await stat(join(DOCS, `tour/${name}.webp`));
    assert.ok(size <= MOST_BYTES, `${name} has ${size} bytes`);
  }
});
