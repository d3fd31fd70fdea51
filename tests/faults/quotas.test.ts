import assert from "node:assert/strict";
import { test } from "node:test";

import type pg from "pg";
import { z } from "zod";

import { findFreePort } from "../../cli/free-port.ts";
import { openInstallation } from "../../cli/installation.fixture.ts";
import { fixture } from "../media-world.ts";
import { connectAccount } from "../world.ts";

const MOST = { postsPerMonth: 150, mediaUploadsPerMonth: 30, maxScheduledPosts: 20 };

test("two hundred parallel creates over two API processes fill each quota exactly, although both restart", async (t) => {
  const installation = await openInstallation(t);
  const pool = installation.database?.pool ?? assert.fail();
  const port = String(await findFreePort());
  const urls = [installation.url, `http://127.0.0.1:${port}`];
  const env = { AMPOST_SCHEDULING: "all" };
  const startBoth = () =>
    Promise.all([installation.start("api", env), installation.start("api", { ...env, PORT: port })]);
  let servers = await startBoth();
  const email = "ada@example.com";
  const { apiKey } = await installation.json(
    "keys",
    "create",
    "--mode",
    "live",
    "--name",
    "q",
    "--email",
    email,
    "--json",
  );
  const limits = Object.entries({ ...MOST, createPost: "none", mediaUpload: "none", apiRead: "none" });
  await installation.json(
    "users",
    "plan",
    email,
    ...limits.flatMap(([name, most]) => ["--limit", `${name}=${most}`]),
    "--json",
  );
  const nobody = await installation.run(["users", "plan", "nobody@example.com", "pro"]);
  assert.deepEqual([nobody.code, nobody.stderr.trim()], [1, "No user has the email address nobody@example.com."]);
  assert.notEqual((await installation.run(["users", "plan", email, "--limit", "postsPerYear=1"])).code, 0);
  const shown = await installation.json("users", "plan", email, "--json");
  assert.deepEqual(shown.limits, { ...MOST, createPost: null, mediaUpload: null, apiRead: null });
  const headers = { authorization: `Bearer ${String(apiKey)}` };
  const { userId, platformSetId } = await connectThreads(pool);

  const photo = new Uint8Array(await fixture("photo-1x1.jpg"));
  let sent = 0;
  const send = async (path: string, body: string | FormData, key: string): Promise<number | null> => {
    const url = urls[(sent += 1) % 2] ?? "";
    const type = typeof body === "string" ? { "content-type": "application/json" } : {};
    const more = { ...headers, ...type, "idempotency-key": key };
    return await fetch(url + path, { method: "POST", headers: more, body }).then(
      async (answer) => (await answer.text(), answer.status),
      () => null,
    );
  };
  const create = (n: number, isScheduled: boolean) =>
    send(
      "/api/v1/posts",
      JSON.stringify({
        content: { text: `Post ${n}` },
        platforms: ["threads"],
        platformSetId,
        ...(isScheduled ? { scheduledFor: new Date(Date.now() + 86_400_000).toISOString() } : {}),
      }),
      `post ${n}`,
    );
  const upload = (n: number) => {
    const form = new FormData();
    form.append("file", new File([photo], `${n}.jpg`, { type: "image/jpeg" }));
    return send("/api/v1/media", form, `media ${n}`);
  };
  const round = (from: number, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, n) => from + n).flatMap((n) => [
        create(n, n % 4 === 0),
        ...(n % 4 === 1 ? [upload(n)] : []),
      ]),
    );
  await round(0, 40);
  // What is under way when both stop is answered, refused or cut off; all of it is sent again with its key.
  const cut = round(40, 80);
  await Promise.all(servers.map((server) => server.end("SIGTERM")));
  await cut;
  servers = await startBoth();
  const statuses = [...(await round(40, 80)), ...(await round(120, 200))];
  assert.deepEqual(new Set(statuses), new Set([201, 429]));

  const { rows } = await pool.query<{ posts: number; scheduled: number; media: number }>(
    `select (select count(*)::int from posts where user_id = $1) as posts,
       (select count(*)::int from posts where user_id = $1 and status = 'scheduled') as scheduled,
       (select count(*)::int from media where user_id = $1) as media`,
    [userId],
  );
  assert.deepEqual(rows, [
    { posts: MOST.postsPerMonth, scheduled: MOST.maxScheduledPosts, media: MOST.mediaUploadsPerMonth },
  ]);
  const notified = await pool.query<{ notified: string }>(
    `select (data ->> 'quota') || ' ' || (data ->> 'percent') as notified from outbox
     where user_id = $1 and type = 'usage.threshold_reached'`,
    [userId],
  );
  assert.deepEqual(
    notified.rows.map((row) => row.notified).sort(),
    Object.keys(MOST)
      .flatMap((name) => [`${name} 100`, `${name} 80`])
      .sort(),
  );
  const answer = await fetch(`${urls[1]}/api/v1/usage`, { headers });
  const { usage } = z
    .object({
      usage: z.object({ quotas: z.record(z.string(), z.object({ used: z.int(), remaining: z.int().nullable() })) }),
    })
    .parse(await answer.json());
  for (const [name, most] of Object.entries(MOST))
    assert.deepEqual(usage.quotas[name] && [usage.quotas[name].used, usage.quotas[name].remaining], [most, 0], name);
});

/** Connects an account to the only user's default set in live mode. Returns user and set. */
async function connectThreads(pool: pg.Pool): Promise<{ userId: string; platformSetId: string }> {
  const { rows } = await pool.query<{ user_id: string; id: string }>(
    "select user_id, id from platform_sets where mode = 'live' and is_default",
  );
  assert.equal(rows.length, 1);
  const { user_id: userId = "", id: platformSetId = "" } = rows[0] ?? {};
  await connectAccount({ pool }, { userId, mode: "live", platformSetId }, "threads");
  return { userId, platformSetId };
}
