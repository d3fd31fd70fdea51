import { join } from "node:path";

import { explainTls, portAdvice } from "../sandbox/advice.ts";
import { startSandbox } from "../sandbox/server.ts";
import { answerStarter } from "../server/start/attached-process.ts";
import { closeDataDir } from "../server/start/data-dir.ts";
import { runUntilStopped } from "./run-until-stopped.ts";
import { readSettings } from "./settings.ts";

/**
 * Runs the sandbox until it is stopped. Attached to a server, it listens on loopback and exits with that server: it
 * ignores signals to the whole process group, because the server still needs it to finish publishing.
 */
export async function runSandbox(options: { attached?: boolean; tls?: number }): Promise<void> {
  const { config, log } = await readSettings("sandbox");
  // Its request log contains tokens.
  process.umask(0o077);
  await closeDataDir(config);
  const sandbox = await startSandbox({
    port: config.sandbox.port,
    ...(options.tls !== undefined && { tlsPort: options.tls }),
    host: options.attached ? "127.0.0.1" : config.host,
    dataDir: join(config.dataDir, "sandbox"),
    limits: config.sandbox.limits,
    appUrl: config.appUrl,
    mediaUrl: config.mediaUrl,
    allowPrivateUrls: config.sandbox.allowPrivateUrls,
    log: (message, error) => log.error({ err: error }, message),
  }).catch((error: NodeJS.ErrnoException & { port?: number }) => {
    throw new Error(portAdvice(error, { port: config.sandbox.port, setting: "AMPOST_SANDBOX_PORT" }) ?? error.message, {
      cause: error,
    });
  });
  // The server may have failed to start in the meantime.
  if (options.attached && !process.connected) return await sandbox.close();
  runUntilStopped(log, { stop: () => sandbox.close() }, { signals: !options.attached });
  log.info({ url: sandbox.url }, "The sandbox is ready");
  if (sandbox.tls) console.log(explainTls(sandbox.tls).join("\n"));
  if (options.attached) answerStarter();
}
