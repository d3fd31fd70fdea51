import assert from "node:assert/strict";
import type { TestContext } from "node:test";

import axe from "axe-core";
import type { BrowserContextOptions, Page } from "playwright-core";
import { z } from "zod";

import { LONGEST_STEP_MILLISECONDS, openBrowser } from "../browser.ts";
import { createWorld, type World } from "../world.ts";

export interface SignedIn {
  world: World;
  /** A page in a browser context of its own: by default of the user of `world.live` and `world.test`. */
  open(options?: BrowserContextOptions, cookie?: string): Promise<Page>;
  /** Errors of the pages, and what their Content Security Policy refused. */
  troubles: string[];
}

/** A server with the dashboard, a user who is signed in, and a browser. There is no engine and no sandbox. */
export async function signedIn(t: TestContext): Promise<SignedIn> {
  // The browser is closed first: its pages would go on asking a server that is closing.
  const browser = await openBrowser(t);
  const world = await createWorld();
  t.after(() => world.close());
  const own = await world.signIn(world.live);
  Object.assign(world.services.settings, { apiUrl: world.url, appUrl: world.url });
  const troubles: string[] = [];
  return {
    world,
    troubles,
    async open(options, cookie = own) {
      const context = await browser.newContext(options);
      context.setDefaultTimeout(LONGEST_STEP_MILLISECONDS);
      const url = world.url;
      await context.addCookies(
        cookie.split("; ").map((pair) => {
          const [name = "", ...value] = pair.split("=");
          return { name, value: value.join("="), url };
        }),
      );
      const page = await context.newPage();
      page.on("pageerror", (error) => troubles.push(String(error)));
      page.on("console", (message) => {
        if (/Content.Security.Policy|Uncompiled message/i.test(message.text())) troubles.push(message.text());
      });
      return page;
    },
  };
}

const violations = z.array(z.object({ id: z.string(), nodes: z.array(z.object({ target: z.array(z.unknown()) })) }));

/** No rule of accessibility is broken by what the page shows now. */
export async function assertAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const broken = violations.parse(await page.evaluate("axe.run().then(({ violations }) => violations)"));
  assert.deepEqual(
    broken.map(({ id, nodes }) => `${page.url()}: ${id} ${JSON.stringify(nodes[0]?.target)}`),
    [],
  );
}
