import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import pg from "pg";

import { findFreePort } from "../cli/free-port.ts";
import { OPEN_FOLDER } from "./database-proxy.ts";

export interface Pooler {
  url: string;
  /** Ends it. Its port refuses connections from then on. */
  close(): Promise<void>;
}

/** The user nobody: PgBouncer refuses to run as root. */
const NOBODY = 65_534;

/** PgBouncer, in front of the database of a URL. */
export async function startPooler(
  databaseUrl: string,
  {
    mode,
    port,
    accepts = ["statement_timeout", "idle_in_transaction_session_timeout"],
  }: {
    mode: "session" | "transaction";
    port?: number;
    /** Startup parameters that it ignores. */
    accepts?: readonly string[];
  },
): Promise<Pooler> {
  const server = new pg.Client({ connectionString: databaseUrl });
  const folder = await mkdtemp(join(OPEN_FOLDER, "ampost-pooler-"));
  await chmod(folder, 0o755);
  const ownPort = port ?? (await findFreePort());
  const users = join(folder, "users.txt");
  await writeFile(users, `"${server.user}" ""\n`);
  const configuration = join(folder, "pgbouncer.ini");
  await writeFile(
    configuration,
    `[databases]
${server.database} = host=${server.host} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${ownPort}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = ${mode}
max_client_conn = 500
default_pool_size = 100
max_prepared_statements = 500
server_login_retry = 1
ignore_startup_parameters = ${["extra_float_digits", ...accepts].join(",")}
`,
  );
  const isRoot = process.getuid?.() === 0;
  const child = spawn("pgbouncer", [configuration], {
    stdio: ["ignore", "ignore", "pipe"],
    ...(isRoot && { uid: NOBODY, gid: NOBODY }),
  });
  const endWithTests = () => child.kill("SIGKILL");
  process.once("exit", endWithTests);
  await whenUp(child);
  return {
    url: `postgresql://${server.user}@127.0.0.1:${ownPort}/${server.database}`,
    close: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      if (child.exitCode === null && child.kill("SIGKILL")) await ended;
      process.off("exit", endWithTests);
      await rm(folder, { recursive: true });
    },
  };
}

function whenUp(child: ChildProcess): Promise<void> {
  let output = "";
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`PgBouncer ended with ${code}: ${output}`)));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (/process up/.test(output)) resolve();
    });
  });
}
