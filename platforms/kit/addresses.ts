import ipaddr from "ipaddr.js";

/** Which private addresses are allowed, too: none, only this machine's, or all. */
export type AllowPrivate = boolean | "loopback";

/** Whether an IP address may be connected to for a user: public ones, and those that `allowPrivate` allows. */
export function isAllowedAddress(address: string, allowPrivate: AllowPrivate): boolean {
  if (!ipaddr.isValid(address) || PLATFORM_SERVICES.has(address)) return false;
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range === "unicast") return parsed.kind() === "ipv4" || parsed.match(GLOBAL_IPV6);
  return allowPrivate === "loopback" ? range === "loopback" : allowPrivate && PRIVATE_RANGES.has(range);
}

/** Whether a URL's host is itself a forbidden address. Where another name leads is known only when it is resolved. */
export function isRefusedHost({ hostname }: URL, allowPrivate: boolean): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  return ipaddr.isValid(host) ? !isAllowedAddress(host, allowPrivate) : !allowPrivate && isLoopbackHost(host);
}

/** Whether a URL is never requested for a user, whatever its host's name leads to. */
export function isRefusedUrl(address: string, allowPrivate: boolean): boolean {
  const url = URL.parse(address);
  return url !== null && (isRefusedPort(url, allowPrivate) || isRefusedHost(url, allowPrivate));
}

/** Ports below 1024 belong to mail, shells and the like, where an HTTP request could do harm. */
export function isRefusedPort({ port }: URL, allowPrivate: AllowPrivate): boolean {
  return port !== "" && port !== "80" && port !== "443" && Number(port) < 1024 && !allowPrivate;
}

/** Whether a host is this machine by its very name. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  return ipaddr.isValid(host) ? ipaddr.process(host).range() === "loopback" : /(^|\.)localhost\.?$/.test(host);
}

/** The parts of IPv6 allocated to the public internet. Source: IANA IPv6 address space registry. */
const GLOBAL_IPV6 = ipaddr.parseCIDR("2000::/3");

const PRIVATE_RANGES: ReadonlySet<string> = new Set(["loopback", "private", "uniqueLocal"]);

/** Looks public, but is served by the machine's cloud. Source: Microsoft Learn, "What is IP address 168.63.129.16?". */
const PLATFORM_SERVICES: ReadonlySet<string> = new Set(["168.63.129.16"]);
