import { snapshot } from "../answers.ts";
import type { World } from "../world.ts";

/** Everything stored about users and by them. */
export async function everything(world: World): Promise<Record<string, unknown>> {
  const read = async (sql: string) => (await world.database.pool.query(sql)).rows;
  const others = [
    "users",
    "sessions",
    "sign_in_methods",
    "passkeys",
    "two_factors",
    "invites",
    "members",
    "member_invites",
    "verifications",
    "webhooks",
    "notification_settings",
    "member_notification_settings",
    "notices",
    "publishing_pauses",
    "billing_customers",
    "subscriptions",
    "billing_events",
    "oauth_apps",
    "oauth_attempts",
  ];
  const rows = await Promise.all(
    others.map(
      async (table) =>
        await read(`select to_jsonb(t) - 'updated_at' - 'last_seen_at' as row from ${table} t order by 1`),
    ),
  );
  return { ...(await snapshot(world)), rows, jobs: world.jobs.length };
}
