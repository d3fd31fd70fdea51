import pg from "pg";
import type { Logger } from "pino";

/** What is told between processes. A message is a hint and may be lost: whoever listens also looks by the clock. */
export const CHANNELS = {
  /** Something may be due sooner than was known. Payload: empty. */
  due: "ampost_due",
  /** Publishing was held and goes on. Payload: empty. */
  released: "ampost_released",
  /** A post changed in a way that a caller can see. Payload: its id. */
  post: "ampost_post",
  /** An API key was revoked. Payload: its id. */
  keys: "ampost_keys",
  /**
   * A client of MCP answered what it was asked in a call that another process may be doing. Payload: JSON of session,
   * question and answer.
   */
  mcp: "ampost_mcp",
} as const;

export type Channel = (typeof CHANNELS)[keyof typeof CHANNELS];

export interface Listener {
  /** Calls `heard` with the payload of every message; returns what ends that. */
  on(channel: Channel, heard: (payload: string) => void): () => void;
  /** Called whenever a connection is there again after one was lost: what was told meanwhile has been missed. */
  onReconnect(back: () => void): () => void;
  close(): Promise<void>;
}

/**
 * One long-lived connection that listens on every channel. It comes back by itself after any loss, waiting from 100 ms
 * up to 5 s between tries. Resolves when the first connection stands; rejects when that cannot be made.
 */
export async function createListener(connectionString: string, log: Pick<Logger, "warn" | "info">): Promise<Listener> {
  const heardBy = new Map<string, Set<(payload: string) => void>>(
    Object.values(CHANNELS).map((channel) => [channel, new Set()]),
  );
  const reconnected = new Set<() => void>();
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let client = await connect();

  async function connect(): Promise<pg.Client> {
    const fresh = new pg.Client({ connectionString, keepAlive: true, application_name: "ampost listen" });
    // Without a listener an error on an idle connection would end the process; its end is what counts.
    fresh.on("error", () => undefined);
    try {
      await fresh.connect();
      for (const channel of heardBy.keys()) await fresh.query(`listen ${channel}`);
    } catch (error) {
      await fresh.end().catch(() => undefined);
      throw error;
    }
    fresh.on("notification", ({ channel, payload }) => {
      for (const heard of heardBy.get(channel) ?? []) heard(payload ?? "");
    });
    fresh.once("end", () => lost());
    return fresh;
  }

  function lost(): void {
    if (closed) return;
    log.warn("the connection that listens to the database was lost");
    reconnect(100);
  }

  function reconnect(delayMilliseconds: number): void {
    timer = setTimeout(() => {
      connect().then(
        (fresh) => {
          if (closed) return void fresh.end();
          client = fresh;
          log.info("listening to the database again");
          for (const back of reconnected) back();
        },
        () => {
          if (!closed) reconnect(Math.min(delayMilliseconds * 2, 5_000));
        },
      );
    }, delayMilliseconds);
  }

  return {
    on(channel, heard) {
      heardBy.get(channel)?.add(heard);
      return () => heardBy.get(channel)?.delete(heard);
    },
    onReconnect(back) {
      reconnected.add(back);
      return () => reconnected.delete(back);
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await client.end();
    },
  };
}
