import { createHash } from "node:crypto";

import { z } from "zod";

import { PLATFORM_NAMES } from "../model/platform-names.ts";
import type { Token } from "./identity.ts";
import {
  FAULT_KINDS,
  OPERATIONS,
  type Behaviour,
  type Call,
  type CallPost,
  type FaultKind,
  type FaultSwitch,
  type SandboxPlatform,
} from "./platform.ts";
import { integer, text, textOrNull, type Row, type Store } from "./store.ts";

/** Pending faults. They are in the store, so they survive a restart and are counted once across all processes. */
export interface Faults {
  add(request: FaultRequest): PendingFault;
  list(): PendingFault[];
  clear(): number;
  /** Replaces the faults that the next calls meet whose token is of the same kind and grant. They end soon. */
  setOfAccount(token: AccountToken, kinds: readonly FaultKind[], now: number): void;
  ofAccount(token: AccountToken, now: number): { kind: FaultKind; expiresAt: string }[];
  /**
   * Counts this call against pending faults, then those of its account, then its post's magic words, and returns the
   * fault that applies.
   */
  take(call: Call, post: CallPost | undefined): Strike | undefined;
}

export const FaultRequest = z.strictObject({
  platform: z.enum(PLATFORM_NAMES),
  operation: z.enum(OPERATIONS),
  kind: z.enum(FAULT_KINDS),
  error: z.string().nullish(),
  delayMs: z.number().int().min(0).max(600_000).nullish(),
  times: z.number().int().min(1).max(1_000_000).default(1),
  after: z.number().int().min(0).max(1_000_000).default(0),
});

export type FaultRequest = z.infer<typeof FaultRequest>;

export interface PendingFault {
  id: number;
  platform: string;
  operation: string;
  kind: FaultKind;
  error: string | null;
  delayMs: number;
  /** How many more calls it affects. */
  times: number;
  /** How many calls pass first. */
  after: number;
}

export interface Strike {
  kind: FaultKind;
  delayMs: number;
  /** The value of `error`. */
  named: { faultSwitch: FaultSwitch; number: number | null } | null;
}

export const DEFAULT_DELAY_MS = 3_000;

const ACCOUNT_FAULT_MS = 15 * 60_000;

/** A Page has a token of its own in the grant of a person. */
type AccountToken = Pick<Token, "grantId" | "kind">;

/** The kinds that lose the response: for an account and as magic words, they apply to the call that publishes. */
const LOST_ANSWER: readonly FaultKind[] = [
  "timeout",
  "drop_before",
  "drop_after",
  "error_after",
  "cut_body",
  "broken_json",
];

export function openFaults(store: Store): Faults {
  return {
    add(request) {
      const row = store.get(
        `INSERT INTO faults (platform, operation, kind, error, delay_ms, times, after) VALUES (?, ?, ?, ?, ?, ?, ?)
         RETURNING *`,
        request.platform,
        request.operation,
        request.kind,
        request.error ?? null,
        request.delayMs ?? DEFAULT_DELAY_MS,
        request.times,
        request.after,
      );
      return toPending(row);
    },
    list: () => store.all("SELECT * FROM faults ORDER BY id").map(toPending),
    clear: () => store.run("DELETE FROM faults"),
    setOfAccount(token, kinds, now) {
      store.run("DELETE FROM account_faults WHERE grant_id = ? AND token_kind = ?", token.grantId, token.kind);
      for (const kind of kinds)
        store.run(
          "INSERT INTO account_faults (grant_id, token_kind, kind, expires_at) VALUES (?, ?, ?, ?)",
          token.grantId,
          token.kind,
          kind,
          now + ACCOUNT_FAULT_MS,
        );
    },
    ofAccount: (token, now) =>
      listOfAccount(store, token, now).map((row) => ({
        kind: kindIn(row),
        expiresAt: new Date(integer(row, "expires_at")).toISOString(),
      })),
    take: (call, post) =>
      takePending(store, call) ?? (post && (takeOfAccount(store, call, post) ?? takeMagic(store, call, post))),
  };
}

/** The switch named by `error`, and the number in its name. */
export function findSwitch(
  platform: SandboxPlatform,
  error: string,
): { faultSwitch: FaultSwitch; number: number | null } | undefined {
  for (const faultSwitch of platform.switches) {
    if (faultSwitch.name === error) return { faultSwitch, number: null };
    const parts = faultSwitch.name.split("{n}");
    const [before, after] = parts;
    if (before === undefined || after === undefined) continue;
    const middle =
      error.startsWith(before) && error.endsWith(after) ? error.slice(before.length, error.length - after.length) : "";
    if (/^\d{1,9}$/.test(middle)) return { faultSwitch, number: Number(middle) };
  }
  return undefined;
}

