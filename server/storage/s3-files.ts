import { Readable } from "node:stream";

import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

import type { Files } from "./files.ts";
import { createS3Client, isNotFound, type S3Access } from "./s3.ts";

/** Parts of an upload, at most 10,000, so that 160 GB fit; two of them are in memory. */
const PART_BYTES = 16 * 1024 * 1024;

/** Files as the objects below a prefix of a bucket. */
export function createS3Files(bucket: string, prefix: string, access: S3Access): Files {
  const client = createS3Client(access);
  const place = (name: string) => ({ Bucket: bucket, Key: prefix + name });
  const exists = (name: string) =>
    client.send(new HeadObjectCommand(place(name))).then(
      () => true,
      (error: unknown) => {
        if (isNotFound(error)) return false;
        throw error;
      },
    );
  return {
    async write(name, bytes) {
      if (await exists(name)) throw new Error(`s3://${bucket}/${prefix}${name} exists already.`);
      const Body = Readable.from(bytes, { objectMode: false });
      await new Upload({ client, params: { ...place(name), Body }, partSize: PART_BYTES, queueSize: 1 }).done();
    },

    async read(name) {
      const { Body } = await client.send(new GetObjectCommand(place(name)));
      if (!(Body instanceof Readable)) throw new Error(`The store answered without bytes for ${name}`);
      return Body;
    },

    async list() {
      const names: string[] = [];
      for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }))
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) names.push(Key.slice(prefix.length));
      return names;
    },

    async delete(name) {
      await client.send(new DeleteObjectCommand(place(name)));
    },

    close: () => client.destroy(),
  };
}
