import assert from "node:assert/strict";
import { test } from "node:test";

import {
  changesOfClocks,
  dayOf,
  daysShown,
  firstWeekdayOf,
  hasHour,
  hourOf,
  localTimeOf,
  movedTo,
  rangeOf,
  stepOf,
} from "./days.ts";

const BERLIN = "Europe/Berlin";

test("a month is whole weeks that begin where the locale begins them", () => {
  assert.equal(firstWeekdayOf("en-US"), 7);
  assert.equal(firstWeekdayOf("de-DE"), 1);
  const german = daysShown("month", "2026-03-15", 1);
  assert.deepEqual([german[0], german.at(-1), german.length], ["2026-02-23", "2026-04-05", 42]);
  const american = daysShown("month", "2026-03-15", 7);
  assert.deepEqual([american[0], american.at(-1), american.length], ["2026-03-01", "2026-04-04", 35]);
  // February 2026 begins on a Sunday and has four weeks.
  assert.equal(daysShown("month", "2026-02-28", 7).length, 28);
  assert.deepEqual(daysShown("week", "2026-03-01", 1)[0], "2026-02-23");
});

test("the periods of a view follow each other, and a month ends where it must", () => {
  assert.equal(stepOf("month", "2026-01-31", 1), "2026-02-28");
  assert.equal(stepOf("week", "2026-12-28", 1), "2027-01-04");
  assert.equal(stepOf("day", "2026-03-01", -1), "2026-02-28");
  assert.equal(stepOf("agenda", "2026-03-01", 1), "2026-03-31");
});

test("a day begins and ends with the clocks of the time zone", () => {
  // 23 hours in spring, 25 in autumn.
  assert.deepEqual(rangeOf(["2026-03-29"], BERLIN), { from: "2026-03-28T23:00:00Z", to: "2026-03-29T22:00:00Z" });
  assert.deepEqual(rangeOf(["2026-10-25"], BERLIN), { from: "2026-10-24T22:00:00Z", to: "2026-10-25T23:00:00Z" });
  assert.equal(dayOf("2026-03-28T23:30:00.000Z", BERLIN), "2026-03-29");
  assert.equal(hourOf("2026-03-28T23:30:00.000Z", BERLIN), "2026-03-29T00");
  assert.equal(localTimeOf("2026-07-01T07:05:00.000Z", BERLIN), "2026-07-01T09:05");
  assert.deepEqual(changesOfClocks(daysShown("month", "2026-03-15", 1), BERLIN), ["2026-03-29"]);
});

test("a move keeps the time on the clock, over a change of clocks too", () => {
  assert.equal(movedTo("2026-03-27T08:30:00.000Z", BERLIN, "2026-03-30"), "2026-03-30T07:30:00Z");
  assert.equal(movedTo("2026-10-26T08:30:00.000Z", BERLIN, "2026-10-24"), "2026-10-24T07:30:00Z");
  // At 02:00 the clocks go on to 03:00.
  assert.equal(movedTo("2026-03-27T01:30:00.000Z", BERLIN, "2026-03-29"), "2026-03-29T01:30:00Z");
  assert.equal(localTimeOf("2026-03-29T01:30:00Z", BERLIN), "2026-03-29T03:30");
  // 02:30 is there twice: the first, unless the post is at the second.
  assert.equal(movedTo("2026-10-24T00:30:00.000Z", BERLIN, "2026-10-25"), "2026-10-25T00:30:00Z");
  assert.equal(movedTo("2026-10-25T01:30:00.000Z", BERLIN, "2026-10-25T02"), "2026-10-25T01:30:00Z");
  assert.equal(movedTo("2026-12-01T08:45:30.000Z", BERLIN, "2026-12-02T23"), "2026-12-02T22:45:30Z");
  assert.equal(hasHour("2026-03-29T02", BERLIN), false);
  assert.equal(hasHour("2026-03-29T03", BERLIN), true);
  assert.equal(hasHour("2026-10-25T02", BERLIN), true);
});
