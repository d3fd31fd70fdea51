import assert from "node:assert/strict";
import { test } from "node:test";

import { readPostFilter, toQuery } from "./post-filter.ts";

test("an address names filters, and what is none is ignored", () => {
  assert.deepEqual(
    JSON.parse(
      JSON.stringify(
        readPostFilter(
          JSON.parse(
            '{"status":"failed","platform":"nowhere","set":"","from":"2026-12-01","to":"tomorrow","search":2026}',
          ),
        ),
      ),
    ),
    { status: "failed", from: "2026-12-01", search: "2026" },
  );
});

test("posts whose outcome is unknown are found by their outcome, others by their status", () => {
  const find = (status: "failed" | "unknown") => {
    const query = toQuery({ status }, "UTC");
    return [query.status, query.outcome];
  };
  assert.deepEqual(find("unknown"), [undefined, "unknown"]);
  assert.deepEqual(find("failed"), ["failed", undefined]);
});

test("days are those of the person's time zone, from the start of the first to the end of the last", () => {
  const { scheduledFrom, scheduledTo } = toQuery({ from: "2026-10-25", to: "2026-10-25" }, "Europe/Berlin");
  assert.deepEqual([scheduledFrom, scheduledTo], ["2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z"]);
  // Clocks in Beirut went from midnight to one o'clock on that day.
  assert.equal(toQuery({ from: "2027-03-28" }, "Asia/Beirut").scheduledFrom, "2027-03-27T22:00:00.000Z");
});
