import assert from "node:assert/strict";
import { test } from "node:test";

import type { PublisherRow } from "../db/queries/publishers.ts";
import { findLost, judge, type Observed, type Past, type Verdict } from "./compare.ts";
import type { Mark, NotedCommit, Opening } from "./noted.ts";
import { isSamePlace } from "./place.ts";

const OWN = "00000000-0000-4000-8000-000000000001";
const OTHER = "00000000-0000-4000-8000-000000000002";
const HERE = "7 1000 machine 02:00:00:00:00:01";
const NOW = Date.UTC(2026, 11, 4, 9);

const publisher = (id: string, more: Partial<PublisherRow> = {}): PublisherRow => ({
  id,
  seq: 0,
  seen_at: new Date(NOW),
  server: null,
  synchronous: false,
  was_at_work: false,
  ...more,
});
const opening = (id: string, more: Partial<Opening> = {}): Opening => ({
  publisher: id,
  identity: "this instance",
  place: HERE,
  ...more,
});
const commit = (id: string, seq: number, at = NOW): NotedCommit => ({ publisher: id, seq, at, platformPostId: OTHER });
const mark = (id: string, more: Partial<Mark> = {}): Mark => ({
  publisher: id,
  identity: "this instance",
  seq: 0,
  at: NOW,
  ...more,
});
const past = ({ noted, ...more }: Partial<Omit<Past, "noted">> & { noted?: Partial<Past["noted"]> } = {}): Past => ({
  identity: "this instance",
  database: { known: "a", now: "a" },
  timeline: { known: "1", now: "1" },
  server: "now",
  publishers: [publisher(OWN)],
  noted: { openings: [], commits: [], mark: null, ...noted },
  here: HERE,
  hasPosts: true,
  hasPast: true,
  ...more,
});
const start: Observed = { publisher: OWN, isFirst: true, seconds: 0, seesOthers: false, seesMark: false };
const running: Observed = { ...start, isFirst: false };
const told = (verdict: Verdict): string => (verdict.verdict === "hold" ? verdict.reason : verdict.verdict);

test("a database that knows all that is noted publishes", () => {
  const noted = { openings: [opening(OTHER)], commits: [commit(OTHER, 3)], mark: mark(OTHER, { seq: 3 }) };
  assert.equal(told(judge(past({ noted, publishers: [publisher(OTHER, { seq: 3 })] }), start)), "go");
});

test("a commit that the database does not know holds publishing until the time it was written", () => {
  const noted = {
    openings: [opening(OTHER)],
    commits: [commit(OTHER, 2), commit(OTHER, 4, NOW + 5), commit(OTHER, 3)],
  };
  for (const publishers of [[publisher(OTHER, { seq: 2 })], []]) {
    const verdict = judge(past({ noted, publishers }), start);
    assert.deepEqual(verdict, { verdict: "hold", reason: "behind", doubtedUntil: new Date(NOW + 5) });
  }
  const { commits, seqs } = findLost(past({ noted, publishers: [publisher(OTHER, { seq: 2 })] }));
  assert.deepEqual([commits.map(({ seq }) => seq), seqs], [[4, 3], new Map([[OTHER, 4]])]);
});

test("the mark next to the media tells what the list has lost with its folder", () => {
  const noted = { mark: mark(OTHER, { seq: 4 }) };
  assert.equal(told(judge(past({ noted, publishers: [publisher(OTHER, { seq: 3 })] }), start)), "behind");
  assert.equal(told(judge(past({ noted, publishers: [publisher(OTHER, { seq: 4 })] }), start)), "go");
});

test("what another instance has noted holds publishing as foreign", () => {
  const another = { identity: "another" };
  for (const noted of [
    { openings: [opening(OTHER, another)] },
    { openings: [opening(OTHER, another)], commits: [commit(OTHER, 1)] },
    { openings: [opening(OWN)], mark: mark(OTHER, another) },
  ])
    assert.equal(told(judge(past({ noted }), start)), "foreign");
});

test("another instance that uses the bucket is noticed while this one runs", () => {
  const noted = { openings: [opening(OWN)], mark: mark(OTHER) };
  assert.equal(told(judge(past({ noted }), running)), "foreign");
});

