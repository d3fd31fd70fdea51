import type { Body } from "./body.ts";
import type { SandboxPlatform, SandboxRoute } from "./platform.ts";

/** The platforms' routes, compiled for lookup. */
export interface Routes {
  /** All platforms' hosts, aliases included, in alphabetical order. */
  hosts: readonly string[];
  /** The host that this one is an alias of, or itself; undefined if no platform has it. */
  canonicalHost(host: string): string | undefined;
  /** All matches, because platforms can share a host. */
  match(method: string, host: string, path: string): RouteMatch[];
  /** The platform that a call to this host belongs to if no route decides. */
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
  const table = new Map<string, { platform: SandboxPlatform; route: SandboxRoute; pattern: readonly Step[] }[]>();
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
    hosts: [...hosts.keys()].sort(),
    canonicalHost: (host) => hosts.get(host),
    platformOf: (host) => owners.get(host),
    match(method, host, path) {
      const found: RouteMatch[] = [];
      for (const { platform, route, pattern } of table.get(`${method} ${host}`) ?? []) {
        const segments = segmentsOf(pattern, path);
        if (segments !== null) found.push({ platform, route, segments });
      }
      return found;
    },
  };
}

/** Graph hosts accept any version in front of a path; no other platform has such segments there. */
export function withoutVersion(path: string): string {
  return path.replace(/^\/v\d{1,3}\.\d{1,2}(?=\/)/, "");
}

/** Query and body as flat text, as Graph and OAuth endpoints read parameters. */
export function paramsOf(query: URLSearchParams, body: Body): Record<string, string> {
  const params = new Map<string, string>(query);
  if (body.kind === "fields") {
    for (const [name, value] of Object.entries(body.fields))
      params.set(name, typeof value === "string" ? value : (value.at(-1) ?? ""));
  } else if (
    body.kind === "json" &&
    typeof body.value === "object" &&
    body.value !== null &&
    !Array.isArray(body.value)
  ) {
    for (const [name, value] of Object.entries(body.value)) {
      if (value !== null && value !== undefined)
        params.set(name, typeof value === "string" ? value : JSON.stringify(value));
    }
  }
  return Object.fromEntries(params);
}

/** One path segment: a fixed part, optionally followed by a parameter. */
interface Step {
  words: string;
  /** The parameter's name; null if there is none. */
  name: string | null;
}

function toPattern(path: string): Step[] {
  return path.split("/").map((step) => {
    const [, words = step, name = null] = /^([^{]*)\{([a-zA-Z]+)\}$/.exec(step) ?? [];
    return { words, name };
  });
}

/**
 * The values of this path's parameters by name; null if the path does not match. A trailing slash is ignored.
 */
function segmentsOf(pattern: readonly Step[], path: string): Record<string, string> | null {
  const steps = path.split("/");
  if (steps.length > pattern.length && steps.at(-1) === "") steps.pop();
  if (steps.length !== pattern.length) return null;
  const segments: Record<string, string> = {};
  for (const [index, { words, name }] of pattern.entries()) {
    const step = steps[index] ?? "";
    if (name === null ? step !== words : !step.startsWith(words) || step.length === words.length) return null;
    if (name !== null) segments[name] = decode(step.slice(words.length));
  }
  return segments;
}

/** Percent-decoded; as it is if it cannot be. */
export function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
