import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { OPERATIONS } from "../contract/index.ts";
import { TOOLS } from "../contract/openapi/tools.ts";
import { PLATFORM_NAMES } from "../model/platform-names.ts";
import { catalog } from "../platforms/catalog.ts";
import { llmText } from "./llm-text.ts";
import { type InstanceFacts, loadPages } from "./pages.ts";
import { reviewPack } from "./review-pack.ts";
import { placesOf } from "./scopes-table.ts";

const INSTANCE = {
  apiUrl: "https://api.example.com",
  appUrl: "https://example.com",
  scheduling: "contract",
  signUp: "invite",
} as const;
const pages = await loadPages(INSTANCE);

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

test("the documentation says where an instance schedules, and names its setting only to those who can change it", async () => {
  const textOf = async (instance: Pick<InstanceFacts, "scheduling" | "signUp">): Promise<string> => {
    const facts = { ...INSTANCE, ...instance };
    const printed = await loadPages(facts);
    const samples = printed.filter(({ path }) => /^\/docs\/(scheduling|platforms|agents)/.test(path));
    return [llmText(printed, facts), ...samples.map(({ markdown }) => markdown)].join("\n");
  };
  const ours = await textOf({ scheduling: "contract", signUp: "invite" });
  assert.match(ours, /Only Instagram, Facebook and YouTube support `scheduledFor`/);
  assert.match(ours, /the operator of the instance sets `AMPOST_SCHEDULING=all`/);
  const service = await textOf({ scheduling: "contract", signUp: "open" });
  assert.match(service, /Only Instagram, Facebook and YouTube support `scheduledFor`/);
  assert.doesNotMatch(service, /AMPOST_SCHEDULING/);
  const all = await textOf({ scheduling: "all", signUp: "invite" });
  assert.match(all, /Every platform supports `scheduledFor`/);
  assert.doesNotMatch(
    all,
    /AMPOST_SCHEDULING|cannot be scheduled|not supported: `scheduledFor`|, published immediately/,
  );
});

test("no page and no tool claims what is not so of failures, media, sets and the manual itself", () => {
  const texts = [
    ...pages.map(({ markdown }) => markdown),
    llmText(pages, INSTANCE),
    ...TOOLS.map(({ description }) => description),
    ...OPERATIONS.map(({ description }) => description),
  ];
  for (const claim of [
    // A thumbnail that cannot be fetched, or is at a private address, is no warning.
    /Its failure is a warning/i,
    /Everything wrong with a post is said before/i,
    // LinkedIn's identical request is sent once more.
    /never sent again blindly|never sends? (it|that call) again/i,
    // They are discarded.
    /scheduled posts fail/i,
    // `/llm.txt` links what it leaves out.
    /all the details in one file/i,
    // Media that Ampost itself could not fetch fails at once.
    /yes, if nothing can have been published/i,
  ])
    for (const text of texts) assert.doesNotMatch(text, claim);
  const failed = pages.find(({ path }) => path === "/docs/errors/MEDIA_UPLOAD_FAILED")?.markdown ?? "";
  assert.match(failed, /\| yes, while it has `nextAttemptAt` \|/);
});
