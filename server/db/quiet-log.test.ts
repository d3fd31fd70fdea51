import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";

import { pino } from "pino";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../../tests/database-proxy.ts";
import { createTestDatabase } from "../../tests/database.ts";
import { createPool } from "./pool.ts";
import { quietWhileAway } from "./quiet-log.ts";

test("the log has one line when the database goes and one when it is back, with the number of errors between", async () => {
  await withProxied(async ({ quiet, pool, proxy, lines, until }) => {
    await pool.query("select 1");
    await proxy.refuse();
    for (const _ of Array.from({ length: 20 })) {
      const error: unknown = await pool.query("select 1").catch((reason: unknown) => reason);
      quiet.log.warn({ err: error }, "something failed");
    }
    await proxy.accept();
    await until(() => lines.some(({ msg }) => msg === "The database is back"));
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ["The database is down. Errors because of it are only counted until it is back", "The database is back"],
    );
    assert.equal(lines[1]?.errors, 20);
    await proxy.refuse();
    const again: unknown = await pool.query("select 1").catch((reason: unknown) => reason);
    quiet.log.error({ err: again }, "something failed");
    assert.match(lines[2]?.msg ?? "", /^The database is down/, "another outage is told, too");
  });
});

test("errors of other servers, and everything else, are logged while the database is away", async () => {
  await withProxied(async ({ quiet, pool, proxy, lines }) => {
    await proxy.refuse();
    const away: unknown = await pool.query("select 1").catch((reason: unknown) => reason);
    quiet.log.warn({ err: away }, "the database");
    const elsewhere = await refusedElsewhere();
    quiet.log.warn({ err: elsewhere }, "the mail server");
    quiet.log.error({ err: new Error("a mistake") }, "a mistake");
    quiet.log.info("a word");
    assert.deepEqual(
      lines.slice(1).map(({ msg }) => msg),
      ["the mail server", "a mistake", "a word"],
    );
  });
});

test("an instance whose database goes and comes back logs two lines for each process", async (t) => {
  const database = await createTestDatabase({ migrated: false });
  const proxy = await startDatabaseProxy(database.url);
  t.after(async () => {
    await proxy.close();
    await database.drop();
  });
  const installation = await openInstallation(t);
  const server = await installation.start("start", { DATABASE_URL: proxy.url });
  const before = server.output().length;
  const since = () => server.output().slice(before);
  const count = (text: string) => since().split(text).length - 1;
  await proxy.refuse();
  await installation.until(async () => count("The database is down") === 2);
  for (const _ of Array.from({ length: 20 })) assert.equal((await fetch(`${installation.url}/readyz`)).status, 503);
  assert.equal((await fetch(`${installation.url}/api/v1/posts`, { headers: KEY })).status, 503);
  await proxy.accept();
  await installation.until(async () => count("The database is back") === 2);
  await installation.until(async () => (await fetch(`${installation.url}/readyz`)).status === 200);
  assert.equal(await server.end("SIGTERM"), 0);
  const lines = since()
    .split("\n")
    .filter((line) => line.startsWith("{") && !/"msg":"(?:Stopping|This process was blocked)/.test(line));
  assert.equal(lines.length, 4, lines.join("\n"));
});

const KEY = { authorization: `Bearer amp_test_${"a".repeat(43)}` };

interface Line {
  msg: string;
  errors?: number;
}

interface Proxied {
  quiet: ReturnType<typeof quietWhileAway>;
  pool: ReturnType<typeof createPool>;
  proxy: DatabaseProxy;
  lines: Line[];
  until(holds: () => boolean): Promise<void>;
}

/** A database behind a proxy, and a log whose lines are kept. */
async function withProxied(work: (proxied: Proxied) => Promise<void>): Promise<void> {
  const database = await createTestDatabase();
  const proxy = await startDatabaseProxy(database.url);
  const pool = createPool(proxy.url, { onError: () => undefined });
  const lines: Line[] = [];
  let written = () => {};
  const log = pino({ level: "info" }, { write: (line: string) => void (lines.push(JSON.parse(line)), written()) });
  const quiet = quietWhileAway(log, proxy.url, () => pool.query("select 1"));
  try {
    await work({
      quiet,
      pool,
      proxy,
      lines,
      until: (holds) =>
        new Promise((resolve) => {
          written = () => holds() && resolve();
          written();
        }),
    });
  } finally {
    quiet.close();
    await pool.end();
    await proxy.close();
    await database.drop();
  }
}

/** The error of a connection to a port where nothing listens. */
async function refusedElsewhere(): Promise<unknown> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  const pool = createPool(`postgresql://127.0.0.1:${typeof address === "object" ? address?.port : 0}/x`);
  const error: unknown = await pool.query("select 1").catch((reason: unknown) => reason);
  await pool.end();
  return error;
}
