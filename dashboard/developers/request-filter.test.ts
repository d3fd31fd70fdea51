import assert from "node:assert/strict";
import { test } from "node:test";

import { readRequestFilter, toRequestsQuery } from "./request-filter.ts";

test("the address of the request log keeps what the API knows, and its days are those of the time zone", () => {
  const given = '{"result":"failed","method":"POST","route":"/api/v1/posts","key":"a","from":"2026-12-01"}';
  assert.deepEqual(toRequestsQuery(readRequestFilter(JSON.parse(given)), "Europe/Berlin"), {
    status: "failed",
    method: "POST",
    route: "/api/v1/posts",
    keyId: "a",
    from: "2026-11-30T23:00:00.000Z",
    to: undefined,
    cursor: undefined,
  });
  assert.deepEqual(readRequestFilter(JSON.parse('{"result":"418","method":"BREW","route":"posts","to":"later"}')), {
    result: undefined,
    method: undefined,
    route: undefined,
    key: undefined,
    from: undefined,
    to: undefined,
    cursor: undefined,
  });
});
