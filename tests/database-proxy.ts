import { chmod, mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";

import pg from "pg";

export interface DatabaseProxy {
  url: string;
  /** The database is gone for those who use the proxy. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  close(): Promise<void>;
}

/** The tests' own temporary folder is closed to other users, such as a pooler's. */
export const OPEN_FOLDER = "/tmp";

/** Forwards connections to a database, whose server listens on a socket in a folder. Every user can use it. */
export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const { host, port } = new pg.Client({ connectionString: databaseUrl });
  const folder = await mkdtemp(join(OPEN_FOLDER, "ampost-proxy-"));
  await chmod(folder, 0o755);
  const socketFile = join(folder, `.s.PGSQL.${port}`);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(`${host}/.s.PGSQL.${port}`);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on("error", () => undefined);
      from.once("close", () => to.destroy());
      from.pipe(to);
    }
  });
  const accept = async () => {
    await new Promise<void>((resolve) => server.listen(socketFile, resolve));
    await chmod(socketFile, 0o777);
  };
  const refuse = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      server.close(() => resolve());
    });
  await accept();
  return {
    url: databaseUrl.replaceAll(encodeURIComponent(host), encodeURIComponent(folder)),
    accept,
    refuse,
    close: async () => {
      await refuse();
      await rm(folder, { recursive: true });
    },
  };
}
