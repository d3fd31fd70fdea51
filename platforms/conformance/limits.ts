import assert from "node:assert/strict";
import { test } from "node:test";

import type { Limit, Placement, Quantity, Shape, TextLimit } from "../../model/capabilities.ts";
import type { MediaFacts, MediaType } from "../../model/post.ts";
import { catalog } from "../catalog.ts";
import { QUANTITIES } from "../describe.ts";
import { countText } from "../kit/text.ts";
import { declaredExamples, exampleOf, validateExample, suitable } from "./contents.ts";
import type { Fixture } from "./media.fixture.ts";
import type { Subject } from "./subject.ts";
import type { World } from "./world.ts";

/** Anything over a declared limit is rejected before any request, because validation uses no network. */
export function testLimits(subject: Subject, world: () => World): void {
  const { capabilities } = catalog[subject.name];

  test(`${subject.name}: everything declared is accepted`, () => {
    for (const { name, content } of declaredExamples(subject, world().fixtures)) {
      assert.deepEqual(validateExample(subject, content, world().fixtures).issues, [], name);
    }
  });

  for (const placement of capabilities.placements) {
    for (const shape of placement.shapes) {
      const title = `${subject.name} ${placement.name}, ${shape.name}`;
      const limit = shape.text === undefined ? capabilities.text : shape.text;
      if (limit !== "hidden") {
        test(`${title}: a text one character too long is rejected`, () =>
          assertTextRefused(subject, world(), placement, shape, limit));
      }
      if (shape.items.max > 0) {
        test(`${title}: one item more than any shape allows is rejected`, () =>
          assertCountRefused(subject, world(), placement, shape));
      }
      for (const { kind, quantity, side, value } of limitsOf(shape)) {
        test(`${title}: ${kind} ${quantity} past its ${side} of ${value} is rejected`, () =>
          assertMeasureRefused(subject, world(), placement, shape, kind, quantity, side, value));
      }
    }
  }

  for (const limit of capabilities.settingTexts) {
    test(`${subject.name}: settings.${limit.at} one character too long is rejected`, () =>
      assertSettingRefused(subject, world(), limit.at, limit));
  }
}

function assertTextRefused(subject: Subject, world: World, placement: Placement, shape: Shape, limit: TextLimit): void {
  const { content } = exampleOf(
    subject,
    placement,
    shape,
    repeat(suitable(world.fixtures, subject, placement, shape)[0], shape.items.min),
  );
  const { issues } = validateExample(subject, { ...content, text: textOf(limit, limit.max + 1) }, world.fixtures);
  assert.deepEqual(
    issues.map((issue) => [issue.code, issue.actual, issue.limit]),
    [["CONTENT_TOO_LONG", limit.max + 1, limit.max]],
  );
}

function assertCountRefused(subject: Subject, world: World, placement: Placement, shape: Shape): void {
  const [fixture] = suitable(world.fixtures, subject, placement, shape);
  assert.ok(fixture, `no fixture fits ${shape.name}`);
  const takers = placement.shapes.filter((other) => other[fixture.facts.type] !== undefined);
  const count = Math.max(...takers.map((other) => other.items.max)) + 1;
  const { issues } = validateExample(
    subject,
    exampleOf(subject, placement, shape, repeat(fixture, count)).content,
    world.fixtures,
  );
  assert.ok(
    issues.some((issue) => /media|placement/.test(issue.path)),
    `${count} items were accepted`,
  );
}

function assertMeasureRefused(
  subject: Subject,
  world: World,
  placement: Placement,
  shape: Shape,
  kind: MediaType,
  quantity: Quantity,
  side: "min" | "max",
  value: number,
): void {
  const fixture = suitable(world.fixtures, subject, placement, shape).find(
    (candidate) => candidate.facts.type === kind,
  );
  assert.ok(fixture, `no fixture fits ${shape.name}`);
  const media = repeat(fixture, Math.max(1, shape.items.min));
  const facts = pastLimit(
    quantity,
    side === "max" ? pastMax(quantity, value) : pastMin(quantity, value),
    fixture.facts,
  );
  const { issues } = validateExample(
    subject,
    exampleOf(subject, placement, shape, media).content,
    world.fixtures,
    facts,
  );
  assert.ok(
    issues.some((issue) => issue.path.startsWith("/content/media/")),
    `${JSON.stringify(facts)} was accepted`,
  );
}

function assertSettingRefused(subject: Subject, world: World, at: string, limit: TextLimit): void {
  const content = declaredExamples(subject, world.fixtures)[0]?.content;
  assert.ok(content);
  const settings = {
    ...content.platformOverrides[subject.name]?.settings,
    ...settingAt(at.split("."), textOf(limit, limit.max + 1), subject.beside),
  };
  const { issues } = validateExample(
    subject,
    { ...content, platformOverrides: { [subject.name]: { settings } } },
    world.fixtures,
  );
  assert.ok(issues.some((issue) => issue.code === "CONTENT_TOO_LONG" && issue.limit === limit.max));
}

function settingAt(path: readonly string[], value: unknown, beside: Subject["beside"] = {}): Record<string, unknown> {
  const [member, ...rest] = path;
  if (member === undefined) return {};
  if (rest.length === 0) return { [member]: value };
  return { [member]: rest[0] === "*" ? [value, "another"] : { ...beside[member], ...settingAt(rest, value) } };
}

function repeat(fixture: Fixture | undefined, count: number): Fixture[] {
  return fixture === undefined ? [] : Array.from({ length: count }, () => fixture);
}

function textOf(limit: TextLimit, length: number): string {
  const text = "a".repeat(length);
  assert.equal(countText(text, limit.counting), length);
  return text;
}

function limitsOf(shape: Shape): { kind: MediaType; quantity: Quantity; side: "min" | "max"; value: number }[] {
  return (["image", "video"] as const).flatMap((kind) =>
    entriesOf(shape[kind]?.limits ?? {}).flatMap(([quantity, limit]) =>
      (["min", "max"] as const).flatMap((side) =>
        limit[side] === undefined ? [] : [{ kind, quantity, side, value: limit[side] }],
      ),
    ),
  );
}

function entriesOf(limits: Partial<Record<Quantity, Limit>>): [Quantity, Limit][] {
  return QUANTITIES.flatMap((quantity) => (limits[quantity] === undefined ? [] : [[quantity, limits[quantity]]]));
}

function pastMax(quantity: Quantity, max: number): number {
  return quantity === "ratio" ? max * 1.05 : max + 1;
}

function pastMin(quantity: Quantity, min: number): number {
  return quantity === "ratio" || quantity === "durationSeconds" ? min * 0.95 : min - 1;
}

/** Facts for which the quantity has this value. */
function pastLimit(quantity: Quantity, value: number, facts: MediaFacts): Partial<MediaFacts> {
  switch (quantity) {
    case "ratio":
      return value >= 1
        ? { width: Math.round(1000 * value), height: 1000 }
        : { width: 1000, height: Math.round(1000 / value) };
    case "pixels":
      return { width: value, height: 1 };
    case "shortSide":
      return (facts.width ?? 0) <= (facts.height ?? 0) ? { width: value } : { height: value };
    case "longSide":
      return (facts.width ?? 0) <= (facts.height ?? 0) ? { height: value } : { width: value };
    default:
      return { [quantity]: value };
  }
}
