import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { PLATFORM_NAMES, type PlatformName } from "../model/platform-names.ts";
import type { PlatformContent } from "../model/post.ts";
import { platforms } from "./index.ts";
import { answerOf, CONTENT, contextFor, film, lostCommit, picture } from "./kit/broker.fixture.ts";
import { createHttpClient, parseJson, TransportError, type HttpAnswer } from "./kit/http.ts";
import { BrokerError, type PublishMedia, type StepContext } from "./platform.ts";

const LONG = "a".repeat(200_000);
const MEMBERS = [
  "error",
  "errors",
  "data",
  "items",
  "id",
  "code",
  "message",
  "detail",
  "status",
  "value",
  "video",
  "image",
  "meta",
  "title",
  "uri",
  "url",
  "upload_session_id",
  "video_id",
  "publish_id",
];

/** One value under every name that platforms use. */
const everywhere = (value: unknown) => JSON.stringify(Object.fromEntries(MEMBERS.map((member) => [member, value])));

/** What a platform, or somebody in its place, may answer. */
const BODIES: Record<string, string> = {
  nothing: "",
  "no JSON": "<html>",
  "JSON that is cut": '{"data":[{"id":"1"',
  null: "null",
  "a number": "7",
  "a text": '"text"',
  "an empty object": "{}",
  "an empty list": "[]",
  "brackets without end": "[".repeat(100_000),
  "lists in lists": "[".repeat(100_000) + "]".repeat(100_000),
  "objects in objects": '{"error":'.repeat(20_000) + "1" + "}".repeat(20_000),
  "some thousand lists in lists": everywhere(JSON.parse("[".repeat(2_000) + "]".repeat(2_000))),
  "twenty thousand errors": `{"errors":[${'{"message":"a"},'.repeat(20_000)}{}],"error":{"errors":[${'{"reason":"a"},'.repeat(20_000)}{}]}}`,
  "twenty thousand entries": `{"data":[${"{},".repeat(20_000)}{}],"items":[${"{},".repeat(20_000)}{}]}`,
  "long texts": everywhere(LONG),
  "long words of an error": JSON.stringify({
    error: { message: LONG, code: LONG, type: LONG },
    message: LONG,
    id: LONG,
  }),
  numbers: everywhere(1e308),
  "a number of a hundred thousand digits": `{"id":${"1".repeat(100_000)},"error":{"code":${"1".repeat(100_000)}}}`,
  "truth values": everywhere(true),
  nulls: everywhere(null),
  lists: everywhere([null, 1, "a", [], {}]),
  objects: everywhere({ id: {}, message: [], code: {}, errors: {}, error: [] }),
  "names of prototypes":
    '{"__proto__":{"error":{"code":190}},"constructor":{"prototype":{"id":"1"}},"error":{"__proto__":{"code":"x"},"code":"__proto__","message":"constructor","type":"toString"},"data":{"__proto__":[]},"errors":[{"__proto__":1}],"id":"__proto__","status":"hasOwnProperty"}',
  NUL: everywhere("a\u0000b"),
  "halves of characters": everywhere("a\ud83d"),
};

const HEADERS: Record<string, string> = {
  "x-business-use-case-usage": "[".repeat(5_000),
  "x-app-usage": `{"call_count":"${"9".repeat(3000)}"}`,
  "retry-after": "9".repeat(3000),
  "x-rate-limit-reset": "-1e999",
  location: "javascript:\u0000",
  range: "bytes=0-",
  "x-restli-id": "urn:li:share:",
  date: "never",
};

const CONTENTS: Record<string, PlatformContent<PublishMedia>> = {
  "a text": CONTENT,
  "a picture": { ...CONTENT, placement: "feed", media: [picture()] },
  pictures: { ...CONTENT, placement: "feed", media: [picture(), picture()] },
  "a video": { ...CONTENT, placement: "feed", media: [film()] },
  "a reel": { ...CONTENT, placement: "reel", media: [film()] },
  "a story": { ...CONTENT, placement: "story", media: [picture()] },
  "a chain": { ...CONTENT, thread: [{ text: "More", media: [] }] },
};

const STATUSES = [200, 400, 401, 403, 429, 500];

suite("whatever a platform answers, a step ends, and by an error that the engine knows", () => {
  for (const name of PLATFORM_NAMES) {
    for (const [said, body] of Object.entries(BODIES)) {
      test(`${name}: ${said}`, async () => {
        // Read once: it is the same for every step.
        const json = parseJson(body);
        for (const status of STATUSES) await answerAll(name, { ...answerOf(status, body, HEADERS), json: () => json });
      });
    }
  }
});

test("a platform is waited for no longer than a read may take", async () => {
  const asked: { name: string; timeoutSeconds: number }[] = [];
  const http = createHttpClient({
    transmit: async (request) => {
      asked.push(request);
      throw new TransportError("No answer.", { sent: true, failure: "timeout" });
    },
  });
  for (const name of PLATFORM_NAMES) {
    const { broker } = platforms[name];
    assert.ok(broker);
    for (const [what, content] of Object.entries(CONTENTS)) {
      for (const step of ends(() => broker.steps(content)) ?? []) {
        // Some wait before they ask for the first time.
        for (const polls of [0, 1]) {
          const context = { ...contextOf(content), http, polls };
          if (step.effect === "read") await endsWell(`${what}, ${step.name}`, () => step.run(context));
          if (step.effect === "visible")
            await endsWell(`${what}, ${step.name} read back`, () => broker.reconcile(context, lostCommit(step.name)));
        }
      }
    }
  }
  assert.ok(asked.length > 50, `${asked.length} requests`);
  for (const { name, timeoutSeconds } of asked) assert.ok(timeoutSeconds <= 15, `${name}: ${timeoutSeconds} s`);
});

async function answerAll(name: PlatformName, answer: HttpAnswer): Promise<void> {
  const { broker } = platforms[name];
  assert.ok(broker);
  for (const [what, content] of Object.entries(CONTENTS)) {
    const steps = ends(() => broker.steps(content));
    for (const step of steps ?? []) {
      const context = answered(content, answer);
      if (step.effect !== "visible") await endsWell(`${what}, ${step.name}`, () => step.run(context));
      else {
        await endsWell(`${what}, ${step.name}`, async () => step.accept(answer, context));
        await endsWell(`${what}, ${step.name} read back`, () => broker.reconcile(context, lostCommit(step.name)));
      }
    }
  }
}

/** Contents that a platform does not have may be refused by its broker. */
function ends<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

/** A BrokerError, or one by which the engine knows that the answer says nothing; no fault of the language. */
async function endsWell(what: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof BrokerError) {
      assert.ok(error.message.length < 5_000, `${what}: a sentence of ${error.message.length} characters`);
      assert.ok(
        JSON.stringify(error.platformError).length < 50_000,
        `${what}: words of the platform of ${JSON.stringify(error.platformError).length} characters`,
      );
      return;
    }
    const isFault = [RangeError, TypeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);
    assert.ok(error instanceof Error && !isFault, `${what}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

function answered(content: PlatformContent<PublishMedia>, answer: HttpAnswer): StepContext {
  return { ...contextOf(content), http: { send: async () => answer } };
}

function contextOf(content: PlatformContent<PublishMedia>): StepContext {
  const checkpoint = new Proxy({}, { get: (_, key) => (typeof key === "string" ? "1" : undefined) });
  return contextFor("http://127.0.0.1:9", content, {}, checkpoint);
}
