import type { TestContext } from "node:test";

import { type Browser, chromium } from "playwright-core";

const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** The machine's own Chromium, without a window; gone when the test is over. */
export async function openBrowser(test: TestContext): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: QUIET });
  test.after(() => browser.close());
  return browser;
}
