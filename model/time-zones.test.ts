import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { isTimeZone, readLocalTime } from "./time-zones.ts";

const read = (local: string, zone: string) => {
  const { instant, instead } = readLocalTime(local, zone);
  return instant?.toISOString() ?? `skipped: ${instead}`;
};

test("a local time is the instant at which the clocks there show it, in summer and winter", () => {
  assert.equal(read("2026-12-01T09:30", "Europe/Berlin"), "2026-12-01T08:30:00.000Z");
  assert.equal(read("2026-07-01T09:30:15", "Europe/Berlin"), "2026-07-01T07:30:15.000Z");
  assert.equal(read("2026-07-01T09:30", "America/New_York"), "2026-07-01T13:30:00.000Z");
  assert.equal(read("2026-07-01T09:30", "Asia/Kathmandu"), "2026-07-01T03:45:00.000Z");
  assert.equal(read("2026-07-01T09:30", "America/St_Johns"), "2026-07-01T12:00:00.000Z");
  assert.equal(read("2026-07-01T09:30", "Pacific/Kiritimati"), "2026-06-30T19:30:00.000Z");
  assert.equal(read("2026-07-01T09:30", "UTC"), "2026-07-01T09:30:00.000Z");
});

test("the days around a change of the clocks have the offset of their own", () => {
  assert.equal(read("2027-03-28T01:59:59", "Europe/Berlin"), "2027-03-28T00:59:59.000Z");
  assert.equal(read("2027-03-28T03:00", "Europe/Berlin"), "2027-03-28T01:00:00.000Z");
  assert.equal(read("2027-03-27T09:00", "Europe/Berlin"), "2027-03-27T08:00:00.000Z");
  assert.equal(read("2027-03-29T09:00", "Europe/Berlin"), "2027-03-29T07:00:00.000Z");
  assert.equal(read("2027-10-31T03:00", "Europe/Berlin"), "2027-10-31T02:00:00.000Z");
});

test("a time that the clocks skip is none, and the time after the change is offered", () => {
  assert.equal(read("2027-03-28T02:30", "Europe/Berlin"), "skipped: 2027-03-28T03:30:00");
  assert.equal(read("2027-03-14T02:00", "America/New_York"), "skipped: 2027-03-14T03:00:00");
  // Half an hour on Lord Howe Island.
  assert.equal(read("2027-10-03T02:10", "Australia/Lord_Howe"), "skipped: 2027-10-03T02:40:00");
});

test("a time that the clocks show twice is the first, and the second is known too", () => {
  const again = (local: string, zone: string) => readLocalTime(local, zone).again?.toISOString();
  assert.equal(read("2027-10-31T02:30", "Europe/Berlin"), "2027-10-31T00:30:00.000Z");
  assert.equal(again("2027-10-31T02:30", "Europe/Berlin"), "2027-10-31T01:30:00.000Z");
  assert.equal(read("2027-11-07T01:30", "America/New_York"), "2027-11-07T05:30:00.000Z");
  assert.equal(again("2027-11-07T01:30", "America/New_York"), "2027-11-07T06:30:00.000Z");
  for (const once of ["2027-10-31T01:59:59", "2027-10-31T03:00", "2027-03-28T02:30", "2027-07-01T09:30"])
    assert.equal(again(once, "Europe/Berlin"), undefined);
});

test("in every time zone, what its clocks show at any instant is read as that instant or an earlier one", () => {
  const zones = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
  const seconds = fc.integer({ min: Date.UTC(2026, 0, 1) / 1000, max: Date.UTC(2029, 0, 1) / 1000 });
  fc.assert(
    fc.property(zones, seconds, (zone, second) => {
      const at = new Date(second * 1000);
      const shown = shownIn(zone, at);
      const { instant } = readLocalTime(shown, zone);
      assert.ok(instant !== null && instant.getTime() <= at.getTime(), `${zone} ${at.toISOString()}`);
      assert.equal(shownIn(zone, instant), shown);
    }),
    { numRuns: 300 },
  );
});

test("only names of the time zone database are time zones", () => {
  for (const name of ["Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires"]) assert.equal(isTimeZone(name), true);
  for (const name of ["Berlin", "", "+01:00", "Mars/Phobos"]) assert.equal(isTimeZone(name), false);
});

/** "2026-12-01T09:30:00" */
function shownIn(timeZone: string, at: Date): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" })
    .format(at)
    .replace(" ", "T");
}
