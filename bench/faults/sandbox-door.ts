import { z } from "zod";
import type { PlatformName } from "../../model/platform-names.ts";

export interface Fault {
  operation: string;
  kind: string;
  error?: string;
  delayMs?: number;
  times?: number;
  after?: number;
}

const entry = z.object({ accountId: z.string(), id: z.string(), url: z.string(), text: z.string(), publishCalls: z.number() });

/** What an audience sees of a post. */
export type Entry = z.output<typeof entry>;

const request = z.object({ at: z.string(), operation: z.string().nullable(), method: z.string(), url: z.string(), status: z.number().nullable() });

/** The sandbox's control API: what is asked of it and what it says happened. */
export interface SandboxDoor {
  /** The oracle. */
  ledger(): Promise<Entry[]>;
  requests(): Promise<z.output<typeof request>[]>;
  fault(fault: Fault): Promise<void>;
}

export function openSandboxDoor(url: string, platform: PlatformName): SandboxDoor {
  const get = async (path: string): Promise<unknown> => (await fetch(`${url}/_sandbox/${path}?platform=${platform}`)).json();
  return {
    ledger: async () => z.array(entry).parse(await get("posts")),
    requests: async () => z.array(request).parse(await get("requests")),
    fault: async (fault) => {
      const answer = await fetch(`${url}/_sandbox/faults`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ platform, ...fault }) });
      if (answer.status !== 201) throw new Error(`The sandbox refused a fault: ${await answer.text()}`);
    },
  };
}
