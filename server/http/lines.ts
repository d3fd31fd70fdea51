import { hash } from "node:crypto";

import type { FastifyRequest } from "fastify";

import { networkOf } from "../auth/throttle.ts";
import type { Caller } from "../domain/caller.ts";

/** Those whose calls take turns with those of others: a person in a mode, or everybody unknown from one address. */
export interface Line {
  name: string;
  /** Live mode does not wait for test mode. Who is not known yet goes before nobody. */
  isFirst: boolean;
  /** Calls that are worked on or wait. */
  calls: number;
  /** Refusals that are still to be told. */
  refused: number;
  /** How long calls were worked on, fading with time. */
  usedMilliseconds: number;
  usedAt: number;
}

export interface Lines {
  /**
   * By what is known without a look into the database: whom the key or cookie stood for when it was last looked up,
   * else where the call comes from.
   */
  of(request: FastifyRequest): Line;
  /** That of a file, whoever fetches it. */
  ofFile(request: FastifyRequest): Line;
  /** Has further calls with the key or cookie of this one take their turns as the person's; null: as a stranger's. */
  remember(request: FastifyRequest, caller: Pick<Caller, "userId" | "mode"> | null): void;
}

const MOST_LINES = 20_000;
const MOST_REMEMBERED = 10_000;

/** Light is who has fewer calls here than this, and has used less of the last two seconds. */
const LIGHT = { calls: 4, milliseconds: 200 };
const FADES_IN_MILLISECONDS = 2_000;
const UNMEASURED_MILLISECONDS = 1;

export function createLines(): Lines {
  const lines = new Map<string, Line>();
  const holders = new Map<string, { name: string; isFirst: boolean }>();

  function named({ name, isFirst }: { name: string; isFirst: boolean }): Line {
    const known = lines.get(name);
    if (known !== undefined) return known;
    // There are fewer connections than that, so most of them are of the past.
    if (lines.size >= MOST_LINES)
      for (const [old, { calls, refused }] of lines) if (calls + refused === 0) lines.delete(old);
    const line = { name, isFirst, calls: 0, refused: 0, usedMilliseconds: 0, usedAt: 0 };
    lines.set(name, line);
    return line;
  }

  return {
    of(request) {
      const digest = digestOf(request);
      const holder = digest === null ? undefined : holders.get(digest);
      return named(holder ?? { name: `from ${networkOf(request.ip)}`, isFirst: false });
    },
    ofFile: ({ url }) => named({ name: `file ${url.split("/", 3)[2]?.slice(0, 36)}`, isFirst: false }),
    remember(request, caller) {
      const digest = digestOf(request);
      if (digest === null) return;
      if (caller === null) return void holders.delete(digest);
      const name = `${caller.mode} ${caller.userId}`;
      if (holders.get(digest)?.name === name) return;
      if (holders.size >= MOST_REMEMBERED) holders.clear();
      holders.set(digest, { name, isFirst: caller.mode === "live" });
    },
  };
}

/** Whether it has called so little of late that its calls need not stand in line with those of heavy callers. */
export function isLight(line: Line, now: number): boolean {
  return line.calls < LIGHT.calls && fading(line, now) < LIGHT.milliseconds;
}

/** Each call costs something beside what is measured of it: to be read, and to be answered. */
export function use(line: Line, milliseconds: number, now: number): void {
  line.usedMilliseconds = fading(line, now) + milliseconds + UNMEASURED_MILLISECONDS;
  line.usedAt = now;
}

function fading({ usedMilliseconds, usedAt }: Line, now: number): number {
  return usedMilliseconds * Math.exp((usedAt - now) / FADES_IN_MILLISECONDS);
}

/** No secret is kept for this. */
function digestOf({ headers: { authorization, cookie } }: FastifyRequest): string | null {
  const secret = authorization ?? cookie;
  return secret === undefined ? null : hash("sha256", secret, "base64");
}