/** What the route itself must simulate for this fault. */
export function behaviourOf(strike: Strike): Behaviour | null {
  if (strike.kind === "process_forever") return { name: "process_forever", number: null };
  if (!strike.named || strike.named.faultSwitch.answer) return null;
  return { name: strike.named.faultSwitch.name, number: strike.named.number };
}

/** The oldest due fault applies; all others only count down the calls that pass first. */
function takePending(store: Store, call: Call): Strike | undefined {
  let strike: Strike | undefined;
  const pending = store.all(
    "SELECT * FROM faults WHERE platform = ? AND operation = ? ORDER BY id",
    call.platform.name,
    call.operation,
  );
  for (const fault of pending.map(toPending)) {
    const named = fault.error === null ? null : (findSwitch(call.platform, fault.error) ?? null);
    if (named?.faultSwitch.applies && !named.faultSwitch.applies(call, named.number)) continue;
    if (fault.after > 0) {
      store.run("UPDATE faults SET after = after - 1 WHERE id = ?", fault.id);
    } else if (!strike) {
      strike = {
        kind: named?.faultSwitch.as ?? fault.kind,
        delayMs: fault.delayMs,
        named: named?.faultSwitch.as ? null : named,
      };
      if (fault.times > 1) store.run("UPDATE faults SET times = times - 1 WHERE id = ?", fault.id);
      else store.run("DELETE FROM faults WHERE id = ?", fault.id);
    }
  }
  return strike;
}

/** The first of them, once a call comes that it can apply to. */
function takeOfAccount(store: Store, call: Call, post: CallPost): Strike | undefined {
  const token = call.accessToken === null ? undefined : call.world.identity.token(call.platform.name, call.accessToken);
  const first = token && listOfAccount(store, token, call.now)[0];
  if (!first || !appliesTo(kindIn(first), call, post)) return undefined;
  store.run("DELETE FROM account_faults WHERE id = ?", integer(first, "id"));
  return { kind: kindIn(first), delayMs: DEFAULT_DELAY_MS, named: null };
}

function listOfAccount(store: Store, { grantId, kind }: AccountToken, now: number): Row[] {
  return store.all(
    "SELECT * FROM account_faults WHERE grant_id = ? AND token_kind = ? AND expires_at > ? ORDER BY id",
    grantId,
    kind,
    now,
  );
}

function appliesTo(kind: FaultKind, call: Call, post: CallPost): boolean {
  return LOST_ANSWER.includes(kind) ? call.operation === "publish" : post.carriesText;
}

function takeMagic(store: Store, call: Call, post: CallPost): Strike | undefined {
  if (!post.text.includes("[[sandbox:")) return undefined;
  for (const match of post.text.matchAll(/\[\[sandbox:([a-z0-9_]+)(?::(\d{1,9}))?\]\]/g)) {
    const kind = FAULT_KINDS.find((known) => known === match[1]);
    if (!kind) continue;
    const limit = match[2] === undefined ? Infinity : Number(match[2]);
    if (appliesTo(kind, call, post) && countMagic(store, call, post, kind) <= limit)
      return { kind, delayMs: DEFAULT_DELAY_MS, named: null };
  }
  return undefined;
}

/** Which attempt this is for the identical text of one account. */
function countMagic(store: Store, call: Call, post: CallPost, kind: FaultKind): number {
  const content = createHash("sha256").update(post.text).digest("base64url");
  const row = store.get(
    `INSERT INTO magic_strikes VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET strikes = strikes + 1
     RETURNING strikes`,
    call.platform.name,
    post.accountId,
    content,
    kind,
  );
  return integer(row, "strikes");
}

function kindIn(row: Parameters<typeof text>[0]): FaultKind {
  const kind = FAULT_KINDS.find((known) => known === text(row, "kind"));
  if (!kind) throw new Error("a stored fault has an unknown kind");
  return kind;
}

function toPending(row: Parameters<typeof text>[0]): PendingFault {
  return {
    id: integer(row, "id"),
    platform: text(row, "platform"),
    operation: text(row, "operation"),
    kind: kindIn(row),
    error: textOrNull(row, "error"),
    delayMs: integer(row, "delay_ms"),
    times: integer(row, "times"),
    after: integer(row, "after"),
  };
}
