import assert from "node:assert/strict";
import { test } from "node:test";

import { createStrangers } from "./strangers.ts";

const times = (count: number, work: (index: number) => unknown) => Array.from({ length: count }, (_, n) => work(n));

test("an address can make a number of requests per minute without a valid key, an IPv6 network as one", () => {
  let now = 30_000;
  const strangers = createStrangers({ callsPerMinute: 5, failedKeysPerMinute: null }, () => now);
  assert.deepEqual(
    times(6, () => strangers.begin("203.0.113.1")),
    [null, null, null, null, null, 30],
  );
  assert.equal(strangers.begin("203.0.113.2"), null);
  times(5, (n) => assert.equal(strangers.begin(`2001:db8:1:2::${n + 1}`), null));
  assert.equal(strangers.begin("2001:db8:1:2:ffff::1"), 30);
  assert.equal(strangers.begin("2001:db8:1:3::1"), null);
  now += 30_000;
  assert.equal(strangers.begin("203.0.113.1"), null);
});

test("requests whose key is valid do not count, and the machine itself is not limited", () => {
  const strangers = createStrangers({ callsPerMinute: 3, failedKeysPerMinute: 3 }, () => 0);
  times(20, () => {
    assert.equal(strangers.begin("203.0.113.1"), null);
    strangers.isKnown("203.0.113.1");
  });
  times(20, () => {
    for (const address of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) {
      assert.equal(strangers.begin(address), null);
      strangers.hasFailed(address);
    }
  });
});

test("after a number of keys that are not valid, an address is refused before its key is looked up", () => {
  const strangers = createStrangers({ callsPerMinute: null, failedKeysPerMinute: 3 }, () => 0);
  times(3, () => {
    assert.equal(strangers.begin("203.0.113.1"), null);
    strangers.hasFailed("203.0.113.1");
  });
  assert.equal(strangers.begin("203.0.113.1"), 60);
  assert.equal(strangers.begin("203.0.113.2"), null);
});

test("an IPv6 /48 is limited to ten times as much as one of its networks, without a valid key and with invalid ones", () => {
  const networks = (work: (address: string) => unknown) => times(40, (n) => work(`2001:db8:1:${n.toString(16)}::1`));
  const calling = createStrangers({ callsPerMinute: 2, failedKeysPerMinute: null }, () => 0);
  assert.deepEqual(networks(calling.begin), [...Array(20).fill(null), ...Array(20).fill(60)]);
  assert.equal(calling.begin("2001:db8:2:1::1"), null);
  const guessing = createStrangers({ callsPerMinute: null, failedKeysPerMinute: 1 }, () => 0);
  const answers = networks((address) => {
    const answer = guessing.begin(address);
    if (answer === null) guessing.hasFailed(address);
    return answer;
  });
  assert.deepEqual(answers, [...Array(10).fill(null), ...Array(30).fill(60)]);
});

test("however many addresses come, those that came first stay limited, and all later ones share a limit", () => {
  const strangers = createStrangers({ callsPerMinute: 1, failedKeysPerMinute: null }, () => 0);
  assert.equal(strangers.begin("203.0.113.1"), null);
  const answers = times(20_100, (n) => strangers.begin(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`));
  assert.equal(answers.filter((seconds) => seconds === null).length, 20_009);
  assert.equal(strangers.begin("203.0.113.1"), 60);
  assert.equal(strangers.begin("203.0.113.99"), 60);
});
