import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { parse } from "yaml";

import { createWorld, type World } from "../../../tests/world.ts";

let world: World;
before(async () => (world = await createWorld()));
after(() => world.close());

test("the description is available as JSON and YAML, identical, without a key and for every origin", async () => {
  const json = await fetch(`${world.url}/openapi.json`);
  const yaml = await fetch(`${world.url}/openapi.yaml`);
  assert.deepEqual(
    [json.status, json.headers.get("content-type"), json.headers.get("access-control-allow-origin")],
    [200, "application/json; charset=utf-8", "*"],
  );
  const document = await json.json();
  assert.deepEqual(parse(await yaml.text()), document);
  assert.equal(Object(document).servers[0].url, world.services.settings.apiUrl);
  assert.equal(
    (await fetch(`${world.url}/openapi.json`, { headers: { "if-none-match": json.headers.get("etag") ?? "" } })).status,
    304,
  );
});
