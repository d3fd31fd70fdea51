import { createServer, connect, type Server, type Socket } from "node:net";

import { findFreePort } from "../cli/free-port.ts";

/** What happens to a connection whose first bytes match. */
export interface Trouble {
  /** Matched against the client's first bytes, which are the request line and some headers. */
  match: RegExp;
  /** How many connections are affected. */
  times: number;
  /**
   * `reset_before`: reset without forwarding anything. `swallow`: accepted, but never forwarded or answered.
   * `reset_after`: forwarded, and reset when the response arrives. `cut_answer`: forwarded, and reset after the first
   * bytes of the response. `delay`: forwarded later. `answer`: not forwarded, but answered with these bytes.
   */
  act:
    | { kind: "reset_before" | "swallow" | "reset_after" }
    | { kind: "cut_answer"; bytes: number }
    | { kind: "delay"; milliseconds: number }
    | { kind: "answer"; bytes: string };
}

export interface TcpProxy {
  url: string;
  port: number;
  /** Takes effect from now on. The oldest match wins. */
  trouble(trouble: Trouble): void;
  /** How many connections have been affected. */
  struck(): number;
  /** Refuses new connections. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  close(): Promise<void>;
}

/** Forwards connections to a port on loopback, and disturbs them on request. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const troubles: Trouble[] = [];
  const sockets = new Set<Socket>();
  let struck = 0;
  let server = listener();
  // The sockets are still there when the proxy listens again.
  const port = await findFreePort();
  await listen(server, port);

  function listener(): Server {
    return createServer((client) => {
      keep(client);
      client.once("data", (first: Buffer) => {
        client.pause();
        const found = troubles.find((trouble) => trouble.times > 0 && trouble.match.test(first.toString("latin1")));
        if (found !== undefined) {
          found.times -= 1;
          struck += 1;
        }
        begin(client, first, found?.act);
      });
    });
  }

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  }

  function begin(client: Socket, first: Buffer, act: Trouble["act"] | undefined): void {
    if (act?.kind === "reset_before") return void client.resetAndDestroy();
    if (act?.kind === "swallow") return void client.resume();
    if (act?.kind === "answer") return void client.end(act.bytes);
    if (act?.kind === "delay") return void setTimeout(() => join(client, first, undefined), act.milliseconds);
    join(client, first, act);
  }

  /** The client's bytes are forwarded even if the client has disconnected, as on a real network. */
  function join(client: Socket, first: Buffer, act: Trouble["act"] | undefined): void {
    const upstream = connect({ port: targetPort, host: "127.0.0.1" });
    keep(upstream);
    upstream.write(first);
    client.pipe(upstream);
    upstream.once("data", (answer: Buffer) => {
      if (act?.kind === "reset_after") return void client.resetAndDestroy();
      if (act?.kind === "cut_answer")
        return void client.write(answer.subarray(0, act.bytes), () => client.resetAndDestroy());
      client.write(answer);
      upstream.pipe(client);
    });
    upstream.once("close", () => client.destroy());
    client.once("close", () => upstream.end());
  }

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    trouble: (trouble) => void troubles.push({ ...trouble }),
    struck: () => struck,
    refuse: async () => {
      for (const socket of sockets) socket.destroy();
      await closed(server);
    },
    accept: async () => {
      server = listener();
      await listen(server, port);
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await closed(server);
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    server.close(() => resolve());
  });
}
