import type { FastifyRequest } from "fastify";

/** The query of a page's URL, each parameter once. */
export function queryOf(request: FastifyRequest): Readonly<Partial<Record<string, string>>> {
  return Object.fromEntries(new URL(request.url, "http://own.invalid").searchParams);
}
