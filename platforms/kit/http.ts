/**
 * The one way to a platform. One call is one request: no retries, no redirects, a hard time-out, a bounded answer.
 * In test mode `https://HOST/PATH` goes to `{sandbox}/HOST/PATH`, so brokers run the same code in both modes.
 */
export interface HttpClient {
  /**
   * Sends one request. Resolves with any answer that came whole, whatever its status. Throws a TransportError otherwise.
   */
  send(request: HttpRequest): Promise<HttpAnswer>;
}

export interface HttpRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The platform's real address. */
  url: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  /** At most one of these three. */
  form?: Record<string, string>;
  json?: unknown;
  bytes?: { contentType: string; sizeBytes: number; open(): Promise<ReadableStream<Uint8Array>> };
  /** For the whole exchange; 30 s where none is given. */
  timeoutSeconds?: number;
}

export interface HttpAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  text: string;
  /** The body as JSON, with whole numbers beyond 2^53 kept as strings of digits; undefined where it is no JSON. */
  json(): unknown;
}
