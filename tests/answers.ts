import assert from "node:assert/strict";

import { z } from "zod";

import { PUBLIC_CODES } from "../model/errors.ts";
import type { Called, World } from "./world.ts";

const issue = z.strictObject({
  rule: z.string().min(1),
  code: z.string().refine((code) => code in PUBLIC_CODES),
  platform: z.string().nullable(),
  path: z.string().regex(/^(\/.*)?$/s),
  message: z.string().min(1),
  actual: z.json(),
  limit: z.json(),
  fix: z.string().min(1),
});

const refusal = z.strictObject({
  error: z.string().min(1),
  code: z.string().refine((code) => code in PUBLIC_CODES),
  docs: z.url(),
  requestId: z.uuid(),
  issues: z.array(issue),
  object: z.strictObject({ type: z.string(), id: z.string().min(1) }).optional(),
});

export type Refusal = z.output<typeof refusal>;

/**
 * Checks the body of an error against its schema: all members, the first issue first, and the request ID of the header.
 */
export function asRefusal({ status, headers, body }: Called, expected?: number): Refusal {
  if (expected !== undefined) assert.equal(status, expected, JSON.stringify(body));
  const parsed = refusal.parse(body);
  assert.equal(parsed.requestId, headers.get("x-request-id"));
  assert.ok(parsed.docs.endsWith(`/docs/errors/${parsed.code}`), parsed.docs);
  const [first] = parsed.issues;
  if (first !== undefined) assert.deepEqual([parsed.error, parsed.code], [first.message, first.code]);
  return parsed;
}

/** The object in an envelope. */
export function objectIn(body: unknown, name: string): Record<string, unknown> {
  return z
    .looseObject({ [name]: z.looseObject({}) })
    .transform((envelope) => z.looseObject({}).parse(envelope[name]))
    .parse(body);
}

export function idOf(body: unknown, name: string): string {
  return z.string().parse(objectIn(body, name).id);
}

const TABLES = [
  "platform_sets",
  "accounts",
  "connections",
  "posts",
  "platform_posts",
  "post_media",
  "media",
  "outbox",
  "idempotency_keys",
  "connect_links",
  "api_keys",
  "mcp_tokens",
  "post_approvals",
  "audit_events",
];

/** Counts the rows of users, to detect whether something was partly stored. */
export async function countRows({ services }: World): Promise<unknown> {
  const count = TABLES.map((table) => `(select count(*) from ${table})::int as ${table}`).join(", ");
  return (await services.pool.query({ name: "count rows", text: `select ${count}` })).rows[0];
}

/**
 * Everything stored for users, to detect whether a call changed anything. The last use of a key is excluded, since it
 * is stored a little later.
 */
export async function snapshot({ services }: World): Promise<Record<string, unknown[]>> {
  const read = async (table: string) =>
    (
      await services.pool.query<{ row: unknown }>(
        `select to_jsonb(t) - 'last_used_at' as row from ${table} t order by 1`,
      )
    ).rows.map(({ row }) => row);
  const entries = await Promise.all(
    TABLES.map(async (table): Promise<[string, unknown[]]> => [table, await read(table)]),
  );
  const files: string[] = [];
  for await (const { key } of services.storage.list()) files.push(key);
  return Object.fromEntries([...entries, ["files", files.sort()]]);
}
