import pg from "pg";
import type { Logger } from "pino";

/** Notifications between processes. They are hints and can be lost: listeners also poll. */
export const CHANNELS = {
  /** Something may be due sooner than known. Payload: empty. */
  due: "ampost_due",
  /** The hold on publishing was released. Payload: empty. */
  released: "ampost_released",
  /** A post changed in a way that a caller can see. Payload: its id. */
  post: "ampost_post",
  /** A job was queued. Payload: its queue. */
  jobs: "ampost_jobs",
  /** A setting of a platform was replaced. Payload: empty. */
  settings: "ampost_settings",
  /** An API key was revoked. Payload: its id. */
  keys: "ampost_keys",
  /** A user was suspended, resumed or deleted. Payload: the user's id. */
  users: "ampost_users",
  /** A user's plan or limits changed. Payload: the user's id. */
  plans: "ampost_plans",
  /**
   * An MCP client answered a question of a call that another process may be running. Payload: JSON of session, question
   * and answer.
   */
  mcp: "ampost_mcp",
} as const;

export type Channel = (typeof CHANNELS)[keyof typeof CHANNELS];

export interface Listener {
  /** Calls `heard` with the payload of every message; returns a function that stops it. */
  on(channel: Channel, heard: (payload: string) => void): () => void;
  /** Called whenever a lost connection is reestablished: notifications in between have been missed. */
  onReconnect(back: () => void): () => void;
  close(): Promise<void>;
}

/**
 * One long-lived connection that listens on every channel. It reconnects automatically, after 100 ms up to 5 s between
 * attempts. Resolves when the first connection is established; rejects if that fails.
 */
export async function createListener(connectionString: string, log: Pick<Logger, "warn" | "debug">): Promise<Listener> {
  const heardBy = new Map<string, Set<(payload: string) => void>>(
    Object.values(CHANNELS).map((channel) => [channel, new Set()]),
  );
  const reconnected = new Set<() => void>();
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let client = await connect();

  async function connect(): Promise<pg.Client> {
    const fresh = new pg.Client({ connectionString, keepAlive: true, application_name: "ampost listen" });
    // Without a listener, an error on an idle connection would end the process; its end is handled separately.
    fresh.on("error", () => undefined);
    try {
      await fresh.connect();
      await fresh.query([...heardBy.keys()].map((channel) => `listen ${channel}`).join("; "));
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
    log.debug("the connection that listens to the database was lost");
    reconnect(100);
  }

  function reconnect(delayMilliseconds: number): void {
    timer = setTimeout(() => {
      connect().then(
        (fresh) => {
          if (closed) return void fresh.end();
          client = fresh;
          log.debug("listening to the database again");
          for (const back of reconnected) back();
        },
        (error: unknown) => {
          if (closed) return;
          log.warn({ err: error }, "the database cannot be listened to; it is polled instead");
          reconnect(Math.min(delayMilliseconds * 2, 5_000));
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
