import type pg from "pg";

import type { KeyPolicies } from "../../../contract/api-keys.ts";
import { findKeyHolder, touchKey } from "../../db/api-keys.ts";
import { CHANNELS, type Listener } from "../../db/listen.ts";
import type { Caller } from "../caller.ts";
import { digestKey } from "./api-keys.ts";
import { readPolicies } from "./policies.ts";

/** Whom a key speaks for. */
export interface KeyHolder extends Caller {
  keyId: string;
  policies: KeyPolicies;
}

/** Who holds which key, so that a caller's every request does not ask the table anew. */
export interface KeyHolders {
  /** Whom a raw key speaks for; null where it is unknown, revoked or expired. */
  find(apiKey: string): Promise<KeyHolder | null>;
  /** Has the next request with this key ask the table. */
  forget(keyId: string): void;
}

/** Should the word that a key was revoked be lost, the key is good for as long as this and no longer. */
const REMEMBERED_MS = 1_000;
const MOST_REMEMBERED = 10_000;

/** Revoking a key tells every process; none goes by what it remembers for more than a second. */
export function createKeyHolders({ pool, listener }: { pool: pg.Pool; listener: Pick<Listener, "on"> }): KeyHolders {
  const remembered = new Map<string, { holder: KeyHolder; until: number }>();
  const forget = (keyId: string) => {
    for (const [apiKey, { holder }] of remembered) if (holder.keyId === keyId) remembered.delete(apiKey);
  };
  // A key that was read just before it was revoked must not be remembered just after.
  let revocations = 0;
  listener.on(CHANNELS.keys, (keyId) => {
    revocations += 1;
    forget(keyId);
  });
  return {
    async find(apiKey) {
      const known = remembered.get(apiKey);
      if (known !== undefined && known.until > performance.now()) return known.holder;
      remembered.delete(apiKey);
      if (!KEY_FORM.test(apiKey)) return null;
      const before = revocations;
      const row = await findKeyHolder.one(pool, [digestKey(apiKey)]);
      if (row === undefined) return null;
      // Nobody waits for this, and at most once a minute; a failure only leaves an older time standing.
      if (row.unseen) void touchKey.run(pool, [row.id]).catch(() => undefined);
      const holder = { userId: row.user_id, mode: row.mode, keyId: row.id, policies: readPolicies(row.policies) };
      const lifetime = Math.min(REMEMBERED_MS, row.seconds_left === null ? Infinity : row.seconds_left * 1000);
      if (remembered.size >= MOST_REMEMBERED) remembered.clear();
      if (before === revocations) remembered.set(apiKey, { holder, until: performance.now() + lifetime });
      return holder;
    },
    forget(keyId) {
      revocations += 1;
      forget(keyId);
    },
  };
}

const KEY_FORM = /^amp_(live|test)_[A-Za-z0-9_-]{20,100}$/;
