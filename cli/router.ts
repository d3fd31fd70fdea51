import { once } from "node:events";

import { createRouter } from "../router/router.ts";
import { runUntilStopped } from "./run-until-stopped.ts";
import { readSettings } from "./settings.ts";

/** Runs a router until it is stopped. It stores nothing and needs no database. */
export async function runRouter(): Promise<void> {
  const { config, log } = await readSettings("router");
  const { router, cellSecret, trustProxy, host, port, stopSeconds, drainSeconds } = config;
  if (router === null || cellSecret === null)
    throw new Error("Set AMPOST_ROUTER_CELLS to the names and URLs of the cells, and AMPOST_CELL_SECRET.");
  const server = createRouter({ ...router, secret: cellSecret, trustProxy, onProblem: (problem) => log.warn(problem) });
  server.listen(port, host);
  await once(server, "listening");
  const stop = async () => {
    const closed = once(server, "close");
    server.close();
    // Event streams would not end by themselves.
    setTimeout(() => server.closeAllConnections(), (stopSeconds / 2) * 1000).unref();
    await closed;
  };
  runUntilStopped(log, { stop }, { stopSeconds, drainSeconds });
  log.info({ host, port, cells: router.cells.map(({ name }) => name) }, "Ready");
}
