import type pg from "pg";

import { migrate } from "../../server/db/migrate.ts";
import { createPool, withDatabase } from "../../server/db/pool.ts";
import { EPOCH_MS } from "./timeline.ts";

/** A real PostgreSQL whose clock can be set, and that can be reset to its state at the start of a run. */
export interface SimulatedDatabase {
  pool: pg.Pool;
  /** Makes the current state the start of every run. */
  keep(): Promise<void>;
  restore(seed: number): Promise<void>;
  /** Until the next reset, the exchanges of the platform post's commits are rejected; with `until`, whatever is written. */
  reject(platformPostId: string, code: string, until?: Date): Promise<void>;
  close(): Promise<void>;
}

/** Connections to the real server: each holds one statement, or one transaction. */
const BACKENDS = 60;

const CLOCK = `
  create schema sim;
  create function sim.shown(name text) returns timestamptz language sql stable as
    $$ select coalesce(nullif(current_setting(name, true), ''), '${new Date(EPOCH_MS).toISOString()}')::timestamptz $$;
  create function sim.now() returns timestamptz language sql stable as $$ select sim.shown('sim.now') $$;
  create function sim.transaction_timestamp() returns timestamptz language sql stable as $$ select sim.shown('sim.now') $$;
  create function sim.clock_timestamp() returns timestamptz language sql volatile as $$ select sim.shown('sim.clock') $$;
  create function sim.statement_timestamp() returns timestamptz language sql stable as $$ select sim.shown('sim.clock') $$;
  create sequence sim.drawn;
  create table sim.seed (seed integer not null);
  insert into sim.seed values (0);
  create function sim.gen_random_uuid() returns uuid language sql volatile as
    $$ select md5(seed || ' ' || nextval('sim.drawn'))::uuid from sim.seed $$;
  create function sim.random() returns double precision language sql volatile as
    $$ select ('x' || left(md5(seed || ' ' || nextval('sim.drawn')), 8))::bit(32)::bigint / 4294967296.0 from sim.seed $$;
  create table sim.changes (seq bigint generated always as identity, kind text not null, id uuid not null, was text not null, becomes text not null);
  create function sim.note_change() returns trigger language plpgsql as $$
  begin
    insert into sim.changes (kind, id, was, becomes) values (tg_table_name, new.id, old.status, new.status);
    return null;
  end $$;
  create function sim.note_takeover() returns trigger language plpgsql as $$
  begin
    insert into sim.changes (kind, id, was, becomes) values ('takeover', new.id, old.lease_owner, new.lease_owner);
    return null;
  end $$;
  create table sim.rejected (platform_post_id uuid not null, code text not null, until timestamptz);
  create function sim.reject() returns trigger language plpgsql as $$
  declare
    rejected record;
  begin
    select into rejected code from sim.rejected where platform_post_id = new.platform_post_id
      and case when until is null then new.evidence -> 'exchanges' is distinct from old.evidence -> 'exchanges'
        else sim.now() < until end;
    if found then raise exception 'rejected by the simulation' using errcode = rejected.code; end if;
    return new;
  end $$;
  create schema kept;`;

/**
 * A separate database on the server: the same schema as in production, in which unqualified clock and random functions
 * are ours.
 */
export async function openSimulatedDatabase(serverUrl: string, name: string): Promise<SimulatedDatabase> {
  const admin = createPool(withDatabase(serverUrl, "postgres"), { max: 1 });
  await admin.query(`create database ${name}`);
  await admin.query(`alter database ${name} set search_path = public, sim, pg_catalog`);
  for (const setting of [
    "plan_cache_mode = force_generic_plan",
    "deadlock_timeout = '20ms'",
    "jit = off",
    "synchronous_commit = off",
  ])
    await admin.query(`alter database ${name} set ${setting}`);
  const connect = (max: number): pg.Pool =>
    createPool(withDatabase(serverUrl, name), { max, statementTimeoutSeconds: 0, name: "ampost simulation" });
  const pool = connect(BACKENDS);
  // A connection forgets the plans of its statements when triggers are disabled or enabled.
  const restorer = connect(1);
  // The clocks that a statement should see are sent together with it.
  pool.options.pipeline = true;
  await pool.query(CLOCK);
  await migrate(pool);
  await pool.query(`
    create trigger sim_change after update of status on posts for each row
      when (old.status is distinct from new.status) execute function sim.note_change();
    create trigger sim_change after update of status on platform_posts for each row
      when (old.status is distinct from new.status) execute function sim.note_change();
    create trigger sim_takeover after update of lease_owner on platform_posts for each row
      when (old.lease_owner <> new.lease_owner) execute function sim.note_takeover();
    create trigger sim_reject before insert or update on publish_steps for each row
      when (new.effect = 'visible') execute function sim.reject();`);
  const { rows: tables } = await pool.query<{ name: string }>(
    `select quote_ident(table_name) as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const { rows: series } = await pool.query<{ name: string }>(
    "select format('%I.%I', schemaname, sequencename) as name from pg_sequences where schemaname in ('public', 'sim')",
  );
  for (const table of tables) await pool.query(`alter table ${table.name} set (autovacuum_enabled = off)`);
  let restoring = "";
  let runs = 0;
  return {
    pool,
    async keep() {
      const statements = [];
      for (const table of tables) {
        const columns = await insertable(pool, table.name);
        await pool.query(`create table kept.${table.name} as table public.${table.name}`);
        const { rowCount } = await pool.query(`select from kept.${table.name} limit 1`);
        statements.push(`delete from ${table.name}`);
        if (rowCount !== 0)
          statements.push(
            `insert into ${table.name} (${columns}) overriding system value select ${columns} from kept.${table.name}`,
          );
      }
      for (const { name: each } of series) {
        const { rows } = await pool.query<{ last_value: number; is_called: boolean }>(
          `select last_value, is_called from ${each}`,
        );
        statements.push(`select setval('${each}', ${rows[0]?.last_value}, ${rows[0]?.is_called})`);
      }
      statements.push("delete from sim.changes", "delete from sim.rejected");
      restoring = statements.join(";\n");
    },
    async restore(seed) {
      // Triggers and foreign keys are disabled in the meantime.
      await restorer.query(
        `begin; set local session_replication_role = replica; ${restoring}; update sim.seed set seed = ${seed}; commit`,
      );
      runs += 1;
      if (runs % 20 === 0) await restorer.query("vacuum");
    },
    async reject(platformPostId, code, until) {
      await pool.query("insert into sim.rejected values ($1, $2, $3)", [platformPostId, code, until]);
    },
    async close() {
      await Promise.all([pool.end(), restorer.end()]);
      await admin.query(`drop database if exists ${name} with (force)`);
      await admin.end();
    },
  };
}

async function insertable(pool: pg.Pool, table: string): Promise<string> {
  const { rows } = await pool.query<{ names: string }>(
    `select string_agg(quote_ident(attname), ', ' order by attnum) as names from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    [`public.${table}`],
  );
  return rows[0]?.names ?? "";
}
