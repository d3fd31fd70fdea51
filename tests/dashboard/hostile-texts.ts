import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { newId } from "../../model/ids.ts";
import { saveMember } from "../../server/db/queries/members.ts";
import { createApiKey } from "../../server/domain/api-keys/api-keys.ts";
import { idOf, objectIn } from "../answers.ts";
import type { World } from "../world.ts";

const RUNS = "globalThis.hasRun=true";
export const HOSTILE_TEXTS = [
  `<script>${RUNS}</script><img src=x onerror="${RUNS}">`,
  `"><svg/onload=${RUNS}>' onmouseover='${RUNS}`,
  `javascript:${RUNS}//\u202e</script><!-- https://example.com/a`,
];
export const HOSTILE_NAME = `"><img src=x onerror=${RUNS}>`;

export interface Filled {
  posts: string[];
  webhook: string;
  /** One that failed. */
  request: string;
}

/**
 * Everything that people, keys and platforms name: in posts of every state, approvals, their media, errors, keys,
 * apps, members, connect links and the logs.
 */
export async function fillWithHostileTexts(world: World, cookie: string): Promise<Filled> {
  const { test: tenant, services } = world;
  const { pool } = services;
  const { userId, platformSetId } = tenant;
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await world.call(tenant, method, `/api/v1${path}`, body);
    assert.ok(answer.status < 300, JSON.stringify(answer.body));
    return answer.body;
  };
  const asOwner = async (method: string, path: string, body?: unknown) => {
    const origin = services.settings.appUrl;
    const answer = await world.callAs(cookie, method, `/api${path}?mode=test`, body, { origin });
    assert.ok(answer.status < 300, JSON.stringify(answer.body));
    return answer.body;
  };
  const { userId: memberId } = (await world.makeTenants()).test;
  await saveMember.run(pool, [newId(), userId, memberId, "writer"]);
  await pool.query("update users set name = $2 where id = any ($1)", [[userId, memberId], HOSTILE_NAME]);
  await asOwner("POST", "/member-invites", { email: "wanda@example.com", role: "publisher" });
  const grant = await createApiKey(services, tenant, { name: HOSTILE_NAME });
  await pool.query("update api_keys set client_id = $2, digest = null, prefix = null where id = $1", [
    grant.id,
    HOSTILE_NAME,
  ]);
  for (const platform of ["tiktok", null])
    await call("POST", "/connect-links", { platformSetId, platform, externalId: HOSTILE_NAME });
  for (const platform of ["threads", "facebook"] as const) await world.connect(tenant, platform);
  await pool.query("update accounts set display_name = $2, username = $2 where user_id = $1", [userId, HOSTILE_NAME]);
  await call("PATCH", `/platform-sets/${platformSetId}`, { name: HOSTILE_NAME });
  const webhook = idOf(
    await call("POST", "/webhooks", {
      url: "https://app.example.com/hook",
      description: HOSTILE_NAME,
      events: [],
    }),
    "webhook",
  );
  const file = new FormData();
  file.set("file", new Blob([await readFile(PICTURE)], { type: "image/jpeg" }), `${HOSTILE_NAME}.jpg`);
  await call("POST", "/media", file);
  const create = async (text: string, more: object = {}) =>
    idOf(await call("POST", "/posts", { content: { text }, platforms: ["threads"], platformSetId, ...more }), "post");
  const posts: string[] = [];
  for (const text of HOSTILE_TEXTS) posts.push(await create(text));
  for (const text of HOSTILE_TEXTS)
    await create(text, { platforms: ["facebook"], scheduledFor: new Date(Date.now() + 3_600_000).toISOString() });
  const failed = await create(HOSTILE_TEXTS[0] ?? "");
  posts.push(failed);
  const error = {
    code: "VALIDATION_FAILED",
    message: HOSTILE_TEXTS[0],
    category: "content",
    retryable: false,
    retryAt: null,
    action: HOSTILE_TEXTS[1],
    platformError: { status: 400, code: HOSTILE_TEXTS[2], message: HOSTILE_TEXTS[2], requestId: HOSTILE_NAME },
  };
  await pool.query("update platform_posts set status = 'failed', error = $2 where post_id = $1", [failed, error]);
  await pool.query("update posts set status = 'failed' where id = $1", [failed]);
  await pool.query(
    `insert into post_counts (user_id, mode, status, platforms, change)
     values ($1, 'test', 'failed', '{threads}', 1), ($1, 'test', 'draft', '{threads}', -1)`,
    [userId],
  );
  await pool.query(
    `update api_keys set name = $2, policies = policies || '{"approvalRequired": true}' where user_id = $1 and mode = 'test'`,
    [userId, HOSTILE_NAME],
  );
  // A process knows a key for a second.
  for (let waiting = false; !waiting;) {
    const id = await create(HOSTILE_TEXTS[0] ?? "");
    const { body } = await world.call(tenant, "GET", `/api/v1/posts/${id}`);
    waiting = Object(objectIn(body, "post").approval).state === "pending";
  }
  for (const [action, given] of [
    ["approve", {}],
    ["send-back", { reason: HOSTILE_TEXTS[0] }],
  ] as const) {
    const id = await create(HOSTILE_TEXTS[1] ?? "");
    const { contentHash } = objectIn(await asOwner("GET", `/posts/${id}/approval`), "approval");
    await asOwner("POST", `/posts/${id}/${action}`, { contentHash, ...given });
  }
  const refused = await world.call(tenant, "POST", "/api/v1/posts", {
    content: { text: HOSTILE_TEXTS[0] },
    platforms: [HOSTILE_NAME],
    platformSetId,
  });
  assert.equal(refused.status, 400);
  return { posts, webhook, request: refused.headers.get("x-request-id") ?? "" };
}

const PICTURE = join(import.meta.dirname, "../fixtures/photo-1x1.jpg");
