import assert from "node:assert/strict";
import { test } from "node:test";

import { BrokerError } from "../platform.ts";
import { CONTENT, contextFor, failureOf } from "./broker.fixture.ts";
import { firstComment, type Comments } from "./first-comment.ts";

const PLACE = {
  label: "Ledger",
  scopes: {
    LEDGER: [
      { name: "write", why: "Publishes.", usedBy: { steps: ["publish"] } },
      {
        name: "comment",
        why: "Comments.",
        usedBy: { steps: ["first-comment"] },
        without: "First comments are not added.",
        settings: { firstComment: "ignored" },
      },
    ],
  },
} as const;
const CONTENT_WITH = { ...CONTENT, settings: { firstComment: "First!" } };

function scripted(script: Partial<Comments> & { existing?: string[] | null }) {
  const added: string[] = [];
  const comments: Comments = {
    postOf: () => "7",
    list: async () => (script.existing === undefined ? [] : script.existing),
    add: async (_, post, text) => added.push(`${post} ${text}`),
    ...script,
  };
  const run = (context: { begunBefore?: true } = {}) => {
    const [step] = firstComment(CONTENT_WITH, PLACE, comments);
    assert.ok(step);
    return step.run({ ...contextFor("http://127.0.0.1:1", CONTENT_WITH), ...context });
  };
  return { added, run };
}

test("a post without a first comment, or with an empty one, has no step for it", () => {
  const comments: Comments = { postOf: () => "7", list: async () => [], add: async () => undefined };
  for (const settings of [{}, { firstComment: " " }])
    assert.deepEqual(firstComment({ ...CONTENT, settings }, PLACE, comments), []);
  const [step] = firstComment(CONTENT_WITH, PLACE, comments);
  assert.deepEqual([step?.cosmetic, step?.once, step?.effect], [true, true, "hidden"]);
});

test("the first time, the comment is added without looking; a repeat adds it only if it is not there", async () => {
  const unread = scripted({ list: () => Promise.reject(new Error("nothing is read")) });
  assert.deepEqual(await unread.run(), { done: {} });
  assert.deepEqual(unread.added, ["7 First!"]);
  const there = scripted({ existing: ["Another", "First! "] });
  await there.run({ begunBefore: true });
  assert.deepEqual(there.added, []);
  const missing = scripted({ existing: ["Another"] });
  await missing.run({ begunBefore: true });
  assert.deepEqual(missing.added, ["7 First!"]);
});

test("a repeat that may not read the comments adds nothing, and says that it may be missing", async () => {
  const refusals = [
    new BrokerError("AUTH_REVOKED", "No permission."),
    new BrokerError("UNEXPECTED_RESPONSE", "No.", {
      platformError: { status: 403, code: null, message: null, requestId: null },
    }),
  ];
  for (const list of [async () => null, ...refusals.map((refusal) => () => Promise.reject(refusal))]) {
    const { added, run } = scripted({ list });
    const outcome = await run({ begunBefore: true });
    assert.ok("done" in outcome);
    assert.deepEqual([outcome.warnings?.map(({ code }) => code), added], [["FIRST_COMMENT_UNKNOWN"], []]);
  }
});

test("a failure says what was not done, and a post that is not visible yet is waited for", async () => {
  const refusal = new BrokerError("CONTENT_REJECTED", "Comments are turned off.");
  const refused = scripted({ add: () => Promise.reject(refusal) });
  assert.equal(
    (await failureOf(refused.run())).message,
    "The first comment could not be added. Comments are turned off.",
  );
  const hidden = scripted({ add: () => Promise.reject(refusal), waitFor: () => ({ waitSeconds: 60 }) });
  assert.deepEqual(await hidden.run(), { waitSeconds: 60 });
});

test("without the permission, nothing is sent, and the failure names it", async () => {
  const comments: Comments = { postOf: () => "7", list: async () => [], add: () => Promise.reject(new Error("sent")) };
  const [step] = firstComment(CONTENT_WITH, PLACE, comments);
  assert.ok(step);
  const context = contextFor("http://127.0.0.1:1", CONTENT_WITH);
  const error = await failureOf(step.run({ ...context, account: { ...context.account, scopes: ["write"] } }));
  assert.equal(error.code, "CONTENT_REJECTED");
  assert.match(error.message, /has not granted comment/);
});

test("a post whose ID the platform did not return gets no comment, and a warning", async () => {
  const { added, run } = scripted({ postOf: () => null });
  const outcome = await run();
  assert.ok("done" in outcome);
  assert.deepEqual([outcome.warnings?.map(({ code }) => code), added], [["FIRST_COMMENT_NOT_ADDED"], []]);
});
