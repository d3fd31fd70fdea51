import assert from "node:assert/strict";
import { test } from "node:test";

import { createSlots, type Slots } from "./slots.ts";

/** Work that begins when it gets a slot, and ends when it is told to. */
function workIn(slots: Slots) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    ask: (userId: string, name: string, isLight = false, isFirst = false, shareOf = userId) =>
      slots.run({ whose: userId, shareOf, isLight, isFirst }, () => {
        begun.push(name);
        return new Promise<void>((end) => ends.set(name, end));
      }),
    end: async (name: string) => {
      ends.get(name)?.();
      await tick();
      await tick();
    },
  };
}

const tick = () => new Promise((passed) => setImmediate(passed));

test("users take turns, however much one of them has to do", async () => {
  const slots = createSlots({ any: 1 });
  const { begun, ask, end } = workIn(slots);
  for (const name of ["b1", "b2", "b3", "b4"]) void ask("b", name);
  void ask("a", "a1");
  void ask("a", "a2");
  void ask("c", "c1");
  assert.deepEqual([slots.waitingOf("b"), slots.waitingOf("a"), slots.waitingOf("nobody")], [3, 2, 0]);
  await tick();
  for (const name of ["b1", "b2", "a1", "c1", "b3", "a2"]) await end(name);
  assert.deepEqual(begun, ["b1", "b2", "a1", "c1", "b3", "a2", "b4"]);
});

test("heavy work does not block light work, nor light work heavy", async () => {
  const { begun, ask, end } = workIn(createSlots({ any: 1, light: 1 }));
  for (const name of ["b1", "b2", "b3"]) void ask("b", name);
  void ask("a", "a1", true);
  void ask("a", "a2", true);
  await tick();
  assert.deepEqual(begun, ["b1", "a1"]);
  await end("a1");
  assert.deepEqual(begun, ["b1", "a1", "a2"]);
  void ask("a", "a3", true);
  for (const name of ["b1", "b2", "a3"]) await end(name);
  assert.deepEqual(begun, ["b1", "a1", "a2", "b2", "a3", "b3"]);
});

test("what goes first goes before the turns of all others, and those keep their order", async () => {
  const { begun, ask, end } = workIn(createSlots({ any: 1 }));
  for (const name of ["b1", "b2", "b3"]) void ask("b", name);
  void ask("c", "c1");
  void ask("a", "a1", false, true);
  await tick();
  for (const name of ["b1", "a1", "b2", "c1"]) await end(name);
  assert.deepEqual(begun, ["b1", "a1", "b2", "c1", "b3"]);
});

test("nobody has more slots than their share, even if others are free", async () => {
  const { begun, ask, end } = workIn(createSlots({ any: 4, ofEach: 2 }));
  for (const name of ["b1", "b2", "b3"]) void ask("b", name);
  void ask("a", "a1");
  await tick();
  assert.deepEqual(begun, ["b1", "b2", "a1"]);
  await end("b2");
  assert.deepEqual(begun, ["b1", "b2", "a1", "b3"]);
});

test("what goes first does not wait until other work ends, but until its own does", async () => {
  const { begun, ask, end } = workIn(createSlots({ any: 1, first: 1 }));
  void ask("b", "b1");
  void ask("c", "c1");
  for (const name of ["a1", "a2"]) void ask("a", name, false, true);
  await tick();
  assert.deepEqual(begun, ["b1", "a1"]);
  await end("b1");
  assert.deepEqual(begun, ["b1", "a1", "a2"]);
  await end("a1");
  assert.deepEqual(begun, ["b1", "a1", "a2"], "its own slot is not for other work");
  await end("a2");
  assert.deepEqual(begun, ["b1", "a1", "a2", "c1"]);
});

test("what goes first can have all slots whatever other work uses, which gets what it leaves", async () => {
  const { begun, ask, end } = workIn(createSlots({ any: 2, light: 1, besideLight: 1, firstHasAll: true }));
  void ask("t", "test light", true);
  for (const name of ["t1", "t2", "t3"]) void ask("t", name);
  await tick();
  assert.deepEqual(begun.splice(0), ["test light", "t1"]);
  for (const name of ["l1", "l2", "l3"]) void ask("l", name, false, true);
  void ask("m", "live light", true, true);
  void ask("m", "live light 2", true, true);
  await tick();
  assert.deepEqual(begun.splice(0), ["l1", "l2", "live light"], "as if there were no other work, and no more");
  await end("t1");
  await end("l1");
  assert.deepEqual(begun.splice(0), ["live light 2"]);
  for (const name of ["test light", "l2", "live light", "live light 2"]) await end(name);
  assert.deepEqual(begun.splice(0), ["l3", "t2"]);
});

test("several queues can share one share, which never holds up what goes first", async () => {
  const { begun, ask, end } = workIn(createSlots({ any: 4, first: 1, ofEach: 2 }));
  for (const name of ["t1", "t2"]) void ask("test b", name, false, false, "b");
  for (const name of ["l1", "l2"]) void ask("live b", name, false, true, "b");
  void ask("test a", "a1", false, false, "a");
  await tick();
  assert.deepEqual(begun, ["t1", "t2", "l1", "a1"]);
  await end("t1");
  assert.deepEqual(begun, ["t1", "t2", "l1", "a1"], "the user has its share");
  await end("t2");
  assert.deepEqual(begun, ["t1", "t2", "l1", "a1", "l2"]);
});

test("failed work releases its slot", async () => {
  const slots = createSlots({ any: 1 });
  await assert.rejects(
    slots.run({ whose: "a", isLight: false }, () => Promise.reject(new Error("broken"))),
    /broken/,
  );
  assert.equal(await slots.run({ whose: "a", isLight: false }, async () => "next"), "next");
});

test("work that waits for nothing leaves the event loop its turns: a slot is used once in each", async () => {
  const slots = createSlots({ any: 2, light: 1 });
  let begun = 0;
  const work = async () => void (begun += 1);
  for (let count = 0; count < 20; count += 1) void slots.run({ whose: "a", isLight: false }, work);
  for (let turn = 1; turn <= 10; turn += 1) {
    await tick();
    assert.ok(begun <= 2 * turn, `${begun} in ${turn} turns`);
  }
  while (begun < 20) await tick();
});
