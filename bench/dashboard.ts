import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

import type { BrowserContext, Page } from "playwright-core";
import { z } from "zod";

import type { Benchmark, Row, Workspace } from "./benchmark.ts";
import { install, type Installation } from "./installation.ts";
import { median, show, showMilliseconds, showTimes, summarize } from "./numbers.ts";
import { openAsOwner } from "./owner.ts";
import { PLATFORM } from "./test-users.ts";

/** Its packages are as large as all of ours, so it is not installed with them. */
const LIGHTHOUSE = "lighthouse@13.5.0";
const RUNS = 3;
const VIEWS = {
  home: "/",
  posts: "/posts",
  composer: "/compose",
  calendar: "/calendar",
  settings: "/settings/profile",
};
/** With one run each. */
const MORE_VIEWS = {
  approvals: "/approvals",
  media: "/media",
  platforms: "/platforms",
  "API keys": "/developers/keys",
  people: "/settings/people",
  "audit log": "/settings/audit-log",
  plan: "/settings/plan",
};
const MOST_TRIES = 3;
const LEAST_SCORE = 95;
const CATEGORIES = ["performance", "accessibility", "best-practices"] as const;

const POSTS = 10_000;
const WIDTHS = [1440, 360] as const;
const SCREENS_A_SECOND = 60;
const MOST_MILLISECONDS = 1_000;

export const dashboard: Benchmark = {
  name: "dashboard",
  title: "The dashboard's views",
  about:
    `Lighthouse on a desktop for views of an owner with ${show(POSTS)} posts: performance, accessibility and best ` +
    `practices of 100, medians of ${RUNS} runs for the first six views, one run for the others. And the longest time ` +
    `between two frames while the list of all posts is scrolled through, ${SCREENS_A_SECOND} screens a second. ` +
    "Raw limit: an empty page as long as the list.",
  async measure(workspace) {
    const installation = await install(workspace, "dashboard");
    await installation.start("start");
    const { context, page } = await openAsOwner(workspace, installation);
    const { origin } = new URL(page.url());
    const id = await storePosts(installation);
    const rows: Row[] = [];
    for (const width of WIDTHS) rows.push(await scrollThrough(page, origin, width));
    const look = (name: string, path: string, runs: number) =>
      score(workspace, context, { name, url: `${origin}${path}?mode=test`, runs });
    for (const [name, path] of Object.entries({ ...VIEWS, "a post": `/posts/${id}` }))
      rows.push(await look(name, path, RUNS));
    for (const [name, path] of Object.entries(MORE_VIEWS)) rows.push(await look(name, path, 1));
    return rows;
  },
};

/** As they are left once published. Returns the ID of one. */
async function storePosts({ pool }: Installation): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(STORE, [PLATFORM, POSTS]);
  return rows[0]?.id ?? "";
}

const STORE = `
  with account as (select id, user_id, platform_set_id from accounts where mode = 'test' and platform = $1),
  counted as (
    insert into post_counts (user_id, mode, status, platforms, change)
    select user_id, 'test', 'published', array[$1], $2 from account
  ), post as (
    insert into posts (id, user_id, mode, platform_set_id, status, content, platforms)
    select uuidv7(), user_id, 'test', platform_set_id, 'published', jsonb_build_object(
        'text', 'Post ' || n || ', of about the usual length and not a word more.',
        'media', '[]'::jsonb, 'linkUrl', null, 'platformOverrides', '{}'::jsonb), array[$1]
    from account, generate_series(1, $2::int) as n returning id, user_id
  )
  insert into platform_posts (id, post_id, user_id, mode, platform, position, account_id, status, published_at)
  select uuidv7(), post.id, post.user_id, 'test', $1, 0, account.id, 'published', now() from post, account
  returning post_id as id`;

