import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";

import { AmpostError, type Client, type Media, type UploadProgress } from "../../client/index.ts";
import { answer } from "../answer.ts";
import { type ClientOptions, withClient, usageError } from "./client-command.ts";
import { columns, plain, statusOf } from "./show.ts";

interface UploadOptions extends ClientOptions {
  name?: string;
  resume?: string;
  idempotencyKey?: string;
}

export async function runUploadMedia(file: string, options: UploadOptions): Promise<void> {
  await withClient(options, async (client) => {
    const media = await send(client, file, options);
    answer(options, { media }, [media.id, describe(media).join("  ")]);
  });
}

export async function runListMedia(options: ClientOptions & { limit: number }): Promise<void> {
  await withClient(options, async (client) => {
    const page = await client.media.list({ limit: options.limit });
    const rows = page.media.map((media) => [media.id, ...describe(media)]);
    answer(options, page, rows.length > 0 ? columns(rows) : ["No media found."]);
  });
}

function describe({ filename, mimeType, sizeBytes, width, height, status }: Media): string[] {
  const pixels = width === null ? [] : [`${width} × ${height}`];
  return [plain(filename), mimeType ?? "", sizeOf(sizeBytes ?? 0), ...pixels, statusOf(status)];
}

/** Uploads a file with a progress bar; returns the media ID. */
export async function uploadFile(
  client: Client,
  file: string,
  options: ClientOptions & Pick<UploadOptions, "idempotencyKey">,
): Promise<string> {
  return (await send(client, file, options)).id;
}

async function send(
  client: Client,
  file: string,
  { name, resume, idempotencyKey, json }: UploadOptions,
): Promise<Media> {
  const found = await stat(file).catch(() => null);
  if (found?.isDirectory()) usageError(`${file} is a folder. Upload its files one by one.`);
  if (!found?.isFile()) usageError(`File not found: ${file}.`);
  const bar = process.stderr.isTTY && !json ? progressBar(basename(file)) : null;
  let upload = resume;
  const leaving = new AbortController();
  const leave = () => leaving.abort(new Error("Interrupted."));
  process.once("SIGINT", leave);
  try {
    const { media } = await client.media.upload(await openAsBlob(file), {
      filename: name ?? basename(file),
      signal: leaving.signal,
      onBegin: (begun) => (upload = begun),
      ...(resume !== undefined && { resume }),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(bar !== null && { onProgress: bar.show }),
    });
    bar?.end();
    return media;
  } catch (error) {
    bar?.end();
    const isRefused = error instanceof AmpostError && error.status !== null && error.status < 500;
    if (upload !== undefined && !isRefused && !json)
      console.error(`The upload is kept for a day. To resume it: ampost media upload ${file} --resume ${upload}`);
    throw error;
  } finally {
    process.off("SIGINT", leave);
    if (leaving.signal.aborted) process.kill(process.pid, "SIGINT");
  }
}

const BAR_WIDTH = 30;

function progressBar(name: string) {
  return {
    show: ({ sentBytes, totalBytes }: UploadProgress) => {
      const share = totalBytes === 0 ? 1 : sentBytes / totalBytes;
      const full = Math.round(share * BAR_WIDTH);
      process.stderr.write(
        `\r${plain(name)}  ${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)}  ${Math.round(share * 100)} %  ` +
          `${sizeOf(sentBytes)} of ${sizeOf(totalBytes)}\u001b[K`,
      );
    },
    end: () => void process.stderr.write("\r\u001b[K"),
  };
}

function sizeOf(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
