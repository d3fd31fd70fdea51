import ipaddr from "ipaddr.js";

/** Whether an IP address may be connected to on a user's word: public ones, and with `allowPrivate` loopback and private ones too. */
export function isAllowedAddress(address: string, allowPrivate: boolean): boolean {
  if (!ipaddr.isValid(address) || PLATFORM_SERVICES.has(address)) return false;
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range === "unicast") return parsed.kind() === "ipv4" || parsed.match(GLOBAL_IPV6);
  return allowPrivate && PRIVATE_RANGES.has(range);
}

/** Whether a URL's host says by itself that it may not be connected to. Where another name leads shows only when it is resolved. */
export function isRefusedHost({ hostname }: URL, allowPrivate: boolean): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  return ipaddr.isValid(host) ? !isAllowedAddress(host, allowPrivate) : !allowPrivate && /(^|\.)localhost$/.test(host);
}

/** What of IPv6 has been given out for the public internet. Source: IANA IPv6 address space registry. */
const GLOBAL_IPV6 = ipaddr.parseCIDR("2000::/3");

const PRIVATE_RANGES: ReadonlySet<string> = new Set(["loopback", "private", "uniqueLocal"]);

/** Public in form, but answered by the cloud a machine runs in. Source: Microsoft Learn, "What is IP address 168.63.129.16?". */
const PLATFORM_SERVICES: ReadonlySet<string> = new Set(["168.63.129.16"]);
