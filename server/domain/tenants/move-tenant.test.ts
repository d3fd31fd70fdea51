import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import type pg from "pg";

import { openCell } from "../../../tests/cells.ts";
import { createTestDatabase } from "../../../tests/database.ts";
import { fillTenant } from "../../../tests/tenant-filler.ts";
import { CELL_TABLES, TENANT_ROWS } from "../../db/tenant-rows.ts";
import { checkContinuity } from "../../publishing/hold.ts";
import { writeMarks } from "../../publishing/marks.ts";
import { newStorageKey } from "../../storage/storage.ts";
import { type Cell, MOVE_STEPS, moveTenant, stay } from "./move-tenant.ts";

const NOW = { settleSeconds: 0 };

/** Those of which a copy stays. */
const STAYING = TENANT_ROWS.filter(({ stay }) => stay).map(({ table }) => table);

test("every table is a tenant's or the cell's, and rows can be added in the order of the list", async () => {
  const database = await createTestDatabase();
  try {
    const { rows } = await database.pool.query<{ table: string; parents: string[]; is_users: boolean }>(
      `select c.relname as table,
         array(select confrelid::regclass::text from pg_constraint where conrelid = c.oid and contype = 'f') as parents,
         exists (select from pg_attribute where attrelid = c.oid and attname = 'user_id') as is_users
       from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`,
    );
    const listed = [...new Set(TENANT_ROWS.map(({ table }) => table)), ...Object.keys(CELL_TABLES)];
    assert.deepEqual(rows.map(({ table }) => table).sort(), listed.sort(), "list a new table in tenant-rows.ts");
    const before = new Set<string>();
    for (const { table } of TENANT_ROWS) {
      before.add(table);
      for (const parent of rows.find((row) => row.table === table)?.parents ?? [])
        assert.ok(before.has(parent), `${table} comes before ${parent}`);
    }
    const forgotten = rows.filter(
      ({ table, parents, is_users }) =>
        table !== "moves" && table in CELL_TABLES && (is_users || parents.some((parent) => before.has(parent))),
    );
    assert.deepEqual(forgotten, []);
  } finally {
    await database.drop();
  }
});

test("a tenant moves with every row, file and job as they are, together with its workspace, and back; others stay", async (t) => {
  const { a, b } = await openCells(t);
  const [moving, other] = [await addTenant(a, "moving"), await addTenant(a, "other")];
  const before = { moving: await readAll(a.pool, moving.ids), other: await readAll(a.pool, other.ids) };
  for (const [table, rows] of Object.entries(before.moving)) assert.ok(rows.length > 0, `${table} has no row to move`);
  await a.jobs.send(a.pool, "media.ingest", { userId: moving.id, mediaId: randomUUID() }, `${moving.id} live`, 1);

  assert.deepEqual(await moveTenant({ from: a, to: b }, `${moving.id}_member`, NOW), moving.ids);
  assert.deepEqual(await readAll(b.pool, moving.ids), before.moving);
  assert.equal(await text(await b.storage.open(moving.key)), "a film");
  for (const [table, rows] of Object.entries(await readAll(a.pool, moving.ids)))
    if (!STAYING.includes(table)) assert.deepEqual(rows, [], table);
  assert.deepEqual(await readAll(a.pool, other.ids), before.other);
  assert.deepEqual(await readJobs(b.pool), [{ name: "media.ingest", group: `${moving.id} live`, priority: 1 }]);
  assert.deepEqual(await readJobs(a.pool), [{ name: "media.drop-bytes", group: null, priority: 0 }]);
  assert.equal((await a.pool.query("select from departures")).rowCount, 0);

  await moveTenant({ from: b, to: a }, moving.id, NOW);
  assert.deepEqual(await readAll(a.pool, moving.ids), before.moving);
  await assert.rejects(moveTenant({ from: b, to: a }, moving.id, NOW), /^Error: The user has moved to a\.$/);
});

test("killed at any step, a move leaves a tenant in exactly one place, and goes on when it is run again", async (t) => {
  const { a, b, die } = await openCells(t);
  for (const step of MOVE_STEPS) {
    const { id, ids, key } = await addTenant(a, step);
    const before = await readAll(a.pool, ids);
    await die(id, step);
    assert.equal(await countPlaces([a, b], id), 1, step);
    const again = moveTenant({ from: a, to: b }, id, NOW);
    if (step === "left") await assert.rejects(again, /has moved to b/);
    else assert.deepEqual(await again, ids);
    assert.equal(await countPlaces([a, b], id), 1, step);
    assert.deepEqual(await readAll(b.pool, ids), before, step);
    assert.equal(await text(await b.storage.open(key)), "a film");
  }
});