test("a new database takes over any folder and bucket", () => {
  const noted = { openings: [opening(OTHER, { identity: "another" })], commits: [commit(OTHER, 1)] };
  assert.equal(told(judge(past({ noted, hasPosts: false, hasPast: false }), start)), "go");
});

test("another database than before is a copy, whatever else it says", () => {
  const known = past({ noted: { openings: [opening(OWN)] }, database: { known: "a", now: "b" } });
  assert.equal(told(judge(known, start)), "copied");
  assert.equal(
    told(judge(past({ noted: { openings: [opening(OWN)] }, database: { known: "a", now: null } }), start)),
    "go",
  );
});

test("a database that has been used is held without folder and bucket, unless others are at work on it", () => {
  assert.equal(told(judge(past(), start)), "moved");
  assert.equal(told(judge(past({ hasPast: false }), start)), "go");
  const publishers = [publisher(OTHER, { was_at_work: true })];
  assert.equal(told(judge(past({ publishers }), start)), "wait");
  assert.equal(told(judge(past({ publishers }), { ...start, seesOthers: true })), "go");
  assert.equal(told(judge(past({ publishers }), { ...start, seconds: 15 })), "moved");
});

test("a folder in another place is a copy, unless others are at work on its database", () => {
  const noted = { openings: [opening(OTHER, { place: "8 2000 machine 02:00:00:00:00:01" })] };
  const publishers = [publisher(OTHER)];
  assert.equal(told(judge(past({ noted, publishers }), start)), "copied");
  assert.equal(told(judge(past({ noted, publishers }), { ...start, seesOthers: true })), "go");
  // Of all who have opened the list, one did here.
  const both = { openings: [...noted.openings, opening(OWN)] };
  assert.equal(told(judge(past({ noted: both, publishers }), start)), "go");
});

test("a bucket that somebody goes on using without this database knowing makes it a copy", () => {
  const noted = { openings: [opening(OTHER)], mark: mark(OTHER, { at: NOW + 90_000 }) };
  const publishers = [publisher(OTHER)];
  assert.equal(told(judge(past({ noted, publishers }), start)), "wait");
  assert.equal(told(judge(past({ noted, publishers }), { ...start, seconds: 5, seesMark: true })), "copied");
  assert.equal(told(judge(past({ noted, publishers }), { ...start, seconds: 15 })), "go");
});

test("after a failover, every process that was at work has to compare before anything is sent", () => {
  const timeline = { known: "1", now: "2" };
  const noted = { openings: [opening(OWN)] };
  const at = (more: Partial<PublisherRow>) => past({ noted, timeline, publishers: [publisher(OTHER, more)] });
  const late = { ...running, seconds: 10 };
  assert.equal(told(judge(at({ was_at_work: true }), running)), "wait");
  assert.equal(told(judge(at({ was_at_work: true, server: "now" }), running)), "go");
  assert.equal(told(judge(at({ was_at_work: false }), running)), "go");
  assert.equal(told(judge(at({ was_at_work: true }), late)), "failover");
  assert.equal(told(judge(at({ was_at_work: true, synchronous: true }), late)), "go");
  const sameFolder = past({
    noted: { openings: [opening(OWN), opening(OTHER)] },
    timeline,
    publishers: [publisher(OTHER, { was_at_work: true })],
  });
  assert.equal(told(judge(sameFolder, late)), "go");
});

test("a folder keeps its place when it is renamed, and a copy has another, here or on another machine", () => {
  const place = (...parts: string[]) => parts.join(" ");
  const here = place("7", "1000", "machine", "a,b");
  for (const [other, same] of [
    [here, true],
    [place("8", "1000", "machine", "a,b"), true],
    [place("7", "2000", "machine", "b,c"), true],
    [place("8", "2000", "machine", "a,b"), false],
    [place("7", "1000", "another", "a,b"), false],
    [place("7", "1000", "machine", "c"), false],
    [place("7", "1000", "", ""), true],
  ] as const)
    assert.equal(isSamePlace(here, other), same, other);
});
