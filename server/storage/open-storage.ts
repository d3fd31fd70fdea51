import type { S3Settings } from "./s3.ts";
import type { Storage } from "./storage.ts";

export type StorageSettings = { kind: "disk"; folder: string } | ({ kind: "s3" } & S3Settings);

/** Drivers are loaded on demand: storing on disk does not load the AWS SDK. */
export async function openStorage(settings: StorageSettings): Promise<Storage> {
  if (settings.kind === "disk") return (await import("./disk.ts")).createDiskStorage(settings.folder);
  return (await import("./s3.ts")).createS3Storage(settings);
}