test("a move that was killed can be cancelled until the tenant has arrived", async (t) => {
  const { a, b, die } = await openCells(t);
  for (const step of ["copied", "packed", "arrived"] as const) {
    const { id, ids } = await addTenant(a, step);
    const before = await readAll(a.pool, ids);
    await die(id, step);
    const { rows } = await a.pool.query("select move_id from moves where user_id = $1", [id]);
    assert.equal(await stay({ from: a, to: b }, rows[0].move_id), step !== "arrived");
    assert.deepEqual(await readAll((step === "arrived" ? b : a).pool, ids), before, step);
    assert.equal(await countPlaces([a, b], id), 1, step);
  }
});

test("what is in progress is waited for, and if it does not end, the tenant stays and works as before", async (t) => {
  const { a, b } = await openCells(t);
  const { id, ids } = await addTenant(a, "busy");
  await a.pool.query("update platform_posts set lease_until = now() + interval '1 hour' where user_id = $1", [id]);
  const before = await readAll(a.pool, ids);
  await assert.rejects(
    moveTenant({ from: a, to: b }, id, { ...NOW, patienceSeconds: 0.1 }),
    /^Error: Nothing was moved: after 0\.1 seconds, a post is being published\.$/,
  );
  assert.deepEqual(await readAll(a.pool, ids), before);
  assert.equal((await a.pool.query("select from moves")).rowCount, 0);
  const moved = moveTenant({ from: a, to: b }, id, NOW);
  await sleep(300);
  await a.pool.query("update platform_posts set lease_until = null where user_id = $1", [id]);
  assert.deepEqual(await moved, ids);
});

test("what someone changes or adds while everything is packed goes with it", async (t) => {
  const { a, b } = await openCells(t);
  const { id } = await addTenant(a, "changing");
  const client = await a.pool.connect();
  await client.query("begin");
  await client.query("update accounts set username = 'changed' where user_id = $1", [id]);
  await client.query(
    `insert into publish_steps select (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(), 'remote_id', 'new'))).*
     from publish_steps s where user_id = $1`,
    [id],
  );
  const moved = moveTenant({ from: a, to: b }, id, NOW);
  const isWaiting = async () =>
    (await a.pool.query("select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"))
      .rowCount !== 0;
  while (!(await isWaiting())) await sleep(20);
  await client.query("commit");
  client.release();
  await moved;
  assert.deepEqual((await b.pool.query("select username from accounts where user_id = $1", [id])).rows, [
    { username: "changed" },
  ]);
  assert.equal((await b.pool.query("select from publish_steps where user_id = $1", [id])).rowCount, 2);
});

test("a tenant whose email address is taken in the other cell stays as it was", async (t) => {
  const { a, b } = await openCells(t);
  const { id, ids } = await addTenant(a, "taken");
  await b.pool.query("insert into users (id, email) values ('user_there', $1)", [`${id}@example.com`]);
  const before = await readAll(a.pool, ids);
  await assert.rejects(moveTenant({ from: a, to: b }, id, NOW), /users_email/);
  assert.deepEqual(await readAll(a.pool, ids), before);
  assert.equal((await a.pool.query("select from moves")).rowCount, 0);
  assert.deepEqual(await countPlaces([a, b], id), 1);
});

test("the owner of the instance does not move, nor anyone who works with the owner", async (t) => {
  const { a, b } = await openCells(t);
  const { id } = await addTenant(a, "owner");
  await a.pool.query("update users set is_owner = true where id = $1", [`${id}_member`]);
  await assert.rejects(moveTenant({ from: a, to: b }, id, NOW), /The owner of an instance cannot be moved/);
});

