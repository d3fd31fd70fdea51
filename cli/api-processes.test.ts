import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { newId } from "../model/ids.ts";
import { PLANS, type RateClass } from "../model/plans.ts";
import { patientFetch } from "../tests/patient-fetch.ts";
import { findFreePort } from "./free-port.ts";
import { type Installation, openInstallation, type Server } from "./installation.fixture.ts";

/** A request of each class; whether it succeeds does not matter. */
const REQUESTS: readonly (readonly [RateClass, string, string])[] = [
  ["createPost", "POST", "/api/v1/posts"],
  ["publishPost", "POST", `/api/v1/posts/${newId()}/publish`],
  ["connectPlatform", "POST", "/api/v1/connect-links"],
  ["mediaUpload", "POST", "/api/v1/media"],
  ["apiRead", "GET", "/api/v1/posts"],
];

test("over two API processes, each rate limit and the month's requests are exact at their edge, a restart of both changes nothing, and a tenant far over its limit leaves others unharmed", async (t) => {
  const installation = await openInstallation(t);
  const ports = [new URL(installation.url).port, String(await findFreePort())];
  const start = () => Promise.all(ports.map((PORT) => installation.start("api", { PORT })));
  const keyOf = async (email: string, plan: string, limits: object = {}) => {
    const { apiKey } = await installation.json(
      "keys",
      "create",
      "--mode",
      "live",
      "--name",
      "k",
      "--email",
      email,
      "--json",
    );
    await query(installation, "update users set plan = $2, plan_limits = $3 where email = $1", [email, plan, limits]);
    return String(apiKey);
  };
  const limited = await keyOf("limited@example.com", "free");
  const monthly = await keyOf("monthly@example.com", "creator", { apiRequestsPerMonth: 50 });
  const flooding = await keyOf("flooding@example.com", "free");
  const neighbour = await keyOf("neighbour@example.com", "creator");
  const busy = await keyOf("busy@example.com", "scale");
  let servers: Server[] = await start();

  let sent = 0;
  /** The statuses of parallel requests, in turn to both processes. */
  const send = async (key: string, times: number, method: string, path: string): Promise<number[]> =>
    await Promise.all(
      Array.from({ length: times }, async () => {
        const answer = await patientFetch(`http://127.0.0.1:${ports[(sent += 1) % 2]}${path}`, {
          method,
          headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
          ...(method === "POST" ? { body: "{}" } : {}),
        });
        await answer.text();
        assert.ok(answer.headers.has("x-ratelimit-remaining"));
        assert.ok(answer.status !== 429 || answer.headers.has("retry-after"));
        return answer.status;
      }),
    );
  const passed = (statuses: readonly number[]) => statuses.filter((status) => status !== 429).length;

  await inOneMinute();
  for (const [rateClass, method, path] of REQUESTS) {
    const limit = PLANS.free.limits[rateClass];
    assert.equal(passed(await send(limited, limit - 3, method, path)), limit - 3, rateClass);
  }
  assert.equal(passed(await send(monthly, 30, "GET", "/api/v1/posts")), 30);

  for (const server of servers) assert.equal(await server.end("SIGTERM"), 0);
  servers = await start();
  await inOneMinute();
  // However long that took, the window is the same.
  await query(
    installation,
    "update request_counts set time_window = floor(extract(epoch from now()) / seconds) where seconds = 60",
  );
  for (const [rateClass, method, path] of REQUESTS)
    assert.equal(passed(await send(limited, 30, method, path)), 3, rateClass);
  assert.equal(passed(await send(monthly, 40, "GET", "/api/v1/posts")), 20);
  const months = await query(
    installation,
    `select sum(api_requests)::int as requests from usage_months join users on users.id = user_id where email = $1`,
    ["limited@example.com"],
  );
  assert.equal(months[0]?.["requests"], 10 * 4 + 60);

  let isFlooding = true;
  const floods = Array.from({ length: 8 }, async () => {
    const statuses = [];
    while (isFlooding) statuses.push(...(await send(flooding, 1, "POST", "/api/v1/posts")));
    return statuses;
  });
  const unharmed = [];
  for (let times = 1; times <= 10; times += 1) unharmed.push(...(await send(neighbour, 4, "GET", "/api/v1/posts")));
  isFlooding = false;
  const flooded = (await Promise.all(floods)).flat();
  assert.deepEqual(new Set(unharmed), new Set([200]));
  assert.ok(flooded.includes(429));

  // Of a busy user, a process counts requests ahead, and gives back what is unused when it stops.
  await inOneMinute();
  for (let round = 1; round <= 20; round += 1) assert.equal(passed(await send(busy, 6, "GET", "/api/v1/posts")), 6);
  for (const server of servers) assert.equal(await server.end("SIGTERM"), 0);
  const [counted] = await query(
    installation,
    `select c.requests as window, m.api_requests as month from request_counts c join usage_months m using (user_id)
     join users on users.id = user_id where email = $1`,
    ["busy@example.com"],
  );
  assert.deepEqual(counted, { window: 120, month: 120 });
});

test("the counts of lists are kept short by API processes alone", async (t) => {
  const installation = await openInstallation(t);
  await installation.start("api");
  await query(
    installation,
    "insert into post_counts (user_id, mode, status, platforms, change) select 'u', 'test', 'draft', '{threads}', 1 from generate_series(1, 3000)",
  );
  await installation.until(
    async () => (await query(installation, "select from post_counts where user_id = 'u'")).length === 1,
  );
  assert.deepEqual(await query(installation, "select change::int from post_counts where user_id = 'u'"), [
    { change: 3000 },
  ]);
});

async function query({ database }: Installation, text: string, values: unknown[] = []) {
  return (await (database ?? assert.fail()).pool.query<Record<string, unknown>>(text, values)).rows;
}

/** At the beginning of a minute, so that all that is sent is of the same one. */
async function inOneMinute(): Promise<void> {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < 30_000) await sleep(left);
}
