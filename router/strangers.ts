import type { IncomingMessage, Server } from "node:http";

import ipaddr from "ipaddr.js";

/** What a router takes at most, in all and from one network: an IPv4 address, or the /64 of an IPv6 one. */
export interface RouterLimits {
  connections: number;
  connectionsOfNetwork: number;
  /** Requests per minute whose tenant cells look for in vain. */
  unknownPerMinute: number;
  /** For a whole head, and a whole form that is read here. */
  headSeconds: number;
  formSeconds: number;
  /** Without a byte in either direction: longer than the longest wait for a response. */
  idleSeconds: number;
}

export const ROUTER_LIMITS: RouterLimits = {
  connections: 10_000,
  connectionsOfNetwork: 1_000,
  unknownPerMinute: 300,
  headSeconds: 15,
  formSeconds: 30,
  idleSeconds: 120,
};

/** Closes connections beyond the maximum, and those that send nothing. Behind a proxy, all come from its address. */
export function limitConnections(server: Server, limits: RouterLimits): void {
  server.maxConnections = limits.connections;
  server.headersTimeout = limits.headSeconds * 1000;
  server.timeout = limits.idleSeconds * 1000;
  const openFrom = new Map<string, number>();
  server.on("connection", (socket) => {
    const network = networkOf(socket.remoteAddress ?? "");
    if (network === null) return;
    const open = (openFrom.get(network) ?? 0) + 1;
    openFrom.set(network, open);
    socket.once("close", () => {
      const left = (openFrom.get(network) ?? 1) - 1;
      if (left === 0) openFrom.delete(network);
      else openFrom.set(network, left);
    });
    if (open > limits.connectionsOfNetwork) socket.destroy();
  });
}

/** How often a network makes cells look for what none of them has. */
export interface Strangers {
  /**
   * Counts a question before it is answered, so that asking often at the same time is no way around it. The returned
   * function takes it back, if a cell has what was asked for; null: too many were in vain.
   */
  begin(network: string | null): (() => void) | null;
}

const MINUTE = 60_000;
const MOST_NETWORKS = 20_000;

export function createStrangers({ unknownPerMinute }: RouterLimits, clock: () => number = Date.now): Strangers {
  let minute = 0;
  const counts = new Map<string, number>();
  return {
    begin(network) {
      const now = Math.floor(clock() / MINUTE);
      if (now !== minute) counts.clear();
      minute = now;
      const count = network === null ? undefined : counts.get(network);
      // Those that came first stay limited.
      if (network === null || (count === undefined && counts.size >= MOST_NETWORKS)) return () => undefined;
      if ((count ?? 0) >= unknownPerMinute) return null;
      counts.set(network, (count ?? 0) + 1);
      return () => {
        const counted = counts.get(network) ?? 0;
        if (counted > 0) counts.set(network, counted - 1);
      };
    },
  };
}

/** The caller's network; if the connection is that of a proxy nearby, what the proxy says. Null if nobody says it. */
export function callerOf({ socket, headers }: IncomingMessage): string | null {
  const forwarded = String(headers["x-forwarded-for"] ?? "");
  return networkOf(socket.remoteAddress ?? "") ?? networkOf(forwarded.slice(forwarded.lastIndexOf(",") + 1).trim());
}

/** Of a public address: anyone with one IPv6 address also has the 2^64 around it. */
function networkOf(address: string): string | null {
  if (!ipaddr.isValid(address)) return null;
  const parsed = ipaddr.process(address);
  if (NEARBY.has(parsed.range())) return null;
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(":") : parsed.toString();
}

const NEARBY: ReadonlySet<string> = new Set(["loopback", "private", "uniqueLocal", "linkLocal", "carrierGradeNat"]);
