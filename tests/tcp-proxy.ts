import { createServer, connect, type Server, type Socket } from "node:net";

import { findFreePort } from "../cli/free-port.ts";

/** What happens to a connection on which a request matches. */
export interface Trouble {
  /** Matched against what the client sends at once, which begins with a request line and some headers. */
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
      forward(client);
    });
  }

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  }

  function find(bytes: Buffer): Trouble["act"] | undefined {
    const found = troubles.find((trouble) => trouble.times > 0 && trouble.match.test(bytes.toString("latin1")));
    if (found === undefined) return undefined;
    found.times -= 1;
    struck += 1;
    return found.act;
  }

  /** The client's bytes are forwarded even if the client has disconnected, as on a real network. */
  function forward(client: Socket): void {
    let upstream: Socket | undefined;
    /** What happens to the next response. */
    let act: Trouble["act"] | undefined;
    let isOver = false;
    let isDelayed = false;

    const send = (bytes: Buffer): void => {
      upstream ??= open();
      pass(bytes, client, upstream);
      if (client.destroyed) upstream.end();
    };
    const open = (): Socket => {
      const opened = connect({ port: targetPort, host: "127.0.0.1" });
      keep(opened);
      opened.on("data", (answer: Buffer) => {
        if (act?.kind === "reset_after") client.resetAndDestroy();
        else if (act?.kind === "cut_answer")
          client.write(answer.subarray(0, act.bytes), () => client.resetAndDestroy());
        else pass(answer, opened, client);
      });
      opened.once("close", () => client.destroy());
      return opened;
    };

    client.on("data", (bytes: Buffer) => {
      if (isOver) return;
      act = find(bytes) ?? act;
      if (act?.kind === "reset_before") return void client.resetAndDestroy();
      isOver = act?.kind === "swallow" || act?.kind === "answer";
      if (act?.kind === "answer") client.end(act.bytes);
      if (isOver) return;
      if (act?.kind !== "delay") return send(bytes);
      client.pause();
      isDelayed = true;
      setTimeout(() => {
        isDelayed = false;
        send(bytes);
        client.resume();
      }, act.milliseconds);
      act = undefined;
    });
    client.once("close", () => {
      if (!isDelayed) upstream?.end();
    });
  }

  function pass(bytes: Buffer, from: Socket, to: Socket): void {
    if (to.write(bytes)) return;
    from.pause();
    to.once("drain", () => from.resume());
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
