import { z } from "zod";

import { PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";

export interface Fault {
  /** Default: the platform of this instance of the control API. */
  platform?: PlatformName;
  operation: string;
  kind: string;
  error?: string;
  delayMs?: number;
  times?: number;
  after?: number;
}

const entry = z.object({
  platform: z.enum(PLATFORM_NAMES),
  accountId: z.string(),
  id: z.string().nullable(),
  url: z.string().nullable(),
  text: z.string(),
  createdAt: z.string(),
  publishCalls: z.number(),
});

/** What an audience sees of a post. Some networks return its ID and link only later. */
export type Entry = z.output<typeof entry>;

const request = z.object({
  at: z.string(),
  operation: z.string().nullable(),
  method: z.string(),
  url: z.string(),
  status: z.number().nullable(),
});

/** The sandbox's control API: commands, and reports of what happened. */
export interface SandboxDoor {
  /** The source of truth: the posts of all networks. */
  ledger(): Promise<Entry[]>;
  requests(of?: PlatformName): Promise<z.output<typeof request>[]>;
  fault(fault: Fault): Promise<void>;
  /** The operations with pending faults. */
  pending(): Promise<string[]>;
  /** Moves the platforms' clock. */
  advance(seconds: number): Promise<void>;
}

export function openSandboxDoor(url: string, platform: PlatformName): SandboxDoor {
  const post = async (path: string, body: unknown, expected: number): Promise<void> => {
    const answer = await fetch(`${url}/_sandbox/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.status !== expected) throw new Error(`The sandbox refused: ${await answer.text()}`);
  };
  const get = async (path: string): Promise<unknown> => (await fetch(`${url}/_sandbox/${path}`)).json();
  return {
    ledger: async () => z.array(entry).parse(await get("posts")),
    requests: async (of = platform) => z.array(request).parse(await get(`requests?platform=${of}`)),
    fault: (fault) => post("faults", { platform, ...fault }, 201),
    pending: async () =>
      z
        .array(z.object({ operation: z.string() }))
        .parse(await get("faults"))
        .map(({ operation }) => operation),
    advance: (seconds) => post("clock", { advanceSeconds: seconds }, 200),
  };
}
