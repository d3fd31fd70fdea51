import type { Body } from "./body.ts";
import type { SandboxPlatform, SandboxRoute } from "./platform.ts";

/** The platforms' routes, compiled for looking up. */
export interface Routes {
  /** The host that this one stands for, itself included; undefined if no platform has it. */
  canonicalHost(host: string): string | undefined;
  /** All that match, since platforms may share a host. */
  match(method: string, host: string, path: string): RouteMatch[];
  /** The platform that a call to this host concerns when no route tells. */
  platformOf(host: string): SandboxPlatform | undefined;
}

export interface RouteMatch {
  platform: SandboxPlatform;
  route: SandboxRoute;
  segments: Record<string, string>;
}

export function compileRoutes(platforms: readonly SandboxPlatform[]): Routes {
  const hosts = new Map<string, string>();
  const owners = new Map<string, SandboxPlatform>();
  const table = new Map<string, { platform: SandboxPlatform; route: SandboxRoute; pattern: RegExp }[]>();
  for (const platform of platforms) {
    for (const [host, aliases] of Object.entries(platform.hosts)) {
      for (const name of [host, ...aliases]) hosts.set(name, host);
      if (!owners.has(host)) owners.set(host, platform);
    }
    for (const route of platform.routes) {
      const key = `${route.method} ${route.host}`;
      const entries = table.get(key) ?? [];
      entries.push({ platform, route, pattern: toPattern(route.path) });
      table.set(key, entries);
    }
  }
  return {
    canonicalHost: (host) => hosts.get(host),
    platformOf: (host) => owners.get(host),
    match(method, host, path) {
      const found: RouteMatch[] = [];
      for (const { platform, route, pattern } of table.get(`${method} ${host}`) ?? []) {
        const match = pattern.exec(path);
        if (match) found.push({ platform, route, segments: decodeSegments(match.groups ?? {}) });
      }
      return found;
    },
  };
}

/** Graph hosts take any version in front of a path; no other platform has segments of this form there. */
export function withoutVersion(path: string): string {
  return path.replace(/^\/v\d{1,3}\.\d{1,2}(?=\/)/, "");
}

/** Query and body as flat text, the way Graph and OAuth endpoints read parameters. */
export function paramsOf(query: URLSearchParams, body: Body): Record<string, string> {
  const params = new Map<string, string>(query);
  if (body.kind === "fields") {
    for (const [name, value] of Object.entries(body.fields)) params.set(name, typeof value === "string" ? value : (value.at(-1) ?? ""));
  } else if (body.kind === "json" && typeof body.value === "object" && body.value !== null && !Array.isArray(body.value)) {
    for (const [name, value] of Object.entries(body.value)) {
      if (value !== null && value !== undefined) params.set(name, typeof value === "string" ? value : JSON.stringify(value));
    }
  }
  return Object.fromEntries(params);
}

function toPattern(path: string): RegExp {
  const source = path
    .split(/(\{[a-zA-Z]+\})/)
    .map((part) => (part.startsWith("{") ? `(?<${part.slice(1, -1)}>[^/]+)` : part.replace(/[.*+?^$()|[\]\\]/g, "\\$&")))
    .join("");
  return new RegExp(`^${source}/?$`);
}

function decodeSegments(groups: Record<string, string>): Record<string, string> {
  const decode = (part: string) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  };
  return Object.fromEntries(Object.entries(groups).map(([name, part]) => [name, decode(part)]));
}
