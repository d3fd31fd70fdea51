import type { FastifyRequest } from "fastify";

import { type Mode, MODES } from "../../../model/platform-names.ts";

/** The query of a page's URL, each parameter once. */
export function queryOf(request: FastifyRequest): Readonly<Partial<Record<string, string>>> {
  return Object.fromEntries(new URL(request.url, "http://own.invalid").searchParams);
}

/** The mode a page is asked for; live by default. */
export function readMode(asked: string | undefined): Mode {
  return MODES.find((mode) => mode === asked) ?? "live";
}
