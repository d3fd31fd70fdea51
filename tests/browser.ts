import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";

import { type Browser, chromium, type Page } from "playwright-core";

import type { Installation } from "../cli/installation.fixture.ts";

const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-audio-output",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Tells on the console what a page's policy refused: code made of a text is refused without a word there. */
export const TELL_REFUSED =
  'addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) => console.error("Content Security Policy", violatedDirective, blockedURI, sourceFile))';

/** Whatever takes longer on a page will never finish. */
export const LONGEST_STEP_MILLISECONDS = 60_000;

/** The installed Chromium, headless. The caller closes it. */
export function launchBrowser(...more: string[]): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: [...QUIET, ...more] });
}

/** Like `launchBrowser`, but closed at the end of the test, even if another hook fails and keeps this one from running. */
export async function openBrowser(test: TestContext, ...more: string[]): Promise<Browser> {
  const browser = await launchBrowser(...more);
  test.after(() => browser.close());
  test.signal.addEventListener("abort", () => void browser.close());
  return browser;
}

/** A step of the journey. Later steps depend on it, so the first failure ends the test. */
export async function step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  return await work().catch((error: unknown) => {
    throw new Error(name, { cause: error });
  });
}

/**
 * `page.route`, and waits until it holds: the first requests after it of a page that is open would go past it. What a
 * handler lets pass, it gives to `route.fallback`: after `route.continue`, no other one would see it.
 */
export async function intercept(page: Page, ...route: Parameters<Page["route"]>): Promise<void> {
  await page.route(...route);
  await page.route("**/intercepted", (probe) => probe.fulfill({ status: 204 }));
  await page.evaluate('(async () => { while ((await fetch("/intercepted")).status !== 204); })()');
  await page.unroute("**/intercepted");
}

/** Holds what a page reads from a path until it is released. */
export async function holdReads(page: Page, path: string): Promise<{ isAsked: Promise<void>; release: () => void }> {
  const [asked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await intercept(
    page,
    ({ pathname }) => pathname === path,
    async (route) => {
      if (route.request().method() === "GET") {
        asked.resolve();
        await released.promise;
      }
      await route.fallback();
    },
  );
  return { isAsked: asked.promise, release: released.resolve };
}

/** Picks up what has the focus to move it with the arrow keys. The page hears them from its next timer on. */
export async function pickUp(page: Page): Promise<void> {
  await page.keyboard.press("Space");
  await page.locator(":is(section, [data-place]).bg-warn-tint").first().waitFor();
  await page.evaluate("new Promise((heard) => setTimeout(heard))");
}

/** Fills in fields by their labels. */
export async function fill(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [label, value] of Object.entries(fields))
    await page.getByLabel(label, { exact: true }).and(page.locator("[id]:not([id^=name-])")).fill(value);
}

/** Presses a button by its name. */
export async function press(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole("button", typeof name === "string" ? { name, exact: true } : { name }).click();
}

/** Allows access on a consent page and, where several accounts are offered, connects the first. */
export async function allow(page: Page): Promise<void> {
  await press(page, /^Continue as/);
  const connected = page.getByText("The account has been connected");
  const connect = page.getByRole("button", { name: "Connect", exact: true });
  await connected.or(connect).first().waitFor();
  if (!(await connected.isVisible())) await connect.click();
  await connected.waitFor();
}

/** Continues on a consent page as another person than the one it shows. */
export async function asSomebodyElse(page: Page, person: string): Promise<void> {
  await page.getByRole("button", { name: /^Continue as/ }).waitFor();
  const address = new URL(page.url());
  address.searchParams.set("login_hint", person);
  await page.goto(address.href);
}

/** Nothing is wider than a phone, every field has a label, every button a name, and no ID is used twice. */
export async function assertUsable(page: Page): Promise<void> {
  assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360, page.url());
  const flaws = `[
    ...[...document.querySelectorAll("input:not([type=hidden]), select, textarea")].filter((field) => !field.labels?.length && !field.hidden && field.getClientRects().length > 0),
    ...[...document.querySelectorAll("a, button")].filter((control) => !(control.getAttribute("aria-label") ?? control.textContent).trim()),
    ...[...document.querySelectorAll("[id]")].filter((element) => document.querySelectorAll("#" + CSS.escape(element.id)).length > 1),
  ].map((element) => element.outerHTML)`;
  assert.deepEqual(await page.evaluate(flaws), [], page.url());
}

/** The link to a path in the newest email to an address. */
export async function linkInEmail({ dataDir, until }: Installation, to: string, path: string): Promise<string> {
  const folder = join(dataDir, "mail");
  let link = "";
  await until(async () => {
    for (const name of await readdir(folder).catch(() => [])) {
      const email = (await readFile(join(folder, name), "utf8")).replaceAll("=\r\n", "").replaceAll("=3D", "=");
      if (email.includes(`To: ${to}`)) link = new RegExp(`http\\S+${path}\\?token=\\S+`).exec(email)?.[0] ?? link;
    }
    return link !== "";
  });
  return link;
}

/** Gives the page a device that creates and uses passkeys without asking. */
export async function addAuthenticator(page: Page): Promise<void> {
  const devices = await page.context().newCDPSession(page);
  await devices.send("WebAuthn.enable");
  await devices.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}
