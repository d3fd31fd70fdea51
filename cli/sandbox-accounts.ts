import { join } from "node:path";

import type { PlatformName } from "../model/platform-names.ts";
import { createHttpClient } from "../platforms/kit/http.ts";
import { startSandbox } from "../sandbox/server.ts";
import type { Db } from "../server/db/sql.ts";
import { recordAudit } from "../server/domain/audit/record-audit.ts";
import { BY_INSTANCE } from "../server/domain/call.ts";
import { connectSandboxAccount } from "../server/oauth/connect-sandbox.ts";
import type { Connected } from "../server/oauth/connect.ts";
import type { OAuthServices } from "../server/oauth/services.ts";
import type { Instance } from "../server/start/instance.ts";

/**
 * Connects sandbox accounts to a set and returns their IDs. If no sandbox is running, one runs for the duration: its
 * state is in the data folder.
 */
export async function connectInSandbox(
  instance: Instance,
  where: { userId: string; platformSetId: string },
  platforms: readonly PlatformName[],
): Promise<string[]> {
  if (platforms.length === 0) return [];
  const { services, close } = await reachSandbox(instance);
  try {
    const ids: string[] = [];
    for (const platform of platforms)
      ids.push(
        await connectSandboxAccount(services, { ...where, platform }, (tx, connected) =>
          recordConnected(tx, where.userId, platform, connected),
        ),
      );
    return ids;
  } finally {
    await close();
  }
}

async function recordConnected(
  tx: Db,
  userId: string,
  platform: PlatformName,
  { accountId, again }: Connected,
): Promise<void> {
  await recordAudit(tx, BY_INSTANCE, {
    userId,
    mode: "test",
    action: again ? "account.reconnected" : "account.connected",
    target: accountId,
    data: { platform },
  });
}

async function reachSandbox({
  oauth,
  config,
  log,
}: Instance): Promise<{ services: OAuthServices; close(): Promise<void> }> {
  const { sandbox } = config;
  const answers = await oauth.directHttp
    .send({ method: "GET", url: `${sandbox.url}/_sandbox/health`, timeoutSeconds: 5 })
    .then(
      ({ status }) => status === 200,
      () => false,
    );
  if (answers) return { services: oauth, close: () => Promise.resolve() };
  if (sandbox.elsewhere)
    throw new Error(`The sandbox at ${sandbox.url} does not respond. Start it, or unset AMPOST_SANDBOX_URL.`);
  const own = await startSandbox({
    port: 0,
    dataDir: join(config.dataDir, "sandbox"),
    limits: sandbox.limits,
    appUrl: config.appUrl,
    log: (message, error) => log.error({ err: error }, message),
  });
  const test = createHttpClient({ sandboxUrl: own.url });
  return {
    services: { ...oauth, sandboxUrl: own.url, httpFor: (mode) => (mode === "test" ? test : oauth.httpFor(mode)) },
    close: () => own.close(),
  };
}
