import pg from "pg";

import { PORTABLE } from "./snapshot.ts";
import type { Db } from "./sql.ts";

/** Which rows of a table are a tenant's. In SQL, `$1` stands for the IDs of the users who move together. */
interface TenantRows {
  table: string;
  of: string;
  /** In which order rows are added: by default any. */
  order?: string;
  /** They stay where they are as well, because others need them or nothing may delete them. */
  stay?: true;
  /** What is different about them where they are added, as JSON. */
  change?: string;
}

const OWN = "user_id = any ($1)";

/**
 * Everything that a tenant has in the database, in an order in which it can be added. What goes by `user_id` is found by
 * it; a test fails until every new table is listed here or below.
 */
export const TENANT_ROWS: readonly TenantRows[] = [
  { table: "users", of: "id = any ($1)" },
  ...own("api_keys mcp_tokens mcp_ended_sessions sessions sign_in_methods two_factors passkeys notification_settings"),
  { table: "verifications", of: "value = any ($1)" },
  { table: "invites", of: "invited_by = any ($1)" },
  ...own("members member_notification_settings member_invites platform_sets oauth_apps"),
  {
    // The instance's app that an account was connected with. It is nobody's who connects another one there.
    table: "oauth_apps",
    of: `user_id is null and id in (
      select oauth_app_id from connections where ${OWN} union select granted_through from accounts where ${OWN}
      union select oauth_app_id from oauth_attempts where ${OWN})`,
    stay: true,
    change: "jsonb_build_object('removed_at', now())",
  },
  ...own("accounts connections connect_links oauth_attempts publishing_pauses webhooks"),
  { table: "media", of: OWN, order: "rendition_of nulls first" },
  ...own("resumable_uploads resumable_upload_parts posts platform_posts publish_steps"),
  { table: "budget_uses", of: `platform_post_id in (select id from platform_posts where ${OWN})` },
  {
    table: "budget_limits",
    of: `budget in (select budget from budget_uses where platform_post_id in (
           select id from platform_posts where ${OWN}))
         or split_part(budget, ' ', 2) = 'fees' and split_part(budget, ' ', 4) = any ($1)`,
    stay: true,
  },
  ...own("post_media"),
  { table: "post_approvals", of: OWN },
  ...own("post_blocks post_counts idempotency_keys webhook_deliveries"),
  { table: "outbox", of: OWN, order: "id" },
  { table: "notices", of: OWN, order: "id" },
  ...own("usage_months request_counts billing_customers subscriptions"),
  { table: "audit_events", of: OWN, stay: true },
  // Some may be written while the users move: the sweep deletes what is of nobody.
  { table: "api_requests", of: OWN, stay: true },
];

/** The tables that have nothing of a tenant, and why what they have of people stays. */
export const CELL_TABLES: Readonly<Record<string, string>> = {
  billing_events: "Stripe's events that this cell has seen",
  data_deletions: "receipts, which name no user",
  departures: "moves themselves",
  instance: "what the cell knows of itself",
  moves: "moves themselves",
  operator_alerts: "the operator's, of this cell",
  operator_idempotency_keys: "the operator's, of this cell",
  operator_keys: "the operator's, of this cell",
  schema_migrations: "the cell's own",
  throttles: "attempts, which are counted for minutes",
  tries: "work that did not end well in this cell",
};

function own(tables: string): TenantRows[] {
  return tables.split(" ").map((table) => ({ table, of: OWN }));
}

/** How many rows are added by one statement. */
const ADDED_AT_ONCE = 500;

/**
 * The columns of every table of tenants, as text. Rows can only move between databases in which it is the same; without
 * those that count up, whose values each database gives itself.
 */
export async function readTenantColumns(db: Db): Promise<Map<string, { all: string; written: string[] }>> {
  const { rows } = await db.query<{ table: string; all: string; written: string[] }>(
    `select c.relname as table, string_agg(a.attname || ' ' || a.atttypid::regtype, ', ' order by a.attnum) as all,
       array_agg(quote_ident(a.attname) order by a.attnum) filter (where a.attidentity = '') as written
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.oid = any (select to_regclass(t) from unnest($1::text[]) as t) group by c.relname`,
    [TENANT_ROWS.map(({ table }) => table)],
  );
  return new Map(rows.map(({ table, ...columns }) => [table, columns]));
}

/** Call first in a transaction that packs, unpacks or counts: every server then writes values in the same way. */
export async function beginRows(tx: pg.PoolClient): Promise<void> {
  await tx.query(PORTABLE);
}

/**
 * Takes everything of the users out of their tables and keeps it in `departures`. The transaction must be a repeatable
 * read that has locked the users: then it fails if anything is changed or added meanwhile, and nothing is left out.
 */
export async function packRows(tx: pg.PoolClient, moveId: string, userIds: readonly string[]): Promise<void> {
  const placed = TENANT_ROWS.map((rows, place) => ({ ...rows, place }));
  // What stays is found by what goes, and what others refer to goes last, since their rows would go with it.
  const inTurn = [...placed.filter(({ stay }) => stay), ...placed.filter(({ stay }) => !stay).reverse()];
  for (const { table, of, order, stay, change, place } of inTurn) {
    const taken =
      stay === true
        ? `select ${change === undefined ? "t" : `jsonb_populate_record(t, ${change})`} as r from ${table} t where ${filled(of, userIds)}`
        : `delete from ${table} t where ${filled(of, userIds)} returning t as r`;
    await tx.query(
      `with taken as (${taken})
       insert into departures (move_id, place, table_name, content)
       select $1, $2, $3, r::text from taken${order === undefined ? "" : ` order by ${ordered(order)}`}`,
      [moveId, place, table],
    );
  }
}

