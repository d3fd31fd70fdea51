import assert from "node:assert/strict";
import { glob } from "node:fs/promises";
import { test } from "node:test";

import { reachedBy } from "./changed.ts";

test("a change selects the tests that import or name it, and no others", async () => {
  const all: string[] = [];
  for await (const file of glob("{model,platforms,server,tests}/**/*.test.ts")) all.push(file);
  for (const { changed, reaches, spares } of [
    { changed: "model/status.ts", reaches: "model/status.test.ts", spares: "model/ids.test.ts" },
    { changed: "cli/program.ts", reaches: "tests/dashboard/settings.test.ts", spares: "model/status.test.ts" },
    {
      changed: "server/db/migrations/0001_core.sql",
      reaches: "server/db/migrate.test.ts",
      spares: "model/ids.test.ts",
    },
    { changed: "docs/guides/posts.md", reaches: "tests/docs-samples.test.ts", spares: "model/ids.test.ts" },
  ]) {
    const reached = await reachedBy([changed], all);
    assert.ok(reached.includes(reaches), `${changed} reaches ${reaches}`);
    assert.ok(!reached.includes(spares), `${changed} does not reach ${spares}`);
  }
  assert.deepEqual(await reachedBy(["package-lock.json"], all), all);
});
