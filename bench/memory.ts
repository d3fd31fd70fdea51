import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, open, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { Agent, request } from "undici";
import { z } from "zod";

import { BareResult } from "./bare-server.ts";
import type { Benchmark, Workspace, Row } from "./benchmark.ts";
import { drive } from "./drive.ts";
import { install, type Installation, ROOT } from "./installation.ts";
import { npmStart } from "./npm-start.ts";
import { show, showMegabytes, showPercent, showSeconds, showTimes } from "./numbers.ts";
import { forgetPeaks, largestOf, memoryOf } from "./process-memory.ts";
import { startInChild } from "./run-in-child.ts";
import { createRequest, createTestUsers, headersOf, type TestUser } from "./test-users.ts";

const CREATES = 50_000;
/** By then, hot code is compiled: growth before this happens once, growth after it would be a leak. */
const WARM_CREATES = 2_000;
const CONNECTIONS = 16;
const IDLE_SECONDS = 40;
const MOST_IDLE_BYTES = 150e6;
const MOST_GROWTH = 0.2;
const MOST_GROWTH_BYTES = 40e6;
/** The largest file that is accepted. */
const UPLOAD_BYTES = 200 * 1024 * 1024;
/** Event streams of posts, half of the most for each of two users. */
const LISTENERS = 1_000;
const UPLOADS = 4;
const MOST_BUSY_BYTES = 250e6;

export const memory: Benchmark = {
  name: "memory",
  title: "Memory",
  about:
    "Resident memory of the largest process of `npm start` (a second start), as reported by the kernel: " +
    `${IDLE_SECONDS} s after the start, ${IDLE_SECONDS} s after ${show(CREATES)} creates from ${CONNECTIONS} ` +
    `connections, its peak during the upload of a ${show(UPLOAD_BYTES / 2 ** 20)} MiB video, and its peak while ` +
    `${show(LISTENERS)} clients follow posts and ${UPLOADS} such videos arrive at once. ` +
    "Raw limits: a bare Node HTTP server with one database pool, idle and streaming the same bytes to a file.",
  async measure(workspace) {
    const installation = await install(workspace, "data");
    // The very first start also loads the type stripper; from then on, compiled code is cached.
    await (await npmStart(workspace, installation.env)).stop();
    const started = await npmStart(workspace, installation.env);
    await sleep(IDLE_SECONDS * 1000);
    const idle = await largestOf(started.pid);
    for (const each of await memoryOf(started.pid))
      if (each.residentBytes > 40e6) workspace.say(`idle: ${showMegabytes(each.residentBytes)} ${each.name}`);
    const [person, another] = await createTestUsers(installation, 2);
    if (person === undefined || another === undefined) throw new Error("There is nobody to create posts for");
    const bare = await startInChild(
      "serveBare",
      {
        databaseUrl: installation.databaseUrl,
        connections: 10,
        userId: person.userId,
        file: join(await workspace.folder("bare"), "upload"),
      },
      BareResult,
    );
    workspace.defer(() => bare.stop());
    const bareIdle = await largestOf(bare.pid);

    const create = (count: number) =>
      drive({
        origins: [installation.apiUrl],
        requests: [createRequest(person, "One of many drafts.")],
        connections: CONNECTIONS,
        until: { count },
      });
    await create(WARM_CREATES);
    const warm = await largestOf(started.pid);
    await create(CREATES - WARM_CREATES);
    await sleep(IDLE_SECONDS * 1000);
    const after = await largestOf(started.pid);
    workspace.say(`after ${show(CREATES)} creates: ${showMegabytes(after.residentBytes)}`);

    const file = await makeVideo(workspace);
    const own = await upload(started.pid, (body) => postMedia(installation, person, body), file);
    const bareUpload = await upload(bare.pid, (body) => putBare(bare.result.url, body), file);
    const { before, listening, peak } = await peakOfMany(workspace, installation, started.pid, [person, another], file);
    return [
      idleRow(idle.residentBytes, bareIdle.residentBytes),
      growthRow(idle.residentBytes, warm.residentBytes, after.residentBytes),
      ...uploadRows(own, bareUpload),
      {
        what: `peak with ${show(LISTENERS)} listeners and ${UPLOADS} uploads at once`,
        value:
          `${showMegabytes(peak)} (${showMegabytes(before)} before, ${showMegabytes(listening - before)} more with the ` +
          `listeners, ${showMegabytes(peak - listening)} more with the uploads)`,
        target: `at most ${showMegabytes(MOST_BUSY_BYTES)}`,
        met: peak <= MOST_BUSY_BYTES,
      },
    ];
  },
};

function idleRow(bytes: number, bareBytes: number): Row {
  return {
    what: "largest process, idle",
    value: showMegabytes(bytes),
    raw: showMegabytes(bareBytes),
    ratio: showTimes(bytes / bareBytes),
    target: `at most ${showMegabytes(MOST_IDLE_BYTES)}`,
    met: bytes <= MOST_IDLE_BYTES,
  };
}

