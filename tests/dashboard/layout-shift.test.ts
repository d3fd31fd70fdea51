import assert from "node:assert/strict";
import { test } from "node:test";

import { z } from "zod";

import { VIEWS } from "../../server/http/dashboard/add-dashboard.ts";
import { fillWithHostileTexts } from "./hostile-texts.ts";
import { AT_REST, signedIn, TWO_FRAMES } from "./signed-in.ts";

test("nothing moves while a view loads, narrow or wide, whichever of its answers comes first", async (t) => {
  const { world, open, troubles } = await signedIn(t);
  const ids = await fillWithHostileTexts(world);
  const views = ["/", ...VIEWS].map((view) =>
    view.replace(
      ":id",
      view.startsWith("/posts/")
        ? (ids.posts[0] ?? "")
        : view.startsWith("/platforms/")
          ? world.test.platformSetId
          : ids.webhook,
    ),
  );
  const moved: string[] = [];
  for (const [width, next] of [
    [1440, "shift"],
    [360, "pop"],
  ] as const) {
    const page = await open({ ...AT_REST, viewport: { width, height: 900 } });
    await page.addInitScript(WATCH_MOVES);
    const held: (() => Promise<void>)[] = [];
    await page.route(/\/api\/(?!.*\/events)/, async (route) => {
      const answer = await route.fetch().catch(() => null);
      if (answer !== null) held.push(() => route.fulfill({ response: answer }).catch(() => undefined));
    });
    const releaseAll = async () => {
      const isLoading = `document.querySelector("main :is([data-loading], .animate-pulse)") !== null`;
      for (let calm = 0; calm < 5;) {
        const release = held[next]();
        calm = release !== undefined || (await page.evaluate(isLoading)) === true ? 0 : calm + 1;
        await release?.();
        await page.evaluate(TWO_FRAMES);
      }
    };
    for (const view of [
      ...views,
      `/compose?post=${ids.posts[0]}`,
      "/approvals?view=drafts",
      "/calendar?view=week",
      "/calendar?view=agenda",
    ]) {
      held.length = 0;
      await page.goto(`${world.url}${view}${view.includes("?") ? "&" : "?"}mode=test`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await releaseAll();
      const { sum, sources } = moves.parse(await page.evaluate("globalThis.moves"));
      if (sum > MAX_SHIFT) moved.push(`${view} at ${width}: ${sum.toFixed(3)} ${sources.join(" ")}`);
    }
    await page.context().close();
  }
  assert.deepEqual(moved, []);
  assert.deepEqual(troubles, []);
});

/** Layout shift as browsers score it: 0.1 is good. */
const MAX_SHIFT = 0.01;
const moves = z.object({ sum: z.number(), sources: z.array(z.string()) });
const WATCH_MOVES = `
globalThis.moves = { sum: 0, sources: [] };
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries()) {
    moves.sum += value;
    for (const { node, previousRect: { y }, currentRect } of sources)
      moves.sources.push([node?.nodeName, node?.className, y, currentRect.y].join("|"));
  }
}).observe({ type: "layout-shift", buffered: true });`;
