import { integer, integerOrNull, text, textOrNull, type Store } from "./store.ts";

/** The log of recent requests to the platforms' sandboxes. It is on disk and read back in pages. */
export interface Requests {
  /** Logs a request and returns its number. */
  add(request: NewRequest): number;
  setStatus(number: number, status: number): void;
  /** In the order received. */
  list(options: {
    after: number;
    limit: number;
    platform?: string;
    operation?: string;
  }): { number: number; request: LoggedRequest }[];
}

export interface LoggedRequest {
  at: string;
  platform: string;
  /** Null if the platform has no such endpoint. */
  operation: string | null;
  method: string;
  url: string;
  headers: unknown;
  body: unknown;
  /** Null if there was no response, or none yet. */
  status: number | null;
}

export interface NewRequest extends Omit<LoggedRequest, "at" | "status"> {
  /** Milliseconds since 1970. */
  at: number;
}

/** How much of the log is kept: the newest entries. */
export const KEPT_REQUESTS = { entries: 50_000, bytes: 128 * 1024 * 1024 };

/** The log can exceed that by this much before it is trimmed. */
const SLACK = { entries: 1_000, bytes: 16 * 1024 * 1024 };

/** Read from the row headers: the texts themselves stay on disk. */
const BYTES = "octet_length(url) + octet_length(headers) + octet_length(body)";

export function openRequests(store: Store, kept = KEPT_REQUESTS, slack = SLACK): Requests {
  const since = { entries: 0, bytes: 0 };
  const cut = () => {
    since.entries = since.bytes = 0;
    store.run(
      `DELETE FROM requests WHERE seq <= (SELECT max(seq) FROM (
         SELECT seq, row_number() OVER newest AS entries, sum(${BYTES}) OVER newest AS bytes
         FROM requests WINDOW newest AS (ORDER BY seq DESC)
       ) WHERE entries > ? OR bytes > ?)`,
      kept.entries,
      kept.bytes,
    );
  };
  return {
    add(request) {
      const [headers, body] = [JSON.stringify(request.headers), JSON.stringify(request.body ?? null)];
      since.entries += 1;
      since.bytes += request.url.length + headers.length + body.length;
      if (since.entries > slack.entries || since.bytes > slack.bytes) cut();
      const row = store.get(
        `INSERT INTO requests (at, platform, operation, method, url, headers, body) VALUES (?, ?, ?, ?, ?, ?, ?)
         RETURNING seq`,
        request.at,
        request.platform,
        request.operation,
        request.method,
        request.url,
        headers,
        body,
      );
      return integer(row, "seq");
    },
    setStatus(number, status) {
      store.run("UPDATE requests SET status = ? WHERE seq = ?", status, number);
    },
    list({ after, limit, platform, operation }) {
      return store
        .all(
          `SELECT * FROM requests WHERE seq > ? AND (? IS NULL OR platform = ?) AND (? IS NULL OR operation = ?)
           ORDER BY seq LIMIT ?`,
          after,
          platform ?? null,
          platform ?? null,
          operation ?? null,
          operation ?? null,
          limit,
        )
        .map((row) => ({
          number: integer(row, "seq"),
          request: {
            at: new Date(integer(row, "at")).toISOString(),
            platform: text(row, "platform"),
            operation: textOrNull(row, "operation"),
            method: text(row, "method"),
            url: text(row, "url"),
            headers: JSON.parse(text(row, "headers")),
            body: JSON.parse(text(row, "body")),
            status: integerOrNull(row, "status"),
          },
        }));
    },
  };
}
