import { join } from "node:path";

import { startSandbox, type Sandbox } from "../sandbox/server.ts";
import { answerStarter } from "../server/start/attached-process.ts";
import { closeDataDir } from "../server/start/data-dir.ts";
import { readSettings } from "./settings.ts";
import { stayUntilTold } from "./stay.ts";

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
    throw new Error(advice(error, config.sandbox.port) ?? error.message, { cause: error });
  });
  // The server may have failed to start in the meantime.
  if (options.attached && !process.connected) return await sandbox.close();
  stayUntilTold(log, { stop: () => sandbox.close() }, { signals: !options.attached });
  log.info({ url: sandbox.url }, "The sandbox is ready");
  if (sandbox.tls) console.log(howToTrust(sandbox.tls).join("\n"));
  if (options.attached) answerStarter();
}

function advice({ code, port }: NodeJS.ErrnoException & { port?: number }, own: number): string | undefined {
  if (code === "EADDRINUSE" && port === own)
    return `Port ${port} is in use by another program. Stop that program, or set AMPOST_SANDBOX_PORT to another port.`;
  if (code === "EADDRINUSE") return `Port ${port} is in use by another program. Stop that program, or use --tls PORT.`;
  if (code === "EACCES")
    return `Port ${port} needs privileges that this user does not have. Use another one, such as --tls 8443.`;
  return undefined;
}

const HOSTS_A_LINE = 6;

/** What clients with fixed URLs need: where the hosts are, and whom to trust. */
function howToTrust({ port, hosts, caPath }: NonNullable<Sandbox["tls"]>): string[] {
  const lines = Array.from({ length: Math.ceil(hosts.length / HOSTS_A_LINE) }, (_, line) =>
    hosts.slice(line * HOSTS_A_LINE, (line + 1) * HOSTS_A_LINE).join(" "),
  );
  return [
    `TLS for the platforms' host names is on port ${port}.`,
    "",
    "# Lines for the hosts file, such as /etc/hosts, so that clients find them here:",
    ...lines.map((names) => `127.0.0.1 ${names}`),
    "",
    "# So that clients trust them (Node.js; Python's requests; OpenSSL, Go and Ruby; curl):",
    `export NODE_EXTRA_CA_CERTS=${caPath}`,
    `export REQUESTS_CA_BUNDLE=${caPath}`,
    `export SSL_CERT_FILE=${caPath}`,
    `export CURL_CA_BUNDLE=${caPath}`,
  ];
}
