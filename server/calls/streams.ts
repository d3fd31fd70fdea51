import { type PublicCode, PublicError } from "../../model/errors.ts";
import { CHANNELS } from "../db/listen.ts";
import type { Services } from "../domain/services.ts";
import type { Authenticated } from "./authenticate.ts";

/** Maximum number of open streams per process and mode. */
export interface MostStreams {
  ofUser: number;
  all: number;
}

export const MOST_STREAMS: MostStreams = { ofUser: 500, all: 5_000 };

/** Half of all streams are kept for users who have no more than this. */
const FEW = 20;

/** How often callers are checked for revocations without a notification and for expiry, */
const CHECK_MILLISECONDS = 500;
/** and how many at once: each check of a session asks the database. */
const CHECKS_AT_ONCE = 8;

/** The caller is no longer who they were, or may no longer. */
const ENDING: readonly PublicCode[] = ["UNAUTHORIZED", "POLICY_VIOLATION", "VALIDATION_FAILED"];

/** Responses that stream for as long as the client likes: counted, and ended with their key. */
export interface Streams {
  /**
   * Counts a stream; the returned function uncounts it. Calls `end` once `authenticate` refuses the caller, which is
   * asked for one of a caller's streams on behalf of all. Throws RATE_LIMITED at the limit.
   */
  hold(
    caller: Pick<Authenticated, "userId" | "mode" | "actor"> & { credential?: string | undefined },
    authenticate: () => Promise<unknown>,
    end: () => void,
    count?: number,
  ): () => void;
}

interface Stream {
  authenticate: () => Promise<unknown>;
  end: () => void;
}

/** The streams of one key, access token or session in one workspace: what ends one of them ends all. */
interface Caller {
  keyId: string | null;
  streams: Set<Stream>;
  isChecked: boolean;
}

export function createStreams({ listener }: Pick<Services, "listener">, most = MOST_STREAMS): Streams {
  const callers = new Map<string, Caller>();
  const ofUser = new Map<string, number>();
  const ofAll = { live: 0, test: 0 };
  const check = async (caller: Caller) => {
    const [stream] = caller.streams;
    if (stream === undefined || caller.isChecked) return;
    caller.isChecked = true;
    const isOver = await stream.authenticate().then(
      () => false,
      (error: unknown) => error instanceof PublicError && ENDING.includes(error.code),
    );
    caller.isChecked = false;
    if (isOver) for (const each of caller.streams) each.end();
  };
  let isChecking = false;
  const checkAll = async () => {
    if (isChecking) return;
    isChecking = true;
    const left = callers.values();
    const checkNext = async () => {
      for (const caller of left) await check(caller);
    };
    await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, checkNext));
    isChecking = false;
  };
  listener.on(CHANNELS.keys, (keyId) => {
    for (const caller of callers.values()) if (caller.keyId === keyId) void check(caller);
  });
  let timer: NodeJS.Timeout | undefined;
  return {
    hold({ userId, mode, actor, credential = "" }, authenticate, end, count = 1) {
      const user = `${userId} ${mode}`;
      const held = ofUser.get(user) ?? 0;
      if (held + count > most.ofUser) throw tooMany(`You have reached the limit of ${most.ofUser} open streams`);
      if (ofAll[mode] + count > most.all) throw tooMany("The server has reached its limit of open streams");
      if (held + count > FEW && ofAll[mode] + count > most.all / 2)
        throw tooMany(`So many streams are open that a user can have only ${FEW}`);
      const stream = { authenticate, end };
      // The access tokens of a grant share its ID.
      const name = `${actor.kind} ${actor.id} ${user} ${credential}`;
      const caller = callers.get(name) ?? { keyId: actor.id, streams: new Set(), isChecked: false };
      callers.set(name, caller);
      caller.streams.add(stream);
      ofUser.set(user, held + count);
      ofAll[mode] += count;
      timer ??= setInterval(() => void checkAll(), CHECK_MILLISECONDS).unref();
      return () => {
        if (!caller.streams.delete(stream)) return;
        if (caller.streams.size === 0) callers.delete(name);
        ofAll[mode] -= count;
        const left = (ofUser.get(user) ?? count) - count;
        if (left === 0) ofUser.delete(user);
        else ofUser.set(user, left);
        if (callers.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}

function tooMany(message: string): PublicError {
  const fix = "Close streams you no longer need, or poll the post instead.";
  return PublicError.of(
    { rule: "request.streams", code: "RATE_LIMITED", message, fix },
    { headers: { "retry-after": "30" } },
  );
}
