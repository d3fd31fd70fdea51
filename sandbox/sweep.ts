import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import type { SandboxPlatform } from "./platform.ts";
import { integer, type Store, text } from "./store.ts";

/** How much is kept, the newest of each kind. The request log has its own limit. */
export const KEPT = {
  rows: 100_000,
  tableBytes: 500e6,
  people: 10_000,
  pictures: 20_000,
  pictureBytes: 2e9,
  uploadDays: 2,
};

const DAY_MS = 86_400_000;

const USED_BYTES = `SELECT (p.page_count - f.freelist_count) * s.page_size AS bytes
  FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s`;

/** The shared tables that grow, each with the column that grows from row to row. */
export const GROWING: Readonly<Record<string, string>> = {
  posts: "seq",
  post_changes: "at",
  grants: "id",
  codes: "issued_at",
  tokens: "issued_at",
  uses: "at",
  publish_calls: "handle",
  magic_strikes: "content",
  faults: "id",
  account_faults: "id",
  meta_granted_pages: "grant_id",
  twitter_spent: "at",
  twitter_secrets: "at",
  twitter_request_tokens: "issued_at",
};

/** Deletes old data, so that the sandbox of a busy instance does not fill the disk. */
export async function sweep(
  {
    store,
    platforms,
    thumbnailDir,
    uploadDir,
  }: { store: Store; platforms: readonly Pick<SandboxPlatform, "resets">[]; thumbnailDir: string; uploadDir: string },
  kept = KEPT,
): Promise<void> {
  const isLarge = integer(store.get(USED_BYTES), "bytes") > kept.tableBytes;
  const growing = Object.assign({}, GROWING, ...platforms.map(({ resets }) => resets));
  for (const [table, column] of Object.entries<string>(growing)) {
    store.run(
      `DELETE FROM ${table} WHERE ${column} < (SELECT ${column} FROM ${table} ORDER BY ${column} DESC
         LIMIT 1 OFFSET ?)`,
      kept.rows - 1,
    );
    if (isLarge) cutBytes(store, { table, column, most: kept.tableBytes });
  }
  forgetIdlePeople(store, kept.people);
  await removeFiles(thumbnailDir, ({ place, bytes }) => place >= kept.pictures || bytes > kept.pictureBytes);
  await removeFiles(uploadDir, ({ ageMs }) => ageMs > kept.uploadDays * DAY_MS);
}

/** Read from the row headers: large texts stay on disk. */
function cutBytes(store: Store, { table, column, most }: { table: string; column: string; most: number }): void {
  const bytes = store
    .all("SELECT name FROM pragma_table_info(?)", table)
    .map((row) => `ifnull(octet_length(${text(row, "name")}), 0)`)
    .join(" + ");
  store.run(
    `DELETE FROM ${table} WHERE ${column} <= (SELECT max(place) FROM (
       SELECT ${column} AS place, sum(${bytes}) OVER (ORDER BY ${column} DESC) AS bytes FROM ${table}
     ) WHERE bytes > ?)`,
    most,
  );
}

/** People created by login hints who have not connected any app, and the pages they would have managed. */
function forgetIdlePeople(store: Store, most: number): void {
  const idle =
    "hint IS NOT NULL AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.platform = people.platform AND " +
    "g.person_id = people.id)";
  store.transaction(() => {
    const forgotten = store.run(`DELETE FROM people WHERE ${idle} AND (SELECT count(*) FROM people) > ?`, most);
    if (forgotten > 0)
      store.execute(
        `DELETE FROM meta_pages WHERE NOT EXISTS (SELECT 1 FROM people p
           WHERE p.platform = meta_pages.platform AND p.id = meta_pages.owner);
         DELETE FROM meta_business_pages WHERE page_id NOT IN (SELECT id FROM meta_pages)`,
      );
  });
}

/**
 * Removes the files that match; the newest is at index 0, and `bytes` are those of a file and all newer ones. Returns
 * how many bytes are left.
 */
export async function removeFiles(
  folder: string,
  isOld: (file: { place: number; ageMs: number; bytes: number }) => boolean,
): Promise<number> {
  const look = async (path: string) => ({
    path,
    ...(await stat(path).then(
      ({ mtimeMs, size }) => ({ at: mtimeMs, size }),
      () => ({ at: 0, size: 0 }),
    )),
  });
  const files = await Promise.all((await readdir(folder)).map((name) => look(join(folder, name))));
  files.sort((one, other) => other.at - one.at);
  let bytes = 0;
  let left = 0;
  for (const [place, { path, at, size }] of files.entries()) {
    bytes += size;
    if (isOld({ place, ageMs: Date.now() - at, bytes })) await rm(path, { force: true });
    else left += size;
  }
  return left;
}
