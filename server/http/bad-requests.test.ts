import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { after, before, test } from "node:test";

import { asRefusal, countRows, snapshot } from "../../tests/answers.ts";
import { sendRaw } from "../../tests/raw-request.ts";
import { createWorld, type Called, type World } from "../../tests/world.ts";

let world: World;

before(async () => {
  world = await createWorld();
  await world.connect(world.test, "threads");
});
after(() => world.close());

const POSTS = "/api/v1/posts";
const fixture = async (name: string) =>
  new Uint8Array(await readFile(new URL(`../../tests/fixtures/${name}`, import.meta.url)));

/** Sends a body as it is, with a content type. */
const send = (body: string, type: string | null = "application/json", headers: Record<string, string> = {}) =>
  world.call(world.test, "POST", POSTS, body, { ...(type === null ? {} : { "content-type": type }), ...headers });

async function refusedWithNothingStored(answer: () => Promise<Called>, status: number, message: RegExp): Promise<void> {
  const before = await snapshot(world);
  const refusal = asRefusal(await answer(), status);
  assert.match(refusal.error, message);
  assert.deepEqual(await snapshot(world), before);
}

for (const [what, body, type, message] of [
  ["broken JSON", '{"content": ', "application/json", /^The request body is not valid JSON/],
  ["an empty body", "", "application/json", /^The request body is empty/],
  ["a body of white space", " \n", "application/json", /^The request body is empty/],
  ["JSON that is no object", "[1]", "application/json", /^The request body must be a JSON object, not an array/],
  ["a wrong content type", "{}", "text/plain", /^The Content-Type text\/plain is not supported/],
  [
    "a form of another kind",
    "a=b",
    "application/x-www-form-urlencoded",
    /^The Content-Type application\/x-www-form-urlencoded is not supported/,
  ],
  ["a multipart type without boundary", "--x--", "multipart/form-data", /has no boundary/],
  [
    "nesting ten thousand levels deep",
    `{"content":${"[".repeat(10_000)}${"]".repeat(10_000)}}`,
    "application/json",
    /nested more than 64 levels/,
  ],
  ["a __proto__ key", '{"__proto__":{"x":1}}', "application/json", /content is required/],
  [
    "ten thousand fields",
    JSON.stringify(Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`f${index}`, 1]))),
    "application/json",
    /too many values/,
  ],
  ["a NUL character", '{"content":{"text":"a\\u0000"}}', "application/json", /NUL character/],
  ["half of a surrogate pair", '{"content":{"text":"\\ud83d"}}', "application/json", /surrogate pair/],
  ["a number beyond measure", '{"content":{"text":1e999}}', "application/json", /too large/],
] as const) {
  test(`${what} is rejected with a message`, () => refusedWithNothingStored(() => send(body, type), 400, message));
}

