import { type CallOptions, type Connection, pauseAfter, send } from "./call.ts";
import { AmpostError, failureOf, isPassing, refusalOf } from "./errors.ts";
import type { Post } from "./types.ts";

const SETTLED: readonly string[] = ["published", "partial", "failed", "discarded"] satisfies Post["status"][];

/**
 * Once connected, a call must survive a restart of the server: it is retried this many times as often as other calls.
 */
const PATIENCE = 5;

/** The server sends something every 15 seconds; after this long without data, the connection is lost. */
const LONGEST_SILENCE_SECONDS = 60;

/** The post now and after every change until it is settled. Reconnects if the connection is lost. */
export async function* followPost(
  connection: Connection,
  path: string,
  { signal }: CallOptions,
): AsyncGenerator<{ post: Post; etag: string | null }, void> {
  let lastId: string | null = null;
  const patient = { ...connection, retries: connection.retries * PATIENCE };
  for (let failures = 0; ; failures += 1) {
    let failure = new AmpostError("CONNECTION_FAILED", "The server ended the stream before the post was settled.");
    try {
      for await (const { id, data } of readEvents(connection, path, signal)) {
        failures = 0;
        if (id !== null && id === lastId) continue;
        lastId = id;
        const { post }: { post: Post } = JSON.parse(data);
        yield { post, etag: id };
        if (SETTLED.includes(post.status)) return;
      }
    } catch (error) {
      signal?.throwIfAborted();
      failure = failureOf(error);
      if (!isPassing(failure)) throw failure;
    }
    await pauseAfter(lastId === null ? connection : patient, failure, failures, signal);
  }
}

interface ServerSentEvent {
  id: string | null;
  data: string;
}

/**
 * The events of one connection
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream).
 */
async function* readEvents(
  connection: Connection,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ServerSentEvent, void> {
  const silence = new AbortController();
  const endSilence = () => silence.abort(new DOMException("The server has stopped sending.", "TimeoutError"));
  let timer = setTimeout(endSilence, LONGEST_SILENCE_SECONDS * 1000);
  try {
    const response = await send(
      connection,
      { method: "GET", path, headers: { accept: "text/event-stream" }, signal },
      silence.signal,
    );
    if (!response.ok || response.body === null) throw refusalOf(response, await response.text());
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    try {
      let text = "";
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
        clearTimeout(timer);
        timer = setTimeout(endSilence, LONGEST_SILENCE_SECONDS * 1000);
        const blocks = (text + chunk.value).replaceAll("\r\n", "\n").split("\n\n");
        text = blocks.pop() ?? "";
        yield* blocks.map(eventOf).filter((event) => event !== null);
      }
    } finally {
      // Ends the connection when the caller stops listening.
      await reader.cancel().catch(() => undefined);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** One event; null for a block without data, such as a comment. */
function eventOf(block: string): ServerSentEvent | null {
  const values = (field: string) =>
    block
      .split("\n")
      .flatMap((line) => (line.startsWith(`${field}:`) ? [line.slice(field.length + 1).replace(/^ /, "")] : []));
  const data = values("data");
  return data.length === 0 ? null : { id: values("id").at(-1) ?? null, data: data.join("\n") };
}
