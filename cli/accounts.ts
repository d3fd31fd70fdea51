import { isPlatformName, PLATFORM_NAMES } from "../model/platform-names.ts";
import { findOwnerOfTarget } from "../server/db/queries/pauses.ts";
import { readAccount } from "../server/domain/accounts/accounts.ts";
import type { Instance } from "../server/start/instance.ts";
import { answer } from "./answer.ts";
import { findUser, isId, type InstanceOptions, withInstance } from "./instance-command.ts";
import { connectInSandbox } from "./sandbox-accounts.ts";

export async function runConnectAccount(options: InstanceOptions & { set: string; platform: string }): Promise<void> {
  const { platform, set } = options;
  if (!isPlatformName(platform))
    throw new Error(`Unknown platform "${platform}". Choose one of: ${PLATFORM_NAMES.join(", ")}.`);
  if (!isId(set)) throw new Error(`"${set}" is not a platform set ID.`);
  const account = await withInstance(async (instance) => {
    const userId = options.email === undefined ? await ownerOf(instance, set) : (await findUser(instance, options)).id;
    const [id = ""] = await connectInSandbox(instance, { userId, platformSetId: set }, [platform]);
    return await readAccount(instance, instance.pool, { userId, mode: "test" }, id);
  });
  answer(options, account, [
    `Connected ${account.platform} account ${account.username ?? account.platformAccountId} (${account.id}).`,
  ]);
}

/** The user whose test set it is. */
async function ownerOf({ pool }: Pick<Instance, "pool">, set: string): Promise<string> {
  const owner = await findOwnerOfTarget.one(pool, [set, null]);
  if (owner?.mode !== "test") throw new Error(`No platform set in test mode has the ID ${set}.`);
  return owner.user_id;
}
