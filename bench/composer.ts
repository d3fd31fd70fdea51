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
/** What takes less is not told. */
const LEAST_MILLISECONDS = 16;

export const composer: Benchmark = {
  name: "composer",
  title: "A key press in the composer",
  about:
    `${KEYS} keys in the text of a post for all platforms, ten a second, in Chromium at ${SLOWDOWN} × CPU slow-down: ` +
    `from the key to the next frame (Event Timing, which rounds to 8 ms; less than ${LEAST_MILLISECONDS} ms counts as that). ` +
    "Raw limit: a page with nothing but a text box, in the same browser.",
  async measure(workspace) {
    const installation = await install(workspace, "composer");
    await installation.start("start");
    const { empty, page } = await openPages(workspace, installation);
    const raw = summarize(await typeInto(empty));
    workspace.say(`an empty page: ${showMilliseconds(raw.p50)}`);
    const ours = summarize(await typeInto(page));
    workspace.say(`the composer: ${showMilliseconds(ours.p50)}`);
    const rows = { median: "p50", "95th percentile": "p95", slowest: "max" } as const;
    return Object.entries(rows).map(([what, which]) => ({
      what,
      value: showMilliseconds(ours[which]),
      raw: showMilliseconds(raw[which]),
      ratio: showTimes(ours[which] / raw[which]),
      ...(which !== "max" && {
        target: `at most ${showMilliseconds(MOST_MILLISECONDS)}`,
        met: ours[which] <= MOST_MILLISECONDS,
      }),
    }));
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

/** Milliseconds from each key to the next frame. */
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
  return [...slowest.values(), ...Array.from({ length: KEYS - slowest.size }, () => LEAST_MILLISECONDS)];
}

const OBSERVE = `
globalThis.interactions = [];
new PerformanceObserver((list) => {
  for (const { interactionId: id, duration: milliseconds, name } of list.getEntries())
    if (id > 0 && name !== "keyup") globalThis.interactions.push({ id, milliseconds });
}).observe({ type: "event", durationThreshold: ${LEAST_MILLISECONDS} });`;
