import assert from "node:assert/strict";
import type { TestContext } from "node:test";

import type { BrowserContextOptions, Page } from "playwright-core";
import { z } from "zod";

import { type Installation, openInstallation, type Server } from "../../cli/installation.fixture.ts";
import { cookiesOf } from "../world.ts";
import { openPages } from "./pages.ts";

const ledger = z.array(
  z.object({
    platform: z.string(),
    accountId: z.string(),
    text: z.string(),
    media: z.array(z.object({ type: z.string(), altText: z.string().nullable() })),
    visibility: z.string(),
    settings: z.record(z.string(), z.unknown()),
    comments: z.array(z.string()).optional(),
  }),
);

const requests = z.array(z.object({ at: z.string(), url: z.string() }));

export type Published = z.infer<typeof ledger>[number];

export interface Installed {
  installation: Installation;
  appUrl: string;
  /** A page of the owner, signed in at the composer in a browser context of its own. */
  open(options?: BrowserContextOptions): Promise<Page>;
  /** The first posts that are out there, newest first, once there are so many. */
  outThere(count: number): Promise<Published[]>;
  /** When the sandbox was last called at an address with these words, in ISO 8601; empty if it was not. */
  lastCall(words: string): Promise<string>;
  until(condition: () => Promise<boolean>): Promise<void>;
  /** Errors of the pages, and what their Content Security Policy refused. */
  troubles: string[];
}

/** An instance as it is delivered, with its engine and the sandbox, where an account of each platform is connected. */
export async function installed(t: TestContext, env: Record<string, string> = {}): Promise<Installed> {
  const installation = await openInstallation(t);
  const server = await installation.start("start", { AMPOST_SCHEDULING: "all", ...env });
  await installation.json("bootstrap", "--json");
  const { appUrl, sandboxUrl } = installation;
  const cookie = await setUpOwner(installation, server);
  const published = async () => ledger.parse(await (await fetch(`${sandboxUrl}/_sandbox/posts`)).json());
  const { open, troubles } = await openPages(t);
  return {
    installation,
    appUrl,
    troubles,
    async outThere(count) {
      await installation.until(async () => (await published()).length >= count);
      return (await published()).slice(0, count);
    },
    until: installation.until,
    async lastCall(words) {
      const all = requests.parse(await (await fetch(`${sandboxUrl}/_sandbox/requests`)).json());
      return all.reduce((last, { at, url }) => (url.includes(words) && at > last ? at : last), "");
    },
    async open(options) {
      const page = await open(options, { url: appUrl, cookie });
      await page.goto(`${appUrl}/compose?mode=test`);
      await page.getByRole("heading", { name: "New post" }).waitFor();
      return page;
    },
  };
}

/** Who signs in at an instance. */
const OWNER = { email: "owner@example.com", password: "correct horse battery", name: "Olivia" };

/** Makes the owner's account with the link that the server printed. Returns the Cookie header of a session. */
export async function setUpOwner({ appUrl, until }: Installation, server: Server): Promise<string> {
  const token = () => /\/setup\?token=(\S+)/.exec(server.output())?.[1];
  await until(async () => token() !== undefined);
  const send = (path: string, body: object) =>
    fetch(`${appUrl}/api/auth/${path}`, {
      method: "POST",
      headers: { origin: appUrl, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const setUp = await send("set-up", { token: token(), ...OWNER });
  assert.equal(setUp.status, 200, await setUp.text());
  return cookiesOf(await send("sign-in/email", OWNER));
}
