import { execFile } from "node:child_process";
import { promisify } from "node:util";

import type { BrowserContext, Page } from "playwright-core";

import { openSetUp } from "../server/domain/users/set-up.ts";
import { fill, launchBrowser, press } from "../tests/browser.ts";
import type { Workspace } from "./benchmark.ts";
import { basicEnvironment, COMMAND, type Installation } from "./installation.ts";

/** A browser in which the owner is signed in, who has an account of each platform in the sandbox. */
export async function openAsOwner(
  workspace: Workspace,
  { env, pool, apiUrl }: Installation,
): Promise<{ context: BrowserContext; page: Page }> {
  const run = promisify(execFile);
  await run(process.execPath, [COMMAND, "bootstrap", "--json"], { env: { ...basicEnvironment(), ...env } });
  const browser = await launchBrowser();
  workspace.defer(() => browser.close());
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto((await openSetUp({ pool }, apiUrl)) ?? apiUrl);
  await fill(page, { Name: "Olivia", Email: "owner@example.com", Password: "correct horse battery" });
  await press(page, "Set up");
  await page.waitForURL((url) => url.pathname !== "/setup");
  return { context, page };
}
