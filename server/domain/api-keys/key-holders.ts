import type pg from "pg";

import type { KeyPolicies } from "../../../contract/operations/api-keys.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { CHANNELS, type Listener } from "../../db/listen.ts";
import { findKeyHolder, touchKey } from "../../db/queries/api-keys.ts";
import { findTokenHolder } from "../../db/queries/mcp-tokens.ts";
import { suspended } from "../users/suspended.ts";
import { digestKey } from "./api-keys.ts";
import { readPolicies } from "./policies.ts";

/** Whom a key speaks for. */
export interface KeyHolder extends Tenant {
  keyId: string;
  policies: KeyPolicies;
}

/** The identities behind keys and tokens, cached so that not every request queries the table. */
export interface KeyHolders {
  /** Whom a raw key acts for; null if it is unknown, revoked or expired. Throws UNAUTHORIZED if the user is suspended. */
  find(apiKey: string): Promise<KeyHolder | null>;
  /**
   * Whom an MCP access token acts for, through its grant; null if it is unknown or expired, or the grant has ended.
   * Only valid at `/mcp`. Throws UNAUTHORIZED if the user is suspended.
   */
  findByToken(accessToken: string): Promise<KeyHolder | null>;
  /** Makes the next request with this key, or with a token of this grant, query the table. */
  forget(keyId: string): void;
  /** The same for every key and token of a user. */
  forgetUser(userId: string): void;
}

/** If a revocation's notification is lost, the key works for at most this long. */
const REMEMBERED_MS = 1_000;
const MOST_REMEMBERED = 10_000;

/** Revoking a key notifies every process; none uses cached data for more than a second. */
export function createKeyHolders({ pool, listener }: { pool: pg.Pool; listener: Pick<Listener, "on"> }): KeyHolders {
  const remembered = new Map<string, { holder: KeyHolder; until: number }>();
  const forget = (isMeant: (holder: KeyHolder) => boolean) => {
    for (const [secret, { holder }] of remembered) if (isMeant(holder)) remembered.delete(secret);
  };
  // A key that was read just before it was revoked must not be remembered just after.
  let revocations = 0;
  /** One lookup serves all concurrent callers, such as the many streams of a key. */
  const asking = new Map<string, Promise<KeyHolder | null>>();
  const change = (isMeant: (holder: KeyHolder) => boolean) => {
    revocations += 1;
    asking.clear();
    forget(isMeant);
  };
  listener.on(CHANNELS.keys, (id) => change(({ keyId }) => keyId === id));
  listener.on(CHANNELS.users, (id) => change(({ userId }) => userId === id));
  const lookUp = async (secret: string, form: RegExp, findHolder: typeof findKeyHolder) => {
    if (!form.test(secret)) return null;
    const known = remembered.get(secret);
    if (known !== undefined && known.until > performance.now()) return known.holder;
    remembered.delete(secret);
    const begun = asking.get(secret);
    if (begun !== undefined) return await begun;
    const asked = ask(secret, findHolder);
    asking.set(secret, asked);
    const isOver = () => void (asking.get(secret) === asked && asking.delete(secret));
    asked.then(isOver, isOver);
    return await asked;
  };
  const ask = async (secret: string, findHolder: typeof findKeyHolder): Promise<KeyHolder | null> => {
    const before = revocations;
    const row = await findHolder.one(pool, [digestKey(secret)]);
    if (row === undefined) return null;
    if (row.suspended) throw suspended();
    // Nobody waits for this, and it runs at most once a minute; a failure only leaves an older time.
    if (row.unseen) void touchKey.run(pool, [row.id]).catch(() => undefined);
    const holder = { userId: row.user_id, mode: row.mode, keyId: row.id, policies: readPolicies(row.policies) };
    const lifetime = Math.min(REMEMBERED_MS, row.seconds_left === null ? Infinity : row.seconds_left * 1000);
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    if (before === revocations) remembered.set(secret, { holder, until: performance.now() + lifetime });
    return holder;
  };
  return {
    find: (apiKey) => lookUp(apiKey, KEY_FORM, findKeyHolder),
    findByToken: (accessToken) => lookUp(accessToken, TOKEN_FORM, findTokenHolder),
    forget: (id) => change(({ keyId }) => keyId === id),
    forgetUser: (id) => change(({ userId }) => userId === id),
  };
}

// The formats have nothing in common: a token is never mistaken for a key, nor a key for a token.
const KEY_FORM = /^amp_(live|test)_[A-Za-z0-9_-]{20,100}$/;
const TOKEN_FORM = /^amp_access_[A-Za-z0-9_-]{43}$/;
