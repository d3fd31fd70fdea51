import assert from "node:assert/strict";

import { z } from "zod";

import instance from "../../package.json" with { type: "json" };
import type { Machine } from "./machine.ts";

/** An instance behind a TLS proxy in a machine, under https://app.example.com and https://api.example.com. */
export interface Proxied {
  /** File of the certificate authority. */
  authority: string;
  /** Runs an `ampost` command of the instance. */
  ampost(...words: string[]): Promise<string>;
  /** Asks the sandbox what was published. */
  ledger(): Promise<string>;
}

const bootstrap = z.object({ apiKey: z.string(), platformSetId: z.string() });
const created = z.object({ post: z.object({ id: z.string(), status: z.string() }) });
const media = z.object({ media: z.object({ sizeBytes: z.number() }) });
const published = z.array(z.object({ text: z.string() }));

/** Paths that lead to the metrics and the sandbox's pages, however they are written. */
const CLOSED = [
  "/metrics",
  "/metrics/",
  "//metrics",
  "/%6detrics",
  "/metrics?x=1",
  "/sandbox",
  "/sandbox/",
  "/%73andbox/x",
];

const LARGEST_FILE = 200 * 1024 * 1024;

/** Publishes a post that is then in the sandbox's ledger once. Returns what calls the API. */
export async function publishThroughProxy(machine: Machine, { authority, ampost, ledger }: Proxied) {
  await machine.until(`test -s ${authority}`);
  const curl = (...words: string[]) =>
    machine.run(`curl --silent --show-error --path-as-is --cacert ${authority} ${words.join(" ")}`);
  await machine.until(`curl --silent --fail --cacert ${authority} https://api.example.com/readyz > /dev/null`);
  const { apiKey, platformSetId } = bootstrap.parse(lastJson(await ampost("bootstrap", "--json")));
  const call = (path: string, ...words: string[]) =>
    curl("--fail-with-body", `--header 'Authorization: Bearer ${apiKey}'`, ...words, `https://api.example.com${path}`);
  const create = async (text: string) => {
    const body = JSON.stringify({ platformSetId, platforms: ["threads"], content: { text } });
    return created.parse(
      JSON.parse(await call("/api/v1/posts", "--header 'Content-Type: application/json'", `--data '${body}'`)),
    ).post;
  };

  const text = `Through a proxy, ${platformSetId} ${apiKey.slice(-8)}`;
  const { id } = await create(text);
  const sent = await call(`/api/v1/posts/${id}/publish`, "--request POST", "--header 'Prefer: wait=60'");
  assert.equal(created.parse(JSON.parse(sent)).post.status, "published");
  const posts = published.parse(JSON.parse(await ledger()));
  assert.equal(posts.filter((post) => post.text === text).length, 1);
  return { apiKey, curl, call, create };
}

/**
 * Does what users do: publishes a post that is then in the sandbox's ledger once, uploads a file of the largest size,
 * follows a post, and looks for what is closed.
 */
export async function useThroughProxy(machine: Machine, proxied: Proxied): Promise<void> {
  const { authority } = proxied;
  const { apiKey, curl, call, create } = await publishThroughProxy(machine, proxied);

  const film = "tests/fixtures/portrait-9x16.mp4";
  // A film with a box that players skip.
  await machine.run(`
    size=$(( ${LARGEST_FILE} - $(stat --format=%s ${film}) ))
    { cat ${film}; printf "\\x$(printf '%08x' $size | sed 's/../&\\\\x/g; s/\\\\x$//')free"; head --bytes=$((size - 8)) /dev/zero; } > /tmp/film.mp4`);
  const stored = media.parse(JSON.parse(await call("/api/v1/media", "--form file=@/tmp/film.mp4")));
  assert.equal(stored.media.sizeBytes, LARGEST_FILE);

  // The stream of a draft goes on, so its first event arrives only if nothing waits for the rest.
  const draft = await create("A draft");
  const event = await machine.run(`
    exec 3< <(exec curl --silent --no-buffer --cacert ${authority} --header 'Authorization: Bearer ${apiKey}' \
      https://api.example.com/api/v1/posts/${draft.id}/events)
    read -r -t 60 line <&3
    kill $!
    echo "$line"`);
  assert.equal(event, "event: post\n");

  for (const host of ["app.example.com", "api.example.com"]) {
    for (const path of CLOSED) {
      const head = await curl("--include", `'https://${host}${path}'`);
      assert.match(head, /^HTTP\/\S+ 404/, `${host}${path}`);
      assert.doesNotMatch(head, /^x-request-id:/im, `${host}${path} does not reach Ampost`);
    }
    const plain = await curl("--head", `http://${host}/sign-in`);
    assert.match(plain, new RegExp(`^HTTP/1.1 308 [^]*^location: https://${host}/sign-in\\r$`, "im"));
  }
  await curl("--fail --output /dev/null", `https://api.example.com/packages/ampost-client-${instance.version}.tgz`);
  const page = await curl("--include", "https://app.example.com/sign-in");
  assert.match(page, /^HTTP\/2 200/);
  assert.match(page, /^strict-transport-security: max-age=31536000\r$/im);
}

function lastJson(output: string): unknown {
  return JSON.parse(output.trim().split("\n").at(-1) ?? "");
}
