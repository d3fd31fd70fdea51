import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { PLATFORM_NAMES } from "../model/platform-names.ts";
import { catalog } from "../platforms/catalog.ts";
import { loadPages } from "./pages.ts";
import { reviewPack } from "./review-pack.ts";
import { placesOf } from "./scopes-table.ts";

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

for (const platform of PLATFORM_NAMES)
  test(`${platform}: its page has every permission with its use, and every step to go live is in its review pack`, async () => {
    const page = pages.find(({ path }) => path === `/docs/platforms/${platform}`)?.markdown ?? "";
    for (const scope of Object.values(catalog[platform].scopes).flat()) {
      assert.match(scope.why, /^[A-Z].*\.$/);
      assert.ok(placesOf(scope).length > 0, scope.name);
      assert.ok(page.includes(`| \`${scope.name}\` | ${scope.why} | ${placesOf(scope).join("; ")} |`), scope.name);
    }
    const steps = /^## Going live$(.*?)^## /ms.exec(page)?.[1]?.match(/^\d+\. /gm) ?? [];
    const instance = {
      appUrl: "https://app.example.com",
      mediaUrl: "https://media.example.com",
      scopes: {},
      checks: [],
    };
    const { checklist } = await reviewPack(platform, instance);
    assert.ok(steps.length > 4);
    assert.equal(checklist.length, steps.length);
    assert.ok(checklist.every(({ text }) => !/AMPOST_(APP|MEDIA)_URL/.test(text)));
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
