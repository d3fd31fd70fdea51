import type { FastifyRequest } from "fastify";

/** The query of a page's address, each parameter once. */
export function queryOf(request: FastifyRequest): Readonly<Partial<Record<string, string>>> {
  return Object.fromEntries(new URL(request.url, "http://own.invalid").searchParams);
}
