import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** A load balancer as simple as they come: it asks each backend for `/readyz`, and repeats no request. */
export interface ReadyProxy {
  url: string;
  /** Resolves when the backend gets requests. */
  untilReady(port: number): Promise<void>;
  close(): Promise<void>;
}

const LOOK_MILLISECONDS = 100;

/** Forwards to the ready ones among these ports of loopback, in turn, over connections that it keeps alive. */
export async function startReadyProxy(port: number, backends: readonly number[]): Promise<ReadyProxy> {
  const agent = new Agent({ keepAlive: true });
  const ready = new Set<number>();
  /** If none is ready, the last that was is probably only busy. */
  let last: number | undefined;
  let turn = 0;
  // Nothing but the backends may end a connection.
  const server = createServer({ keepAliveTimeout: 0 }, (incoming, outgoing) => {
    turn += 1;
    const chosen = [...ready][turn % Math.max(1, ready.size)] ?? last;
    if (chosen === undefined) return void outgoing.writeHead(503).end("no backend is ready");
    forward(incoming, outgoing, { agent, port: chosen });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  let isOver = false;
  const looking = backends.map(async (backend) => {
    while (!isOver) {
      if (await isReady(backend)) ready.add(backend);
      else if (ready.delete(backend)) last = backend;
      await sleep(LOOK_MILLISECONDS);
    }
  });
  return {
    url: `http://127.0.0.1:${port}`,
    untilReady: async (backend) => {
      while (!ready.has(backend)) await sleep(LOOK_MILLISECONDS);
    },
    close: async () => {
      isOver = true;
      await Promise.all(looking);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      agent.destroy();
    },
  };
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, to: { agent: Agent; port: number }): void {
  const { connection: _connection, ...headers } = incoming.headers;
  const onward = request(
    { ...to, host: "127.0.0.1", method: incoming.method, path: incoming.url, headers },
    (answer) => {
      const { connection: _ours, ...rest } = answer.headers;
      outgoing.writeHead(answer.statusCode ?? 502, rest);
      answer.pipe(outgoing);
      answer.once("error", () => outgoing.destroy());
    },
  );
  onward.once("error", (error) => {
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502).end(String(error));
  });
  incoming.pipe(onward);
}

async function isReady(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/readyz`).then(
    async ({ status, body }) => {
      await body?.cancel();
      return status === 200;
    },
    () => false,
  );
}
