import assert from "node:assert/strict";
import { test } from "node:test";

import { PLATFORM_NAMES } from "../../model/platform-names.ts";
import { createTestDatabase } from "../../tests/database.ts";
import { createMetrics } from "./metrics.ts";

test("metrics and queue depth are printed for Prometheus", async () => {
  const database = await createTestDatabase();
  const metrics = createMetrics(database.pool);
  const [platform] = PLATFORM_NAMES;
  metrics.request({ method: "POST", route: "/api/v1/posts", status: 201, seconds: 0.02 });
  metrics.refused("posts_create", "VALIDATION_FAILED");
  metrics.settled(platform, "published");
  metrics.commitStarted(platform, 0.004);
  metrics.job("media.sweep", "done", 1);
  const text = await metrics.print();
  assert.match(text, /ampost_http_request_seconds_count\{method="POST",route="\/api\/v1\/posts",status="201"\} 1/);
  assert.match(text, /ampost_operation_errors_total\{operation="posts_create",code="VALIDATION_FAILED"\} 1/);
  assert.match(text, new RegExp(`ampost_platform_posts_settled_total{platform="${platform}",outcome="published"} 1`));
  assert.match(text, /ampost_due_platform_posts 0/);
  assert.match(text, /process_resident_memory_bytes/);
  assert.match(text, /nodejs_eventloop_lag_p99_seconds\{process="api"\} /);
  await database.drop();
});
