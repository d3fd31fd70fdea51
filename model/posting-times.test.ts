import assert from "node:assert/strict";
import { test } from "node:test";

import { type PostingTimes, postingTimesBetween } from "./posting-times.ts";

const between = (postingTimes: PostingTimes, after: string, until: string) =>
  [...postingTimesBetween(postingTimes, new Date(after), new Date(until))].map((at) =>
    at.toISOString().replace(":00.000Z", "Z"),
  );

test("posting times are local times of their days, in order, later than the first instant", () => {
  const times = { timeZone: "Europe/Berlin", times: { monday: ["17:00", "09:30"], thursday: ["09:30"] } };
  assert.deepEqual(between(times, "2026-11-30T08:30:00Z", "2026-12-07T08:30:00Z"), [
    "2026-11-30T16:00Z",
    "2026-12-03T08:30Z",
    "2026-12-07T08:30Z",
  ]);
});

test("a posting time stays at its local time when clocks are set back, and is the first of two", () => {
  const times = { timeZone: "Europe/Berlin", times: { saturday: ["02:30"], sunday: ["02:30"], monday: ["02:30"] } };
  assert.deepEqual(between(times, "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z"), [
    "2026-10-24T00:30Z",
    "2026-10-25T00:30Z",
    "2026-10-26T01:30Z",
  ]);
});

test("a posting time that clocks skip is after the change, once if another is there already", () => {
  const times = {
    timeZone: "Europe/Berlin",
    times: { saturday: ["02:30"], sunday: ["01:30", "02:30", "03:30"], monday: ["02:30"] },
  };
  assert.deepEqual(between(times, "2027-03-27T00:00:00Z", "2027-03-30T00:00:00Z"), [
    "2027-03-27T01:30Z",
    "2027-03-28T00:30Z",
    "2027-03-28T01:30Z",
    "2027-03-29T00:30Z",
  ]);
});

test("days are those of the time zone, far from UTC and where clocks change at midnight", () => {
  const kiritimati = { timeZone: "Pacific/Kiritimati", times: { monday: ["00:00", "23:59"] } };
  assert.deepEqual(between(kiritimati, "2026-11-28T00:00:00Z", "2026-12-01T00:00:00Z"), [
    "2026-11-29T10:00Z",
    "2026-11-30T09:59Z",
  ]);
  const honolulu = { timeZone: "Pacific/Honolulu", times: { sunday: ["23:00"] } };
  assert.deepEqual(between(honolulu, "2026-11-29T00:00:00Z", "2026-12-01T00:00:00Z"), ["2026-11-30T09:00Z"]);
  // On 25 October 2026, clocks in Beirut go from 24:00 back to 23:00 on Saturday.
  const beirut = { timeZone: "Asia/Beirut", times: { saturday: ["23:30"] } };
  assert.deepEqual(between(beirut, "2026-10-24T20:45:00Z", "2026-10-31T20:45:00Z"), []);
  assert.deepEqual(between(beirut, "2026-10-24T20:15:00Z", "2026-10-31T22:00:00Z"), [
    "2026-10-24T20:30Z",
    "2026-10-31T21:30Z",
  ]);
});
