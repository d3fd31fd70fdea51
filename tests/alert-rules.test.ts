import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { promisify } from "node:util";

import pg from "pg";
import { z } from "zod";

import { openInstallation } from "../cli/installation.fixture.ts";
import { EXAMPLE_PLATFORM } from "../platforms/catalog.ts";
import { jsonb } from "../server/db/jsonb.ts";
import { hold } from "../server/db/queries/hold.ts";
import { noteAlerts } from "../server/db/queries/operator-alerts.ts";
import { createMetrics, type Metrics } from "../server/start/metrics.ts";
import { type PublishingWorld, withWorld } from "./publishing-world.ts";

const root = join(import.meta.dirname, "..");
const RULES = join(root, "ops/prometheus/alerts.yml");
const PROMTOOL = "promtool";

const dashboard = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })),
});

test("every metric in the alert rules, the dashboard and the guide is served by an instance", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start", {
    AMPOST_METRICS_PORT: new URL(installation.metricsUrl).port,
  });
  const scraped = await (await fetch(`${installation.metricsUrl}/metrics`)).text();
  await server.end("SIGTERM");
  const served = new Set(
    [...scraped.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = "", type]) =>
      type === "histogram" ? ["", "_bucket", "_count", "_sum"].map((suffix) => name + suffix) : [name],
    ),
  );
  for (const file of ["ops/prometheus/alerts.yml", "ops/grafana/ampost.json", "docs/guides/monitoring.md"]) {
    const text = await readFile(join(root, file), "utf8");
    const named = new Set(text.match(/\b(?:ampost|nodejs|process)_[a-z0-9_]+/g));
    assert.ok(named.size > 10, file);
    assert.deepEqual(
      [...named].filter((name) => !served.has(name)),
      [],
      file,
    );
  }
});

/** What makes each alert fire: called once a minute for as long as it lasts. */
const CAUSES: Readonly<Record<string, (world: PublishingWorld, metrics: Metrics) => unknown>> = {
  AmpostOnHold: ({ pool }) =>
    hold.run(pool, [
      jsonb({ reason: "behind", since: new Date().toISOString(), doubtedUntil: new Date().toISOString() }),
    ]),
  AmpostBacklog: ({ pool }) =>
    pool.query("update platform_posts set status = 'queued', next_action_at = now() - interval '10 minutes'"),
  AmpostLate: (_world, metrics) => metrics.commitStarted(EXAMPLE_PLATFORM, 90),
  AmpostMissed: (world) => missOne(world),
  AmpostPlatformDown: (_world, metrics) => metrics.platformDown(EXAMPLE_PLATFORM, "live", true),
  AmpostUnknownOutcomes: (_world, metrics) => metrics.settled(EXAMPLE_PLATFORM, "unknown"),
  AmpostFaults: (_world, metrics) => metrics.faulted(EXAMPLE_PLATFORM),
  AmpostSetAside: (_world, metrics) => metrics.setAside(EXAMPLE_PLATFORM),
  AmpostWorkerRestarts: (_world, metrics) => metrics.workerRestarted(),
  AmpostErrors: (_world, metrics) =>
    metrics.request({ method: "GET", route: "/api/v1/posts", status: 500, seconds: 0.1 }),
  AmpostJobsFail: (_world, metrics) => metrics.job("mail.send", "failed", 1),
  AmpostBlocked: () => block(),
  AmpostOperator: ({ pool }) => noteAlerts.run(pool, [["retirement of something"], ["It ends"], ["Update it."]]),
};

test("each alert rule fires on its cause alone, and every panel of the dashboard shows something", async () => {
  const rules = [...(await readFile(RULES, "utf8")).matchAll(/^ {6}- alert: (\w+)$/gm)].map(([, name]) => name);
  assert.deepEqual([...Object.keys(CAUSES), "AmpostDown", "AmpostDatabaseAway"].sort(), rules.sort());
  await promtool(["check", "rules", RULES]);
  const panels = dashboard.parse(JSON.parse(await readFile(join(root, "ops/grafana/ampost.json"), "utf8"))).panels;

  const cases: Case[] = [{ scrapes: await scrapesWith(() => undefined), firing: [] }];
  for (const [name, cause] of Object.entries(CAUSES)) cases.push({ scrapes: await scrapesWith(cause), firing: [name] });
  const healthy = cases[0]?.scrapes ?? [];
  cases.push({
    scrapes: [...healthy.slice(0, CALM), ...(await scrapesWithoutDatabase())],
    firing: ["AmpostDatabaseAway"],
  });
  cases.push({ scrapes: healthy, up: 0, firing: ["AmpostDown"] });
  const everything = await scrapesWith(async (world, metrics) => {
    for (const [name, cause] of Object.entries(CAUSES)) if (name !== "AmpostBlocked") await cause(world, metrics);
  });
  const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  assert.ok(expressions.length > 20, String(expressions.length));
  cases.push({ scrapes: everything, shown: expressions });
  await evaluate(cases);
});

