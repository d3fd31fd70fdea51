import { isPlatformName, PLATFORM_NAMES } from "../model/platform-names.ts";
import { readAccount } from "../server/domain/accounts/accounts.ts";
import { answer } from "./answer.ts";
import { callerOf, findUser, isId, type InstanceOptions, withInstance } from "./instance-command.ts";
import { connectInSandbox } from "./sandbox-accounts.ts";

export async function runConnectAccount(options: InstanceOptions & { set: string; platform: string }): Promise<void> {
  const { platform, set } = options;
  if (!isPlatformName(platform))
    throw new Error(`Unknown platform "${platform}". Choose one of: ${PLATFORM_NAMES.join(", ")}.`);
  if (!isId(set)) throw new Error(`"${set}" is not a platform set ID.`);
  const account = await withInstance(async (instance) => {
    const user = await findUser(instance, options);
    const [id = ""] = await connectInSandbox(instance, { userId: user.id, platformSetId: set }, [platform]);
    return await readAccount(instance.pool, callerOf(user, "test"), id);
  });
  answer(options, account, [
    `Connected ${account.platform} account ${account.username ?? account.platformAccountId} (${account.id}).`,
  ]);
}
