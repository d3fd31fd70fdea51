import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import axe from "axe-core";
import type { BrowserContextOptions, Page, Request } from "playwright-core";
import { z } from "zod";

import type { MemberRole } from "../../model/roles.ts";
import { LONGEST_STEP_MILLISECONDS } from "../browser.ts";
import { joinAs } from "../members.ts";
import { createWorld, type World } from "../world.ts";
import { openPages } from "./pages.ts";

export interface SignedIn {
  world: World;
  /** The Cookie header of the user's session. */
  cookie: string;
  /** Who has joined the user's workspace, one in each role asked for. */
  members: { role: MemberRole; cookie: string }[];
  /** A page in a browser context of its own: by default of the user of `world.live` and `world.test`. */
  open(options?: BrowserContextOptions, cookie?: string): Promise<Page>;
  /** Errors of the pages, and what their Content Security Policy refused. */
  troubles: string[];
}

/** A server with the dashboard, a user who is signed in, and a browser. There is no engine and no sandbox. */
export async function signedIn(t: TestContext, roles: readonly MemberRole[] = []): Promise<SignedIn> {
  // The browser is closed first: its pages would go on asking a server that is closing.
  const { open, troubles } = await openPages(t);
  const world = await createWorld({}, { requestLog: { days: 1 } });
  t.after(() => world.close());
  const own = await world.signIn(world.live);
  const members: SignedIn["members"] = [];
  for (const role of roles) members.push({ role, cookie: (await joinAs(world, world.test, role)).cookie });
  const { url } = world;
  Object.assign(world.services.settings, { apiUrl: url, appUrl: url });
  return { world, cookie: own, members, troubles, open: (options, cookie = own) => open(options, { url, cookie }) };
}

/** For a browser: colors that are on their way to others have a contrast of their own. */
export const AT_REST = { reducedMotion: "reduce" } as const;

/** For a page to evaluate: the shortest transition ends with a frame. */
export const TWO_FRAMES = "new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))";

/**
 * For tests that show many views: waits until a page has nothing left to ask for or to draw, events aside. Networks are
 * also called idle while a slow machine still runs what has just been loaded.
 */
export function restOf(page: Page): () => Promise<void> {
  const unanswered = new Set<Request>();
  let asked = 0;
  page.on("request", (request) => {
    if (new URL(request.url()).pathname.endsWith("/events")) return;
    // What the page asked for that is left now may never be said to have ended.
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) unanswered.clear();
    asked += 1;
    unanswered.add(request);
  });
  page.on("requestfinished", (request) => void unanswered.delete(request));
  page.on("requestfailed", (request) => void unanswered.delete(request));
  return async () => {
    const latest = performance.now() + LONGEST_STEP_MILLISECONDS;
    for (let looks = 0, needed = 1; looks < needed;) {
      assert.ok(performance.now() < latest, `${page.url()}: ${[...unanswered].map((request) => request.url()).join()}`);
      const before = asked;
      // A page that is left meanwhile is asked again.
      const isLoading = await page.evaluate(UNTIL_IDLE).catch((error: unknown) => {
        if (page.isClosed()) throw error;
        return null;
      });
      looks = isLoading !== null && asked === before && unanswered.size === 0 ? looks + 1 : 0;
      needed = isLoading === true ? LOOKS_WHILE_LOADING : 1;
    }
  };
}

/** For a page to evaluate: whether its view is still loading. */
export const IS_LOADING = `document.querySelector("main :is([data-loading], .animate-pulse)") !== null`;

/** React shows what was loaded up to 300 ms later, and what cannot be read is asked for again and again. */
const LOOKS_WHILE_LOADING = 10;
/**
 * What the page has read is drawn by a timer of its own. A slow machine that animates is never idle; both waits together
 * are shorter than the second after which a page may read again.
 */
const UNTIL_IDLE = `new Promise((idle) => {
  const next = (work) => requestIdleCallback(work, { timeout: 400 });
  next(() => setTimeout(() => next(() => idle(${IS_LOADING})), 50));
})`;

const violations = z.array(
  z.object({ id: z.string(), nodes: z.array(z.object({ target: z.array(z.unknown()), failureSummary: z.string() })) }),
);

/** By default, axe leaves out how large targets are. What is not broken is not described, which takes longest. */
const RULES = { rules: { "target-size": { enabled: true } }, resultTypes: ["violations"] };
/** What another theme can break. */
const RULES_OF_COLORS = { runOnly: ["color-contrast", "link-in-text-block"], resultTypes: ["violations"] };

const REST_MILLISECONDS = 500;

/** No rule of accessibility is broken by what the page shows once it is at rest. */
export async function assertAccessible(page: Page): Promise<void> {
  await assertUnbroken(page, RULES);
}

/** The same, of what was accessible in the other theme. */
export async function assertColors(page: Page): Promise<void> {
  await assertUnbroken(page, RULES_OF_COLORS);
}

async function assertUnbroken(page: Page, rules: object): Promise<void> {
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axe.source);
  let broken = await findBroken(page, rules);
  if (broken.length > 0) {
    await sleep(REST_MILLISECONDS);
    broken = await findBroken(page, rules);
  }
  assert.deepEqual(broken, []);
}

async function findBroken(page: Page, rules: object): Promise<string[]> {
  const asked = `axe.run(${JSON.stringify(rules)}).then(({ violations }) => violations)`;
  const broken = violations.parse(await page.evaluate(asked));
  return broken.map(
    ({ id, nodes: [node] }) => `${page.url()}: ${id} ${JSON.stringify(node?.target)}, ${node?.failureSummary}`,
  );
}
