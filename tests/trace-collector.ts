import { createServer } from "node:http";
import type { TestContext } from "node:test";

import { z } from "zod";

/** A span as it was sent. */
export interface SentSpan {
  name: string;
  spanId: string;
  parentSpanId: string | undefined;
  attributes: Map<string, unknown>;
  isError: boolean;
}

export interface TraceCollector {
  url: string;
  spans(): SentSpan[];
  /** Everything as received, headers included. */
  received(): string;
}

const exported = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              name: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              attributes: z.array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) })).default([]),
              status: z.object({ code: z.number().optional() }).default({}),
            }),
          ),
        }),
      ),
    }),
  ),
});

const ERROR = 2;

/** Receives traces as an OpenTelemetry collector does: OTLP over HTTP with JSON. Closed when the test ends. */
export async function startTraceCollector(test: TestContext): Promise<TraceCollector> {
  const bodies: string[] = [];
  const heads: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      heads.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
      bodies.push(Buffer.concat(chunks).toString());
      response.setHeader("content-type", "application/json").end("{}");
    });
  });
  test.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    received: () => [...heads, ...bodies].join("\n"),
    spans: () =>
      bodies.flatMap((body) =>
        exported.parse(JSON.parse(body)).resourceSpans.flatMap(({ scopeSpans }) =>
          scopeSpans.flatMap(({ spans }) =>
            spans.map(({ name, spanId, parentSpanId, attributes, status }) => ({
              name,
              spanId,
              parentSpanId,
              attributes: new Map(attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
              isError: status.code === ERROR,
            })),
          ),
        ),
      ),
  };
}
