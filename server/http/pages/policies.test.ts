import assert from "node:assert/strict";
import { test } from "node:test";

import { createWorld } from "../../../tests/world.ts";

const headers = { host: "localhost:3000" };

test("privacy and terms are the operator's own", async () => {
  const world = await createWorld({
    privacyUrl: "https://example.com/privacy?lang=en",
    termsUrl: "https://example.com/terms",
  });
  for (const [url, own] of [
    ["/privacy", "https://example.com/privacy?lang=en"],
    ["/terms", "https://example.com/terms"],
  ] as const) {
    const answer = await world.app.inject({ url, headers });
    assert.deepEqual([answer.statusCode, answer.headers.location], [302, own]);
  }
  await world.close();
});

test("without the operator's own, they are pages that name the instance, what it stores and whom to ask", async () => {
  const world = await createWorld();
  const read = async (url: string) => {
    const { statusCode, body } = await world.app.inject({ url, headers });
    assert.equal(statusCode, 200);
    return body.replace(/\s+/g, " ");
  };
  const privacy = await read("/privacy");
  for (const said of [/localhost:3000 runs Ampost/, /access tokens, encrypted/, /Ask the operator of localhost:3000/])
    assert.match(privacy, said);
  assert.match(await read("/terms"), /Ask the operator of localhost:3000/);
  await world.close();
});