test("nesting ten thousand levels deep is also rejected with an Idempotency-Key", async () => {
  const deep = `{"content":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
  assert.match(
    asRefusal(await send(deep, "application/json", { "idempotency-key": "deep" }), 400).error,
    /nested more than 64 levels/,
  );
});

test("a missing content type, invalid UTF-8 and a compressed body are rejected with a message", async () => {
  const bytes = Uint8Array.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]);
  const post = (body: Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
    fetch(world.url + POSTS, {
      method: "POST",
      body,
      headers: { authorization: `Bearer ${world.test.key}`, ...headers },
    }).then(readAnswer);
  assert.match(asRefusal(await post(bytes, {}), 400).error, /UTF-8/);
  assert.match(
    asRefusal(await post(new TextEncoder().encode("{}"), {}), 400).error,
    /^The Content-Type header is missing/,
  );
  assert.match(
    asRefusal(await post(bytes, { "content-type": "application/json", "content-encoding": "gzip" }), 400).error,
    /compressed/,
  );
});

test("JSON longer than 4 MB is 413, with or without a declared length", async () => {
  const long = JSON.stringify({ content: { text: "x".repeat(5 * 1024 * 1024) } });
  assert.equal(asRefusal(await send(long), 413).code, "PAYLOAD_TOO_LARGE");
  const stream = new Blob([long]).stream();
  const answer = await fetch(world.url + POSTS, {
    method: "POST",
    body: stream,
    duplex: "half",
    headers: { authorization: `Bearer ${world.test.key}`, "content-type": "application/json" },
  });
  asRefusal(await readAnswer(answer), 413);
});

/** A form as bytes, so that it can be broken. */
function form(
  parts: { head: string; body: string | Uint8Array }[],
  { boundary = "XX", end = true } = {},
): Uint8Array<ArrayBuffer> {
  const chunks = parts.flatMap(({ head, body }) => [`--${boundary}\r\n${head}\r\n\r\n`, body, "\r\n"]);
  const bytes = [...chunks, end ? `--${boundary}--\r\n` : ""].map((chunk) =>
    typeof chunk === "string" ? Buffer.from(chunk) : Buffer.from(chunk),
  );
  return new Uint8Array(Buffer.concat(bytes));
}

const dataPart = (data: unknown) => ({
  head: 'content-disposition: form-data; name="data"',
  body: typeof data === "string" ? data : JSON.stringify(data),
});
const filePart = (body: string | Uint8Array, { name = "files", filename = "a.jpg", type = "image/jpeg" } = {}) => ({
  head: `content-disposition: form-data; name="${name}"; filename="${filename}"\r\ncontent-type: ${type}`,
  body,
});
const valid = () => ({ content: { text: "Hello" }, platforms: ["threads"], platformSetId: world.test.platformSetId });

const sendForm = async (bytes: Uint8Array<ArrayBuffer>) =>
  await readAnswer(
    await fetch(world.url + POSTS, {
      method: "POST",
      body: bytes,
      headers: { authorization: `Bearer ${world.test.key}`, "content-type": "multipart/form-data; boundary=XX" },
    }),
  );

test("broken forms are rejected with a message and leave nothing stored", async () => {
  const picture = await fixture("photo-1x1.jpg");
  const cases: [string, Uint8Array<ArrayBuffer>, number, RegExp][] = [
    ["no parts", form([]), 400, /no field "data"|broken or cut/],
    ["data twice", form([dataPart(valid()), dataPart(valid())]), 400, /twice/],
    ["data that is no JSON", form([dataPart("{")]), 400, /^The field data is not valid JSON/],
    [
      "an unknown field",
      form([dataPart(valid()), { head: 'content-disposition: form-data; name="foo"', body: "1" }]),
      400,
      /Unknown form field "foo"/,
    ],
    [
      "a file in an unknown field",
      form([filePart(picture, { name: "pictures" }), dataPart(valid())]),
      400,
      /Unknown form field "pictures"/,
    ],
    [
      "cut off in the middle of a file",
      form([dataPart(valid()), filePart(picture.slice(0, 3000))], { end: false }),
      400,
      /cut|broken|read/,
    ],
    [
      "a file that is no image",
      form([dataPart(valid()), filePart("just some text, not an image at all")]),
      400,
      /not an image or video/,
    ],
    ["an empty file", form([dataPart(valid()), filePart("")]), 400, /empty/],
    [
      "a picture that claims to be a video",
      form([dataPart(valid()), filePart(picture, { type: "video/mp4", filename: "a.mp4" })]),
      400,
      /declared as video\/mp4/,
    ],
    [
      "a hundred and one files",
      form([
        dataPart(valid()),
        ...Array.from({ length: 101 }, (_, index) => filePart(picture.slice(0, 10), { filename: `${index}.jpg` })),
      ]),
      413,
      /too many parts/,
    ],
    [
      "ten thousand fields",
      form(Array.from({ length: 10_000 }, () => ({ head: 'content-disposition: form-data; name="data"', body: "1" }))),
      400,
      /twice/,
    ],
  ];
  for (const [what, bytes, status, message] of cases) {
    await test(what, () => refusedWithNothingStored(() => sendForm(bytes), status, message));
  }
});

test("everything wrong with a form is reported together: its JSON, its files and the platform's rules", async () => {
  const answer = await sendForm(
    form([dataPart({ ...valid(), platforms: ["threads", "linkedin"], extra: 1 }), filePart("not an image")]),
  );
  const rules = asRefusal(answer, 400).issues.map(({ rule }) => rule);
  assert.deepEqual(rules, ["request.unknownKey", "media.type", "linkedin.account.connected"]);
});

test("an upload aborted by the client leaves nothing stored", async () => {
  const before = await countRows(world);
  const bytes = form([dataPart(valid()), filePart(new Uint8Array(2_000_000).fill(0xff))]);
  const head =
    `POST ${POSTS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${world.test.key}\r\n` +
    `content-type: multipart/form-data; boundary=XX\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  const socket = connect(Number(new URL(world.url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(head);
  socket.write(bytes.slice(0, 1_000_000), () => socket.destroy());
  await new Promise((resolve) => socket.once("close", resolve));
  assert.equal((await world.call(world.test, "GET", POSTS)).status, 200);
  assert.deepEqual(await countRows(world), before);
});

test("huge headers are 431 and broken HTTP is 400, in the standard format", async () => {
  for (const [bytes, status] of [
    [`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    ["NONSENSE\r\n\r\n", 400],
  ] as const) {
    const answer = await sendRaw(world.url, bytes);
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
    const body: unknown = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4));
    const id = /x-request-id: (\S+)/.exec(answer)?.[1] ?? "";
    asRefusal({ status, headers: new Headers({ "x-request-id": id }), body }, status);
  }
});

test("an ID of another UUID version is valid, and refers to nothing", async () => {
  for (const id of [
    "00000000-0000-0000-0000-000000000000",
    "11111111-1111-1111-1111-111111111111",
    "F47AC10B-58CC-4372-A567-0E02B2C3D479",
  ]) {
    assert.equal(asRefusal(await world.call(world.test, "GET", `${POSTS}/${id}`), 404).code, "POST_NOT_FOUND");
  }
});

test("unknown routes are 404, and a wrong method lists the allowed ones", async () => {
  for (const path of ["/nope", "/api/v1/nope", "/api/v1/posts/x/y/z", "/api/v1/"])
    assert.equal(asRefusal(await world.call(world.test, "GET", path), 404).code, "NOT_FOUND");
  const answer = await world.call(world.test, "PUT", POSTS);
  assert.equal(asRefusal(answer, 404).code, "NOT_FOUND");
  assert.equal(answer.headers.get("allow"), "POST, GET");
});

async function readAnswer(response: Response): Promise<Called> {
  const body: unknown = JSON.parse(await response.text());
  return { status: response.status, headers: response.headers, body };
}
