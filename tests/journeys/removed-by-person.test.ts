import assert from "node:assert/strict";
import { test } from "node:test";

import { z } from "zod";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { createClient } from "../../client/index.ts";

const made = z.object({ callbacks: z.array(z.object({ kind: z.string(), status: z.number(), body: z.string() })) });
const receipt = z.object({ url: z.url(), confirmation_code: z.string() });

test("a person who removes the app at a platform of Meta's loses the account here, and one who asks has its data deleted", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start");
  const { apiKey } = await installation.json("bootstrap", "--json");
  const client = createClient({ baseUrl: installation.url, apiKey: z.string().parse(apiKey) });
  const accountOf = async (platform: string) => {
    const found = (await client.accounts.list()).accounts.find((account) => account.platform === platform);
    assert.ok(found !== undefined, platform);
    return found;
  };
  const remove = async (platform: string, accountId: string, requestDeletion: boolean) => {
    const answer = await fetch(`${installation.sandboxUrl}/_sandbox/removals`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ platform, accountId, requestDeletion }),
    });
    assert.equal(answer.status, 200, await answer.clone().text());
    return made.parse(await answer.json()).callbacks;
  };

  for (const platform of ["facebook", "instagram", "threads"] as const) {
    const { id, platformAccountId } = await accountOf(platform);
    const callbacks = await remove(platform, platformAccountId, false);
    assert.deepEqual(
      callbacks.map(({ kind, status }) => [kind, status]),
      [["deauthorize", 200]],
      platform,
    );
    const { account } = await client.accounts.get(id);
    assert.deepEqual([account.tokenHealth, /removed the app/.test(account.tokenHealthReason ?? "")], ["revoked", true]);

    const answered = await remove(platform, platformAccountId, true);
    const deletion = answered.find(({ kind }) => kind === "data_deletion");
    const { url, confirmation_code: code } = receipt.parse(JSON.parse(deletion?.body ?? ""));
    const page = await fetch(url);
    assert.equal(page.status, 200);
    const text = await page.text();
    assert.ok(text.includes(code) && text.includes("access tokens, names, pictures"), `${platform}: ${text}`);
    const remaining = (await client.accounts.list()).accounts.find((account) => account.id === id);
    assert.deepEqual([remaining?.username ?? null, remaining?.displayName ?? null], [null, null]);
  }
  assert.equal(await server.end("SIGTERM"), 0);
});
