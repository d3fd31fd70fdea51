import assert from "node:assert/strict";
import { openAsBlob } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { openInstallation } from "../cli/installation.fixture.ts";
import type { PlatformName } from "../model/platform-names.ts";
import { setBudgetLimit } from "../server/db/queries/budgets.ts";
import { patientFetch } from "./patient-fetch.ts";

const VIDEO = join(import.meta.dirname, "fixtures", "portrait-9x16.mp4");
const HOUR = 3_600_000;
const AT_ONCE = 8;

/** What the sandbox accepts of an account in 24 hours. TikTok's also accepts only 6 in a minute. */
const ALLOWED: readonly { platform: PlatformName; posts: number; settings?: object; hasVideo?: boolean }[] = [
  { platform: "threads", posts: 250 },
  { platform: "tiktok", posts: 15, settings: { privacyLevel: "SELF_ONLY" }, hasVideo: true },
];

const made = z.object({ post: z.object({ id: z.string() }) });
const full = z.object({ issues: z.array(z.object({ rule: z.string(), limit: z.object({ freeAt: z.string() }) })) });
const requests = z.array(z.object({ operation: z.string().nullable(), url: z.string(), status: z.int().nullable() }));

test("an account can publish all that its platform allows, and what is more is rejected before the platform sees it", async (t) => {
  const installation = await openInstallation(t);
  const { database, sandboxUrl } = installation;
  const pool = database?.pool ?? assert.fail();
  const server = await installation.start("start", { AMPOST_ENGINE_SPEED: "30" });
  const { apiKey, platformSetId } = await installation.json("bootstrap", "--json");
  const headers = { authorization: `Bearer ${String(apiKey)}` };
  const call = (path: string, body?: FormData) =>
    patientFetch(`${installation.url}/api/v1/posts${path}`, { method: "POST", headers, ...(body && { body }) });
  const seen = async (what: string): Promise<unknown> => await (await fetch(`${sandboxUrl}/_sandbox/${what}`)).json();

  for (const { platform, posts, settings = {}, hasVideo = false } of ALLOWED) {
    const video = hasVideo ? await openAsBlob(VIDEO, { type: "video/mp4" }) : null;
    const create = async (number: number): Promise<string> => {
      const form = new FormData();
      const content = {
        text: `Number ${number}`,
        ...(hasVideo && { media: [{ filename: "clip.mp4" }] }),
        platformOverrides: { [platform]: { settings } },
      };
      form.set("data", JSON.stringify({ platformSetId, platforms: [platform], content }));
      if (video !== null) form.set("files", video, "clip.mp4");
      const answer = await call("", form);
      const body = await answer.json();
      assert.equal(answer.status, 201, JSON.stringify(body));
      return made.parse(body).post.id;
    };
    /** Null if it is accepted; otherwise, which limit is used up until when. */
    const publish = async (id: string): Promise<{ rule: string; freeAt: number } | null> => {
      const answer = await call(`/${id}/publish`);
      const body: unknown = await answer.json();
      if (answer.status === 200) return null;
      assert.equal(answer.status, 429, JSON.stringify(body));
      const [issue] = full.parse(body).issues;
      return { rule: issue?.rule ?? "", freeAt: Date.parse(issue?.limit.freeAt ?? "") };
    };
    const untilOver = async (): Promise<void> => {
      const areOpen = "select from platform_posts where platform = $1 and status in ('queued', 'posting')";
      while ((await pool.query(areOpen, [platform])).rowCount !== 0) await sleep(20);
    };
    /** Time passes, for the platform and for what is reserved. */
    const pass = async (seconds: number): Promise<void> => {
      const advance = { method: "POST", headers: { "content-type": "application/json" } };
      await fetch(`${sandboxUrl}/_sandbox/clock`, { ...advance, body: JSON.stringify({ advanceSeconds: seconds }) });
      await pool.query("update budget_uses set at = at - make_interval(secs => $1)", [seconds]);
    };

    const ids: string[] = [];
    while (ids.length < posts + 1) {
      const numbers = Array.from({ length: Math.min(AT_ONCE, posts + 1 - ids.length) }, (_, index) => index);
      ids.push(...(await Promise.all(numbers.map((index) => create(ids.length + index)))));
    }
    const waiting = ids.slice(0, posts);
    while (waiting.length > 0) {
      const answers = await Promise.all(
        waiting.splice(0, AT_ONCE).map(async (id) => ({ id, used: await publish(id) })),
      );
      const rejected = answers.flatMap(({ id, used }) => (used === null ? [] : [{ id, ...used }]));
      const [first] = rejected;
      if (first === undefined) continue;
      // Nothing but TikTok's minute, until the day is full.
      assert.deepEqual([platform, new Set(rejected.map(({ rule }) => rule))], ["tiktok", new Set(["budget.inits"])]);
      waiting.unshift(...rejected.map(({ id }) => id));
      await untilOver();
      await pass(Math.ceil((first.freeAt - Date.now()) / 1000));
    }
    await untilOver();
    const last = ids.at(posts) ?? "";
    const used = await publish(last);
    assert.equal(used?.rule, "budget.posts");
    const inHours = ((used?.freeAt ?? 0) - Date.now()) / HOUR;
    assert.ok(inHours > 23 && inHours < 25, String(inHours));

    const shown = async () => z.array(z.unknown()).parse(await seen(`posts?platform=${platform}`)).length;
    assert.equal(await shown(), posts);
    const refused = requests
      .parse(await seen(`requests?platform=${platform}`))
      .filter(({ status }) => (status ?? 0) >= 400);
    assert.deepEqual(refused, []);

    // The sandbox has the same limit: it accepts no more.
    const { rows } = await pool.query<{ budget: string }>(
      `select u.budget from budget_uses u join platform_posts pp on pp.id = u.platform_post_id
       where pp.platform = $1 and u.budget like '% posts account %' limit 1`,
      [platform],
    );
    await setBudgetLimit.run(pool, [rows[0]?.budget ?? "", posts + 1]);
    assert.equal(await publish(last), null);
    const isRefused = `select from platform_posts where post_id = $1
      and (status = 'failed' or attempt_count > 0 and lease_until is null and next_action_at > now())`;
    while ((await pool.query(isRefused, [last])).rowCount === 0) await sleep(20);
    assert.equal(await shown(), posts);
  }
  assert.equal(await server.end("SIGTERM"), 0);
});