function growthRow(idleBytes: number, warmBytes: number, afterBytes: number): Row {
  const grown = afterBytes - idleBytes;
  return {
    what: `after ${show(CREATES)} creates`,
    value: `${showMegabytes(afterBytes)} (${grown < 0 ? "" : "+"}${showMegabytes(grown)})`,
    raw: `${showMegabytes(idleBytes)} idle, ${showMegabytes(warmBytes)} after ${show(WARM_CREATES)}`,
    ratio: `${grown < 0 ? "" : "+"}${showPercent(grown / idleBytes)}`,
    target: `at most ${showPercent(MOST_GROWTH)} and ${showMegabytes(MOST_GROWTH_BYTES)} more`,
    met: grown <= MOST_GROWTH * idleBytes && grown <= MOST_GROWTH_BYTES,
  };
}

interface Upload {
  beforeBytes: number;
  peakBytes: number;
  milliseconds: number;
}

function uploadRows(own: Upload, bare: Upload): Row[] {
  const more = ({ beforeBytes, peakBytes }: Upload) => showMegabytes(peakBytes - beforeBytes);
  return [
    {
      what: "peak during the upload",
      value: `${showMegabytes(own.peakBytes)} (${more(own)} more than before)`,
      raw: `${showMegabytes(bare.peakBytes)} (${more(bare)} more)`,
      ratio: showTimes(own.peakBytes / bare.peakBytes),
    },
    {
      what: "upload time",
      value: showSeconds(own.milliseconds),
      raw: showSeconds(bare.milliseconds),
      ratio: showTimes(own.milliseconds / bare.milliseconds),
    },
  ];
}

/** A real video, padded to the maximum file size with a box that players skip. */
async function makeVideo(workspace: Workspace): Promise<string> {
  const path = join(await workspace.folder("upload"), "large.mp4");
  await copyFile(join(ROOT, "tests/fixtures/landscape-16x9.mp4"), path);
  const { size } = await stat(path);
  const box = Buffer.alloc(8);
  box.writeUInt32BE(UPLOAD_BYTES - size, 0);
  box.write("free", 4);
  const file = await open(path, "a");
  await file.write(box);
  await file.close();
  const zeros = Buffer.alloc(1 << 20);
  await pipeline(
    function* () {
      for (let left = UPLOAD_BYTES - size - box.length; left > 0; left -= zeros.length) yield zeros.subarray(0, left);
    },
    createWriteStream(path, { flags: "a" }),
  );
  return path;
}

async function upload(pid: number, send: (file: string) => Promise<void>, file: string): Promise<Upload> {
  const { residentBytes: beforeBytes } = await largestOf(pid);
  await forgetPeaks(pid);
  const begin = performance.now();
  await send(file);
  const milliseconds = performance.now() - begin;
  const peakBytes = Math.max(
    ...(await memoryOf(pid)).filter(({ name }) => name.startsWith("node")).map((each) => each.peakBytes),
  );
  return { beforeBytes, peakBytes, milliseconds };
}

/** The bytes of the largest process: before, with the listeners, and its peak during the uploads. */
async function peakOfMany(
  workspace: Workspace,
  installation: Installation,
  pid: number,
  people: readonly TestUser[],
  file: string,
): Promise<Record<"before" | "listening" | "peak", number>> {
  const { residentBytes: before } = await largestOf(pid);
  const agent = new Agent({ connections: LISTENERS });
  workspace.defer(() => agent.destroy());
  for (const person of people) {
    const { path, ...draft } = createRequest(person, "It is followed.");
    const created = await request(`${installation.apiUrl}${path}`, draft);
    const { post } = z.object({ post: z.object({ id: z.string() }) }).parse(await created.body.json());
    const address = `${installation.apiUrl}/api/v1/posts/${post.id}/events`;
    for (let number = 0; number < LISTENERS / people.length; number += 1) {
      const { statusCode, body } = await request(address, { dispatcher: agent, headers: headersOf(person) });
      if (statusCode !== 200) throw new Error(`A listener was refused: ${statusCode} ${await body.text()}`);
      body.on("data", () => undefined).on("error", () => undefined);
    }
  }
  const { residentBytes: listening } = await largestOf(pid);
  await forgetPeaks(pid);
  await Promise.all(
    Array.from({ length: UPLOADS }, (_, index) => {
      const person = people[index % people.length];
      return person && postMedia(installation, person, file);
    }),
  );
  const { peakBytes: peak } = await largestOf(pid);
  await agent.destroy();
  return { before, listening, peak };
}

async function postMedia({ apiUrl }: Installation, { apiKey }: TestUser, file: string): Promise<void> {
  const boundary = "ampost-bench-boundary";
  async function* form() {
    yield Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="large.mp4"\r\n` +
        "content-type: video/mp4\r\n\r\n",
    );
    yield* createReadStream(file);
    yield Buffer.from(`\r\n--${boundary}--\r\n`);
  }
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": `multipart/form-data; boundary=${boundary}` };
  const answer = await request(`${apiUrl}/api/v1/media`, {
    method: "POST",
    headers,
    body: Readable.from(form()),
    headersTimeout: 60_000,
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 201) throw new Error(`The upload was refused: ${answer.statusCode} ${text}`);
}

async function putBare(url: string, file: string): Promise<void> {
  const answer = await request(url, { method: "PUT", body: createReadStream(file) });
  await answer.body.dump();
}
