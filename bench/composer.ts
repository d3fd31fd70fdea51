import { setTimeout as sleep } from "node:timers/promises";

import type { Page } from "playwright-core";
import { z } from "zod";

import type { Benchmark, Workspace } from "./benchmark.ts";
import { install, type Installation } from "./installation.ts";
import { showMilliseconds, showTimes, summarize } from "./numbers.ts";
import { openAsOwner } from "./owner.ts";

const KEYS = 120;
/** Ten keys a second: somebody who types fast. */
const PAUSE_MILLISECONDS = 100;
const SLOWDOWN = 4;
const MOST_MILLISECONDS = 50;

export const composer: Benchmark = {
  name: "composer",
  title: "A key press in the composer",
  about:
    `${KEYS} keys in the text of a post for all platforms, ten a second, in Chromium at ${SLOWDOWN} × CPU slow-down: ` +
    "from the key to the next frame (Event Timing, which rounds to 8 ms and leaves out what takes less than 16 ms). " +
    "Raw limit: a page with nothing but a text box, in the same browser.",
  async measure(workspace) {
    const installation = await install(workspace, "composer");
    await installation.start("start");
    const { empty, page } = await openPages(workspace, installation);
    const raw = summarize(await typeInto(empty));
    workspace.say(`an empty page: ${showMilliseconds(raw.p50)}`);
    const { p50, max } = summarize(await typeInto(page));
    workspace.say(`the composer: ${showMilliseconds(p50)}`);
    return [
      {
        what: "median",
        value: showMilliseconds(p50),
        raw: showMilliseconds(raw.p50),
        ratio: showTimes(p50 / raw.p50),
        target: `at most ${showMilliseconds(MOST_MILLISECONDS)}`,
        met: p50 <= MOST_MILLISECONDS,
      },
      {
        what: "slowest",
        value: showMilliseconds(max),
        raw: showMilliseconds(raw.max),
        ratio: showTimes(max / raw.max),
      },
    ];
  },
};

/** A page with only a text box, and the composer with all platforms chosen; both are ready for keys. */
async function openPages(workspace: Workspace, installation: Installation): Promise<{ empty: Page; page: Page }> {
  const { context, page } = await openAsOwner(workspace, installation);
  const empty = await context.newPage();
  await empty.setContent("<textarea></textarea>");
  await page.goto(`${installation.apiUrl}/compose?mode=test`);
  const boxes = page.getByRole("group", { name: "Platforms" }).getByRole("checkbox");
  await boxes.first().waitFor();
  for (const box of await boxes.all()) await box.check();
  await page.getByLabel("Text", { exact: true }).fill("Good news about https://example.com/lighthouse. #lighthouse ");
  await page.getByText(/things? to fix$/).waitFor();
  return { empty, page };
}

const interactions = z.array(z.object({ id: z.number(), milliseconds: z.number() }));

/** Milliseconds from each key to the next frame. Keys that took less than 16 are missing. */
async function typeInto(page: Page): Promise<number[]> {
  await page.bringToFront();
  await page.locator("textarea").first().focus();
  await page.keyboard.press("Control+End");
  const devices = await page.context().newCDPSession(page);
  await page.evaluate(OBSERVE);
  await devices.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
  for (let count = 0; count < KEYS; count += 1) {
    await page.keyboard.press("words and "[count % 10] ?? "x");
    await sleep(PAUSE_MILLISECONDS);
  }
  await devices.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  const seen = interactions.parse(await page.evaluate("globalThis.interactions"));
  // A key is several events; the slowest is when it is seen.
  const slowest = new Map<number, number>();
  for (const { id, milliseconds } of seen) slowest.set(id, Math.max(milliseconds, slowest.get(id) ?? 0));
  return [...slowest.values()];
}

const OBSERVE = `
globalThis.interactions = [];
new PerformanceObserver((list) => {
  for (const { interactionId: id, duration: milliseconds, name } of list.getEntries())
    if (id > 0 && name !== "keyup") globalThis.interactions.push({ id, milliseconds });
}).observe({ type: "event", durationThreshold: 16 });`;
