import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { loadPages } from "./pages.ts";

const pages = await loadPages({ apiUrl: "https://api.example.com", appUrl: "https://example.com" });

test("every guide has a page", async () => {
  const names = (await readdir(join(import.meta.dirname, "../docs/guides"))).map((file) =>
    file === "overview.md" ? "/docs" : `/docs/${file.replace(/\.md$/, "")}`,
  );
  const paths = new Set(pages.map(({ path }) => path));
  assert.deepEqual(
    names.filter((path) => !paths.has(path)),
    [],
  );
});

test("every page is linked from another", () => {
  const lost = pages
    .slice(1)
    .filter(
      ({ path }) => !pages.some((other) => other.path !== path && new RegExp(`\\]\\(${path}[)#]`).test(other.markdown)),
    );
  assert.deepEqual(
    lost.map(({ path }) => path),
    [],
  );
});
