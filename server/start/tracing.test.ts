import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { EXAMPLE_PLATFORM } from "../../platforms/catalog.ts";
import { type SentSpan, startTraceCollector } from "../../tests/trace-collector.ts";

const TEXT = "A text that only its audience sees";

test("requests, claims, steps, commits, read-backs and deliveries are traced, without texts, URLs and messages", async (t) => {
  const collector = await startTraceCollector(t);
  const receiver = createServer((_request, response) => response.writeHead(204).end()).listen(0, "127.0.0.1");
  t.after(() => receiver.close());
  await new Promise((resolve) => receiver.once("listening", resolve));
  const address = receiver.address();
  const hook = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/hidden-path`;
  const installation = await openInstallation(t);
  const server = await installation.start("start", {
    AMPOST_ALLOW_PRIVATE_URLS: "true",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: "x-api-key=collector-key",
  });
  const { apiKey, platformSetId } = await installation.json("bootstrap", "--json");
  const call = async (path: string, body?: object) => {
    const response = await fetch(installation.url + path, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${String(apiKey)}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return Object(await response.json());
  };
  await call("/api/v1/webhooks", { url: hook, events: ["post.published"] });
  // The response of the publishing request is lost.
  const fault = { platform: EXAMPLE_PLATFORM, operation: "publish", kind: "drop_after" };
  await fetch(`${installation.sandboxUrl}/_sandbox/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(fault),
  });
  const { post } = await call("/api/v1/posts", {
    platformSetId,
    platforms: [EXAMPLE_PLATFORM],
    content: { text: TEXT },
  });
  await call(`/api/v1/posts/${post.id}/publish`, {});
  await installation.until(async () => (await call(`/api/v1/posts/${post.id}`)).post.status === "published");
  await call(`/api/v1/posts?search=${encodeURIComponent(TEXT)}`);
  const { id: hookId } = (await call("/api/v1/webhooks")).webhooks[0];
  await installation.until(
    async () => (await call(`/api/v1/webhooks/${hookId}/deliveries`)).deliveries[0]?.status === "delivered",
  );
  assert.equal(await server.end("SIGTERM"), 0);

  const spans = collector.spans();
  const ofPost = (name: string) =>
    spans.filter((span) => span.name === name && span.attributes.get("ampost.post_id") === post.id);
  const claims = ofPost("claim");
  for (const name of ["step", "commit", "read-back"]) {
    assert.ok(ofPost(name).length > 0, name);
    for (const span of ofPost(name)) {
      assert.ok(isWithin(span, claims, spans), `${name} is part of a claim`);
      assert.equal(span.attributes.get("ampost.platform"), EXAMPLE_PLATFORM);
      assert.equal(span.attributes.get("ampost.mode"), "test");
    }
  }
  assert.equal(ofPost("commit")[0]?.attributes.get("ampost.outcome"), "unknown");
  assert.ok(ofPost("read-back").some(({ attributes }) => attributes.get("ampost.outcome") === "published"));
  assert.equal(spans.find(({ name }) => name === "delivery")?.attributes.get("ampost.status"), 204);
  const requests = spans.filter(({ name }) => name === "request");
  assert.ok(
    requests.some(
      ({ attributes }) =>
        attributes.get("http.route") === "/api/v1/posts/:id" && attributes.get("http.response.status_code") === 200,
    ),
  );
  for (const hidden of [TEXT, encodeURIComponent(TEXT), "hidden-path", String(apiKey), "search="])
    assert.ok(!collector.received().includes(hidden), hidden);
  assert.match(collector.received(), /^POST \/v1\/traces .*"x-api-key":"collector-key"/m);
});

test("API, worker and sandbox start without what only some requests and jobs need, such as OpenTelemetry's SDK", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start", {}, "small-start.ts");
  assert.equal((await fetch(`${installation.url}/readyz`)).status, 200);
  assert.equal(await server.end("SIGTERM"), 0);
  await assert.rejects(
    installation.start("start", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" }, "small-start.ts"),
    /is loaded/,
    "the check works",
  );
});

function isWithin(span: SentSpan, claims: readonly SentSpan[], all: readonly SentSpan[]): boolean {
  const parent = all.find(({ spanId }) => spanId === span.parentSpanId);
  return parent !== undefined && (claims.includes(parent) || isWithin(parent, claims, all));
}
