import { randomInt } from "node:crypto";
import { createServer } from "node:net";

const given = new Set<number>();

/**
 * A free port, different for every call. It is below the ephemeral range that the system uses for connections and for
 * port 0, so that nothing takes it before it is in use.
 */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    if (given.has(port) || !(await isPortFree(port, "127.0.0.1"))) continue;
    given.add(port);
    return port;
  }
}

/** Whether another process could still listen there. */
export function isPortFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
