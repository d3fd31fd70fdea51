import assert from "node:assert/strict";
import { test } from "node:test";

import type { PlatformContent, PostContent } from "../../model/post.ts";
import { platforms } from "../index.ts";
import { askedScopes, requiredScopes } from "../kit/scopes.ts";
import type { PublishMedia } from "../platform.ts";
import { resolveContent } from "../validate/validate.ts";
import { declaredExamples, plainExample, richExample } from "./contents.ts";
import { loginOf, type Subject } from "./subject.ts";
import type { World } from "./world.ts";

/** No permission is asked for that nothing uses, and each is used where it says. */
export function testScopes(subject: Subject, world: () => World): void {
  const scopes = loginOf(subject)?.scopes ?? [];

  test(`${subject.name}: permissions name steps that publishing has`, () => {
    const names = new Set(everyContent(subject, world()).flatMap((content) => stepsOf(subject, world(), content)));
    for (const { name, usedBy } of scopes) {
      const { operations = [], steps = [] } = usedBy;
      assert.ok(operations.length + steps.length > 0, `${name} is used nowhere`);
      for (const step of steps) assert.ok(names.has(step), `${name} is used by "${step}", which is not a step`);
    }
  });

  const asked = askedScopes(scopes);
  const outcomes = new Map<string | null, ReturnType<typeof outcome>>();
  /** Tried once with each set of permissions. */
  const outcomeWithout = (left: string | null) => {
    const known = outcomes.get(left);
    const names = asked.filter((name) => name !== left);
    const found = known ?? outcome(subject, world(), names);
    outcomes.set(left, found);
    return found;
  };

  for (const left of asked.filter((name) => subject.redundant?.includes(name) !== true)) {
    test(`${subject.name}: without ${left}, something is refused or missing`, async () => {
      const everything = await outcomeWithout(null);
      assert.deepEqual(everything.refused, []);
      assert.notDeepEqual(await outcomeWithout(left).catch((error: unknown) => error), everything);
    });
  }

  const required = requiredScopes(scopes);
  for (const left of asked.filter((name) => !required.includes(name))) {
    test(`${subject.name}: without ${left}, other posts are published, and the account stays connected`, async () => {
      const { posts, health } = await outcomeWithout(left);
      assert.equal(health, "healthy");
      assert.deepEqual(posts.slice(0, 2), [["published"], ["published"]]);
    });
  }
}

/** What connecting and publishing give with these permissions. */
async function outcome(subject: Subject, world: World, scopes: readonly string[]) {
  const { account, refused, known } = await world.connectWith(scopes);
  const contents = [plainExample(subject, world.fixtures), richExample(subject, world.fixtures)].map(
    ({ content }) => content,
  );
  const posts = [];
  for (const content of [...contents, ...chains(subject, world), ...featured(subject, world)]) {
    const { status, warnings } = await world.publish(account, content);
    posts.push([status, ...warnings.map(({ code }) => code)]);
  }
  const { token_health: health } = await world.readAccount(account);
  return { refused: [...refused, ...(await world.refused())], known, posts, health };
}

function everyContent(subject: Subject, world: World): PostContent[] {
  return [...declaredExamples(subject, world.fixtures).map(({ content }) => content), ...featured(subject, world)];
}

function chains(subject: Subject, world: World): PostContent[] {
  return declaredExamples(subject, world.fixtures).flatMap(({ content, parts }) => (parts > 1 ? [content] : []));
}

/** A post with the settings that require permissions of their own. */
function featured(subject: Subject, world: World): PostContent[] {
  const { name, features } = subject;
  if (features === undefined) return [];
  const { content } = richExample(subject, world.fixtures);
  const override = content.platformOverrides[name];
  const settings = { ...override?.settings, ...features };
  return [{ ...content, platformOverrides: { [name]: { ...override, settings } } }];
}

/** The steps of a post and of the same with a thumbnail. */
function stepsOf({ name }: Subject, world: World, content: PostContent): string[] {
  const { broker } = platforms[name];
  const resolved = resolveContent(name, content, world.measure);
  const picture = world.fixtures.find(({ facts }) => facts.type === "image");
  assert.ok(broker && picture);
  const toMedia = (entry: { filename?: string | null }): PublishMedia => {
    const fixture = world.fixtures.find(({ filename }) => filename === entry.filename) ?? picture;
    return { ...fixture.facts, id: "id", filename: fixture.filename, altText: "x", thumbnail: null };
  };
  const publishable: PlatformContent<PublishMedia> = {
    ...resolved,
    media: resolved.media.map((entry) => ({ ...toMedia(entry), thumbnail: toMedia(picture) })),
    cover: null,
    thread: resolved.thread.map((part) => ({ ...part, media: part.media.map(toMedia) })),
  };
  return broker.steps(publishable).map((step) => step.name);
}
