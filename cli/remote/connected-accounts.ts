import type { Platform } from "../../client/index.ts";
import { answer } from "../answer.ts";
import { type ClientOptions, withClient } from "./client-command.ts";
import { linesOfTimes, readTimes, type TimesOptions } from "./posting-times.ts";
import { columns, plain, statusOf } from "./show.ts";

export async function runListAccounts(options: ClientOptions & { platform?: Platform; set?: string }): Promise<void> {
  await withClient(options, async (client) => {
    const { accounts } = await client.accounts.list({
      ...(options.platform && { platform: options.platform }),
      ...(options.set && { platformSetId: options.set }),
    });
    const rows = accounts.map(({ id, platform, username, displayName, tokenHealth }) => [
      id,
      platform,
      plain(username ?? displayName ?? ""),
      statusOf(tokenHealth),
    ]);
    answer(options, { accounts }, rows.length > 0 ? columns(rows) : ["No accounts are connected."]);
  });
}

export async function runGetAccount(id: string, options: ClientOptions): Promise<void> {
  await withClient(options, async (client) => {
    const { account } = await client.accounts.get(id);
    const {
      platform,
      username,
      displayName,
      status,
      tokenHealth,
      tokenHealthReason,
      tokenExpiresAt,
      dataAccessExpiresAt,
      platformSetId,
      connectedAt,
    } = account;
    const rows = Object.entries({
      platform,
      username,
      displayName,
      status,
      tokenHealth,
      tokenHealthReason,
      tokenExpiresAt,
      dataAccessExpiresAt,
      platformSetId,
      connectedAt,
    });
    answer(options, { account }, [
      account.id,
      ...columns(rows.map(([name, value]) => [`  ${name}`, plain(value ?? "–")])),
    ]);
  });
}

export async function runAccountPostingTimes(
  id: string,
  options: ClientOptions & TimesOptions & { followSet?: boolean },
): Promise<void> {
  const times = readTimes(options);
  await withClient(options, async ({ accounts }) => {
    let { postingTimes } = await accounts.getPostingTimes(id);
    if (times !== null || options.followSet === true) {
      const timeZone = options.timeZone ?? postingTimes.timeZone;
      const own = times === null ? null : { timeZone, times };
      ({ postingTimes } = await accounts.setPostingTimes(id, { postingTimes: own }));
    }
    const whose = postingTimes.isOwn ? "Own times" : "Follows the platform set";
    answer(options, { postingTimes }, [whose, ...linesOfTimes(postingTimes)]);
  });
}
