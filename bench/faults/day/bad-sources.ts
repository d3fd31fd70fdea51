import { createServer, type ServerResponse } from "node:http";
import { crc32, deflateSync } from "node:zlib";

import { findFreePort } from "../../../cli/free-port.ts";

/** A server that no media fetch and no webhook should connect to. */
export interface BadSources {
  /** The URL that media claim to be at. */
  media: string[];
  /** The URL that webhooks are sent to. */
  hooks: string[];
  /** A URL on this machine that no one must be directed to. */
  canary: string;
  /** How often it was requested. */
  canaryHits(): number;
  close(): Promise<void>;
}

/** Longer than any client waits. */
const FOREVER = 600_000;

export async function startBadSources(): Promise<BadSources> {
  const timers = new Set<NodeJS.Timeout>();
  let hits = 0;

  function every(milliseconds: number, response: ServerResponse, bytes: Buffer): void {
    const timer = setInterval(() => response.write(bytes), milliseconds);
    timers.add(timer);
    response
      .on("error", () => undefined)
      .once("close", () => {
        clearInterval(timer);
        timers.delete(timer);
      });
  }

  const bomb = decompressionBomb();
  const answers: Record<string, (response: ServerResponse) => void> = {
    "/drip.jpg": (response) =>
      every(1_000, response.writeHead(200, { "content-type": "image/jpeg" }), Buffer.from([0xff])),
    "/endless.jpg": (response) =>
      every(20, response.writeHead(200, { "content-type": "image/jpeg" }), Buffer.alloc(65_536)),
    "/metadata.jpg": (response) =>
      response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data/" }).end(),
    "/round.jpg": (response) => response.writeHead(302, { location: "/round.jpg" }).end(),
    "/bomb.png": (response) => response.writeHead(200, { "content-type": "image/png" }).end(bomb),
    "/silent.jpg": (response) => every(FOREVER, response, Buffer.alloc(1)),
    "/hook-drip": (response) => every(1_000, response.writeHead(200), Buffer.from("a")),
    "/hook-silent": (response) => every(FOREVER, response, Buffer.alloc(1)),
    "/hook-endless": (response) => every(20, response.writeHead(500), Buffer.alloc(65_536)),
  };
  const server = createServer((request, response) => {
    request.on("error", () => undefined).resume();
    const answer = answers[request.url ?? ""];
    if (answer === undefined) response.writeHead(404).end();
    else answer(response);
  });
  const canary = createServer((_, response) => {
    hits += 1;
    response.end("reached");
  });
  const ports = [await findFreePort(), await findFreePort()] as const;
  await Promise.all(
    [server, canary].map(
      (each, index) => new Promise<void>((resolve) => each.listen(ports[index], "127.0.0.1", resolve)),
    ),
  );
  const urls = Object.keys(answers).map((path) => `http://127.0.0.1:${ports[0]}${path}`);
  return {
    media: urls.filter((url) => !url.includes("/hook-")),
    hooks: urls.filter((url) => url.includes("/hook-")),
    canary: `http://127.0.0.1:${ports[1]}/`,
    canaryHits: () => hits,
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      for (const each of [server, canary]) {
        each.closeAllConnections();
        await new Promise((resolve) => each.close(resolve));
      }
    },
  };
}

/** A picture of a few kilobytes that claims to be 50,000 pixels wide and high, and decompresses to 300 megabytes. */
function decompressionBomb(): Buffer {
  const side = 50_000;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.writeUInt8(1, 8);
  const rows = deflateSync(Buffer.alloc(side * (1 + side / 8)), { level: 1 });
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", head),
    chunk("IDAT", rows),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}
