import "fastify";
import type { Caller } from "../domain/caller.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Null where it takes none. */
    place: Place | null;
  }
}

/** What a call holds while this process works on it. It gives it back by itself with its answer, which may flow on. */
export interface Place {
  /** Gives it back before that: what is left to do is to wait. */
  leave(): void;
  /** Gives it back until something has come that the caller still has to send. */
  without<Result>(coming: Promise<Result>): Promise<Result>;
  /**
   * Gives it back with a refusal, which is told at once, or a little later to those who call on and on in spite of it.
   */
  refuse(tell: () => void): void;
  /** Has the next calls with the same key or cookie take their turns as this person's; null: as a stranger's. */
  belongsTo(caller: Pick<Caller, "userId" | "mode"> | null): void;
}
