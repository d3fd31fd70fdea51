import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import type { Page } from "playwright-core";

import { assertAccessible, TWO_FRAMES } from "./signed-in.ts";

/** How wide a window is, and which theme its device has. */
export type Look = readonly [width: number, colorScheme: "light" | "dark"];

/** The narrowest and the widest window, dark and light. */
export const EXTREMES: readonly Look[] = [
  [320, "dark"],
  [1920, "light"],
];

const [PHONE, TABLET, DESKTOP] = [360, 768, 1440];
const HEIGHT = 800;
const MOST_HEIGHT = 2400;

/** With `PICTURES=folder`, pages are also saved there as pictures. */
const { PICTURES } = process.env;

export async function setLook(page: Page, [width, colorScheme]: Look): Promise<void> {
  await page.setViewportSize({ width, height: HEIGHT });
  await page.emulateMedia({ colorScheme });
  // The dashboard follows the device with an attribute; other pages with a media query.
  await page.locator(`html[data-theme=${colorScheme}], html:not([data-theme])`).waitFor();
  await page.evaluate(TWO_FRAMES);
}

/** Nothing is wider than the window, and no rule of accessibility is broken, in each of these looks. */
export async function assertLooks(page: Page, name: string, looks: readonly Look[] = EXTREMES): Promise<void> {
  for (const look of looks) {
    await setLook(page, look);
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), look[0], `${name} at ${look[0]} px`);
    await assertAccessible(page);
  }
  if (PICTURES === undefined) return;
  await mkdir(PICTURES, { recursive: true });
  for (const width of [PHONE, TABLET, DESKTOP])
    for (const colorScheme of ["light", "dark"] as const) {
      await setLook(page, [width, colorScheme]);
      const height = Math.min(MOST_HEIGHT, Number(await page.evaluate("document.documentElement.scrollHeight")));
      await page.setViewportSize({ width, height: Math.max(HEIGHT, height) });
      await page.screenshot({
        path: join(PICTURES, `${name}-${width}-${colorScheme}.jpg`),
        quality: 85,
        animations: "disabled",
      });
    }
}
