import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

import type { PlatformContent } from "../../model/post.ts";
import {
  BrokerError,
  type Broker,
  type Checkpoint,
  type OpenIntent,
  type PublishMedia,
  type StepContext,
} from "../platform.ts";
import { createHttpClient, parseJson, type HttpAnswer } from "./http.ts";

/** Helpers for testing brokers: a host with scripted responses, and a way to run a broker's steps. */

export interface Received {
  method: string;
  /** "/graph.facebook.com/v25.0/101/feed?fields=id" */
  url: string;
  /** "graph.facebook.com/v25.0/101/feed" */
  path: string;
  query: Record<string, string>;
  headers: IncomingMessage["headers"];
  /** A form's fields, including multipart forms, with a file as its size. */
  fields: Record<string, string>;
  /** A body of JSON, read. */
  json: unknown;
  /** The body, a sign for every byte. */
  text: string;
  sizeBytes: number;
}

/**
 * A server for every host; `answer` returns status, body and headers, including the date. "drop" closes the connection.
 */
export async function startHost(
  t: TestContext,
  answer: (request: Received) => [number, unknown, Record<string, string>?] | "drop",
) {
  const requests: Received[] = [];
  const server = createServer((incoming, response) => {
    void receive(incoming).then((request) => {
      requests.push(request);
      const said = answer(request);
      if (said === "drop") return incoming.socket.destroy();
      response.sendDate = false;
      response
        .writeHead(said[0], { "content-type": "application/json", ...said[2] })
        .end(typeof said[1] === "string" ? said[1] : JSON.stringify(said[1]));
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests };
}

async function receive(incoming: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  const url = new URL(incoming.url ?? "", "http://localhost");
  const type = incoming.headers["content-type"] ?? "";
  const isForm = /^multipart\/|^application\/x-www-form-urlencoded/.test(type);
  const form = isForm ? [...(await new Response(bytes, { headers: { "content-type": type } }).formData())] : [];
  const fields = Object.fromEntries(
    form.map(([name, value]) => [name, value instanceof File ? `${value.type}, ${value.size} bytes` : value]),
  );
  return {
    method: incoming.method ?? "",
    url: incoming.url ?? "",
    path: url.pathname.slice(1),
    query: Object.fromEntries(url.searchParams),
    headers: incoming.headers,
    fields,
    json: type.startsWith("application/json") ? parseJson(bytes.toString()) : undefined,
    text: bytes.toString("latin1"),
    sizeBytes: bytes.length,
  };
}

export const CONTENT: PlatformContent<PublishMedia> = {
  text: "Hi",
  media: [],
  linkUrl: null,
  placement: null,
  settings: {},
  cover: null,
  thread: [],
};

export function picture(facts: Partial<PublishMedia> = {}): PublishMedia {
  return {
    id: "m",
    filename: "a.jpg",
    altText: null,
    thumbnail: null,
    type: "image",
    mimeType: "image/jpeg",
    sizeBytes: 1000,
    width: 800,
    height: 600,
    durationSeconds: null,
    frameRate: null,
    bitRate: null,
    videoCodec: null,
    audioCodec: null,
    audioChannels: null,
    audioSampleRate: null,
    animated: false,
    orientation: 1,
    ...facts,
  };
}

export function film(facts: Partial<PublishMedia> = {}): PublishMedia {
  return picture({ filename: "a.mp4", type: "video", mimeType: "video/mp4", durationSeconds: 10, ...facts });
}

export function contextFor(
  url: string,
  content: PlatformContent<PublishMedia>,
  account: Partial<StepContext["account"]> = {},
  checkpoint: Checkpoint = {},
): StepContext {
  return {
    http: createHttpClient({ sandboxUrl: url }),
    accessToken: "TOKEN-OF-THE-ACCOUNT",
    account: { platformAccountId: "101", username: "someone", metadata: {}, scopes: [], ...account },
    content,
    checkpoint,
    media: {
      publicUrl: async (media, rendition) =>
        `https://media.example/${media.filename}${rendition === undefined ? "" : `?as=${rendition.mimeType}${rendition.maxSizeBytes === undefined ? "" : `&maxSizeBytes=${rendition.maxSizeBytes}`}`}`,
      open: async (media, { start = 0, end = media.sizeBytes } = {}) =>
        new Blob([new Uint8Array(end - start)]).stream(),
      describe: async (media, rendition) => ({ ...media, mimeType: rendition?.mimeType ?? media.mimeType }),
    },
    polls: 0,
    waitedSeconds: 0,
    now: new Date("2026-11-01T12:00:10Z"),
  };
}

/** A commit at noon whose response was lost, checked after ten seconds. */
export function lostCommit(
  step: string,
  more: Partial<Omit<OpenIntent, "answer">> & { answer?: Partial<OpenIntent["answer"]> } = {},
): OpenIntent {
  const answer = { status: null, brokerCode: null, platformError: null, failure: null, ...more.answer };
  const intentAt = more.intentAt ?? new Date("2026-11-01T12:00:00Z");
  return {
    step,
    intentAt,
    lastIntentAt: intentAt,
    ageSeconds: 10,
    accountedIds: new Set(),
    hasTwin: false,
    hasOthers: false,
    ...more,
    answer,
  };
}

/**
 * Runs the steps as the engine does, without its pauses and without trying again. A name with "!" is the visible
 * step's.
 */
export async function drive(broker: Broker, context: StepContext) {
  const done: { platformPostId?: string; publishedUrl?: string } = {};
  const waits: Record<string, number[]> = {};
  const warnings: { code: string; message: string }[] = [];
  let remoteId: string | null | undefined;
  const steps = broker.steps(context.content);
  for (const step of steps) {
    let waitedSeconds = 0;
    for (let polls = 0; ; polls += 1) {
      const current = { ...context, polls, waitedSeconds };
      const outcome =
        step.effect === "visible"
          ? step.accept(await context.http.send(step.request(current)), current)
          : await step.run(current);
      if ("waitSeconds" in outcome) {
        (waits[step.name] ??= []).push(outcome.waitSeconds);
        waitedSeconds += outcome.waitSeconds;
        continue;
      }
      Object.assign(context.checkpoint, outcome.done);
      warnings.push(...(outcome.warnings ?? []));
      if ("remoteId" in outcome) remoteId = outcome.remoteId;
      Object.assign(
        done,
        outcome.platformPostId === undefined ? {} : { platformPostId: outcome.platformPostId },
        outcome.publishedUrl === undefined ? {} : { publishedUrl: outcome.publishedUrl },
      );
      break;
    }
  }
  return {
    done,
    remoteId,
    waits,
    warnings,
    steps: steps.map(({ name, effect }) => `${name}${effect === "visible" ? "!" : ""}`),
  };
}

export async function failureOf(work: Promise<unknown>): Promise<BrokerError> {
  const error: unknown = await work.then(
    () => new Error("it went through"),
    (reason: unknown) => reason,
  );
  if (error instanceof BrokerError) return error;
  throw error;
}

export function answerOf(status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers, text, json: () => parseJson(text) };
}
