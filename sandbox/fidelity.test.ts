import assert from "node:assert/strict";
import { test } from "node:test";

import { SANDBOX_PLATFORMS } from "./index.ts";

test("every route says what it is written from, once, and no row is of a route that is gone", () => {
  for (const { name, routes, fidelity } of SANDBOX_PLATFORMS) {
    const known = routes.map(({ method, host, path }) => `${method} ${host}${path}`);
    assert.deepEqual(
      fidelity.flatMap((row) => row.routes).sort(),
      known.sort(),
      `platforms/${name}/sandbox/fidelity.ts has one row for each route`,
    );
    for (const { source, date } of fidelity) {
      assert.notEqual(source, "");
      assert.match(date, /^20\d\d(-\d\d(-\d\d)?)?$/, source);
    }
  }
});
