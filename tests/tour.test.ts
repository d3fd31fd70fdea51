import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { VIEWS } from "../server/http/dashboard/add-dashboard.ts";

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
