import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import type pg from "pg";
import { z } from "zod";

import { findFreePort } from "../../cli/free-port.ts";
import { openInstallation } from "../../cli/installation.fixture.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { fixture } from "../media-world.ts";
import { patientFetch } from "../patient-fetch.ts";
import { connectAccount } from "../world.ts";

const MOST = { postsPerMonth: 150, mediaUploadsPerMonth: 30, maxScheduledPosts: 20 };

test("two hundred parallel creates over two API processes fill each quota exactly, although both restart", async (t) => {
  const { installation, pool, startBoth, createKey, send, create, upload } = await openPair(t);
  let servers = await startBoth();
  const key = await createKey();
  const limits = Object.entries({ ...MOST, createPost: "none", mediaUpload: "none", apiRead: "none" });
  await installation.json(
    "users",
    "plan",
    EMAIL,
    ...limits.flatMap(([name, most]) => ["--limit", `${name}=${most}`]),
    "--json",
  );
  const nobody = await installation.run(["users", "plan", "nobody@example.com", "pro"]);
  assert.deepEqual([nobody.code, nobody.stderr.trim()], [1, "No user has the email address nobody@example.com."]);
  assert.notEqual((await installation.run(["users", "plan", EMAIL, "--limit", "postsPerYear=1"])).code, 0);
  const shown = await installation.json("users", "plan", EMAIL, "--json");
  assert.deepEqual(shown.limits, { ...MOST, createPost: null, mediaUpload: null, apiRead: null });
  const { userId, platformSetId } = await connect(pool, "threads");
  const round = (from: number, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, n) => from + n).flatMap((n) => [
        create(key, n, { platforms: ["threads"], platformSetId, ...(n % 4 === 0 && { scheduledFor }) }),
        ...(n % 4 === 1 ? [upload(key, n)] : []),
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
  const answer = await send(key, "/api/v1/usage");
  const { usage } = z
    .object({
      usage: z.object({ quotas: z.record(z.string(), z.object({ used: z.int(), remaining: z.int().nullable() })) }),
    })
    .parse(await answer.json());
  for (const [name, most] of Object.entries(MOST))
    assert.deepEqual(usage.quotas[name] && [usage.quotas[name].used, usage.quotas[name].remaining], [most, 0], name);
});

test("over two API processes, two hundred parallel uploads fill the storage exactly, and two hundred posts what their key and their user may spend", async (t) => {
  const { installation, pool, startBoth, createKey, create, upload } = await openPair(t);
  await startBoth();
  const key = await createKey();
  const { userId, platformSetId } = await connect(pool, "twitter");
  const tally = (statuses: (number | null)[]) =>
    [...Map.groupBy(statuses.toSorted(), (each) => each)].map(([status, { length }]) => [status, length]);

  const photo = (await fixture("photo-1x1.jpg")).length;
  const mostBytes = 40 * photo + photo - 1;
  await installation.json("users", "plan", EMAIL, "--limit", `maxStorageBytes=${mostBytes}`, "--json");
  const uploads = (from: number) => Promise.all(Array.from({ length: 200 }, (_, n) => upload(key, from + n)));
  // Files that arrive at the same moment count as well, so that the first round can end a little below the limit.
  const stored = [...(await uploads(0)), ...(await uploads(200))];
  assert.deepEqual(tally(stored), [
    [201, 40],
    [429, 360],
  ]);
  const { rows } = await pool.query<{ bytes: number }>(
    "select sum(size_bytes)::int as bytes from media where user_id = $1",
    [userId],
  );
  assert.deepEqual(rows, [{ bytes: 40 * photo }]);

  // A post on X costs 15 000 millionths of a dollar. Both limits are a millionth below another post.
  await installation.json("users", "limit-fees", EMAIL, String((60 * 15_000 + 14_999) / 1e6), "--json");
  const limitedKey = await createKey("--fees-per-month", String((25 * 15_000 + 14_999) / 1e6));
  const posts = (by: string, from: number) =>
    Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        create(by, from + n, { platforms: ["twitter"], platformSetId, scheduledFor }),
      ),
    );
  const ofLimitedKey = await posts(limitedKey, 0);
  assert.deepEqual(tally(ofLimitedKey), [
    [201, 25],
    [429, 175],
  ]);
  const ofUser = await posts(key, 200);
  assert.deepEqual(tally(ofUser), [
    [201, 35],
    [429, 165],
  ]);
  const spent = await pool.query<{ budget: string; units: number }>(
    "select split_part(budget, ' ', 3) as budget, sum(units)::int as units from budget_uses where budget like '% fees %' group by budget order by 1",
  );
  assert.deepEqual(spent.rows, [
    { budget: "key", units: 25 * 15_000 },
    { budget: "user", units: 60 * 15_000 },
  ]);
});

const EMAIL = "ada@example.com";

/** Two API processes of an installation, which requests are sent to in turns. */
async function openPair(t: TestContext) {
  const installation = await openInstallation(t);
  const port = String(await findFreePort());
  const urls = [installation.url, `http://127.0.0.1:${port}`];
  const env = { AMPOST_SCHEDULING: "all" };
  const photo = new Uint8Array(await fixture("photo-1x1.jpg"));
  let sent = 0;
  const send = (key: string, path: string, init: RequestInit = {}) =>
    patientFetch(`${urls[(sent += 1) % 2]}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${key}`, ...Object.fromEntries(new Headers(init.headers)) },
    });
  /** The status; null without a response. */
  const post = async (
    key: string,
    path: string,
    body: string | FormData,
    idempotencyKey: string,
  ): Promise<number | null> => {
    const type = typeof body === "string" ? { "content-type": "application/json" } : {};
    const headers = { ...type, "idempotency-key": idempotencyKey };
    const answer = await send(key, path, { method: "POST", headers, body }).catch(() => null);
    await answer?.text().catch(() => undefined);
    return answer?.status ?? null;
  };
  return {
    installation,
    pool: installation.database?.pool ?? assert.fail(),
    startBoth: () => Promise.all([installation.start("api", env), installation.start("api", { ...env, PORT: port })]),
    send,
    createKey: async (...options: string[]) => {
      const named = ["--mode", "live", "--name", "q", "--email", EMAIL];
      return String((await installation.json("keys", "create", ...named, ...options, "--json")).apiKey);
    },
    create: (key: string, n: number, fields: object) =>
      post(key, "/api/v1/posts", JSON.stringify({ content: { text: `Post ${n}` }, ...fields }), `post ${n}`),
    upload: (key: string, n: number) => {
      const form = new FormData();
      form.append("file", new File([photo], `${n}.jpg`, { type: "image/jpeg" }));
      return post(key, "/api/v1/media", form, `media ${n}`);
    },
  };
}

/** The same in a request that is sent again. */
const scheduledFor = new Date(Date.now() + 86_400_000).toISOString();

/** Connects an account to the only user's default set in live mode. Returns user and set. */
async function connect(pool: pg.Pool, platform: PlatformName): Promise<{ userId: string; platformSetId: string }> {
  const { rows } = await pool.query<{ user_id: string; id: string }>(
    "select user_id, id from platform_sets where mode = 'live' and is_default",
  );
  assert.equal(rows.length, 1);
  const { user_id: userId = "", id: platformSetId = "" } = rows[0] ?? {};
  await connectAccount({ pool }, { userId, mode: "live", platformSetId }, platform);
  return { userId, platformSetId };
}
