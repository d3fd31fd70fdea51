import type { FastifyInstance } from "fastify";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] as const;
export type Method = (typeof METHODS)[number];

export interface Route {
  method: Method;
  path: string;
}

/** All routes of the app as its router prints them, so that new ones are attacked, too. */
export function routesOf(app: FastifyInstance): Route[] {
  const steps: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split("\n")
    .flatMap((line) => {
      const [, indent = "", step = "", methods] = /^([│├└─ ]*)([^ ]+)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
      if (step === "") return [];
      const depth = indent.length / 4;
      steps.splice(depth - 1, steps.length, step);
      // The printed routes are below "/".
      const path = steps.join("").replace(/^\/?/, "/");
      return (methods ?? "")
        .split(", ")
        .flatMap((method) => METHODS.filter((known) => known === method).map((known) => ({ method: known, path })));
    });
}

/** Some at a time, since the responses to callers who keep being rejected come a second later. */
export function inGroups<Item>(items: readonly Item[], size = 16): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}

/** The path with a value for each parameter. */
export function fill(path: string, value: string): string {
  return path.replace(/:\w+|\*/g, value);
}
