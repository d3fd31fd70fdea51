import assert from "node:assert/strict";
import { test } from "node:test";

import { z } from "zod";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { createClient, type Platform } from "../../client/index.ts";
import { EXAMPLE_PLATFORM } from "../../platforms/catalog.ts";

const ledger = z.array(z.object({ text: z.string(), publishCalls: z.number() }));

test("nothing of a suspended tenant goes out; once it is resumed, its posts go out late or not at all, as onPause says; another tenant's go out on time", async (t) => {
  const installation = await openInstallation(t);
  const pool = installation.database?.pool ?? assert.fail();
  const server = await installation.start("start", { AMPOST_SCHEDULING: "all" });
  const { operatorKey } = await installation.json("operator-keys", "create", "--name", "backend", "--json");
  const operator = createClient({ apiKey: String(operatorKey), baseUrl: installation.url });
  const scheduledFor = new Date(Date.now() + 3_600_000).toISOString();

  const addTenant = async (name: string) => {
    const { tenant } = await operator.tenants.create({ name });
    const { key } = await operator.tenants.createKey(tenant.id, { name: "backend", mode: "test" });
    const client = createClient({ apiKey: key.apiKey ?? "", baseUrl: installation.url });
    const [set] = (await client.platformSets.list()).sets;
    const platformSetId = set?.id ?? "";
    await installation.json("accounts", "connect", "--set", platformSetId, "--platform", EXAMPLE_PLATFORM, "--json");
    const schedule = async (text: string, onPause: "late" | "skip") => {
      const content = { text };
      const platforms: Platform[] = [EXAMPLE_PLATFORM];
      return (await client.posts.create({ content, platforms, platformSetId, scheduledFor, onPause })).post.id;
    };
    return { id: tenant.id, client, schedule };
  };
  /** As if the time until then had passed. */
  const comeDue = async (...ids: string[]) => {
    await pool.query("update platform_posts set due_at = now(), next_action_at = now() where post_id = any($1)", [ids]);
    await pool.query("notify ampost_due");
  };
  const wasPutOff = async (id: string) => {
    const { rows } = await pool.query(
      "select next_action_at > due_at as put_off from platform_posts where post_id = $1",
      [id],
    );
    return rows[0].put_off === true;
  };
  const published = async () => ledger.parse(await (await fetch(`${installation.sandboxUrl}/_sandbox/posts`)).json());
  const texts = async () => (await published()).map(({ text }) => text).sort();

  const [suspended, other] = [await addTenant("Suspended"), await addTenant("Other")];
  const [late, skipped] = [await suspended.schedule("late", "late"), await suspended.schedule("skipped", "skip")];
  const [onTime, next] = [await other.schedule("on time", "late"), await other.schedule("next", "skip")];
  await operator.tenants.update(suspended.id, { status: "suspended" });
  await comeDue(late, skipped, onTime);
  await installation.until(async () => (await texts()).includes("on time") && (await wasPutOff(late)));
  await comeDue(next);
  await installation.until(async () => (await texts()).includes("next"));
  assert.deepEqual(await texts(), ["next", "on time"]);

  await operator.tenants.update(suspended.id, { status: "active" });
  const read = async (id: string) => (await suspended.client.posts.get(id)).post;
  await installation.until(async () => (await read(late)).status === "published");
  await installation.until(async () =>
    (await read(skipped)).platformPosts.some(({ warnings }) => warnings.some(({ code }) => code === "PUBLISH_MISSED")),
  );
  assert.equal((await read(skipped)).status, "scheduled");
  assert.deepEqual(await texts(), ["late", "next", "on time"]);
  assert.ok((await published()).every(({ publishCalls }) => publishCalls === 1));
  assert.equal(await server.end("SIGTERM"), 0);
});