/**
 * Adds what was packed in `from`, where the transaction `tx` is: in another database, or back in the same. Throws if not
 * every row is there afterwards as it was.
 */
export async function unpackRows(
  tx: pg.PoolClient,
  from: pg.PoolClient,
  moveId: string,
  userIds: readonly string[],
): Promise<void> {
  const columns = await readTenantColumns(tx);
  for (const [place, { table, of, stay }] of TENANT_ROWS.entries()) {
    const written = columns.get(table)?.written ?? [];
    for (let after = 0; ;) {
      const { rows } = await from.query<{ line: number; content: string }>(
        "select line, content from departures where move_id = $1 and place = $2 and line > $3 order by line limit $4",
        [moveId, place, after, ADDED_AT_ONCE],
      );
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.line;
      await tx.query(
        `with added as materialized (
           select r::${table} as r from unnest($1::text[]) with ordinality as given(r, n) order by n)
         insert into ${table} (${written.join(", ")})
         select ${written.map((column) => `(r).${column}`).join(", ")} from added
         ${stay === true ? "on conflict do nothing" : ""}`,
        [rows.map(({ content }) => content)],
      );
    }
    if (stay !== true) await compare(tx, from, { moveId, place, table, of: filled(of, userIds), written });
  }
}

/** The text of rows is compared by sums of hashes, since each database has its own order. */
async function compare(
  tx: pg.PoolClient,
  from: pg.PoolClient,
  {
    moveId,
    place,
    table,
    of,
    written,
  }: { moveId: string; place: number; table: string; of: string; written: string[] },
): Promise<void> {
  const sum = (content: string) =>
    `select count(*)::int as count, coalesce(sum(hashtextextended(${content}, 0)), 0)::text as sum`;
  const row = (of: string) => `row(${written.map((column) => `${of}.${column}`).join(", ")})::text`;
  const sent = await from.query<{ count: number; sum: string }>(
    `${sum(row("(r)"))} from (
       select content::${table} as r from departures where move_id = $1 and place = $2 offset 0) as packed`,
    [moveId, place],
  );
  const arrived = await tx.query<{ count: number; sum: string }>(`${sum(row("t"))} from ${table} t where ${of}`);
  const [before, after] = [sent.rows[0], arrived.rows[0]];
  if (before?.count !== after?.count || before?.sum !== after?.sum)
    throw new Error(`${after?.count} rows of ${table} arrived, and not all of the ${before?.count} as they were.`);
}

/** The jobs of a user name them, or a delivery of theirs. They are sent again, since the queue's tables are not ours. */
const JOBS = `from jobs.job where state = any ($2::text[]::jobs.job_state[]) and (data ->> 'userId' = any ($1::text[])
  or data ->> 'deliveryId' in (select id::text from webhook_deliveries where user_id = any ($1::text[])))`;

const JOBS_PLACE = -1;

export interface PackedJob {
  name: string;
  priority: number;
  group: string | null;
  data: object;
}

/** Whether one of their jobs is running. */
export async function isJobRunning(tx: pg.PoolClient, userIds: readonly string[]): Promise<boolean> {
  return ((await tx.query(`select ${JOBS} limit 1`, [userIds, ["active"]])).rowCount ?? 0) > 0;
}

/** Call before `packRows`, by which deliveries are gone. */
export async function packJobs(tx: pg.PoolClient, moveId: string, userIds: readonly string[]): Promise<void> {
  await tx.query(
    `with taken as (delete ${JOBS} returning name, priority, group_id as "group", data)
     insert into departures (move_id, place, table_name, content)
     select $3, ${JOBS_PLACE}, 'jobs.job', to_jsonb(taken)::text from taken`,
    [userIds, ["created", "retry"], moveId],
  );
}

export async function readPackedJobs(from: pg.PoolClient, moveId: string): Promise<PackedJob[]> {
  const { rows } = await from.query<{ job: PackedJob }>(
    `select content::jsonb as job from departures where move_id = $1 and place = ${JOBS_PLACE} order by line`,
    [moveId],
  );
  return rows.map(({ job }) => job);
}

/** The keys of stored files that were packed. */
export async function listPackedFiles(db: Db, moveId: string): Promise<string[]> {
  const { rows } = await db.query<{ key: string }>(
    `select (content::media).storage_key as key from departures
     where move_id = $1 and table_name = 'media' and (content::media).storage_key is not null
     union all
     select (content::resumable_upload_parts).storage_key from departures
     where move_id = $1 and table_name = 'resumable_upload_parts'`,
    [moveId],
  );
  return rows.map(({ key }) => key);
}

/** PostgreSQL takes no parameters in what `of` would be a part of, and these are IDs that we made. */
function filled(of: string, userIds: readonly string[]): string {
  return of.replaceAll("$1", `array[${userIds.map((id) => pg.escapeLiteral(id)).join(", ")}]::text[]`);
}

function ordered(order: string): string {
  return order.replace(/^\w+/, (column) => `(r).${column}`);
}
