import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";

import { newId } from "../model/ids.ts";
import type { PostStatus } from "../model/status.ts";
import type { Tenant } from "../model/tenant.ts";
import type { JobSender } from "../server/db/job-sender.ts";
import type { MediaRow } from "../server/db/queries/media.ts";
import { addUploads } from "../server/media/media-objects.ts";
import { receiveFile } from "../server/media/uploads/receive.ts";
import { createDiskStorage } from "../server/storage/disk.ts";
import type { Storage, StoredObject } from "../server/storage/storage.ts";
import { createTestDatabase } from "./database.ts";
import type { TestDatabase } from "./database.ts";

/** A database with two users, a storage folder, and a queue that keeps its jobs. */
export interface MediaWorld {
  database: TestDatabase;
  storage: Storage;
  owner: Tenant;
  stranger: Tenant;
  jobs: JobSender & { sent: { queue: string; data: object }[] };
  /** Stores a fixture as an upload of `owner`. */
  upload(name: string): Promise<MediaRow>;
  /** Inserts a post with the media, without any platform. */
  post(mediaId: string, status: PostStatus, changedDaysAgo?: number): Promise<string>;
  storageKeys(): Promise<string[]>;
  close(): Promise<void>;
}

export async function createMediaWorld(): Promise<MediaWorld> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), "ampost-media-world-"));
  const storage = await createDiskStorage(folder);
  const owner: Tenant = { userId: "user_a", mode: "live" };
  for (const id of [owner.userId, "user_b"])
    await database.pool.query("insert into users (id, email) values ($1, $1 || '@example.com')", [id]);
  const sent: { queue: string; data: object }[] = [];
  return {
    database,
    storage,
    owner,
    stranger: { userId: "user_b", mode: "live" },
    jobs: {
      sent,
      send: async (_db, queue, data) => {
        sent.push({ queue, data });
      },
    },
    async upload(name) {
      const received = await receiveFile(storage, {
        owner,
        bytes: Readable.from([await fixture(name)]),
        name,
        claimedMimeType: null,
      });
      const [row] = await addUploads(database.pool, owner, [{ received, filename: name }]);
      if (row === undefined) throw new Error("no row was written");
      return row;
    },
    async post(mediaId, status, changedDaysAgo = 0) {
      const id = newId();
      await database.pool.query(
        `insert into posts (id, user_id, mode, platform_set_id, status, content, platforms, updated_at)
         values ($1, $2, $3, $1, $4, '{}', '{}', now() - make_interval(days => $5))`,
        [id, owner.userId, owner.mode, status, changedDaysAgo],
      );
      await database.pool.query(
        "insert into post_media (post_id, path, media_id, user_id) values ($1, '/content/media/0', $2, $3)",
        [id, mediaId, owner.userId],
      );
      return id;
    },
    storageKeys: async () => (await Readable.from(storage.list()).toArray()).map(({ key }: StoredObject) => key).sort(),
    async close() {
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function fixture(name: string): Promise<Buffer> {
  return readFile(new URL(`./fixtures/${name}`, import.meta.url));
}
