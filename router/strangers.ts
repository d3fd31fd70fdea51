import type { IncomingMessage, Server } from "node:http";

import { compile } from "@fastify/proxy-addr";
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

/** The proxies in front of a router, as in AMPOST_TRUST_PROXY. */
export type TrustProxy = boolean | number | string;

/** Closes connections beyond the maximum, and those that send nothing. Behind a proxy, all come from its address. */
export function limitConnections(server: Server, limits: RouterLimits, trustProxy: TrustProxy): void {
  server.maxConnections = limits.connections;
  server.headersTimeout = limits.headSeconds * 1000;
  server.timeout = limits.idleSeconds * 1000;
  if (isProxied(trustProxy)) return;
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
/** What many networks may do together, compared with one. */
const TOGETHER = 10;

export function createStrangers({ unknownPerMinute }: RouterLimits, clock: () => number = Date.now): Strangers {
  const together = TOGETHER * unknownPerMinute;
  let minute = 0;
  const counts = new Map<string, Count>();
  /** All networks for which there is no more room. */
  let others: Count = { asked: 0, most: together };

  function countOf(name: string, most: number): Count {
    const known = counts.get(name);
    if (known !== undefined || counts.size >= MOST_NETWORKS) return known ?? others;
    const count = { asked: 0, most };
    counts.set(name, count);
    return count;
  }

  return {
    begin(network) {
      const now = Math.floor(clock() / MINUTE);
      if (now !== minute) {
        counts.clear();
        others = { asked: 0, most: together };
      }
      minute = now;
      if (network === null) return () => undefined;
      const counted = new Set([countOf(network, unknownPerMinute)]);
      const site = siteOf(network);
      if (site !== null) counted.add(countOf(site, together));
      if ([...counted].some(({ asked, most }) => asked >= most)) return null;
      for (const count of counted) count.asked += 1;
      return () => {
        for (const count of counted) count.asked -= 1;
      };
    },
  };
}

interface Count {
  asked: number;
  most: number;
}

/** The /48 around an IPv6 network: anyone may have all of it. Null for IPv4. */
function siteOf(network: string): string | null {
  return network.includes(":") ? network.split(":", 3).join(":") : null;
}

/**
 * Tells the network of a request's caller: the first that is not of a trusted proxy, from us outwards. A proxy nearby is
 * trusted if none is named. Null if nobody says it.
 */
export function callerTeller(trustProxy: TrustProxy): (request: IncomingMessage) => string | null {
  const isTrusted = isProxied(trustProxy)
    ? trusted(trustProxy)
    : (address: string, hop: number) => hop === 0 && networkOf(address) === null;
  return ({ socket, headers }) => {
    const forwarded = String(headers["x-forwarded-for"] ?? "").split(",");
    const addresses = [...forwarded, socket.remoteAddress ?? ""]
      .map((each) => each.trim())
      .filter(Boolean)
      .reverse();
    return networkOf(addresses.find((address, hop) => !isTrusted(address, hop)) ?? addresses.at(-1) ?? "");
  };
}

function isProxied(trustProxy: TrustProxy): boolean {
  return trustProxy !== false && trustProxy !== 0;
}

/** Whether an address is of a proxy, by how many there are or by their addresses. */
function trusted(trustProxy: TrustProxy): (address: string, hop: number) => boolean {
  if (typeof trustProxy === "boolean") return () => trustProxy;
  if (typeof trustProxy === "number") return (_address, hop) => hop < trustProxy;
  // As the API reads them.
  return compile(trustProxy.split(",").map((each) => each.trim()));
}

/** Of a public address: anyone with one IPv6 address also has the 2^64 around it. */
function networkOf(address: string): string | null {
  if (!ipaddr.isValid(address)) return null;
  const parsed = ipaddr.process(address);
  if (NEARBY.has(parsed.range())) return null;
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(":") : parsed.toString();
}

const NEARBY: ReadonlySet<string> = new Set(["loopback", "private", "uniqueLocal", "linkLocal", "carrierGradeNat"]);