/** From the first post to the last. */
async function scrollThrough(page: Page, origin: string, width: number): Promise<Row> {
  await page.setViewportSize({ width, height: 800 });
  await page.goto(`${origin}/posts?mode=test`);
  await page
    .getByRole("link", { name: /^Post \d/ })
    .first()
    .waitFor();
  const height = z.number().parse(await page.evaluate("document.documentElement.scrollHeight"));
  const { p50, p99, max } = summarize(await frames(page));
  await page.goto("about:blank");
  await page.evaluate(`document.body.style.height = "${height}px"`);
  const raw = summarize(await frames(page));
  return {
    what: `the longest frame while scrolling, ${width} px wide`,
    value: `${showMilliseconds(max)} (p50 ${showMilliseconds(p50)}, p99 ${showMilliseconds(p99)})`,
    raw: showMilliseconds(raw.max),
    ratio: showTimes(max / raw.max),
    target: `at most ${showMilliseconds(MOST_MILLISECONDS)}`,
    met: max <= MOST_MILLISECONDS,
  };
}

/** Milliseconds from each frame to the next. */
async function frames(page: Page): Promise<number[]> {
  return z.array(z.number()).parse(
    await page.evaluate(`new Promise((resolve) => {
      const times = [];
      let before = performance.now();
      const begin = before;
      const next = (now) => {
        times.push(now - before);
        before = now;
        const top = ((now - begin) / 1000) * ${SCREENS_A_SECOND} * innerHeight;
        scrollTo(0, top);
        if (top > document.documentElement.scrollHeight) resolve(times.slice(1));
        else requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
    })`),
  );
}

const report = z.object({
  finalDisplayedUrl: z.string(),
  categories: z.record(z.enum(CATEGORIES), z.object({ score: z.number() })),
});

async function score(
  workspace: Workspace,
  context: BrowserContext,
  { name, url, runs }: { name: string; url: string; runs: number },
): Promise<Row> {
  const folder = await workspace.folder("lighthouse");
  const [headers, result] = [join(folder, "headers.json"), join(folder, "report.json")];
  const cookie = (await context.cookies(url)).map((each) => `${each.name}=${each.value}`).join("; ");
  await writeFile(headers, JSON.stringify({ cookie }));
  const scores: Record<(typeof CATEGORIES)[number], number[]> = {
    performance: [],
    accessibility: [],
    "best-practices": [],
  };
  for (let run = 0; run < runs; run += 1) {
    await lighthouse(url, headers, result);
    const { categories, finalDisplayedUrl } = report.parse(JSON.parse(await readFile(result, "utf8")));
    if (finalDisplayedUrl !== url) throw new Error(`Lighthouse was led from ${url} to ${finalDisplayedUrl}`);
    for (const category of CATEGORIES) scores[category].push(categories[category].score * 100);
  }
  const medians = CATEGORIES.map((category) => Math.round(median(scores[category])));
  workspace.say(`${name}: ${medians.join(", ")}`);
  return {
    what: `Lighthouse: ${name}`,
    value: medians.join(", "),
    target: `at least ${LEAST_SCORE} each`,
    met: medians.every((each) => each >= LEAST_SCORE),
  };
}

/** It sometimes finds no beginning in what the browser has recorded, and then asks to be run again. */
async function lighthouse(url: string, headers: string, result: string): Promise<void> {
  const options = [
    "--preset=desktop",
    "--output=json",
    `--output-path=${result}`,
    `--extra-headers=${headers}`,
    `--only-categories=${CATEGORIES.join(",")}`,
    "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
    "--quiet",
  ];
  const command = ["exec", "--yes", `--package=${LIGHTHOUSE}`, "--", "lighthouse", url, ...options];
  const env = {
    ...process.env,
    PATH: [dirname(process.execPath), process.env.PATH ?? ""].join(delimiter),
    CHROME_PATH: process.env.CHROMIUM ?? "/usr/bin/chromium",
  };
  for (let tries = 1; ; tries += 1) {
    try {
      await promisify(execFile)("npm", command, { env });
      return;
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
    }
  }
}
