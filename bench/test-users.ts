import { listSets } from "../server/db/queries/platform-sets.ts";
import { createApiKey } from "../server/domain/api-keys/api-keys.ts";
import { ensureUser } from "../server/domain/users/ensure-user.ts";
import { connectSandboxAccount } from "../server/oauth/connect-sandbox.ts";
import { freshToken } from "../server/oauth/fresh-token.ts";
import type { Instance } from "../server/start/instance.ts";
import type { Installation } from "./installation.ts";

/** The platform used by the benchmarks: the first one with a broker. */
export const PLATFORM = "threads";

/** A user in test mode with one sandbox account. */
export interface TestUser {
  userId: string;
  apiKey: string;
  platformSetId: string;
  account: { id: string; token: string };
}

/** Creates users with an account each; the sandbox must be running. */
export async function createTestUsers({ open }: Installation, count: number): Promise<TestUser[]> {
  return await open(async (instance) => {
    const people: TestUser[] = [];
    for (let number = 0; number < count; number += 1) people.push(await createTestUser(instance, number));
    return people;
  });
}

async function createTestUser(instance: Instance, number: number): Promise<TestUser> {
  const { pool, oauth } = instance;
  const { id: userId } = await ensureUser(instance, `person-${number}@example.com`);
  const [set] = await listSets.all(pool, [userId, "test"]);
  if (set === undefined) throw new Error("A new user has no platform set");
  const accountId = await connectSandboxAccount(oauth, { userId, platformSetId: set.id, platform: PLATFORM });
  const { apiKey } = await createApiKey(instance, { userId, mode: "test" }, { name: "bench" });
  const account = await pool.query<{ platform_account_id: string }>(
    "select platform_account_id from accounts where id = $1",
    [accountId],
  );
  const token = await freshToken(oauth, { accountId, userId, mode: "test" }, { minLifetimeSeconds: 60 });
  return { userId, apiKey, platformSetId: set.id, account: { id: account.rows[0]?.platform_account_id ?? "", token } };
}

/** A request that creates a post with this text: a draft, or due at the given time. */
export function createRequest(person: TestUser, text: string, scheduledFor?: Date) {
  const body = {
    platformSetId: person.platformSetId,
    platforms: [PLATFORM],
    content: { text },
    scheduledFor: scheduledFor?.toISOString(),
  };
  return { method: "POST" as const, path: "/api/v1/posts", headers: headersOf(person), body: JSON.stringify(body) };
}

export function headersOf({ apiKey }: Pick<TestUser, "apiKey">): Record<string, string> {
  return { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
}
