import { randomUUID } from "node:crypto";

import type pg from "pg";

import { TENANT_ROWS } from "../server/db/tenant-rows.ts";

/**
 * Gives a user a row in every table that has something of tenants. New tables and columns are filled by themselves,
 * unless what they accept is special: see `SPECIAL`.
 */
export async function fillTenant(pool: pg.Pool, userId: string): Promise<void> {
  const member = `${userId}_member`;
  await pool.query("insert into users (id) values ($1)", [member]);
  const made = new Map([
    ["user", userId],
    ["member", member],
  ]);
  for (const { table, stay } of TENANT_ROWS) {
    if (stay === true && table === "oauth_apps") continue;
    const { rows: columns } = await pool.query<{ name: string; type: string }>(
      `select a.attname as name, format_type(a.atttypid, null) as type from pg_attribute a
       where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attidentity = ''
         and (a.attname = any ($2) or a.attnotnull and not a.atthasdef) order by a.attnum`,
      [table, Object.keys(SPECIAL[table] ?? {})],
    );
    const values = columns.map(({ name, type }) =>
      (SPECIAL[table]?.[name] ?? NAMED[name] ?? OF_TYPE[type] ?? "").replaceAll(
        /<(\w+)>/g,
        (_, what: string) => made.get(what) ?? (what === "hex" ? randomUUID().replaceAll("-", "") : randomUUID()),
      ),
    );
    made.set(table, values[columns.findIndex(({ name }) => name === "id")] ?? "");
    await pool
      .query(
        `insert into ${table} (${columns.map(({ name }) => name).join(", ")})
         values (${columns.map(({ type }, place) => `$${place + 1}::text::${type}`).join(", ")})`,
        values,
      )
      .catch((error: Error) => {
        throw new Error(`${table}: ${error.message}; see SPECIAL in tests/tenant-filler.ts`);
      });
  }
}

/** What columns of a type get, as PostgreSQL reads it. */
const OF_TYPE: Readonly<Record<string, string>> = {
  text: "<random>",
  uuid: "<random>",
  bytea: "\\xff<hex>",
  jsonb: '{"a": [1.50, "ü\\n\\\\"]}',
  json: '{"b":1,  "a":"as it was sent"}',
  integer: "7",
  smallint: "1",
  bigint: "9007199254740993",
  boolean: "true",
  date: "2027-01-31",
  "text[]": '{"a","b, \\"c\\""}',
  "uuid[]": "{}",
  "integer[]": "{1,2}",
  "timestamp with time zone": "2027-01-31T09:30:00.123Z",
  mode: "live",
};

const NAMED: Readonly<Record<string, string>> = {
  user_id: "<user>",
  mode: "live",
  platform: "threads",
  platform_set_id: "<platform_sets>",
  account_id: "<accounts>",
  post_id: "<posts>",
  platform_post_id: "<platform_posts>",
  webhook_id: "<webhooks>",
  grant_id: "<api_keys>",
  media_id: "<media>",
  upload_id: "<resumable_uploads>",
  storage_key: "media/ab/<random>",
};

const SPECIAL: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  member_notification_settings: { member_id: "<members>" },
  users: { id: "<user>", email: "<user>@example.com" },
  verifications: { value: "<user>" },
  invites: { invited_by: "<user>" },
  api_keys: { digest: "\\xff<hex>", prefix: "amp_live_abc" },
  mcp_tokens: { digest: "\\xff<hex>", kind: "access" },
  members: { member_id: "<member>", role: "writer" },
  member_invites: { role: "viewer" },
  media: { status: "ready" },
  idempotency_keys: { status: "201" },
  publish_steps: { effect: "visible", result: "unknown" },
  posts: { status: "scheduled" },
  platform_posts: { status: "pending" },
  audit_events: { user_id: "<user>", actor_kind: "instance" },
  budget_limits: { budget: "live fees user <user>", set_by: "operator" },
  publishing_pauses: { user_id: "<user>", mode: "live" },
  oauth_apps: { user_id: "<user>" },
};
