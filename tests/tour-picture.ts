import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import type { Page } from "playwright-core";
import sharp from "sharp";

const PICTURES = join(import.meta.dirname, "../docs/tour");
export const WINDOW = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 800 };

/** What the guided tour shows, made anew with `TOUR=1`. */
export async function tourPicture(
  page: Page,
  name: string,
  { width, height } = WINDOW,
  colorScheme: "light" | "dark" = "light",
): Promise<void> {
  if (process.env.TOUR === undefined) return;
  await page.evaluate("document.querySelectorAll('li > button[aria-label=Close]').forEach((toast) => toast.click())");
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme });
  await page.evaluate("Promise.allSettled([...document.images].map((image) => image.decode()))");
  await mkdir(PICTURES, { recursive: true });
  await sharp(await page.screenshot({ animations: "disabled" }))
    .webp({ quality: 70, effort: 6 })
    .toFile(join(PICTURES, `${name}.webp`));
  await page.setViewportSize(WINDOW);
  await page.emulateMedia({ colorScheme: "light" });
}
