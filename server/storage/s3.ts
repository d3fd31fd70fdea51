import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

import { checkStorageKey, isStorageKey, MARK_NAME, MissingObjectError, StorageAwayError } from "./storage.ts";
import type { Storage, StoredObject } from "./storage.ts";

export interface S3Settings extends S3Access {
  bucket: string;
  /**
   * Prefix of all keys in the bucket, or "". An instance deletes objects that its database does not know, so no two can
   * share bucket and prefix.
   */
  prefix: string;
}

/** Where a store is, and how to sign in to it. */
export interface S3Access {
  region: string;
  /** Null: the endpoint of Amazon S3 in the region. */
  endpoint: string | null;
  /** Null: what the AWS SDK finds (environment, instance profile, …). */
  credentials: { accessKeyId: string; secretAccessKey: string } | null;
  /** Whether the bucket is in the path instead of the host name. */
  forcePathStyle: boolean;
}

/**
 * Two parts of this size are in memory while an object is written. Stores accept at most 10,000 parts of at least 5
 * MiB.
 */
const PART_BYTES = 8 * 1024 * 1024;

/** Objects in a bucket of Amazon S3 or of a store that speaks its protocol. */
export function createS3Storage(settings: S3Settings): Storage {
  const { prefix } = settings;
  const client = createS3Client(settings);
  const mark = { Bucket: settings.bucket, Key: prefix + MARK_NAME };
  const place = (key: string) => ({ Bucket: settings.bucket, Key: prefix + checkStorageKey(key) });

  const open: Storage["open"] = async (key, { start = 0, end } = {}) => {
    if (end !== undefined && end <= start) return Readable.from([]);
    const Range = start === 0 && end === undefined ? undefined : `bytes=${start}-${end === undefined ? "" : end - 1}`;
    const { Body } = await client.send(new GetObjectCommand({ ...place(key), Range })).catch(asMissing(key));
    if (!(Body instanceof Readable)) throw new Error(`The store answered without bytes for ${key}`);
    return Readable.from(toldApart(Body), { objectMode: false });
  };

  return {
    async put(key, bytes) {
      let sizeBytes = 0;
      let cut: { error: unknown } | null = null;
      const counted = async function* () {
        try {
          for await (const chunk of bytes) {
            sizeBytes += chunk.byteLength;
            yield chunk;
          }
        } catch (error) {
          cut = { error };
          throw error;
        }
      };
      const Body = Readable.from(counted(), { objectMode: false });
      const upload = new Upload({ client, params: { ...place(key), Body }, partSize: PART_BYTES, queueSize: 1 });
      await upload.done().catch((error: unknown) => {
        // The source's own error is more useful than the store's about the abort.
        throw cut === null ? error : cut.error;
      });
      return { sizeBytes };
    },

    open,

    async sizeBytes(key) {
      try {
        const { ContentLength } = await client.send(new HeadObjectCommand(place(key)));
        return ContentLength ?? null;
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    },

    async delete(key) {
      await client.send(new DeleteObjectCommand(place(key)));
    },

    async withFile(key, work) {
      const bytes = await open(key);
      const folder = await mkdtemp(join(tmpdir(), "ampost-media-"));
      try {
        const path = join(folder, "object");
        await pipeline(bytes, createWriteStream(path));
        return await work(path);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },

    async *list(): AsyncIterable<StoredObject> {
      for await (const page of paginateListObjectsV2({ client }, { Bucket: settings.bucket, Prefix: prefix })) {
        for (const { Key, Size, LastModified } of page.Contents ?? []) {
          const key = Key?.slice(prefix.length) ?? "";
          if (isStorageKey(key) && LastModified !== undefined)
            yield { key, sizeBytes: Size ?? 0, writtenAt: LastModified };
        }
      }
    },

    async deleteUnfinished(olderThan) {
      let deleted = 0;
      const { Uploads = [] } = await client
        .send(new ListMultipartUploadsCommand({ Bucket: settings.bucket, Prefix: prefix }))
        .catch(asUnlisted);
      for (const { Key, UploadId, Initiated } of Uploads) {
        if (Initiated === undefined || Initiated >= olderThan) continue;
        await client.send(new AbortMultipartUploadCommand({ Bucket: settings.bucket, Key, UploadId }));
        deleted += 1;
      }
      return deleted;
    },

    async readMark() {
      try {
        const { Body } = await client.send(new GetObjectCommand(mark));
        return (await Body?.transformToString()) ?? null;
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    },

    async writeMark(text) {
      await client.send(new PutObjectCommand({ ...mark, Body: text }));
    },

    close: () => client.destroy(),
  };
}

/** If the store is unavailable, its commands throw a StorageAwayError. */
export function createS3Client(access: S3Access): S3Client {
  const client = new S3Client({
    region: access.region,
    ...(access.endpoint === null ? {} : { endpoint: access.endpoint }),
    ...(access.credentials === null ? {} : { credentials: access.credentials }),
    forcePathStyle: access.forcePathStyle,
    // With the SDK's default some stores keep the framing of the checksum inside the object.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  client.middlewareStack.add(
    (next) => async (asked) =>
      await next(asked).catch((error: unknown) => {
        throw isAnswer(error) ? error : new StorageAwayError(error);
      }),
    { step: "initialize", priority: "high" },
  );
  return client;
}

/** The store's own error; some stores do not support everything Amazon's does. */
function isAnswer(error: unknown): boolean {
  if (!(error instanceof S3ServiceException)) return false;
  const { httpStatusCode = 500 } = error.$metadata;
  return httpStatusCode < 500 || httpStatusCode === 501;
}

async function* toldApart(bytes: Readable): AsyncIterable<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    throw new StorageAwayError(error);
  }
}

function asMissing(key: string): (error: unknown) => never {
  return (error) => {
    throw isNotFound(error) ? new MissingObjectError(key) : error;
  };
}

/** Some stores cannot list unfinished uploads; they remove them automatically or by a lifecycle rule. */
function asUnlisted(error: unknown): { Uploads?: undefined } {
  if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 501) return {};
  throw error;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;
}
