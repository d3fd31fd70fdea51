import assert from "node:assert/strict";
import { test } from "node:test";

import type { PostContent } from "../../model/post.ts";
import { catalog } from "../catalog.ts";
import { commentsOf, type ShownPost } from "../kit/card/card.ts";
import { resolveContent } from "../validate/validate.ts";
import { declaredExamples } from "./contents.ts";
import type { Subject } from "./subject.ts";
import type { World } from "./world.ts";

/** Every declared shape is published once, as the caller sent it and as its preview shows it. */
export function testShapes(subject: Subject, world: () => World): void {
  test(`${subject.name}: every declared shape publishes`, async (t) => {
    for (const example of declaredExamples(subject, world().fixtures)) {
      await t.test(example.name, async () => {
        const account = await world().connect();
        const post = await world().publish(account, example.content);
        assert.equal(post.status, "published", JSON.stringify(post.error));
        assert.equal(post.error, null);
        const entries = await world().ledger(account);
        assert.equal(entries.length, example.parts);
        assert.deepEqual(
          entries.map((entry) => entry.publishCalls),
          entries.map(() => 1),
        );
        const first = entries.at(-1);
        assert.deepEqual([first?.id, first?.url], [post.platformPostId, post.publishedUrl]);
        assert.deepEqual(
          post.parts,
          entries
            .toReversed()
            .slice(1)
            .map(({ id, url }) => ({ platformPostId: id, publishedUrl: url })),
        );
        const expected = resolveContent(subject.name, example.content, world().measure);
        const parts = [expected, ...expected.thread];
        assert.deepEqual(
          entries.toReversed().map((entry) => entry.media.map((media) => media.altText ?? null)),
          parts.map((part) => part.media.map((media) => media.altText ?? null)),
        );
        assert.deepEqual(previewed(subject, example.content, world().measure), entries.toReversed().map(asSeen));
      });
    }
  });
}

type Seen = Pick<ShownPost["post"], "text" | "kind" | "visibility"> & { comments: string[]; media: number };

function asSeen({
  text,
  kind,
  visibility,
  media,
  comments,
}: Omit<Seen, "media" | "comments"> & { media: readonly object[]; comments?: unknown }): Seen {
  return { text, kind, visibility, media: media.length, comments: commentsOf({ comments }) };
}

function previewed({ name }: Subject, content: PostContent, measure: World["measure"]): Seen[] {
  const author = { username: "someone", name: "Someone", url: "" };
  return catalog[name].preview.postsOf(resolveContent(name, content, measure), author).map(({ post }) => asSeen(post));
}
