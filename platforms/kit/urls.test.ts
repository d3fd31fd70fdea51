import assert from "node:assert/strict";
import { test } from "node:test";

import { findUrls } from "./urls.ts";

/** Computed with twitter-text 3.1.0. */
const VECTORS: [text: string, urls: string[]][] = [
  ["日本example.com/path?x=1 y", ["example.com/path?x=1"]],
  ["#日本example.com", ["example.com"]],
  ["http://example.com:80/a_(b)?q=1.", ["http://example.com:80/a_(b)?q=1"]],
  ["foo.example_bar.com", []],
  ["my_site.example.com", ["site.example.com"]],
  ["-example.com", []],
  ["...example.com", []],
  ["@example.com", []],
  ["$example.com/a", []],
  ["https://t.co/abcdef/ghi", ["https://t.co/abcdef"]],
  ["https://example.com/пример)", ["https://example.com/пример"]],
  ["example.com?x=1", ["example.com"]],
  ["example.com/?x=1", ["example.com/?x=1"]],
  ["example.com:80/x", ["example.com:80/x"]],
  ["http://日本.com/x", ["http://日本.com/x"]],
  ["日本.com", []],
  ["example.co.uk.", ["example.co.uk"]],
  ["a..example.com", []],
  ["example.com-foo", []],
  ["example.com_foo", ["example.com"]],
  ["example.com日本", ["example.com"]],
  ["http://example.com@foo", []],
  ["ahttp://example.com", []],
  ["HTTP://EXAMPLE.COM/A", ["HTTP://EXAMPLE.COM/A"]],
  ["ftp://example.com", []],
  ["http://user:pw@example.com/", []],
  ["1.2.3.4", []],
  ["http://1.2.3.4/", []],
  ["example.xn--p1ai", ["example.xn--p1ai"]],
  ["example.рф", ["example.рф"]],
  ["http://example.рф/x", ["http://example.рф/x"]],
  ["https://ex.com/a—b", ["https://ex.com/a"]],
  ["a,b.com", ["b.com"]],
  ["see a.com👉b.com", ["a.com", "b.com"]],
  ["https://example.com/a,", ["https://example.com/a"]],
  ["http://t.co/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", []],
];

for (const [text, urls] of VECTORS) {
  test(`the URLs of ${JSON.stringify(text.slice(0, 50))} are those X detects`, () => {
    assert.deepEqual(
      Array.from(findUrls(text), (found) => found.url),
      urls,
    );
  });
}

test("positions are those of the URL in the text", () => {
  const text = "see https://example.com/a, and b.org";
  for (const { start, end, url } of findUrls(text)) assert.equal(text.slice(start, end), url);
});

test("a URL of more than 4096 characters is not detected", () => {
  assert.equal([...findUrls(`https://example.com/${"a".repeat(4096 - 20)}`)].length, 1);
  assert.equal([...findUrls(`https://example.com/${"a".repeat(4097 - 20)}`)].length, 0);
});
