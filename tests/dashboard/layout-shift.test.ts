import assert from "node:assert/strict";
import { test } from "node:test";

import { z } from "zod";

import { VIEWS } from "../../server/http/dashboard/add-dashboard.ts";
import { intercept } from "../browser.ts";
import { fillWithHostileTexts } from "./hostile-texts.ts";
import { AT_REST, IS_LOADING, signedIn, TWO_FRAMES } from "./signed-in.ts";

for (const [look, width, next] of [
  ["wide, and the answers come as they were asked for", 1440, "shift"],
  ["narrow, and the last answers come first", 360, "pop"],
] as const)
  test(`nothing moves while a view loads: ${look}`, async (t) => {
    const { world, cookie, open, troubles } = await signedIn(t);
    const { posts, webhook } = await fillWithHostileTexts(world, cookie);
    const [post = ""] = posts;
    const idIn = (view: string) =>
      view.startsWith("/posts/") ? post : view.startsWith("/platforms/") ? world.test.platformSetId : webhook;
    const page = await open({ ...AT_REST, viewport: { width, height: 900 } });
    await page.addInitScript(WATCH_MOVES);
    await page.goto(`${world.url}/compose?mode=test`);
    await page.getByLabel("Text", { exact: true }).fill("Not saved yet");
    await page.goto(`${world.url}/compose?mode=test`);
    await page.getByText("There is an unsaved version in this browser.").waitFor();
    const held: (() => Promise<void>)[] = [];
    await intercept(page, /\/api\/(?!.*\/events)/, async (route) => {
      const answer = await route.fetch().catch(() => null);
      if (answer !== null) held.push(() => route.fulfill({ response: answer }).catch(() => undefined));
    });
    const releaseAll = async () => {
      for (let calm = 0; calm < 5;) {
        const release = held[next]();
        calm = release !== undefined || (await page.evaluate(IS_LOADING)) === true ? 0 : calm + 1;
        await release?.();
        await page.evaluate(TWO_FRAMES);
      }
    };
    const moved: string[] = [];
    for (const view of [
      ...["/", ...VIEWS].map((each) => each.replace(":id", idIn(each))),
      `/compose?post=${post}`,
      "/approvals?view=drafts",
      "/calendar?view=week",
      "/calendar?view=agenda",
    ]) {
      held.length = 0;
      await page.goto(`${world.url}${view}${view.includes("?") ? "&" : "?"}mode=test`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await releaseAll();
      const { sum, sources } = moves.parse(await page.evaluate("globalThis.moves"));
      if (sum > MAX_SHIFT) moved.push(`${view}: ${sum.toFixed(3)} ${sources.join(" ")}`);
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
