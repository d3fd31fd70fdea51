import assert from "node:assert/strict";
import { test } from "node:test";

import { areSameTimes, commonTimesBetween, type PostingTimes, postingTimesBetween, WEEKDAYS } from "./posting-times.ts";
import { readLocalTime } from "./time-zones.ts";

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

test("every posting time of a year is when the clocks of its time zone show it, wherever that is", () => {
  const DAY = 86_400_000;
  const [first, last] = [Date.parse("2026-11-30T00:00:00Z"), Date.parse("2027-11-30T00:00:00Z")];
  const ofDay = ["00:00", "02:30", "23:59"];
  for (const timeZone of [
    "Europe/Berlin",
    "America/New_York",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "America/Nuuk",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Asia/Kathmandu",
  ]) {
    const expected = Array.from({ length: (last - first) / DAY }, (_, day) =>
      ofDay.map((time) => {
        const local = `${new Date(first + day * DAY).toISOString().slice(0, 10)}T${time}`;
        const { instant, instead } = readLocalTime(local, timeZone);
        return (instant ?? readLocalTime(instead, timeZone).instant)?.toISOString();
      }),
    ).flat();
    const times = Object.fromEntries(WEEKDAYS.map((day) => [day, ofDay]));
    const found = postingTimesBetween({ timeZone, times }, new Date(first - DAY), new Date(last + DAY));
    const until = expected.length;
    const all = [...found].map((at) => at.toISOString());
    const start = all.indexOf(expected[0] ?? "");
    assert.deepEqual(all.slice(start, start + until), expected, timeZone);
  }
});

test("common times are those of all, in order, across time zones and changes of clocks", () => {
  const common = (all: PostingTimes[], after: string, until: string) =>
    [...commonTimesBetween(all, new Date(after), new Date(until))].map((at) => at.toISOString());
  const berlin = { timeZone: "Europe/Berlin", times: { monday: ["09:30", "15:00", "18:00"], friday: ["15:00"] } };
  const newYork = { timeZone: "America/New_York", times: { monday: ["09:00", "12:00"], friday: ["10:00"] } };
  const utc = { timeZone: "UTC", times: { monday: ["08:30", "14:00", "17:00"], friday: ["14:00"] } };
  assert.deepEqual(common([berlin, newYork, utc], "2026-11-30T00:00:00Z", "2026-12-08T00:00:00Z"), [
    "2026-11-30T14:00:00.000Z",
    "2026-11-30T17:00:00.000Z",
    "2026-12-07T14:00:00.000Z",
    "2026-12-07T17:00:00.000Z",
  ]);
  // From 14 to 28 March 2027, New York is five hours behind Berlin instead of six.
  assert.deepEqual(common([berlin, newYork], "2027-03-15T00:00:00Z", "2027-03-30T00:00:00Z"), [
    "2027-03-19T14:00:00.000Z",
    "2027-03-26T14:00:00.000Z",
    "2027-03-29T13:00:00.000Z",
    "2027-03-29T16:00:00.000Z",
  ]);
  assert.deepEqual(common([berlin, berlin], "2026-11-30T16:00:00Z", "2026-12-05T00:00:00Z"), [
    "2026-11-30T17:00:00.000Z",
    "2026-12-04T14:00:00.000Z",
  ]);
});

test("times that never meet, no times, and none given have nothing in common", () => {
  const at = (time: string) => ({ timeZone: "Europe/Berlin", times: { monday: [time], thursday: [time] } });
  const year = [new Date("2026-11-30T00:00:00Z"), new Date("2027-11-30T00:00:00Z")] as const;
  for (const all of [[at("09:30"), at("09:31")], [at("09:30"), { timeZone: "UTC", times: {} }], []])
    assert.deepEqual([...commonTimesBetween(all, ...year)], []);
});

test("times are the same if their time zone and each day are, whether or not a day without times is named", () => {
  const times = { timeZone: "UTC", times: { monday: ["09:30"], tuesday: [] } };
  assert.ok(areSameTimes(times, { timeZone: "UTC", times: { monday: ["09:30"] } }));
  assert.ok(areSameTimes(null, null));
  for (const other of [
    null,
    { timeZone: "Europe/London", times: { monday: ["09:30"] } },
    { timeZone: "UTC", times: { monday: ["09:30"], tuesday: ["09:30"] } },
    { timeZone: "UTC", times: { tuesday: ["09:30"] } },
  ])
    assert.ok(!areSameTimes(times, other));
});
