import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { type Budget, isFree, type Need, nextFree, ON_TIME_SECONDS, reachOf, standingOf, type Use } from "./budgets.ts";

const START = Date.UTC(2026, 10, 27, 12);
const HOUR = 3_600_000;

const zones = fc.constantFrom("UTC", "America/Los_Angeles");
const budgets: fc.Arbitrary<Budget & { most: number }> = fc.record({
  most: fc.integer({ min: 1, max: 6 }),
  period: fc.oneof(
    fc.record({ rollingSeconds: fc.constantFrom(60, 900, 86_400) }),
    fc.record({ every: fc.constant("day" as const), timeZone: zones }),
  ),
  earlySeconds: fc.constantFrom(0, 1800),
});
/** Around one of the two days on which clocks in California change, in quarter hours. */
const times = fc
  .record({
    day: fc.constantFrom(Date.UTC(2026, 10, 1, 9), Date.UTC(2027, 2, 14, 10)),
    quarters: fc.integer({ min: -120, max: 120 }),
    ms: fc.integer({ min: 0, max: 59_999 }),
  })
  .map(({ day, quarters, ms }) => day + quarters * 900_000 + ms);
const wishes = fc.array(fc.record({ at: times, units: fc.integer({ min: 1, max: 3 }) }), { maxLength: 30 });

/** What is accepted of the wishes, in their order, each at its time or at the next free one. */
function accept(budget: Budget, wanted: readonly Use[]): Use[] {
  const uses: Use[] = [];
  for (const { at, units } of wanted) {
    const free = nextFree([{ budget, units, uses }], at);
    if (free !== null) uses.push({ at: free, units });
  }
  return uses;
}

test("whenever within its span each use happens, no window has more than the limit", () => {
  fc.assert(
    fc.property(
      budgets,
      wishes,
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      (budget, wanted, draws) => {
        const uses = accept(budget, wanted);
        const happened = uses
          .map(({ at, units }) => {
            const span = (budget.earlySeconds + ON_TIME_SECONDS) * 1000;
            return { at: at - budget.earlySeconds * 1000 + Number(draws.next().value) * span, units };
          })
          .sort((a, b) => a.at - b.at);
        for (const first of happened) {
          const inWindow = happened.filter(({ at }) => isTogether(budget, first.at, at));
          const sum = inWindow.reduce((total, { units }) => total + units, 0);
          assert.ok(sum <= budget.most, `${sum} of ${budget.most}`);
        }
      },
    ),
  );
});

/** Whether a moment is in the window that begins with `first`, or in its day. Written without the code under test. */
function isTogether({ period }: Budget, first: number, at: number): boolean {
  if ("rollingSeconds" in period) return at >= first && at < first + period.rollingSeconds * 1000;
  const dayOf = new Intl.DateTimeFormat("en-CA", { timeZone: period.timeZone });
  return dayOf.format(first) === dayOf.format(at);
}

test("the next free time is free, and no earlier one is", () => {
  fc.assert(
    fc.property(budgets, wishes, times, fc.integer({ min: 1, max: 3 }), (budget, wanted, from, units) => {
      const need: Need = { budget, units, uses: accept(budget, wanted) };
      const free = nextFree([need], from);
      if (units > budget.most) return void assert.equal(free, null);
      assert.ok(free !== null && free >= from && isFree(need, free));
      for (let at = from; at < free; at += 7 * 60_000) assert.equal(isFree(need, at), false);
      if (free > from) assert.equal(isFree(need, free - 1), false);
    }),
  );
});

test("the next free time of several budgets is free in all of them", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(budgets, wishes), { minLength: 1, maxLength: 3 }), times, (given, from) => {
      const needs = given.map(([budget, wanted]) => ({ budget, units: 1, uses: accept(budget, wanted) }));
      const free = nextFree(needs, from);
      assert.ok(free !== null && free >= from);
      assert.ok(needs.every((need) => isFree(need, free)));
      for (let at = from; at < free; at += 13 * 60_000) assert.ok(!needs.every((need) => isFree(need, at)));
    }),
  );
});

test("what is out of reach changes nothing", () => {
  fc.assert(
    fc.property(budgets, wishes, times, (budget, uses, at) => {
      const { from, to } = reachOf(budget, at);
      const near = uses.filter((use) => use.at > from && use.at < to);
      assert.equal(isFree({ budget, units: 1, uses }, at), isFree({ budget, units: 1, uses: near }, at));
    }),
  );
});

test("as many as remain are free, and one more is not", () => {
  fc.assert(
    fc.property(budgets, wishes, times, (budget, wanted, now) => {
      const uses = accept(budget, wanted);
      const { used, remaining, resetsAt } = standingOf(budget, uses, now);
      assert.equal(used + (remaining ?? 0), budget.most);
      assert.ok(isFree({ budget, units: remaining ?? 0, uses }, now));
      assert.equal(isFree({ budget, units: (remaining ?? 0) + 1, uses }, now), false);
      if (used > 0) assert.ok(resetsAt !== null && standingOf(budget, uses, resetsAt).used < used);
      else assert.equal(resetsAt, null);
    }),
  );
});

test("a day ends at midnight in its time zone, and what is prepared ahead may count for the day before", () => {
  const pacific = { most: 1, period: { every: "day", timeZone: "America/Los_Angeles" }, earlySeconds: 1800 } as const;
  const uses = [{ at: START, units: 1 }];
  assert.equal(nextFree([{ budget: pacific, units: 1, uses }], START), Date.UTC(2026, 10, 28, 8, 30));
  const summer = Date.UTC(2027, 6, 1, 12);
  assert.equal(
    nextFree([{ budget: { ...pacific, earlySeconds: 0 }, units: 1, uses: [{ at: summer, units: 1 }] }], summer),
    Date.UTC(2027, 6, 2, 7),
  );
});

test("a month of money ends at its first instant, and a ceiling is reached exactly", () => {
  const fees = { most: 30_000, period: { every: "month", timeZone: "UTC" }, earlySeconds: 0 } as const;
  const uses = [{ at: Date.UTC(2026, 10, 30, 23, 59, 59, 999), units: 15_000 }];
  assert.equal(isFree({ budget: fees, units: 15_000, uses }, START), true);
  assert.equal(isFree({ budget: fees, units: 15_001, uses }, START), false);
  assert.equal(nextFree([{ budget: fees, units: 15_001, uses }], START), Date.UTC(2026, 11, 1));
  assert.deepEqual(standingOf(fees, uses, Date.UTC(2026, 11, 1)), { used: 0, remaining: 30_000, resetsAt: null });
});

test("without a limit there is always room, and what is used is known", () => {
  const free: Budget = { most: null, period: { rollingSeconds: 60 }, earlySeconds: 0 };
  const uses = [{ at: START, units: 1e9 }];
  assert.equal(nextFree([{ budget: free, units: 1e9, uses }], START), START);
  assert.deepEqual(standingOf(free, uses, START + HOUR), { used: 0, remaining: null, resetsAt: null });
  assert.equal(standingOf(free, uses, START).used, 1e9);
});
