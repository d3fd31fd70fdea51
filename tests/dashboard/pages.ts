import type { TestContext } from "node:test";

import type { BrowserContextOptions, Page } from "playwright-core";

import { LONGEST_STEP_MILLISECONDS, openBrowser, TELL_REFUSED } from "../browser.ts";

export interface Pages {
  /** A page in a browser context of its own, signed in if it is given the Cookie header of a session. */
  open(options?: BrowserContextOptions, session?: { url: string; cookie: string }): Promise<Page>;
  /** Errors of the pages, and what their Content Security Policy refused. */
  troubles: string[];
}

/** A browser with these switches, which is closed at the end of the test. */
export async function openPages(t: TestContext, ...switches: string[]): Promise<Pages> {
  const browser = await openBrowser(t, ...switches);
  const troubles: string[] = [];
  return {
    troubles,
    async open(options, session) {
      const context = await browser.newContext(options);
      context.setDefaultTimeout(LONGEST_STEP_MILLISECONDS);
      if (session !== undefined)
        await context.addCookies(
          session.cookie.split("; ").map((pair) => {
            const [name = "", ...value] = pair.split("=");
            return { name, value: value.join("="), url: session.url };
          }),
        );
      await context.addInitScript(TELL_REFUSED);
      const page = await context.newPage();
      page.on("pageerror", (error) => troubles.push(String(error)));
      page.on("console", (message) => {
        if (/Content.Security.Policy|Uncompiled message/i.test(message.text())) troubles.push(message.text());
      });
      return page;
    },
  };
}
