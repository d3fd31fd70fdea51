import type { Attributes } from "@opentelemetry/api";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace-node";
import type { FastifyInstance } from "fastify";

import type { SpanFacts, Trace } from "../../model/trace.ts";

/** Where traces are sent. */
export interface TraceSettings {
  /** The collector's base URL. */
  endpoint: string;
  /** Sent with every export. May contain secrets. */
  headers: Record<string, string>;
}

export interface Tracing {
  trace: Trace;
  /** Records requests to a server that has no routes yet. */
  watch(app: FastifyInstance): Promise<void>;
  /** Sends what was recorded. */
  close(): Promise<void>;
}

/**
 * Records spans and sends them to a collector. All of OpenTelemetry is loaded here and only now. Its tracer is not
 * registered globally, so that libraries that look for one record nothing.
 */
export async function openTracing(
  { endpoint, headers }: TraceSettings,
  part: "api" | "worker",
  onError: (error: Error) => void,
): Promise<Tracing> {
  const [api, core, sdk, { OTLPTraceExporter }, { resourceFromAttributes }, { AsyncLocalStorageContextManager }, otel] =
    await Promise.all([
      import("@opentelemetry/api"),
      import("@opentelemetry/core"),
      import("@opentelemetry/sdk-trace-node"),
      import("@opentelemetry/exporter-trace-otlp-http"),
      import("@opentelemetry/resources"),
      import("@opentelemetry/context-async-hooks"),
      import("@fastify/otel"),
    ]);
  core.setGlobalErrorHandler((error) => onError(error instanceof Error ? error : new Error("Traces cannot be sent")));
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, "")}/v1/traces`, headers });
  const provider = new sdk.NodeTracerProvider({
    resource: resourceFromAttributes({
      "service.name": process.env.OTEL_SERVICE_NAME ?? "ampost",
      "ampost.process": part,
    }),
    spanProcessors: [new sdk.BatchSpanProcessor(withoutTexts(exporter))],
  });
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());
  const tracer = provider.getTracer("ampost");
  const requests = new otel.FastifyOtelInstrumentation({
    instrumentHooks: false,
    instrumentHandler: false,
    recordExceptions: false,
  });
  requests.setTracerProvider(provider);

  return {
    trace: (name, facts, work) =>
      tracer.startActiveSpan(name, { attributes: attributesOf(facts) }, async (span) => {
        try {
          return await work((more) => void span.setAttributes(attributesOf(more)));
        } catch (error) {
          span.setAttribute("error.type", error instanceof Error ? error.name : "unknown");
          span.setStatus({ code: api.SpanStatusCode.ERROR });
          throw error;
        } finally {
          span.end();
        }
      }),
    watch: async (app) => void (await app.register(requests.plugin())),
    close: () => provider.shutdown(),
  };
}

/** Attributes besides our own that spans may have. Not among them: a request's URL, which can contain tokens. */
const KNOWN = new Set(["http.request.method", "http.route", "http.response.status_code", "error.type"]);

/** Whatever recorded a span: only known attributes are sent, and no messages. */
function withoutTexts(exporter: SpanExporter): SpanExporter {
  return {
    export: (spans, done) => exporter.export(spans.map(withoutText), done),
    shutdown: () => exporter.shutdown(),
  };
}

function withoutText(span: ReadableSpan): ReadableSpan {
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => span.spanContext(),
    parentSpanContext: span.parentSpanContext,
    startTime: span.startTime,
    endTime: span.endTime,
    duration: span.duration,
    ended: span.ended,
    status: { code: span.status.code },
    attributes: Object.fromEntries(
      Object.entries(span.attributes).filter(([name]) => KNOWN.has(name) || name.startsWith("ampost.")),
    ),
    events: [],
    links: [],
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  };
}

function attributesOf(facts: SpanFacts): Attributes {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      `ampost.${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
      value,
    ]),
  );
}
