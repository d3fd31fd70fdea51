import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { parse } from "yaml";

import { nameIn, surface } from "../printing/surface.ts";

const read = (path: string) => readFile(join(import.meta.dirname, "..", path), "utf8");

test("whatever has been added to or removed from the API and the settings since the last release is in the changelog", async () => {
  const released = new Set((await read("contract/released.txt")).trimEnd().split("\n"));
  const current = new Set(surface());
  const [, unreleased = ""] = (await read("CHANGELOG.md")).split("\n## [Unreleased]");
  const text = unreleased.split("\n## [")[0] ?? "";
  // "AMPOST_USER_…" stands for all that begin like that.
  const groups = [...text.matchAll(/`([A-Z][A-Z\d_]+_)…/g)].map(([, begin = ""]) => begin);
  const isTold = (entry: string) => {
    const name = nameIn(entry);
    return text.includes(name) || groups.some((begin) => name.startsWith(begin));
  };
  assert.deepEqual(
    [...released, ...current].filter((entry) => released.has(entry) !== current.has(entry) && !isTold(entry)),
    [],
    "CHANGELOG.md names each under Unreleased",
  );
});

test("the surface has operations, fields, values and settings", () => {
  const names = surface();
  for (const name of [
    "POST /api/v1/posts",
    "posts_create.content",
    "content.text",
    "posts_list.cursor",
    "status=unknown",
    "AMPOST_DATA_DIR",
  ])
    assert.ok(names.includes(name), name);
  assert.deepEqual(["POST /api/v1/posts", "content.text", "status=unknown", "PORT"].map(nameIn), [
    "/api/v1/posts",
    "text",
    "unknown",
    "PORT",
  ]);
});

test("every script that the release workflow runs exists", async () => {
  const { jobs } = parse(await read(".github/workflows/release.yml"));
  const steps: { run?: string }[] = Object.values(Object(jobs)).flatMap((job) => Object(job).steps);
  const lines = steps.flatMap(({ run = "" }) => run.split("\n"));
  const { scripts } = JSON.parse(await read("package.json"));
  const named = lines.flatMap((line) =>
    [...line.matchAll(/npm run (?:--silent )?(\w+)/g)].map(([, name = ""]) => name),
  );
  assert.deepEqual([...new Set(named)].sort(), ["pack", "release"]);
  for (const name of named) await read(scripts[name].replace("node ", ""));
  await read(".ci/run");
});
