import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import {
  POST_ACTIONS,
  allowedActions,
  foldStatus,
  isAllowed,
  isSettled,
  mayBecome,
  PLATFORM_POST_MOVES,
  PLATFORM_POST_STATUSES,
  POST_MOVES,
  POST_STATUSES,
  RANK,
  refusalOf,
} from "./status.ts";

const statuses = fc.array(fc.constantFrom(...PLATFORM_POST_STATUSES), { minLength: 1, maxLength: 7 });
const underWay = fc.constantFrom(...(["queued", "posting", "partial", "failed", "published"] as const));

test("the table of actions matches the contract", () => {
  const table = Object.fromEntries(POST_STATUSES.map((status) => [status, allowedActions(status)]));
  assert.deepEqual(table, {
    draft: ["edit", "publish", "discard"],
    scheduled: ["edit", "publish", "discard"],
    queued: ["discard"],
    posting: ["discard"],
    published: [],
    partial: ["discard", "retry"],
    failed: ["discard", "retry"],
    discarded: [],
  });
});

test("an error names the status and what it allows", () => {
  assert.equal(refusalOf("edit", "queued"), 'A post in status "queued" cannot be edited: it can only be cancelled.');
  assert.equal(
    refusalOf("edit", "failed"),
    'A post in status "failed" cannot be edited: it can only be cancelled or retried. ' +
      "If an error has the category content, create a new post for its platform instead.",
  );
  assert.equal(
    refusalOf("retry", "draft"),
    'A post in status "draft" cannot be retried: it can only be edited, published or cancelled.',
  );
  assert.equal(
    refusalOf("discard", "published"),
    'A post in status "published" cannot be cancelled: this status is final.',
  );
  for (const status of POST_STATUSES)
    for (const act of POST_ACTIONS)
      if (!isAllowed(status, act)) assert.match(refusalOf(act, status), new RegExp(`"${status}"`));
});

test("a post is posting exactly while a platform post is, or while one waits and another has started", () => {
  fc.assert(
    fc.property(underWay, statuses, (current, platformPosts) => {
      const counted = platformPosts.filter((status) => status !== "discarded");
      const begun = counted.some((status) => status !== "queued" && status !== "pending");
      const waiting = counted.some((status) => status === "queued" || status === "pending");
      assert.equal(
        foldStatus(current, platformPosts) === "posting",
        counted.includes("posting") ||
          (waiting && begun) ||
          (current === "posting" && counted.length > 0 && counted.every((status) => status === "pending")),
      );
    }),
  );
});

test("a post is published, partial or failed depending on how many of its platform posts are live", () => {
  const settled = fc.array(fc.constantFrom(...(["published", "failed", "unknown"] as const)), {
    minLength: 1,
    maxLength: 7,
  });
  fc.assert(
    fc.property(underWay, settled, (current, platformPosts) => {
      const live = platformPosts.filter((status) => status === "published").length;
      assert.equal(
        foldStatus(current, platformPosts),
        live === platformPosts.length ? "published" : live === 0 ? "failed" : "partial",
      );
    }),
  );
});

test("the order of the platforms does not matter", () => {
  fc.assert(
    fc.property(fc.constantFrom(...POST_STATUSES), statuses, (current, platformPosts) => {
      assert.equal(foldStatus(current, platformPosts), foldStatus(current, platformPosts.toReversed()));
    }),
  );
});

test("a discarded post stays discarded whatever is found later, and drafts and scheduled posts stay until one starts", () => {
  fc.assert(
    fc.property(statuses, (platformPosts) => assert.equal(foldStatus("discarded", platformPosts), "discarded")),
  );
  assert.equal(foldStatus("draft", ["pending", "pending"]), "draft");
  assert.equal(foldStatus("scheduled", ["pending", "discarded"]), "scheduled");
  assert.equal(foldStatus("scheduled", ["pending", "posting"]), "posting");
  assert.equal(foldStatus("scheduled", ["discarded", "discarded"]), "discarded");
});

test("without a caller's action, a platform post only moves forward, and leaves a settled status only when its outcome is found", () => {
  for (const from of PLATFORM_POST_STATUSES) {
    for (const to of PLATFORM_POST_STATUSES) {
      if (from === to) continue;
      if (mayBecome(from, to)) assert.ok(RANK[to] > RANK[from], `${from} to ${to}`);
      if (isSettled(from) && from !== "unknown" && to !== "published")
        assert.ok(!mayBecome(from, to), `${from} to ${to}`);
    }
  }
  assert.ok(mayBecome("unknown", "published") && mayBecome("unknown", "failed") && !mayBecome("unknown", "posting"));
  assert.ok(mayBecome("failed", "published") && !mayBecome("failed", "unknown") && !mayBecome("published", "failed"));
  assert.ok(mayBecome("discarded", "published") && !mayBecome("discarded", "failed"));
});

test("the state diagrams show exactly the moves that the engine and the callers can make", () => {
  for (const [from, to, by] of PLATFORM_POST_MOVES)
    assert.ok(mayBecome(from, to) || /^(retry|cancel|what was found is another)/.test(by), `${from} to ${to}`);
  for (const from of PLATFORM_POST_STATUSES)
    assert.equal(
      PLATFORM_POST_MOVES.some((move) => move[0] === from),
      from !== "discarded",
      from,
    );
  const acts = { edit: "edit", publish: "publish", cancel: "discard", retry: "retry" } as const;
  for (const [from, to, by] of POST_MOVES)
    for (const [word, act] of Object.entries(acts))
      if (by.startsWith(word)) assert.ok(isAllowed(from, act), `${from} to ${to}`);
  for (const from of POST_STATUSES)
    for (const [word, act] of Object.entries(acts))
      if (act !== "edit")
        assert.equal(
          POST_MOVES.some((move) => move[0] === from && move[2].startsWith(word)),
          isAllowed(from, act),
          `${word} of ${from}`,
        );
});