/** Minutes without trouble before the trouble, and with it. */
const CALM = 20;
const TROUBLE = 16;

/** The instance at one moment, as served: values by series. */
type Scrape = Map<string, string>;

interface Case {
  /** One a minute. */
  scrapes: readonly Scrape[];
  /** Whether Prometheus reaches the instance. */
  up?: 0 | 1;
  /** Alerts that fire at the end, and no others. */
  firing?: readonly string[];
  /** Expressions that have a value at the end. */
  shown?: readonly string[];
}

/** Calm minutes of an instance that publishes, then minutes with a cause of trouble. */
async function scrapesWith(cause: (world: PublishingWorld, metrics: Metrics) => unknown): Promise<Scrape[]> {
  const scrapes: Scrape[] = [];
  await withWorld(async (world) => {
    await world.addPost({ text: "waits", dueAt: new Date(Date.now() + 86_400_000) });
    const metrics = createMetrics(world.pool);
    for (let minute = 0; minute < CALM + TROUBLE; minute += 1) {
      work(metrics);
      if (minute >= CALM) await cause(world, metrics);
      scrapes.push(parse(await metrics.print()));
    }
  });
  return scrapes;
}

/** A minute of a healthy instance. */
function work(metrics: Metrics): void {
  metrics.request({ method: "POST", route: "/api/v1/posts", status: 201, seconds: 0.02 });
  metrics.settled(EXAMPLE_PLATFORM, "published");
  metrics.commitStarted(EXAMPLE_PLATFORM, 0.01);
  metrics.refused("posts_create", "VALIDATION_FAILED");
  metrics.job("mail.send", "done", 0.1);
}

async function scrapesWithoutDatabase(): Promise<Scrape[]> {
  const pool = new pg.Pool({ connectionString: "postgresql://127.0.0.1:1/gone" });
  const metrics = createMetrics(pool);
  const scrape = parse(await metrics.print());
  await pool.end();
  return Array.from({ length: TROUBLE }, () => scrape);
}

async function missOne(world: PublishingWorld): Promise<void> {
  const { platformPostId } = await world.addPost({ text: "missed", dueAt: new Date(Date.now() + 86_400_000) });
  await world.pool.query(
    "update platform_posts set due_at = now() - interval '1 day', next_action_at = null where id = $1",
    [platformPostId],
  );
}

/** Blocks this process several times, as long computations would. */
async function block(): Promise<void> {
  for (const _ of [1, 2, 3]) {
    await nextTurn();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
  }
  await nextTurn();
}

function parse(text: string): Scrape {
  return new Map(
    [...text.matchAll(/^([a-z_0-9]+(?:\{[^\n]*\})?) (\S+)$/gim)].map(([, series = "", value = ""]) => [
      series,
      value === "Nan" ? "NaN" : value,
    ]),
  );
}

/** Lets Prometheus' own evaluation decide. */
async function evaluate(cases: readonly Case[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "ampost-rules-"));
  try {
    const file = join(folder, "tests.yml");
    // JSON is YAML.
    await writeFile(
      file,
      JSON.stringify({ rule_files: [RULES], evaluation_interval: "1m", tests: cases.map(asPromtoolTest) }),
    );
    await promtool(["test", "rules", file]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function asPromtoolTest({ scrapes, up = 1, firing, shown = [] }: Case): object {
  const names = new Set(scrapes.flatMap((scrape) => [...scrape.keys()]));
  const series = [...names].map((name) => ({
    series: withTarget(name),
    values: scrapes.map((scrape) => scrape.get(name) ?? "_").join(" "),
  }));
  const end = `${scrapes.length - 1}m`;
  return {
    interval: "1m",
    input_series: [...series, { series: withTarget("up"), values: scrapes.map(() => up).join(" ") }],
    promql_expr_test: [
      ...(firing === undefined
        ? []
        : [
            {
              expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
              eval_time: end,
              exp_samples: firing.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
            },
          ]),
      ...shown.map((expr) => ({
        expr: `count(${expr.replaceAll("$job", "ampost").replaceAll("$__rate_interval", "5m")}) > bool 0`,
        eval_time: end,
        exp_samples: [{ labels: "{}", value: 1 }],
      })),
    ],
  };
}

function withTarget(series: string): string {
  const target = 'job="ampost",instance="127.0.0.1:9464"';
  return series.endsWith("}") ? `${series.slice(0, -1)},${target}}` : `${series}{${target}}`;
}

async function promtool(args: string[]): Promise<void> {
  await promisify(execFile)(PROMTOOL, args).catch((error: { code?: unknown; stdout?: string; stderr?: string }) =>
    assert.fail(
      error.code === "ENOENT"
        ? "promtool is not installed (on Debian: apt-get install prometheus)."
        : `promtool ${args.join(" ")}: ${error.stdout ?? ""}${error.stderr ?? ""}`,
    ),
  );
}
