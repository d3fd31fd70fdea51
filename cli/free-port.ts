import { randomInt } from "node:crypto";
import { createServer } from "node:net";

const given = new Set<number>();

/**
 * A port that nobody listens on, another at every call. It lies below those that the system gives to connections and to
 * whoever asks for any port, so that nobody takes it before it is listened on.
 */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    if (given.has(port) || !(await isPortFree(port, "127.0.0.1"))) continue;
    given.add(port);
    return port;
  }
}

/** Whether somebody else could still listen there. */
export function isPortFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
