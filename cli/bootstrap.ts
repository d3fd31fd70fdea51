import type { Account } from "../contract/operations/accounts.ts";
import { PLATFORM_NAMES } from "../model/platform-names.ts";
import type { Tenant } from "../model/tenant.ts";
import { platforms } from "../platforms/index.ts";
import { listSets } from "../server/db/queries/platform-sets.ts";
import { listAccounts } from "../server/domain/accounts/accounts.ts";
import { createApiKey } from "../server/domain/api-keys/api-keys.ts";
import type { Instance } from "../server/start/instance.ts";
import { answer } from "./answer.ts";
import { callerOf, findUser, type InstanceOptions, withInstance } from "./instance-command.ts";
import { connectInSandbox } from "./sandbox-accounts.ts";

/** Everything a first post in test mode needs. Existing parts are kept; the key is new each time. */
export async function runBootstrap(options: InstanceOptions): Promise<void> {
  const made = await withInstance(async (instance) => {
    const user = await findUser(instance, options);
    const caller = callerOf(user, "test");
    const set = (await listSets.all(instance.pool, [caller.userId, caller.mode])).find((each) => each.is_default);
    if (set === undefined) throw new Error(`${user.email} has no default test set`);
    const place = { userId: user.id, platformSetId: set.id };
    const working = new Set((await accountsOf(instance, caller, set.id)).filter(works).map(({ platform }) => platform));
    await connectInSandbox(
      instance,
      place,
      PLATFORM_NAMES.filter((name) => platforms[name].broker !== undefined && !working.has(name)),
    );
    const { apiKey } = await createApiKey(instance, caller, { name: "bootstrap" });
    return {
      user,
      apiKey,
      platformSetId: set.id,
      accounts: await accountsOf(instance, caller, set.id),
      baseUrl: instance.config.apiUrl,
    };
  });
  answer(options, made, [
    `user      ${made.user.email}`,
    `set       ${made.platformSetId}`,
    ...made.accounts.map((account) => `account   ${account.platform} ${account.username ?? account.platformAccountId}`),
    `API       ${made.baseUrl}`,
    `test key  ${made.apiKey}`,
  ]);
}

async function accountsOf(instance: Instance, caller: Tenant, platformSetId: string): Promise<Account[]> {
  return (await listAccounts(instance, caller, { platformSetId })).body.accounts;
}

function works({ tokenHealth }: Account): boolean {
  return tokenHealth === "healthy" || tokenHealth === "expiring";
}
