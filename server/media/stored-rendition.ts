import type pg from "pg";

import { newId } from "../../model/ids.ts";
import type { MediaFacts } from "../../model/post.ts";
import type { Tenant } from "../../model/tenant.ts";
import type { PublishMedia } from "../../platforms/platform.ts";
import { jsonb } from "../db/jsonb.ts";
import { findRendition, insertRendition } from "../db/queries/media.ts";
import type { MediaRow } from "../db/queries/media.ts";
import type { Storage } from "../storage/storage.ts";
import { type Slots, turnOf } from "../turns/slots.ts";
import { LIGHT_PIXELS, requireTurn } from "./slots.ts";

export interface StoredMedia {
  id: string;
  storageKey: string;
  facts: MediaFacts;
}

/**
 * A conversion of a stored file, which is made once; null if the file was deleted meanwhile. If it is impatient, throws
 * RATE_LIMITED instead of waiting behind too much of the owner's work.
 */
export async function findOrMake(
  deps: { pool: pg.Pool; storage: Storage },
  owner: Tenant,
  media: Pick<PublishMedia, "id" | "filename" | "width" | "height">,
  {
    name,
    slots,
    isImpatient = false,
    make,
  }: { name: string; slots: Slots; isImpatient?: boolean; make: () => Promise<Omit<StoredMedia, "id">> },
): Promise<StoredMedia | null> {
  const key = [owner.userId, owner.mode, media.id, name] as const;
  const find = async () => readStored(await findRendition.one(deps.pool, key));
  const found = await find();
  if (found !== null) return found;
  if (isImpatient) requireTurn(owner);
  const isLight = (media.width ?? Infinity) * (media.height ?? 1) <= LIGHT_PIXELS;
  return slots.run(turnOf(owner, isLight), async () => {
    // Someone else in this process may have had it made while this one waited for its turn.
    const foundNow = await find();
    if (foundNow !== null) return foundNow;
    const made = await make();
    const row = await insertRendition.one(deps.pool, [
      ...key,
      newId(),
      made.storageKey,
      media.filename,
      jsonb(made.facts),
    ]);
    if (row !== undefined) return { id: row.id, ...made };
    // Another process was faster: its file stays, ours goes.
    await deps.storage.delete(made.storageKey);
    return await find();
  });
}

/** Null if its bytes are not stored. */
export function readStored(row: MediaRow | undefined): StoredMedia | null {
  return row?.storage_key && row.facts !== null ? { id: row.id, storageKey: row.storage_key, facts: row.facts } : null;
}
