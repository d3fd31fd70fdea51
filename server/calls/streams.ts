import { type PublicCode, PublicError } from "../../model/errors.ts";
import { CHANNELS } from "../db/listen.ts";
import type { Services } from "../domain/services.ts";
import type { Authenticated } from "./authenticate.ts";

/** Maximum number of open streams per process. */
export interface MostStreams {
  ofUser: number;
  all: number;
}

export const MOST_STREAMS: MostStreams = { ofUser: 500, all: 5_000 };

/** How often keys are checked for revocations without a notification and for expiry. */
const CHECK_MILLISECONDS = 500;

/** The caller is no longer who they were, or may no longer. */
const ENDING: readonly PublicCode[] = ["UNAUTHORIZED", "POLICY_VIOLATION", "VALIDATION_FAILED"];

/** Responses that stream for as long as the client likes: counted, and ended with their key. */
export interface Streams {
  /**
   * Counts a stream; the returned function uncounts it. Calls `end` once `authenticate` refuses the caller. Throws
   * RATE_LIMITED at the limit.
   */
  hold(
    caller: Pick<Authenticated, "userId" | "actor">,
    authenticate: () => Promise<unknown>,
    end: () => void,
    count?: number,
  ): () => void;
}

export function createStreams({ listener }: Pick<Services, "listener">, most = MOST_STREAMS): Streams {
  const open = new Set<{
    userId: string;
    keyId: string | null;
    authenticate: () => Promise<unknown>;
    end: () => void;
  }>();
  const ofUser = new Map<string, number>();
  let ofAll = 0;
  const check = async (stream: { authenticate: () => Promise<unknown>; end: () => void }) => {
    const over = await stream.authenticate().then(
      () => false,
      (error: unknown) => error instanceof PublicError && ENDING.includes(error.code),
    );
    if (over) stream.end();
  };
  listener.on(CHANNELS.keys, (keyId) => {
    for (const stream of open) if (stream.keyId === keyId) void check(stream);
  });
  let timer: NodeJS.Timeout | undefined;
  return {
    hold({ userId, actor }, authenticate, end, count = 1) {
      const held = ofUser.get(userId) ?? 0;
      if (held + count > most.ofUser) throw tooMany(`You have reached the limit of ${most.ofUser} open streams`);
      if (ofAll + count > most.all) throw tooMany("The server has reached its limit of open streams");
      const stream = { userId, keyId: actor.id, authenticate, end };
      open.add(stream);
      ofUser.set(userId, held + count);
      ofAll += count;
      timer ??= setInterval(() => open.forEach((each) => void check(each)), CHECK_MILLISECONDS).unref();
      return () => {
        if (!open.delete(stream)) return;
        ofAll -= count;
        const left = (ofUser.get(userId) ?? count) - count;
        if (left === 0) ofUser.delete(userId);
        else ofUser.set(userId, left);
        if (open.size > 0) return;
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