test("a cell whose latest commit has left with its tenant does not take itself for a restored one", async (t) => {
  const { a, b, folder } = await openCells(t);
  const [first, second] = [await addTenant(a, "first"), await addTenant(a, "second")];
  const { rows } = await a.pool.query("select id from publish_steps where user_id = $1", [first.id]);
  await a.pool.query("insert into instance values ('epoch', $1)", [randomUUID()]);
  const epoch = (await a.pool.query("select value from instance where name = 'epoch'")).rows[0].value;
  const marks = { dataDir: folder, storage: { readMark: async () => null, writeMark: async () => undefined } };
  await writeMarks(marks, { epoch, intentId: rows[0].id });
  const check = async () =>
    (await checkContinuity({ pool: a.pool, places: marks, log: { error: () => undefined } })).begun;
  await moveTenant({ from: a, to: b }, first.id, NOW);
  assert.equal(await check(), null);
  await a.pool.query("delete from moves");
  assert.equal((await check())?.reason, "behind");
  assert.ok(second.id);
});

async function openCells(t: TestContext) {
  const [one, other] = [await createTestDatabase(), await createTestDatabase()];
  const folder = await mkdtemp(join(tmpdir(), "ampost-cells-"));
  const folders = { a: join(folder, "a"), b: join(folder, "b") };
  const a = await openCell("a", { url: one.url, folder: folders.a });
  const b = await openCell("b", { url: other.url, folder: folders.b });
  t.after(async () => {
    for (const cell of [a, b]) await cell.close();
    for (const database of [one, other]) await database.drop();
    await rm(folder, { recursive: true });
  });
  /** Moves the user in a process of its own, which dies at the step. */
  const die = async (userId: string, step: string) => {
    const env = { FROM: one.url, TO: other.url, FROM_FOLDER: folders.a, TO_FOLDER: folders.b };
    const mover = spawn(process.execPath, [fileURLToPath(new URL("../../../tests/mover.ts", import.meta.url))], {
      env: { ...process.env, ...env, MOVED: userId, DIES_AT: step },
      stdio: "inherit",
    });
    assert.deepEqual(await once(mover, "exit"), [null, "SIGKILL"]);
  };
  return { a, b, folder, die };
}

/** With a row in every table, a member, a stored file, and an account connected with the instance's app. */
async function addTenant({ pool, storage }: Cell, name: string) {
  const id = `user_${name}`;
  await fillTenant(pool, id);
  const key = newStorageKey();
  await storage.put(key, Readable.from([Buffer.from("a film")]));
  await pool.query("update media set storage_key = $2 where user_id = $1", [id, key]);
  // Its ID sorts before that of the original, which it refers to.
  await pool.query(
    `insert into media (id, user_id, mode, status, filename, rendition_of, rendition)
     select overlay(id::text placing '00000000' from 1)::uuid, user_id, mode, status, filename, id, 'small' from media
     where user_id = $1`,
    [id],
  );
  await pool.query(
    `insert into oauth_apps (id, mode, platform, client_id, client_secret_sealed, redirect_uri)
     values (gen_random_uuid(), 'live', 'threads', 'shared', '', '') on conflict do nothing`,
  );
  await pool.query(
    `update connections set oauth_app_id = (select id from oauth_apps where user_id is null and removed_at is null)
     where user_id = $1`,
    [id],
  );
  return { id, ids: [id, `${id}_member`], key };
}

/** The tenant's rows in every table, besides what a move adds, and numbers that a database gives itself. */
async function readAll(pool: pg.Pool, ids: readonly string[]): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const { table, of } of TENANT_ROWS) {
    const rows = `(${of.replaceAll("$1", `array['${ids.join("', '")}']`)})${table === "audit_events" ? " and action <> 'tenant.moved'" : ""}`;
    const omitted = { outbox: "id", notices: "id", oauth_apps: "removed_at" }[table] ?? "";
    const found = await pool.query<{ row: string }>(
      `select (to_jsonb(t) - $1::text)::text as row from ${table} t where ${rows} order by 1`,
      [omitted],
    );
    all[table] = [...(all[table] ?? []), ...found.rows.map(({ row }) => row)];
  }
  return all;
}

/** In how many cells' tables a tenant is; if in none, in how many it is packed. */
async function countPlaces(cells: readonly Cell[], id: string): Promise<number> {
  const count = async (query: string) => {
    let found = 0;
    for (const { pool } of cells) found += (await pool.query(query, [id])).rowCount ?? 0;
    return found;
  };
  const live = await count("select from users where id = $1");
  const packed = "select from departures where table_name = 'users' and (content::users).id = $1";
  return live === 0 ? await count(packed) : live;
}

async function readJobs(pool: pg.Pool) {
  const { rows } = await pool.query('select name, group_id as "group", priority from jobs.job order by created_on');
  return rows;
}
